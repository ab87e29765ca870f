"""Convert HTML to Markdown (pure, never raises).

    parse              an lxml tree, without what browsers hide       tree
    mark_formulas      math becomes the TeX it was written in         math
    Notes              footnotes and their references                 footnotes
    read_tree          blocks and runs: the document model            reader, blocks
                       (helped by hints, tables, media, code)
    write              Markdown, with only the escapes it needs       write

On the right are the modules of each step.
"""

from __future__ import annotations

import re
from html import unescape
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
    from rilo_reader.html.reader import read_tree
    from rilo_reader.html.tree import parse

    root = parse(html)
    if root is None:
        return []
    if may_hold_formulas(html):
        mark_formulas(root)
    return read_tree(root, base, Notes(root) if may_hold_notes(html) else None)


_ESCAPED = re.compile(r"&lt;(?:p|div|h[123]|ul|ol|table|figure|blockquote|img|a )", re.IGNORECASE)


def _once_escaped(html: str) -> str:
    """Unescape HTML that a feed escaped twice and that would otherwise show as source."""
    text = html.strip()
    if _ESCAPED.match(text) and text.endswith("&gt;") and "<" not in text:
        return unescape(text)
    return html


_ASCII_REFERENCE = re.compile(
    r"(?i)&#(?:0*(?:[1-9][0-9]|1[01][0-9]|12[0-7])|x0*[0-7][0-9a-f])(?![0-9a-f])"
)
"""A plain character written as a number: then nothing can be told from the text."""

_DRAWN = ("math", "mjx", "katex", "hurmet")
_PICTURED = ("tex", "formula", "equation", "cht=tx", "\\", "_{", "^{")


def may_hold_formulas(html: str) -> bool:
    """Whether `math.mark_formulas` can find any."""
    lower = html.lower()
    return (
        any(word in lower for word in _DRAWN)
        or ("<img" in lower and any(word in lower for word in _PICTURED))
        or _is_veiled(html)
    )


def may_hold_notes(html: str) -> bool:
    """Whether `footnotes.Notes` can find any: a link within the page, a class, a raised number."""
    lower = html.lower()
    return (
        html.count("#") > html.count("&#") or "note" in lower or "<sup" in lower or _is_veiled(html)
    )


def _is_veiled(html: str) -> bool:
    return "&#" in html and _ASCII_REFERENCE.search(html) is not None


__all__ = ["read_html", "to_markdown"]
