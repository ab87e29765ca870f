"""The size of a window that somebody else names: a page, a variable of the environment."""

from __future__ import annotations

MOST_CELLS = 1_000
"""Columns, and rows, of the largest window: a screen of 8,000 pixels in small letters has fewer."""


def parse_window_size(width: object, height: object) -> tuple[int, int] | None:
    """The columns and rows that two values name, within 1 to MOST_CELLS; None if they name none."""
    try:
        sides = [int(side) for side in (width, height) if isinstance(side, int | str)]
    except ValueError:
        return None
    columns, rows = (min(max(1, side), MOST_CELLS) for side in sides) if len(sides) == 2 else (0, 0)
    return (columns, rows) if columns else None
