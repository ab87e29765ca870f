"""Hits of a search on a page, and styles for parts of lines (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from rilo_reader.query.tree import Field, Words
from rilo_reader.render.joined import Piece, joined
from rilo_reader.render.page import Line, Page

TITLE_FIELDS = frozenset({Field.ANYWHERE, Field.TEXT, Field.TITLE})
HEAD_FIELDS = frozenset({Field.ANYWHERE, Field.SOURCE, Field.AUTHOR, Field.TAG})
BODY_FIELDS = frozenset({Field.ANYWHERE, Field.TEXT, Field.BODY})


Hit = tuple[Piece, ...]
"""One piece, or several if the hit is wrapped."""


def hits_of(page: Page, words: Sequence[Words], begin: int = 0) -> list[Hit]:
    """Return the hits on the lines of a page, from line `begin` on.

    Args:
        page: the page to search.
        words: the search terms, each with the field it applies to: title, source or body.
        begin: a line that does not continue the paragraph of the line before.
    """
    if not words:
        return []
    found: list[Hit] = []
    edges = (0, page.title_lines, page.head_lines, len(page.lines))
    for fields, first, last in zip(
        (TITLE_FIELDS, HEAD_FIELDS, BODY_FIELDS), edges, edges[1:], strict=False
    ):
        wanted = [word for word in words if word.field in fields]
        if wanted and last > begin:
            found.extend(_hits_between(page.lines, max(first, begin), last, wanted))
    return found


def _hits_between(
    lines: Sequence[Line], first: int, last: int, words: Sequence[Words]
) -> Iterable[Hit]:
    from rilo_reader.query.match import find_hits

    body = joined(lines, first, last)
    # A hard line break separates words; the end of a source line does not.
    for start, end in find_hits(body.text.replace("\n", "\f"), words):
        pieces = body.pieces(start, end)
        if pieces:
            yield pieces


class Patch(NamedTuple):
    """A style for the characters `start` to `end` of a line."""

    start: int
    end: int
    style: Style


def restyled(segments: Sequence[Segment], patches: Sequence[Patch]) -> list[Segment]:
    """Apply patches to segments, in their order."""
    result = list(segments)
    for start, end, style in patches:
        before, result, position = result, [], 0
        for segment in before:
            text = segment.text
            left = min(max(start - position, 0), len(text))
            right = min(max(end - position, left), len(text))
            if right <= left:
                result.append(segment)
            else:
                layout = segment.style + style if segment.style else style
                pieces = (
                    (text[:left], segment.style),
                    (text[left:right], layout),
                    (text[right:], segment.style),
                )
                result.extend(Segment(piece, shape) for piece, shape in pieces if piece)
            position += len(text)
    return result
