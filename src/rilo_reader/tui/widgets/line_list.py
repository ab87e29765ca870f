"""A list with one thing a line and a cursor on one of them: what the lists of the panels share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from rilo_reader.index.stats import Value
from rilo_reader.tui.widgets.list_row import BAR, Colours, colours_of, cut


class LineList(ScrollView, can_focus=False, inherit_bindings=False):
    """Draws `count` lines with `draw`; `cursor` is the line one stands on. Posts Chosen."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    LineList {
        height: auto;
        background: $row-ground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 0;
    }
    """

    class Chosen(Message):
        """Somebody clicked the line under the cursor."""

    def __init__(self) -> None:
        super().__init__()
        self.cursor = 0

    @property
    def count(self) -> int:
        """How many lines there are."""
        return 0

    def can_stand_on(self, number: int) -> bool:
        """Whether the cursor may stand on a line."""
        return 0 <= number < self.count

    def draw(self, number: int, width: int, colours: Colours, stands: bool) -> list[Segment]:
        """A line, `stands` where it is the cursor's."""
        return []

    def lines_changed(self, cursor: int) -> None:
        """There are other lines: stand on one, or as near to it as can be."""
        self.virtual_size = Size(1, self.count)
        cursor = max(0, min(cursor, self.count - 1))
        if not self.can_stand_on(cursor):
            near = self._next(cursor, 1)
            near = self._next(cursor, -1) if near is None else near
            cursor = cursor if near is None else near
        self._stand(cursor)

    def move(self, rows: int) -> None:
        """Move the cursor, as far as there are lines to stand on."""
        at, step = self.cursor, 1 if rows > 0 else -1
        for _ in range(min(abs(rows), self.count)):
            following = self._next(at, step)
            if following is None:
                break
            at = following
        self._stand(at)

    def _next(self, at: int, step: int) -> int | None:
        """The next line that one can stand on."""
        at += step
        while 0 <= at < self.count:
            if self.can_stand_on(at):
                return at
            at += step
        return None

    def _stand(self, number: int) -> None:
        self.cursor = number
        self.bring_into_view()
        self.refresh()

    def bring_into_view(self) -> None:
        """Scroll as far as it takes to see the cursor."""
        top, height = int(self.scroll_offset.y), max(1, self.size.height)
        # What heads the first line comes into view together with it.
        line = 0 if self._next(self.cursor, -1) is None else self.cursor
        if line < top:
            self.scroll_to(y=line, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    def on_resize(self) -> None:
        """The cursor stays in view."""
        self.bring_into_view()

    def render_line(self, y: int) -> Strip:
        """A line of what can be seen."""
        number, width = y + int(self.scroll_offset.y), self.size.width
        if number >= self.count:
            return Strip.blank(width, self.rich_style)
        line = self.draw(number, width, colours_of(self), number == self.cursor)
        return Strip(line).adjust_cell_length(width).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Stand on what was clicked, and choose it."""
        event.stop()
        number = event.y + int(self.scroll_offset.y)
        if self.can_stand_on(number):
            self.cursor = number
            self.refresh()
            self.post_message(self.Chosen())


# Entries in groups, one a line: a name, what it stands for, and a count flush right.


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


# Names of groups in a line, of which one is chosen.


class GroupNames(Static, can_focus=False):
    """Shows names; posts Chosen for one that was clicked."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    GroupNames {
        width: 1fr;
        height: 1;
    }
    """

    gap: reactive[int] = reactive(3)
    """Cells between two names."""

    class Chosen(Message):
        """Somebody clicked a name."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._names: tuple[str, ...] = ()
        self._chosen = ""

    def show(self, names: Sequence[str], chosen: str) -> None:
        """Show these names, one of them chosen."""
        self._names, self._chosen = tuple(names), chosen
        parts: list[str | tuple[str, str]] = []
        for name in self._names:
            style = "bold $page-accent" if name == chosen else ""
            parts += [" " * self.gap if parts else "", (name, style)]
        self.update(Content.assemble(*parts))

    def watch_gap(self) -> None:
        """Stand closer, or less so."""
        self.show(self._names, self._chosen)

    def on_click(self, event: events.Click) -> None:
        """Choose the name that was clicked."""
        event.stop()
        start = 0
        for name in self._names:
            if start <= event.x < start + len(name):
                self.post_message(self.Chosen(name))
                return
            start += len(name) + self.gap


# Values and their counts, one a line: the value on the left, the count flush right.


class ValueList(LineList):
    """Draws the values it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.values: tuple[Value, ...] = ()

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.values)

    def show(self, values: Sequence[Value], *, keep: bool = False) -> None:
        """Show other values; `keep` stays on the line where one stands."""
        self.values = tuple(values)
        self.lines_changed(self.cursor if keep else 0)

    def draw(self, number: int, width: int, colours: Colours, stands: bool) -> list[Segment]:
        """A value and its count."""
        value = self.values[number]
        count = f"{value.hits:,}"
        room = max(0, width - 4 - len(count))
        text, cells = cut(value.text, room)
        style = colours.accent + Style(bold=True) if stands else colours.text
        return [
            Segment(BAR if stands else " ", colours.accent),
            Segment(text, style),
            Segment(" " * (room - cells + 2)),
            Segment(count, style if stands else colours.dim),
        ]
