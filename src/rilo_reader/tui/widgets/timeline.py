"""The timeline: in one line, how the results lie in time, and the slice that was chosen."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from rilo_reader.index.stats import Slot, Timeline
from rilo_reader.tui.widgets.cells import cut
from rilo_reader.tui.widgets.colours import Colours, colours_of
from rilo_reader.tui.widgets.time_slices import Span, merged, step, whole

BARS = "▁▂▃▄▅▆▇█"

LEFT = 3
"""Cells of air before the bars, which begin where titles and the query do."""

FOR_WORDS = 26
"""Cells kept for the time in words and the air before it: the bars do not move as it changes."""

WIDEST_BAR, FEW_CELLS = 3, 24
"""A bar is up to so many cells wide while all of them together stay under so many."""


class TimelineChart(Widget, can_focus=False):
    """Draws the timeline it is given. Posts SliceChosen for a bar that was clicked."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    TimelineChart {
        height: 1;
        background: $page-ground;
    }
    """

    class SliceChosen(Message):
        """Somebody clicked a bar; `span` is None for the one that was chosen already."""

        def __init__(self, span: Span | None) -> None:
            self.span = span
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._timeline = Timeline("day", ())
        self._span: Span | None = None
        self._merged: tuple[int, tuple[Slot, ...]] | None = None

    # -- what it is given -------------------------------------------------------------------------

    def show(self, timeline: Timeline) -> None:
        """Show another timeline."""
        if timeline != self._timeline:
            self._timeline = timeline
            self._merged = None
            self.refresh()

    def mark(self, span: Span | None) -> None:
        """Mark the slice that the results are narrowed to."""
        if span != self._span:
            self._span = span
            self.refresh()

    # -- what it knows ----------------------------------------------------------------------------

    @property
    def span(self) -> Span | None:
        """The marked slice."""
        return self._span

    @property
    def slices(self) -> tuple[Slot, ...]:
        """The timeline as bars, merged to the width of the screen."""
        room = max(1, self.app.size.width - LEFT - FOR_WORDS)
        if self._merged is None or self._merged[0] != room:
            self._merged = (room, merged(self._timeline, room))
        return self._merged[1]

    @property
    def says_something(self) -> bool:
        """Whether there is more than one bar, or a slice to be widened."""
        return len(self.slices) > 1 or self._span is not None

    def step(self, direction: int) -> Span | None:
        """The next slice with hits, 1 later or -1 earlier than the marked one."""
        return step(self.slices, self._span, direction)

    # -- drawing ----------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The bars, then the time in words."""
        colours = colours_of(self)
        line = [Segment(" " * LEFT), *self._bars(colours), Segment("  ")]
        line += self._words(colours)
        return Strip(line).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _bars(self, colours: Colours) -> list[Segment]:
        most = max((one.hits for one in self.slices), default=0)
        cells = self._cells_of_bar
        return [
            Segment(_bar(one.hits, most) * cells, self._style(one, colours)) for one in self.slices
        ]

    def _style(self, one: Slot, colours: Colours) -> Style:
        if not one.hits:
            return colours.rule
        if self._span is None:
            return colours.dim
        # Without colours it is the attributes of dim text that tell the slice from the rest.
        return colours.accent if self._is_marked(one) else colours.dim + colours.rule

    def _is_marked(self, one: Slot) -> bool:
        span = self._span
        return span is not None and one.start < span.end and span.start < one.end

    def _words(self, colours: Colours) -> list[Segment]:
        if self._span is not None:
            text, style = str(self._span), colours.accent
        else:
            text, style = str(whole(self._timeline) or ""), colours.dim
        return [Segment(cut(text, FOR_WORDS - 3)[0], style)]

    @property
    def _cells_of_bar(self) -> int:
        return max(1, min(WIDEST_BAR, FEW_CELLS // max(1, len(self.slices))))

    # -- the mouse --------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Choose the bar; the chosen one again widens."""
        event.stop()
        number, slices = (event.x - LEFT) // self._cells_of_bar, self.slices
        if event.x < LEFT or number >= len(slices) or not slices[number].hits:
            return
        is_again = self._is_marked(slices[number])
        self.post_message(
            self.SliceChosen(None if is_again else Span(slices[number].start, slices[number].end))
        )


def _bar(hits: int, most: int) -> str:
    """Full height for the most; also without colours, one hit stands out from none."""
    levels = len(BARS) - 1
    return BARS[-(-hits * levels // most)] if hits else BARS[0]
