"""The search box; importing Textual's Input takes 4 ms, so it is done after the first frame."""

from __future__ import annotations

from textual.message import Message
from textual.widgets import Input

from rilo_reader.text import clean_line

LONGEST_QUERY = 1_000
"""Maximum length of a query in characters; more is pasted by mistake."""


class LineBox(Input):
    """An input without a blinking cursor, which cleans pasted text."""

    def on_mount(self) -> None:
        """Turn off blinking."""
        self.cursor_blink = False

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert text as one clean line."""
        super().insert_text_at_cursor(self.cleaned(text))

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a range by one clean line."""
        super().replace(self.cleaned(text), start, end)

    def cleaned(self, text: str) -> str:
        """Return a pasted text as one clean line; a typed character as it is."""
        # `clean_line` would strip a space that is being typed.
        return clean_line(text, LONGEST_QUERY) if len(text) > 1 else text


class SearchBox(LineBox):
    """The input for queries; posts Input.Changed."""

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
        """The user went on to the results."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, compact=True, max_length=LONGEST_QUERY)

    async def action_submit(self) -> None:
        """Go on to the results."""
        self.post_message(self.Left())

    def write(self, text: str) -> None:
        """Show a query without posting a message."""
        with self.prevent(Input.Changed):
            self.value = text
            self.cursor_position = len(text)
