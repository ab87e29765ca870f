"""Articles out: as Markdown, JSON lines, an Atom feed, an EPUB, a page, a list of feeds."""
