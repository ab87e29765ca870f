"""What stands beside the lines of quotes and of the items of lists."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from rilo_reader.render.direction import MARK


class Frame:
    """What stands before the lines of a quote or an item; `first` until the first line is out.

    Where their text runs from right to left it stands behind them, `on_right`.
    """

    __slots__ = ("first", "fresh", "on_right", "rest", "style")

    def __init__(self, first: str, rest: str, style: Style, *, on_right: bool = False) -> None:
        """Begin: `first` stands beside the first line, `rest` beside the others."""
        self.first = first
        self.rest = rest
        self.style = style
        self.on_right = on_right
        self.fresh = True

    def segment(self) -> Segment:
        """What stands beside the line that comes next."""
        text = self.first if self.fresh else self.rest
        self.fresh = False
        if self.on_right and text:
            mark = text.strip()
            text = f"{MARK if mark[:1].isdigit() else ''} {mark}{' ' * (len(text) - len(mark) - 1)}"
        return Segment(text, self.style)
