"""Inputs of one line, among them the search box."""

from __future__ import annotations

from textual.widgets import Input
from textual.widgets.input import Selection

from rilo_reader.text import clean_line

LONGEST_QUERY = 1_000  # maximum length of a query in characters; more is pasted by mistake


class LineBox(Input):
    """An input of one line without a blinking cursor, which cleans pasted text."""

    DEFAULT_CSS = """
    LineBox, LineBox:focus {
        border: none;
        height: 1;
        padding: 0;
        background: $page-ground;
        background-tint: $page-ground 0%;
        color: $page-text;
    }
    LineBox > .input--placeholder {
        color: $page-dim;
        text-style: $dim-text-style;
    }
    LineBox:ansi > .input--cursor, LineBox:ansi > .input--selection {
        background: ansi_default;
        color: ansi_default;
        text-style: reverse;
    }
    """

    def on_mount(self) -> None:
        self.cursor_blink = False

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert text as one clean line."""
        super().insert_text_at_cursor(self.clean_pasted(text))

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a range by one clean line."""
        super().replace(self.clean_pasted(text), start, end)

    def clean_pasted(self, text: str) -> str:
        """Return a pasted text as one clean line; a typed character as it is."""
        # `clean_line` would strip a space that is being typed.
        return clean_line(text, LONGEST_QUERY) if len(text) > 1 else text


class SearchBox(LineBox):
    """The input for queries; posts Input.Changed, and Input.Submitted to go on to the results."""

    DEFAULT_CSS = "SearchBox { width: 1fr; }"

    def __init__(self, placeholder: str) -> None:
        super().__init__(
            placeholder=placeholder,
            compact=True,
            max_length=LONGEST_QUERY,
            select_on_focus=False,  # who enters says what is selected
        )

    async def action_copy(self) -> None:  # type: ignore[override]
        """Copy what is selected; else the key does what it does outside the box."""
        if self.selected_text:
            super().action_copy()
        else:
            await self.run_action("screen.command('copy_text')")

    def show_text(self, text: str) -> None:
        """Show a query without posting a message."""
        with self.prevent(Input.Changed):
            self.value = text
            self.cursor_position = len(text)

    def select_from(self, start: int) -> None:
        """Select the text from a character on, so that typing replaces it."""
        self.selection = Selection(start, len(self.value))


class FindBox(LineBox):
    """The input for what is to be found in the article, above the last line."""

    DEFAULT_CSS = """
    FindBox, FindBox:focus {
        dock: bottom;
        margin: 0 2 1 1;
        padding: 0 1;
        background: $row-ground;
    }
    """

    def __init__(self) -> None:
        super().__init__(placeholder="find in this article", max_length=LONGEST_QUERY)
