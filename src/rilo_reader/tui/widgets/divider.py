"""The rule between list and article; the mouse moves it."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from rilo_reader.tui.widgets.list_row import colours_of


class Divider(Widget, can_focus=False):
    """One thin vertical rule; thicker where the list is, so that it is its scrollbar too."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    Divider {
        width: 1;
        height: 1fr;
        pointer: ew-resize;
    }
    """

    class Dragged(Message):
        """The rule was dragged to a column of the screen."""

        def __init__(self, column: int) -> None:
            self.column = column
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._held = False
        self._part = (0.0, 0.0)
        self.column: int | None = None
        """Where somebody dragged it, None where nobody did."""

    def show_part(self, seen: range, total: int) -> None:
        """Thicken the rule beside the part of the list that can be seen: it is the scrollbar."""
        part = (seen.start / total, seen.stop / total) if total > len(seen) else (0.0, 0.0)
        if part != self._part:
            self._part = part
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One cell of the rule."""
        colours = colours_of(self)
        height = max(1, self.size.height)
        first = min(int(self._part[0] * height), height - 1)
        last = max(first + 1, round(self._part[1] * height)) if self._part[1] else first
        thick = first <= y < last
        style = colours.accent if self._held else colours.dim if thick else colours.rule
        return Strip([Segment("┃" if thick else "│", self.rich_style + style)], 1)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the rule."""
        self._hold(True)
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse while it holds the rule."""
        if self._held:
            self.post_message(self.Dragged(int(event.screen_x)))
            event.stop()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go."""
        self._hold(False)

    def on_mouse_release(self) -> None:
        """The mouse was taken away."""
        self._held = False
        self.refresh()

    def _hold(self, held: bool) -> None:
        self._held = held
        self.capture_mouse(held)
        self.refresh()
