"""HTML -> Markdown as a person would have written it (pure, never raises).

text -> tree -> blocks -> Markdown, a file for each step: `tree` parses (lxml) and says what is
hidden, `hints` tells what is worth looking for, `math` and `footnotes` find formulas and notes,
`reader` makes blocks with the help of `code`, `tables`, `images` and `runs`, `write` writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.html.write import write
from rilo_reader.text import clean_text

if TYPE_CHECKING:
    from rilo_reader.html.blocks import Block


def to_markdown(html: str, base: str = "") -> str:
    """The Markdown of a page or of a piece of one, cleaned; "" where there is nothing to read.

    Links and pictures are absolute against `base` and passed `safe_url`; where that cannot be, the
    words of a link stay and the picture goes. Scripts, styles, forms, comments, hidden elements and
    pictures that count readers are left out. Our own reader shows the result with the same words as
    the page. Takes time in proportion to the length, at any nesting.
    """
    return clean_text(write(read_html(_once_escaped(html), base)))


def read_html(html: str, base: str) -> list[Block]:
    """The blocks of any HTML; links start from the address `base`."""
    from rilo_reader.html.footnotes import Notes
    from rilo_reader.html.hints import may_hold_formulas, may_hold_notes
    from rilo_reader.html.math import mark_formulas
    from rilo_reader.html.reader import read_tree
    from rilo_reader.html.tree import parse

    root = parse(html)
    if root is None:
        return []
    if may_hold_formulas(html):
        mark_formulas(root)
    return read_tree(root, base, Notes(root) if may_hold_notes(html) else None)


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


__all__ = ["read_html", "to_markdown"]
