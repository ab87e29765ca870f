"""Read: the Textual application."""
