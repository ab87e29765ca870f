"""The line under the search box: what the word that is being typed may become."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from rilo_reader.tui.widgets.cells import cut
from rilo_reader.tui.widgets.colours import Colours, colours_of

OfferedWord = tuple[str, int | None]
"""A word as it is shown, and how many articles have it where that says something."""

COMPLETION_GAP = 3
WIDEST = 32
"""Cells of one word at most: a long value leaves room for others."""

HINT = "tab completes"


class CompletionLine(Widget, can_focus=False):
    """One line that is always there, blank without words, so that nothing below it moves.

    The first word is the one that tab takes.
    """

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    CompletionLine {
        height: 1;
        background: $page-ground;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._words: tuple[OfferedWord, ...] = ()

    @property
    def words(self) -> tuple[OfferedWord, ...]:
        """What is offered, the first first."""
        return self._words

    def offer(self, words: Sequence[OfferedWord]) -> None:
        """Show these words; none leaves the line blank."""
        if tuple(words) != self._words:
            self._words = tuple(words)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line: as many whole words as fit, and the key on the right."""
        width = self.size.width
        line = [Segment("   "), *self._segments(max(0, width - 5), colours_of(self))]
        return Strip(line).adjust_cell_length(width).apply_style(self.rich_style)

    def _segments(self, room: int, colours: Colours) -> list[Segment]:
        if not self._words:
            return []
        segments: list[Segment] = []
        used = 0
        for number, (word, hits) in enumerate(self._words):
            gap = " " * COMPLETION_GAP if number else ""
            text, cells = cut(word, min(WIDEST, room))
            count = "" if hits is None else f" {hits:,}"
            cells += len(gap) + len(count)
            if number and used + cells > room - COMPLETION_GAP - len(HINT):
                break
            style = colours.dim if number else colours.accent + Style(bold=True)
            segments += [Segment(gap), Segment(text, style), Segment(count, colours.dim)]
            used += cells
        if used + COMPLETION_GAP + len(HINT) <= room:
            segments += [Segment(" " * (room - used - len(HINT))), Segment(HINT, colours.dim)]
        return segments
