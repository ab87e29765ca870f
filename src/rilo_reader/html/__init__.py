"""Convert HTML to Markdown (pure, never raises).

    parse              an lxml tree, without what browsers hide       tree, attributes, depth
    mark_formulas      math becomes the TeX it was written in         math, mathml
    Notes              footnotes and their references                 footnotes, note_text
    read_tree          blocks and runs: the document model            reader, blocks
                       (helped by hints, callouts, tables, images, media, code)
    write              Markdown, with only the escapes it needs       write, runs, escape

On the right are the modules of each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.text import clean_text

if TYPE_CHECKING:
    from rilo_reader.html.blocks import Block


def to_markdown(html: str, base: str = "") -> str:
    """Convert an HTML document or fragment to clean Markdown; "" if nothing in it is readable.

    Links and images are resolved against `base` and pass `safe_url`; the text of an unsafe link is
    kept, an unsafe image is dropped. Scripts, styles, form controls, comments, hidden elements and
    tracking pixels are removed. Rendered by `rilo_reader.render`, the result has the same words as
    the page. Runs in linear time at any depth of nesting.
    """
    from rilo_reader.html.write import write

    return clean_text(write(read_html(_once_escaped(html), base)))


def read_html(html: str, base: str) -> list[Block]:
    """Parse HTML and return its blocks; links are resolved against `base`."""
    from rilo_reader.html.footnotes import Notes
    from rilo_reader.html.math import mark_formulas
    from rilo_reader.html.prefilter import may_hold_formulas, may_hold_notes
    from rilo_reader.html.reader import read_tree
    from rilo_reader.html.tree import parse

    root = parse(html)
    if root is None:
        return []
    if may_hold_formulas(html):
        mark_formulas(root)
    return read_tree(root, base, Notes(root) if may_hold_notes(html) else None)


def _once_escaped(html: str) -> str:
    """Unescape HTML that a feed escaped twice and that would otherwise show as source."""
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
