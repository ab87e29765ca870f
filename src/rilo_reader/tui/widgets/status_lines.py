"""The last line of the screen: keys, or what just happened; on the right, what goes on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from rilo_reader.query.tree import QueryFault
from rilo_reader.tui.widgets.list_row import Colours, colours_of, cut

KeyHint = tuple[str, str]
"""A key as people write it, and the word for what it does."""

GAP = "   "
"""What stands between two hints."""

SECONDS_SHOWN = 4.0
"""How long a message takes the place of the keys."""


class BottomLine(Widget, can_focus=False):
    """One line, drawn by itself: the stock footer leaks with every change of focus."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    BottomLine {
        dock: bottom;
        height: 1;
        background: $page-ground;
    }
    """

    # What stands on the right, each until it is "" again; it draws itself when they change.
    activity: reactive[str] = reactive("")
    """What goes on."""
    fetching: reactive[str] = reactive("")
    """What is being fetched."""
    news: reactive[str] = reactive("")
    """What has come, until it is looked at."""
    place: reactive[str] = reactive("")
    """Where one stands ("3/12")."""
    aside: reactive[str] = reactive("")
    """What is said of the open article, before its place."""

    def __init__(self, keys: Sequence[KeyHint]) -> None:
        super().__init__()
        self._keys = tuple(keys)
        self._message = ""
        self._is_error = False
        self._stays = False
        self._timer: Timer | None = None

    @property
    def message(self) -> str:
        """What is shown in place of the keys, "" where the keys are."""
        return self._message

    def say(self, message: str, *, error: bool = False, stay: bool = False) -> None:
        """Show a message in place of the keys for a few seconds, or until `let_go`."""
        self._message = message
        self._stays = stay
        self._is_error = error
        if self._timer is not None:
            self._timer.stop()
        if not stay:
            # Longer texts and bad news get the time it takes to read them.
            seconds = SECONDS_SHOWN + len(message) / 20 + (4 if error else 0)
            self._timer = self.set_timer(seconds, self.clear)
        self.refresh()

    def let_go(self) -> None:
        """Back to the keys where a message stays until somebody does something."""
        if self._stays:
            self._stays = False
            self.clear()

    def clear(self) -> None:
        """Back to the keys."""
        if self._message:
            self._message = ""
            self.refresh()

    def show_keys(self, keys: Sequence[KeyHint]) -> None:
        """Show other keys."""
        if tuple(keys) != self._keys:
            self._keys = tuple(keys)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        colours = colours_of(self)
        aside, _ = cut(self.aside, width // 2)
        place = "   ".join(part for part in (aside, self.place) if part)
        goes_on = self.fetching or self.activity
        parts = (goes_on or self.news, "" if goes_on else place)
        right, right_cells = cut("   ".join(filter(None, parts)), max(0, width - 2))
        room = max(0, width - 2 - (right_cells + 2 if right else 0))
        left = self._message_segments(room, colours) or self._key_segments(room, colours)
        used = sum(segment.cell_length for segment in left)
        line = [Segment(" "), *left]
        if right:
            gap = " " * max(0, width - 2 - used - right_cells)
            line += [Segment(gap), Segment(right, colours.dim)]
        return Strip(line).adjust_cell_length(width).apply_style(self.rich_style)

    def _message_segments(self, room: int, colours: Colours) -> list[Segment]:
        if not self._message:
            return []
        text, _ = cut(self._message, room)
        return [Segment(text, colours.error if self._is_error else colours.text)]

    def _key_segments(self, room: int, colours: Colours) -> list[Segment]:
        """The hints that fit."""
        segments: list[Segment] = []
        for key, word in hints_for(self._keys, room):
            segments += [
                Segment(GAP if segments else ""),
                Segment(key, colours.text + Style(bold=True)),
                Segment(" " + word, colours.dim),
            ]
        return segments


def hints_for(keys: Sequence[KeyHint], room: int) -> list[KeyHint]:
    """As many whole hints as fit: half a hint helps nobody.

    The last two lead on and out (`?` and `q` in the reader), so the one before them goes first.
    """
    hints = list(keys)
    while (
        hints
        and sum(len(key) + 1 + len(word) for key, word in hints) + len(GAP) * (len(hints) - 1)
        > room
    ):
        del hints[max(len(hints) - 3, 0)]
    return hints


# The line under the search box: what the word that is being typed may become.


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


# The line under the search box that says what was not understood.


class FaultLine(Static):
    """Under the box: a caret under what was not understood, and why. Not there without a fault."""

    DEFAULT_CSS = """
    FaultLine {
        display: none;
        height: 1;
        padding: 0 2 0 3;
        color: $page-error;
    }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def show_faults(self, query: str, faults: Sequence[QueryFault]) -> None:
        """Show the first fault under its place in the query, or go away."""
        self.display = bool(faults)
        if not faults:
            return
        fault = faults[0]
        before = cell_len(query[: fault.start])
        carets = "^" * max(1, cell_len(query[fault.start : fault.end]))
        text = " " * before + carets + " " + fault.reason
        if len(text) > self.size.width > 0 and before > len(fault.reason) + 1:
            text = fault.reason.rjust(before - 1) + " " + carets
        self.update(Content(text))
