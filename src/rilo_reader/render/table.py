"""A table that fits the page: columns share the width, cells wrap, nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from rilo_reader.render.blocks import Run

GAP = 2
"""Cells between two columns."""

NARROWEST = 6
"""A column is not made narrower than this while the table is shown as columns."""

LONGEST_CELL = 2_000
"""Characters of a cell that count for the width of its column."""


def text_of(runs: Sequence[Run]) -> str:
    """The text of runs."""
    return "".join(run.text for run in runs)


def column_widths(rows: Sequence[Sequence[Sequence[Run]]], width: int) -> list[int] | None:
    """How many cells each column gets, or None where the table is too wide for columns.

    Columns that need little get what they need; the others share the rest by what they would
    like, and none less than its longest word as far as there is room.
    """
    count = max((len(row) for row in rows), default=0)
    wanted = [1] * count
    words = [1] * count
    for row in rows:
        for column, cell in enumerate(row):
            text = text_of(cell)[:LONGEST_CELL]
            if not text:
                continue
            lines = text.split("\n")
            wanted[column] = max(wanted[column], *(cell_len(line) for line in lines))
            words[column] = max(words[column], *(cell_len(word) for word in text.split()), 1)
    room = width - GAP * (count - 1)
    if sum(wanted) <= room:
        return wanted
    least = [
        min(want, max(NARROWEST, min(word, 20))) for want, word in zip(wanted, words, strict=True)
    ]
    if sum(least) > room:
        least = [min(want, NARROWEST) for want in wanted]
    if sum(least) > room:
        return None
    return _share(wanted, least, room)


def _share(wanted: list[int], least: list[int], room: int) -> list[int]:
    """Give each column its least, then the rest in proportion to what each still wants."""
    widths = list(least)
    spare = room - sum(widths)
    missing = [want - have for want, have in zip(wanted, widths, strict=True)]
    total = sum(missing)
    if total <= 0:
        return widths
    for column, lack in enumerate(missing):
        widths[column] += min(lack, spare * lack // total)
    left = room - sum(widths)
    for column in range(len(widths)):
        if left > 0 and widths[column] < wanted[column]:
            widths[column] += 1
            left -= 1
    return widths
