"""Values and their counts, one a line: the value on the left, the count flush right."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rilo_reader.search.insight import Value
from rilo_reader.tui.widgets.cells import cut
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.list_row import BAR


class ValueList(ScrollView, can_focus=False, inherit_bindings=False):
    """Draws the values it is given; posts Chosen for one that was clicked."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    ValueList {
        height: auto;
        background: $row-ground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 0;
    }
    """

    class Chosen(Message):
        """Somebody clicked the value under the cursor."""

    def __init__(self) -> None:
        super().__init__()
        self.values: tuple[Value, ...] = ()
        self.cursor = 0

    def show(self, values: Sequence[Value], *, keep: bool = False) -> None:
        """Show other values; `keep` stays on the line where one stands."""
        self.values = tuple(values)
        self.cursor = max(0, min(self.cursor, len(values) - 1)) if keep else 0
        self.virtual_size = Size(1, len(values))
        self._bring_into_view()
        self.refresh()

    def move(self, rows: int) -> None:
        """Move the cursor, as far as there are values."""
        self.cursor = max(0, min(self.cursor + rows, len(self.values) - 1))
        self._bring_into_view()
        self.refresh()

    def _bring_into_view(self) -> None:
        top, height = int(self.scroll_offset.y), max(1, self.size.height)
        if self.cursor < top or self.cursor >= top + height:
            line = self.cursor if self.cursor < top else self.cursor - height + 1
            self.scroll_to(y=line, animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """A value and its count."""
        number, width = y + int(self.scroll_offset.y), self.size.width
        if number >= len(self.values):
            return Strip.blank(width, self.rich_style)
        colours, value = colours_of(self), self.values[number]
        stands = number == self.cursor
        count = f"{value.hits:,}"
        room = max(0, width - 4 - len(count))
        text, cells = cut(value.text, room)
        style = colours.accent + Style(bold=True) if stands else colours.text
        line = [
            Segment(BAR if stands else " ", colours.accent),
            Segment(text, style),
            Segment(" " * (room - cells + 2)),
            Segment(count, style if stands else colours.dim),
        ]
        return Strip(line).adjust_cell_length(width).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Choose the value that was clicked."""
        event.stop()
        number = event.y + int(self.scroll_offset.y)
        if 0 <= number < len(self.values):
            self.cursor = number
            self.refresh()
            self.post_message(self.Chosen())
