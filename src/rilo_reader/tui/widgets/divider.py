"""The rule between list and article, which the mouse can move."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment, Segments
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget

from rilo_reader.tui.widgets.colours import Colours, colours_of

THIN, THICK = "│", "┃"


class RuleBar(ScrollBarRender):
    """A scrollbar; in the terminal's own colours a thick rule, as the divider has.

    Without colours, Textual's reversed cells would be the brightest on the screen.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the cells of the scrollbar."""
        (drawn,) = super().__rich_console__(console, options)
        colour = console.get_style(self.style).color
        if not isinstance(drawn, Segments) or colour is None or colour.triplet is not None:
            yield drawn  # a theme has colours
            return
        thumb = "@mouse.down", "grab"
        cells = [
            Segment(THICK, Style(dim=True, meta=style.meta))
            if style is not None and thumb in style.meta.items()
            else Segment(text, style)
            for text, style, _ in drawn.segments
        ]
        yield Segments(cells, new_lines=drawn.new_lines)


class Divider(Widget, can_focus=False):
    """A thin vertical rule; its thicker part serves as the scrollbar of the list."""

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
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__()
        self._is_held = False
        self._part = (0.0, 0.0)
        self._styles: tuple[Style, Colours] | None = None
        self.column: int | None = None  # that it was dragged to

    def show_part(self, seen: range, total: int) -> None:
        """Thicken the part of the rule that corresponds to the visible part of the list."""
        part = (seen.start / total, seen.stop / total) if total > len(seen) else (0.0, 0.0)
        if part != self._part:
            self._part = part
            self.refresh()

    def notify_style_update(self) -> None:
        """Draw in the colours of another theme."""
        super().notify_style_update()
        self._styles = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return a cell of the rule for each line; Textual would draw each by itself."""
        if self._styles is None:
            # Textual computes them anew each time.
            self._styles = self.rich_style, colours_of(self)
        ground, colours = self._styles
        height = max(1, self.size.height)
        first = min(int(self._part[0] * height), height - 1)
        last = max(first + 1, round(self._part[1] * height)) if self._part[1] else first
        thin, thick = (
            self._filter_cell(Segment(sign, ground + (colours.accent if self._is_held else style)))
            for sign, style in ((THIN, colours.rule), (THICK, colours.dim))
        )
        return [thick if first <= y < last else thin for y in crop.line_range]

    def _filter_cell(self, cell: Segment) -> Strip:
        strip = Strip([cell], 1)
        for each in self.get_line_filters():
            strip = strip.apply_filter(each, self.background_colors[1])
        return strip

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._set_held(True)
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._is_held:
            self.post_message(self.Dragged(int(event.screen_x)))
            event.stop()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self._set_held(False)

    def on_mouse_release(self) -> None:
        """Stop dragging after the mouse was released elsewhere."""
        self._is_held = False
        self.refresh()

    def _set_held(self, held: bool) -> None:
        self._is_held = held
        self.capture_mouse(held)
        self.refresh()
