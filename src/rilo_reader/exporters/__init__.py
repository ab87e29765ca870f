"""Export articles as Markdown, JSON lines, an Atom feed, an EPUB book or an HTML page."""
