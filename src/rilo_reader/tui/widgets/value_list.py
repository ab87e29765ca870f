"""Values and their counts, one a line: the value on the left, the count flush right."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from rilo_reader.index.stats import Value
from rilo_reader.tui.widgets.cells import cut
from rilo_reader.tui.widgets.colours import Colours
from rilo_reader.tui.widgets.line_list import LineList
from rilo_reader.tui.widgets.list_row import BAR


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
