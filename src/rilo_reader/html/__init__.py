"""Convert HTML to Markdown (pure, never raises).

    parse              an lxml tree, without what browsers hide       tree
    mark_formulas      math becomes the TeX it was written in         math
    Notes              footnotes and their references                 footnotes
    read_tree          blocks and runs: the document model            reader, blocks
                       (helped by hints, tables, media, code)
    write              Markdown, with only the escapes it needs       write

On the right are the modules of each step; what needs lxml is imported at the first conversion.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from rilo_reader.text import clean_text, lazy_re

if TYPE_CHECKING:
    from rilo_reader.html.blocks import Block


def to_markdown(html: str, base: str = "") -> str:
    """Convert an HTML document or fragment to clean Markdown; "" if nothing in it is readable.

    Links and images are resolved against `base` and pass `safe_url`; the text of an unsafe link is
    kept, an unsafe image is dropped. Scripts, styles, form controls, comments, hidden elements and
    tracking pixels are removed. Rendered by `rilo_reader.render`, the result has the same words as
    the page. Runs in linear time at any depth of nesting, and takes a bounded part of what is too
    long (see `is_too_long`).
    """
    from rilo_reader.html.markdown_writer import write_blocks

    text = html.strip()
    if _ESCAPED.match(text) and text.endswith("&gt;") and "<" not in text:
        html = unescape(text)  # A feed escaped it twice; it would show as source.
    return clean_text(write_blocks(read_html(html, base)))


_ESCAPED = lazy_re(r"&lt;(?:p|div|h[123]|ul|ol|table|figure|blockquote|img|a )", re.IGNORECASE)


def is_too_long(html: str) -> bool:
    """Return whether only the beginning of an HTML text is converted."""
    from rilo_reader.html.tree import MOST_CHARACTERS, MOST_TAGS

    return len(html) > MOST_CHARACTERS or html.count("<") > MOST_TAGS


def make_rest_note(url: str) -> str:
    """Return the paragraph that ends a text of which only the beginning is kept."""
    where = f"at <{url}>" if url else "at its source"
    return f"… The rest is too long for an article. Read all of it {where}."


def read_html(html: str, base: str) -> list[Block]:
    """Parse HTML and return its blocks; links are resolved against `base`."""
    from rilo_reader.html.footnotes import Footnotes
    from rilo_reader.html.formulas import mark_formulas
    from rilo_reader.html.tree import parse_html
    from rilo_reader.html.tree_reader import read_tree

    root = parse_html(html)
    if root is None:
        return []
    mark_formulas(root)
    return read_tree(root, base, Footnotes(root))


__all__ = ["is_too_long", "make_rest_note", "read_html", "to_markdown"]
