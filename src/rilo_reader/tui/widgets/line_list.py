"""Lists of the panels: one entry a line, in groups, with a cursor."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rilo_reader.tui.widgets.article_list import BAR
from rilo_reader.tui.widgets.colours import Colours, colours_of
from rilo_reader.tui.widgets.truncate import cut_text

GAP = 2


class ListEntry(NamedTuple):
    """A line of the list."""

    text: str
    detail: str = ""  # a description, dim, or a value
    right_text: str = ""  # aligned to the right
    date: str = ""  # after the detail, never truncated
    is_heading: bool = False  # whether it is the heading of a group, which cannot be chosen
    is_wrong: bool = False  # whether its detail is an error
    is_value: bool = False  # whether its detail is a value, which is read before all else
    payload: Any = None  # what it stands for
    key: object = None  # by which the cursor finds it again, when others are shown; None: by place


class EntryList(ScrollView, can_focus=False, inherit_bindings=False):
    """Draws entries; `cursor` is the current one, and skips headings. Posts Chosen."""

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

    keeps_names = False  # whether names are whole where there is little room, and not half of it

    class Chosen(Message):
        """The entry under the cursor was clicked."""

    def __init__(self, entries: Sequence[ListEntry] = ()) -> None:
        super().__init__()
        self.cursor = 0
        self.entries: tuple[ListEntry, ...] = ()
        self.show_entries(entries)

    @property
    def current_entry(self) -> ListEntry | None:
        """The entry at the cursor."""
        return self.entries[self.cursor] if self.cursor < len(self.entries) else None

    @property
    def reading_offset(self) -> Offset:
        """The position of the entry at the cursor on the screen, for the terminal's own cursor."""
        return self.content_region.offset + Offset(1, self.cursor - int(self.scroll_offset.y))

    def show_entries(self, entries: Sequence[ListEntry], cursor: int | None = None) -> None:
        """Show entries, with the cursor on one, or as near as possible.

        Without `cursor` it stays on the entry with the same key, else at its place.
        """
        keys = [entry.key for entry in entries]
        if cursor is None and self.current_entry and self.current_entry.key in filter(None, keys):
            cursor = keys.index(self.current_entry.key)
        self.entries = tuple(entries)
        self._choices = [at for at, entry in enumerate(entries) if not entry.is_heading]
        # Cells of the widest name with a detail, and of the widest side.
        self._names = max((cell_len(each.text) for each in entries if each.detail), default=0)
        self._sides = max((cell_len(each.right_text + each.date) for each in entries), default=0)
        self.virtual_size = Size(1, len(entries))
        self._move_to_choice(bisect_left(self._choices, self.cursor if cursor is None else cursor))

    def move_by(self, rows: int) -> None:
        """Move the cursor, skipping headings."""
        self._move_to_choice(bisect_left(self._choices, self.cursor) + rows)

    def _move_to_choice(self, number: int) -> None:
        """Move the cursor to one of the entries that are not headings, or the nearest."""
        last = len(self._choices) - 1
        self.cursor = self._choices[max(0, min(number, last))] if self._choices else 0
        self._scroll_to_cursor()
        self.refresh()

    def _scroll_to_cursor(self) -> None:
        """Scroll just enough to show the cursor."""
        top, height = int(self.scroll_offset.y), max(1, self.size.height)
        # The heading above the first line is shown with it.
        line = 0 if [self.cursor] == self._choices[:1] else self.cursor
        if line < top:
            self.scroll_to(y=line, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        number = event.y + int(self.scroll_offset.y)
        if number in self._choices:
            self._move_to_choice(self._choices.index(number))
            self.post_message(self.Chosen())

    def render_line(self, y: int) -> Strip:
        number, width = y + int(self.scroll_offset.y), self.size.width
        if number >= len(self.entries):
            return Strip.blank(width, self.rich_style)
        room = width - 2 * self.show_vertical_scrollbar  # which has a blank before it
        line = self.draw_entry(number, room, colours_of(self), number == self.cursor)
        return Strip(line).adjust_cell_length(width).apply_style(self.rich_style)

    def draw_entry(
        self, number: int, width: int, colours: Colours, is_current: bool
    ) -> list[Segment]:
        """Return the line of a heading or an entry."""
        entry = self.entries[number]
        is_current = is_current and not entry.is_heading
        side, side_cells = cut_text(entry.right_text, max(0, width // 3 - len(entry.date)))
        side, side_cells = side + entry.date, side_cells + len(entry.date)
        available = max(0, width - 1 - side_cells - GAP)
        column = available
        if entry.detail:
            # Names are padded, so that details are aligned.
            least = max(0, width - 1 - min(self._sides, width // 3) - GAP)
            column = min(self._names, available if self.keeps_names else least // 2)
        text, cells = cut_text(entry.text, column)
        detail, detail_cells = cut_text(entry.detail, available - column - GAP)
        gap = column + GAP - cells if entry.detail else 0
        rest = max(0, available - cells - gap - detail_cells) + GAP
        style = colours.dim if entry.is_heading else colours.text
        detail_style = colours.text if entry.is_value else colours.dim
        if is_current:
            style = colours.accent + Style(bold=True)
        return [
            Segment(BAR if is_current else " ", colours.accent),
            Segment(text, style),
            Segment(" " * gap),
            Segment(detail, colours.error if entry.is_wrong else detail_style),
            Segment(" " * rest),
            Segment(side, style if is_current else colours.dim),
        ]
