"""HTML -> Markdown as a person would have written it (pure, never raises).

text -> tree -> blocks -> Markdown. Each step is a room: `tree` parses (lxml) and says what is
hidden, `notes` finds footnotes, `reading` makes blocks with the help of `code`, `tables`,
`pictures` and `media`, `inline` and `writing` write them.
"""

from __future__ import annotations

from rilo_reader.article import clean_text


def to_markdown(html: str, base: str = "") -> str:
    """The Markdown of a page or of a piece of one, cleaned; "" where there is nothing to read.

    Links and pictures are absolute against `base` and passed `safe_url`; where that cannot be, the
    words of a link stay and the picture goes. Scripts, styles, forms, comments, hidden elements and
    pictures that count readers are left out. Our own reader shows the result with the same words as
    the page. Takes time in proportion to the length, at any nesting.
    """
    from rilo_reader.collect.html.math import mark_formulas
    from rilo_reader.collect.html.notes import Notes
    from rilo_reader.collect.html.reading import read_tree
    from rilo_reader.collect.html.tree import parse
    from rilo_reader.collect.html.writing import write

    root = parse(_once_escaped(html))
    if root is None:
        return ""
    mark_formulas(root)
    return clean_text(write(read_tree(root, base, Notes(root))))


def _once_escaped(html: str) -> str:
    """The HTML, where a feed has escaped it twice: it would read as its own source."""
    text = html.strip()
    if not text.startswith("&lt;") or "<" in text:
        return html
    starts = (
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "ul",
        "ol",
        "table",
        "figure",
        "blockquote",
        "img",
        "a ",
    )
    if text.endswith("&gt;") and text[4:].lower().startswith(starts):
        from html import unescape

        return unescape(text)
    return html


__all__ = ["to_markdown"]
