"""The reader as a prompt and lines."""
