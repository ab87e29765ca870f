"""The search box, the total beside it, and the line that says what was not understood."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from rilo_reader.article import clean_line
from rilo_reader.search.query import QueryFault

LONGEST_QUERY = 1_000
"""Characters of a query; more is a paste gone wrong."""


class LineBox(Input):
    """One line to type into: without a blinking cursor, and clean whatever is pasted."""

    def on_mount(self) -> None:
        """Nothing blinks."""
        self.cursor_blink = False

    def insert_text_at_cursor(self, text: str) -> None:
        """Type or paste: as one clean line."""
        super().insert_text_at_cursor(_clean(text))

    def replace(self, text: str, start: int, end: int) -> None:
        """Type or paste over a selection: as one clean line."""
        super().replace(_clean(text), start, end)


def _clean(text: str) -> str:
    # A blank that is typed is one; cleaning a line would take it from its end.
    return clean_line(text, LONGEST_QUERY) if len(text) > 1 else text


class SearchBox(LineBox):
    """One line to type a query into. Posts Input.Changed as it is typed."""

    DEFAULT_CSS = """
    SearchBox, SearchBox:focus {
        width: 1fr;
        height: 1;
        border: none;
        padding: 0;
        background: $page-ground;
        background-tint: $page-ground 0%;
        color: $page-text;
    }
    SearchBox > .input--placeholder {
        color: $page-dim;
        text-style: $dim-text-style;
    }
    """

    class Left(Message):
        """Somebody goes on to the results."""

    def __init__(self) -> None:
        super().__init__(placeholder="search", compact=True, max_length=LONGEST_QUERY)

    async def action_submit(self) -> None:
        """Enter goes on to the results."""
        self.post_message(self.Left())

    def write(self, text: str) -> None:
        """Show a query that was not typed, without a message."""
        with self.prevent(Input.Changed):
            self.value = text
            self.cursor_position = len(text)


class SearchRow(Horizontal):
    """The first line of the screen: a slash, the box, the total."""

    DEFAULT_CSS = """
    SearchRow {
        height: 1;
        padding: 0 2 0 1;
        #slash { width: 2; color: $page-dim; }
        #hidden { width: auto; padding-left: 2; color: $page-dim; text-style: $dim-text-style; }
        #total { width: auto; padding-left: 2; color: $page-dim; text-style: $dim-text-style; }
        &:focus-within #slash { color: $page-accent; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.box = SearchBox()
        self._hidden = Static("", id="hidden", markup=False)
        self._total = Static("", id="total", markup=False)

    def compose(self) -> ComposeResult:
        """Slash, box, total."""
        yield Static("/", id="slash", markup=False)
        yield self.box
        yield self._hidden
        yield self._total

    @property
    def hidden(self) -> str:
        """What is said to be muted, "" where nothing is."""
        return str(self._hidden.content)

    def show_hidden(self, text: str) -> None:
        """Say what is muted, beside the total."""
        if text != self.hidden:
            self._hidden.update(text)

    def show_total(
        self, found: int, everything: int, *, all_shown: bool, best_first: bool = False
    ) -> None:
        """Say how many articles are shown, of how many, and when their order is not by time."""
        text = f"{everything:,}" if all_shown else f"{found:,} of {everything:,}"
        text = f"best first · {text}" if best_first else text
        if text != self._total.content:
            self._total.update(text)


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
