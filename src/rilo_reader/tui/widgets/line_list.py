"""A list with one thing a line and a cursor on one of them: what the lists of the panels share."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rilo_reader.tui.widgets.colours import Colours, colours_of


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
