"""Articles as Markdown files, and the reader's marks in one SQLite file."""
