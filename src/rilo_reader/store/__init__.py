"""Keep: a folder of Markdown files, and what the reader did with each article."""
