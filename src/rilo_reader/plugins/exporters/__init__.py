"""Export articles as Markdown, JSON lines, a feed, a book, a page, or references to cite."""
