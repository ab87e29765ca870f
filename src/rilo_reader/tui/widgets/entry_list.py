"""Entries in groups, one a line: a name, what it stands for, and a count flush right."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from rilo_reader.tui.widgets.cells import cut
from rilo_reader.tui.widgets.colours import Colours
from rilo_reader.tui.widgets.line_list import LineList
from rilo_reader.tui.widgets.list_row import BAR

GAP = 2


class Entry(NamedTuple):
    """A line of the list.

    Attributes:
        text: what it is called.
        detail: more about it, dim.
        side: what stands on the right.
        date: what stands behind it, and stays whole where that is cut.
        is_heading: whether it is the heading of a group, which nobody can stand on.
        is_wrong: whether its detail is an error.
    """

    text: str
    detail: str = ""
    side: str = ""
    date: str = ""
    is_heading: bool = False
    is_wrong: bool = False


class EntryList(LineList):
    """Draws entries; the headings among them are lines too, but nobody stands on them."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        super().__init__()
        self.entries: tuple[Entry, ...] = ()
        self._names = self._sides = 0  # cells of the widest name with a detail, and side
        self.show(entries)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.entries)

    def can_stand_on(self, number: int) -> bool:
        """Not on headings."""
        return 0 <= number < len(self.entries) and not self.entries[number].is_heading

    def show(self, entries: Sequence[Entry], cursor: int | None = None) -> None:
        """Show other entries, and stand on one, or as near as can be to where one stood."""
        self.entries = tuple(entries)
        self._names = max((_cells(each.text) for each in entries if each.detail), default=0)
        self._sides = max((_cells(each.side + each.date) for each in entries), default=0)
        self.lines_changed(self.cursor if cursor is None else cursor)

    def draw(self, number: int, width: int, colours: Colours, stands: bool) -> list[Segment]:
        """A heading or an entry."""
        entry = self.entries[number]
        if entry.is_heading:
            stands = False
        side, side_cells = cut(entry.side, max(0, width // 3 - len(entry.date)))
        side, side_cells = side + entry.date, side_cells + len(entry.date)
        room = max(0, width - 1 - side_cells - GAP)
        # Names stand in a column, so that what they stand for does too.
        least = max(0, width - 1 - min(self._sides, width // 3) - GAP)
        column = min(self._names, least // 2) if entry.detail else room
        text, cells = cut(entry.text, column if entry.detail else room)
        detail, detail_cells = cut(entry.detail, room - column - GAP)
        bold = Style(bold=True)
        style = colours.accent + bold if stands else colours.text
        if entry.is_heading:
            style = colours.dim
        gap = column + GAP - cells if entry.detail else 0
        rest = max(0, room - cells - gap - detail_cells) + GAP
        return [
            Segment(BAR if stands else " ", colours.accent),
            Segment(text, style),
            Segment(" " * gap),
            Segment(detail, colours.error if entry.is_wrong else colours.dim),
            Segment(" " * rest),
            Segment(side, style if stands else colours.dim),
        ]


def _cells(text: str) -> int:
    """The cells that a text takes where there is room for it."""
    return cut(text, sys.maxsize)[1]
