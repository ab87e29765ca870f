"""Entries in groups, one a line: a name, what it stands for, and a count flush right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rilo_reader.tui.widgets.cells import cut
from rilo_reader.tui.widgets.colours import Colours, colours_of
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


class EntryList(ScrollView, can_focus=False, inherit_bindings=False):
    """Draws entries; `cursor` counts all lines, headings too. Posts Chosen for a click."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    EntryList {
        height: auto;
        background: $row-ground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 0;
    }
    """

    class Chosen(Message):
        """Somebody clicked the entry under the cursor."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        super().__init__()
        self.entries: tuple[Entry, ...] = ()
        self.cursor = 0
        self.show(entries)

    def show(self, entries: Sequence[Entry], cursor: int | None = None) -> None:
        """Show other entries, and stand on one, or as near as can be to where one stood."""
        self.entries = tuple(entries)
        self.virtual_size = Size(1, len(entries))
        wanted = self.cursor if cursor is None else cursor
        self.cursor = max(0, min(wanted, len(entries) - 1))
        if self._is_heading(self.cursor):
            self.cursor = self._next(self.cursor, 1) or self._next(self.cursor, -1) or self.cursor
        self._bring_into_view()
        self.refresh()

    def move(self, rows: int) -> None:
        """Move the cursor over entries, as far as there are any."""
        step = 1 if rows > 0 else -1
        for _ in range(abs(rows)):
            at = self._next(self.cursor, step)
            if at is None:
                break
            self.cursor = at
        self._bring_into_view()
        self.refresh()

    def _is_heading(self, at: int) -> bool:
        return at < len(self.entries) and self.entries[at].is_heading

    def _next(self, at: int, step: int) -> int | None:
        """The next line that is no heading."""
        at += step
        while 0 <= at < len(self.entries):
            if not self._is_heading(at):
                return at
            at += step
        return None

    def _bring_into_view(self) -> None:
        top, height = int(self.scroll_offset.y), max(1, self.size.height)
        # The first heading comes into view together with the entry below it.
        line = 0 if self._next(self.cursor, -1) is None else self.cursor
        if line < top:
            self.scroll_to(y=line, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """A heading or an entry."""
        number, width = y + int(self.scroll_offset.y), self.size.width
        if number >= len(self.entries):
            return Strip.blank(width, self.rich_style)
        line = self._draw(self.entries[number], width, colours_of(self), number == self.cursor)
        return Strip(line).adjust_cell_length(width).apply_style(self.rich_style)

    def _draw(self, entry: Entry, width: int, colours: Colours, stands: bool) -> list[Segment]:
        if entry.is_heading:
            stands = False
        side, side_cells = cut(entry.side, max(0, width // 3 - len(entry.date)))
        side, side_cells = side + entry.date, side_cells + len(entry.date)
        room = max(0, width - 1 - side_cells - GAP)
        # Names stand in a column, so that what they stand for does too.
        column = max((len(each.text) for each in self.entries if each.detail), default=0)
        column = min(column, room // 2) if entry.detail else room
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

    def on_click(self, event: events.Click) -> None:
        """Stand on what was clicked, and choose it."""
        number = event.y + int(self.scroll_offset.y)
        if number < len(self.entries) and not self._is_heading(number):
            self.cursor = number
            self.refresh()
            self.post_message(self.Chosen())
