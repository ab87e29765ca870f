"""The reader's screen, and the controllers that do its commands."""
