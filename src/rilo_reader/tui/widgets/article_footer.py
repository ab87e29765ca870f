"""The foot of an article: the previous and the next one by title, to be clicked."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from rilo_reader.tui.widgets.cells import cut

NEIGHBOUR = "neighbour"
"""Key in a segment's style meta: which way a click on it goes, -1 or +1."""

LEAST_GAP = 3


def footer(previous: str | None, following: str | None, width: int, style: Style) -> list[Segment]:
    """One line with the previous title at the left and the next one at the right.

    Both get half of the line; where one is short or absent, the other may use more.
    """
    left = f"← {previous}" if previous is not None else ""
    right = f"{following} →" if following is not None else ""
    half = max((width - LEAST_GAP) // 2, 1)
    _, left_cells = cut(left, width)
    _, right_cells = cut(right, width)
    room_right = width - min(left_cells, half) - (LEAST_GAP if left else 0)
    right = _cut_right(following or "", room_right) if right else ""
    _, right_cells = cut(right, width)
    left, left_cells = cut(left, width - right_cells - (LEAST_GAP if right else 0))
    gap = max(width - left_cells - right_cells, 0)
    pieces = (
        Segment(left, style + Style(meta={NEIGHBOUR: -1})),
        Segment(" " * gap, style),
        Segment(right, style + Style(meta={NEIGHBOUR: 1})),
    )
    return [piece for piece in pieces if piece.text]


def _cut_right(title: str, width: int) -> str:
    """The next title with its arrow, the title cut so that the arrow stays."""
    text, _ = cut(title, max(width - 2, 0))
    return f"{text} →" if text else "→"
