"""Which way a text is written, so that it stands at the edge where it begins (pure)."""

from __future__ import annotations

from rilo_reader.lazy import LazyPattern
from rilo_reader.render.blocks import Block, Listing, Paragraph, Quote, Title, text_of

MARK = "\N{LEFT-TO-RIGHT MARK}"
"""Takes no cell, and keeps a number that follows right-to-left text from joining it."""

ENOUGH = 2_000
"""Characters of a text that tell."""

_RIGHT_TO_LEFT = LazyPattern(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def is_right_to_left(text: str) -> bool:
    """Whether a text runs from right to left: its first letter does, or more than half of it.

    Many a sentence in Hebrew begins with a name in Latin letters.
    """
    if text.isascii() or _RIGHT_TO_LEFT.search(text) is None:
        return False
    from unicodedata import bidirectional

    ways = [way for way in map(bidirectional, text[:ENOUGH]) if way in ("L", "R", "AL")]
    return bool(ways) and (ways[0] != "L" or ways.count("L") * 2 < len(ways))


def begins_right_to_left(blocks: list[Block]) -> bool:
    """Whether the first text in some blocks runs from right to left."""
    while blocks:
        first = blocks[0]
        if isinstance(first, Paragraph | Title):
            return is_right_to_left(text_of(first.runs))
        if isinstance(first, Quote):
            blocks = first.blocks
        elif isinstance(first, Listing) and first.items:
            blocks = first.items[0].blocks
        else:
            return False
    return False
