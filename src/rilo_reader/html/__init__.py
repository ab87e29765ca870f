"""Convert HTML to Markdown (pure, never raises).

    parse_html         an lxml tree, without elements that browsers hide    tree
    mark_formulas      math becomes the TeX it was written in               formulas
    Footnotes          footnotes and their references                       footnotes
    read_tree          blocks and runs: the document model                  tree_reader, blocks
                       (helped by hints, tables, media, code)
    write_blocks       Markdown, with only the escapes it needs             markdown_writer

On the right are the modules of each step; those that need lxml are imported at the first
conversion.
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
    the page. Runs in linear time at any depth of nesting, and converts only the beginning of a text
    that is too long (see `is_too_long`).
    """
    from rilo_reader.html.markdown_writer import write_blocks

    text = html.strip()
    if _ESCAPED.match(text) and text.endswith("&gt;") and "<" not in text:
        html = unescape(text)  # A feed escaped it twice; it would show as source.
    return clean_text(write_blocks(read_html(html, base)))


_ESCAPED = lazy_re(r"&lt;(?:p|div|h[123]|ul|ol|table|figure|blockquote|img|a )", re.IGNORECASE)


def is_too_long(html: str) -> bool:
    """Return whether only the beginning of an HTML text is converted."""
    from rilo_reader.html.tree import MAX_CHARACTERS, MAX_TAGS

    return len(html) > MAX_CHARACTERS or html.count("<") > MAX_TAGS


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
