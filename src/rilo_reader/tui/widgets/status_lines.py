"""Lines for keys, messages and activity; completions; and faults of a query."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from rilo_reader.keys import key_name
from rilo_reader.query.tree import QueryFault
from rilo_reader.render.lines import wrap_text
from rilo_reader.tui.widgets.colours import Colours, DrawnLine, colours_of
from rilo_reader.tui.widgets.truncate import cut_text

KeyHint = tuple[str, str]  # a key as users write it, and what it does
GAP = "   "  # between two hints
LAST_KEPT = 3  # hints that are left out last where room is short

# Where a hint is not the name of a key.
_PRESSED = MappingProxyType({"↑": "up", "↓": "down", "1-4": "1"})
SECONDS_SHOWN = 4.0  # seconds for which a message is shown
MOST_ROWS = 2  # of a message; what does not fit is shown whole on demand


class BottomLine(DrawnLine, can_focus=False):
    """The bottom line; Textual's own Footer leaks memory on every focus change.

    A message that does not fit into it covers a row above.
    """

    DEFAULT_CSS = "BottomLine { dock: bottom; }"

    class WholeWanted(Message):
        """A message that is cut was clicked."""

    # The items on the right; each is hidden while it is "".
    activity: reactive[str] = reactive("")  # what is being done
    marking: reactive[str] = reactive("")  # what is being marked
    fetching: reactive[str] = reactive("")  # what is being fetched
    news: reactive[str] = reactive("")  # what is new, until it is looked at
    place: reactive[str] = reactive("")
    """Which hit in the article is shown ("hit 3/12")."""
    aside: reactive[str] = reactive("")  # facts about the open article, before the position

    def __init__(self, keys: Sequence[KeyHint]) -> None:
        super().__init__()
        self._keys = tuple(keys)
        self.is_pressed = False  # whether the mouse went down here, until that is asked for
        self.message = ""  # shown instead of the keys
        self.whole_hint = ""  # how to see all of a message that is cut
        self.cut_message = ""  # all of the message, if only a part of it is shown
        self._further_messages: Sequence[str] = ()  # what else is to be said
        self._rows: Sequence[str] = ()  # of the message, as shown
        self._is_error = False
        self._stays = False
        self._timer: Timer | None = None

    def show_message(
        self, message: str, *, error: bool = False, stay: bool = False, more: Sequence[str] = ()
    ) -> None:
        """Show a message instead of the keys for a few seconds, or until the next action.

        `more` are messages that are shown with it to those who want to see all.
        """
        self.message, self._further_messages = message, more
        self._stays = stay
        self._is_error = error
        if self._timer is not None:
            self._timer.stop()
        if not stay:
            # Longer messages and errors are shown for as long as they take to read.
            seconds = SECONDS_SHOWN + len(message) / 20 + (4 if error else 0)
            self._timer = self.set_timer(seconds, self.clear)
        self._fit_message()

    def on_resize(self) -> None:
        self._fit_message()

    def _fit_message(self) -> None:
        """Break the message into as many rows as there may be, or cut it."""
        hint, width = GAP + self.whole_hint, max(1, self.size.width - 2)
        more = f" ({len(self._further_messages)} more){hint}" if self._further_messages else ""
        text = self.message + more if self.message else ""
        spans = wrap_text(text, width)
        rows = [text[span.start : span.end] for span in spans]
        is_cut = len(rows) > MOST_ROWS
        if is_cut:
            rest = self.message[spans[MOST_ROWS - 1].start :]
            rows[MOST_ROWS - 1 :] = [cut_text(rest, width - cell_len(hint))[0] + hint]
        self.cut_message = (
            "\n".join((self.message, *self._further_messages)) if is_cut or more else ""
        )
        self._rows = rows
        self.styles.height = len(rows)
        self.refresh()

    def action_taken(self) -> None:
        """Clear a message that stays until the next action."""
        if self._stays:
            self._stays = False
            self.clear()

    def clear(self) -> None:
        """Show the keys again."""
        self.message, self._further_messages = "", ()
        self._fit_message()

    def show_keys(self, keys: Sequence[KeyHint]) -> None:
        """Show other keys."""
        self._keys = tuple(keys)
        self.refresh()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key whose hint is clicked, or show a message whole."""
        self.is_pressed = True
        if self.cut_message:
            self.post_message(self.WholeWanted())
        if key := event.style.meta.get("key"):
            # From the app: a key of the screen's own would not bubble up to it.
            self.app.call_later(self.app.simulate_key, key)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        colours = colours_of(self)
        aside, _ = cut_text(self.aside, width // 2)
        place = "   ".join(part for part in (aside, self.place) if part)
        goes_on = self.marking or self.fetching or self.activity
        parts = (goes_on or self.news, "" if goes_on else place)
        right, right_cells = cut_text("   ".join(filter(None, parts)), max(0, width - 2))
        available = max(0, width - 2 - (right_cells + 2 if right else 0))
        left: list[Segment] = []
        if self.message:
            # It may still be as high as the message before.
            row = self._rows[y] if y < len(self._rows) else ""
            left.append(Segment(row, colours.error if self._is_error else colours.text))
            if y or cell_len(row) > available:
                right, right_cells = "", 0
        else:
            for key, label in fit_hints(self._keys, available):
                left += [Segment(GAP if left else ""), *_draw_hint(key, label, colours)]
        used = sum(segment.cell_length for segment in left)
        gap = Segment(" " * max(0, width - 2 - used - right_cells))
        strip = Strip([Segment(" "), *left, gap, Segment(right, colours.dim)])
        return strip.adjust_cell_length(width).apply_style(self.rich_style)


def _draw_hint(keys: str, label: str, colours: Colours) -> list[Segment]:
    """Return a hint; each of its keys can be clicked, and the label, which is the first key's."""
    names = keys.split(" ")
    style = colours.text + Style(bold=True)
    if not label:  # of a mode
        return [Segment(keys, style)]
    clicks = [Style.from_meta({"key": _PRESSED.get(name) or key_name(name)}) for name in names]
    line: list[Segment] = []
    for name, click in zip(names, clicks, strict=True):
        line += [Segment(" " if line else ""), Segment(name, style + click)]
    return [*line, Segment(" " + label, colours.dim + clicks[0])]


def fit_hints(keys: Sequence[KeyHint], available: int) -> list[KeyHint]:
    """Return as many whole hints as fit.

    The last ones are for commands, help and leaving in the reader, so they are dropped last.
    """
    hints = list(keys)
    while hints and len(GAP.join(f"{key} {word}" for key, word in hints)) > available:
        del hints[max(len(hints) - 1 - LAST_KEPT, 0)]
    return hints


OfferedWord = tuple[str, int | None]  # a word as shown, and how many articles have it, if useful

COMPLETION_GAP = 3
WIDEST = 32  # maximum width of a word in cells, which leaves space for others

HINT = "tab complete"


class CompletionLine(DrawnLine, can_focus=False):
    """A line that is always there, so that nothing below it moves.

    Tab inserts the first word. Without completions a rule shows what has the focus.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: tuple[OfferedWord, ...] = ()  # the completions, best first
        self._has_completion = True  # whether the first is more than what is typed
        self._pane: Widget | None = None  # below, with the focus

    def show_focus(self, pane: Widget | None) -> None:
        """Draw a rule above the widget that has the focus, wherever it is now."""
        self._pane = pane
        self.refresh()

    def offer_words(self, words: Sequence[OfferedWord], *, completes: bool = True) -> None:
        """Show completions; none leaves the line blank."""
        self.words, self._has_completion = tuple(words), completes
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return as many whole words as fit, and the key on the right."""
        colours, width = colours_of(self), self.size.width
        available, used = max(0, width - 5), 0
        line = [Segment("   ")]
        if self._pane is not None and not self.words:
            x, _, cells, _ = self._pane.region
            line = [Segment(" " * x), Segment("━" * cells, colours.accent)]
        for number, (word, hits) in enumerate(self.words):
            gap = " " * COMPLETION_GAP if number else ""
            text, cells = cut_text(word, min(WIDEST, available))
            count = "" if hits is None else f" {hits:,}"
            cells += len(gap) + len(count)
            if number and used + cells > available - COMPLETION_GAP - len(HINT):
                break
            is_taken = self._has_completion and not number
            style = colours.accent + Style(bold=True) if is_taken else colours.dim
            line += [Segment(gap), Segment(text, style), Segment(count, colours.dim)]
            used += cells
        if self.words and self._has_completion and used + COMPLETION_GAP + len(HINT) <= available:
            line += [Segment(" " * (available - used - len(HINT))), Segment(HINT, colours.dim)]
        return Strip(line).adjust_cell_length(width).apply_style(self.rich_style)


class FaultLine(Static):
    """A caret below the fault in the query, with the reason; hidden without a fault."""

    DEFAULT_CSS = """
    FaultLine {
        display: none;
        height: auto;
        padding: 0 2 0 3;
        color: $page-error;
    }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def show_faults(self, query: str, faults: Sequence[QueryFault]) -> None:
        """Show the first fault below its position in the query, or hide."""
        self.display = bool(faults)
        if not faults:
            return
        fault = faults[0]
        before = cell_len(query[: fault.start])
        carets = "^" * max(1, cell_len(query[fault.start : fault.end]))
        text = " " * before + carets + " " + fault.reason
        if cell_len(text) > (width := self.size.width) > 0:
            if before > len(fault.reason) + 1:
                text = fault.reason.rjust(before - 1) + " " + carets
            else:
                text = f"{' ' * before}{carets[: width - before]}\n{fault.reason}"
        self.update(Content(text))
