"""The sources beside the list: lines with their unread articles."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.message import Message

from rilo_reader.feeds.source_lines import SourceLine
from rilo_reader.tui.widgets.article_list import BAR, THIN_BAR
from rilo_reader.tui.widgets.colours import Colours
from rilo_reader.tui.widgets.line_list import EntryList, ListEntry
from rilo_reader.tui.widgets.truncate import cut_middle

RIGHT_MARGIN = 2
LINES_ABOVE_NOTES = 4
SIGNS = {None: "", True: "▾ ", False: "▸ "}  # of a line that has others below it


class SourceList(EntryList, can_focus=True, inherit_bindings=False):
    """Draws lines of sources; that of the list is bold. Posts Moved and Chosen."""

    DEFAULT_CSS = """
    SourceList { display: none; height: 1fr; background: $page-ground; }
    """

    class Moved(Message):
        """The cursor is on another line."""

    def __init__(self) -> None:
        super().__init__()
        self.shown_key = ""  # of the line whose articles the list shows

    @property
    def line(self) -> SourceLine | None:
        """The line at the cursor."""
        return self.current_entry.payload if self.current_entry is not None else None

    @property
    def is_name_cut(self) -> bool:
        """True if the name at the cursor has no room."""
        line, width = self.line, self.size.width
        if line is None or not width:  # it is not laid out yet
            return False
        return cut_middle(line.name, _room_for_name(line, width))[0] != line.name

    @property
    def lines(self) -> list[SourceLine]:
        """All lines."""
        return [entry.payload for entry in self.entries if entry.payload is not None]

    def show_lines(
        self, lines: Sequence[SourceLine], shown_key: str, notes: Sequence[str] = ()
    ) -> None:
        """Show other lines, with notes below the first ones.

        The line at the cursor stays on its row of the screen.
        """
        entries: list[ListEntry] = []
        for number, line in enumerate((*lines, None)):
            if notes and number == LINES_ABOVE_NOTES:
                entries += (ListEntry(note, is_heading=True) for note in ("", *notes))
            if line is None:
                break
            if line.starts_block:
                entries.append(ListEntry("", is_heading=True))
            entries.append(ListEntry(line.name, payload=line, key=line.key))
        row, self.shown_key = self.cursor - int(self.scroll_offset.y), shown_key
        if tuple(entries) != self.entries:
            self.show_entries(entries)
            self.scroll_to(y=max(0, self.cursor - row), animate=False, force=True)
        self.refresh()

    def go_to(self, key: str) -> None:
        """Move the cursor to a line, if it is there."""
        keys = [entry.key for entry in self.entries]
        if key in keys:
            self._move_to_choice(self._choices.index(keys.index(key)))

    def _move_to_choice(self, number: int) -> None:
        super()._move_to_choice(number)
        self.post_message(self.Moved())

    def move_half(self, direction: int) -> None:
        """Move by half a page: 1 down, -1 up."""
        self.move_by(direction * max(1, self.size.height // 2))

    def move_page(self, direction: int) -> None:
        """Move by a page less one line: 1 down, -1 up."""
        self.move_by(direction * max(1, self.size.height - 1))

    def move_top(self) -> None:
        """Move to the first line."""
        self.move_by(-len(self.entries))

    def move_bottom(self) -> None:
        """Move to the last line."""
        self.move_by(len(self.entries))

    @on(events.Focus)
    @on(events.Blur)
    def _redraw(self) -> None:
        """Draw the cursor as it is with the focus, or without."""
        self.refresh()

    def draw_entry(
        self, number: int, width: int, colours: Colours, is_current: bool
    ) -> list[Segment]:
        """Return a line: cursor, fold, name, number."""
        line: SourceLine | None = self.entries[number].payload
        if line is None:
            return [Segment(f" {self.entries[number].text}", colours.dim)]
        count = "" if line.number is None else f"{line.number:,}"
        name, cells = cut_middle(line.name, _room_for_name(line, width))
        style = colours.dim if line.is_dim or line.number == 0 else colours.text
        if line.key == self.shown_key:
            style = colours.accent + Style(bold=True)  # for a screen without colours
        ground = colours.row if is_current else Style()
        begin = f"{'  ' * line.level}{SIGNS[line.is_open]}"
        mark = "! " if line.fault else ""
        gap = max(0, width - 1 - len(begin) - cells - len(mark) - len(count) - RIGHT_MARGIN)
        edge = (BAR if self.has_focus else THIN_BAR) if is_current else " "
        segments = [
            Segment(edge, colours.accent if self.has_focus else colours.dim),
            Segment(begin, colours.dim),
            Segment(name, style),
            Segment(" " * gap),
            Segment(mark, colours.error),
            Segment(count, style),
            Segment(" " * RIGHT_MARGIN),
        ]
        return [Segment(text, ground + (own or Style())) for text, own, _ in segments]


def _room_for_name(line: SourceLine, width: int) -> int:
    count = 0 if line.number is None else len(f" {line.number:,}")
    begin = 1 + 2 * line.level + len(SIGNS[line.is_open])
    return max(0, width - begin - count - 2 * bool(line.fault) - RIGHT_MARGIN)
