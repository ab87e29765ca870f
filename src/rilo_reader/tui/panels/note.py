"""A small editor for the note of a highlight."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static, TextArea

from rilo_reader.text import clean_line
from rilo_reader.tui.panels.base import Asking

KEYS = "esc or ctrl+s keeps the note"
LONGEST_QUOTATION = 300


class NoteScreen(Asking[str]):
    """Edits a note; the result is its text. Leaving keeps it, since undo takes it back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+s", "keep", show=False, priority=True)
    ]

    DEFAULT_CSS = """
    NoteScreen {
        #panel { width: 72; }
        #quotation {
            height: auto;
            max-height: 3;
            padding: 0 1;
            border-left: wide $quote-bar;
            margin-bottom: 1;
            color: $page-dim;
            text-style: $dim-text-style;
        }
        TextArea, TextArea:focus {
            height: 8;
            border: none;
            padding: 0 1;
            background: $page-ground;
            color: $page-text;
        }
        &.-low #quotation { margin: 0; max-height: 1; }
        &.-low TextArea, &.-low TextArea:focus { height: 5; }
    }
    """

    def __init__(self, quotation: str, note: str) -> None:
        """Create an editor.

        Args:
            quotation: the passage, shown above.
            note: the initial text.
        """
        super().__init__()
        self._quotation = Static(
            clean_line(quotation, LONGEST_QUOTATION), id="quotation", markup=False
        )
        self._area = TextArea(note)

    def compose(self) -> ComposeResult:
        """Compose the passage, the text, and the keys."""
        with Vertical(id="panel"):
            yield self._quotation
            yield self._area
            yield Static(KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        """Begin at the end of the text."""
        self.set_focus(self._area)
        self._area.move_cursor(self._area.document.end)

    def action_keep(self) -> None:
        """Close with the text."""
        self.dismiss(self._area.text)
