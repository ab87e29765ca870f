"""rilo-reader: a terminal news reader over Markdown files that you own."""

__version__ = "0.1.0"
