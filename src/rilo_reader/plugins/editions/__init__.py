"""A finite issue of what is unread."""
