"""The search box; Textual's Input is 4 ms of imports, so it comes after the first frame."""

from __future__ import annotations

from textual.message import Message
from textual.widgets import Input

from rilo_reader.text import clean_line

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

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, compact=True, max_length=LONGEST_QUERY)

    async def action_submit(self) -> None:
        """Enter goes on to the results."""
        self.post_message(self.Left())

    def write(self, text: str) -> None:
        """Show a query that was not typed, without a message."""
        with self.prevent(Input.Changed):
            self.value = text
            self.cursor_position = len(text)
