"""What a program printed, and the line in which one is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from rilo_reader.tui.panels.panel import Check, FormLine, PromptScreen, ScrollingPanel

MOST_SHOWN = 100_000
"""Characters of an output that are shown; more would take long to wrap."""


class OutputScreen(ScrollingPanel):
    """The output of a program."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,enter", "dismiss"),
        ("j", "scroll_by(1)"),
        ("k", "scroll_by(-1)"),
        ("space,ctrl+d", "scroll_by(12)"),
        ("b,ctrl+u", "scroll_by(-12)"),
        ("g,home", "scroll_by(-1000000)"),
        ("G,end", "scroll_by(1000000)"),
        ("y", "copy"),
    ]
    DEFAULT_CSS = "OutputScreen .title { text-style: bold; }"

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        shown = self._text.expandtabs()
        if len(shown) > MOST_SHOWN:
            shown = f"{shown[:MOST_SHOWN]}\n… The rest is left out; y copies all of it."
        with Vertical(id="panel"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll(id="rows"):
                yield Static(shown, markup=False)
            yield Static("↑ ↓ space scroll   y copy   esc close", id="keys", markup=False)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)
        self.query_one("#keys", Static).update("Copied")


class PipePrompt(PromptScreen):
    """A prompt for the program that gets articles; up and down recall earlier ones."""

    def __init__(self, what: str, note: str, earlier: Sequence[str], check: Check) -> None:
        """Create it; `earlier` are lines that were typed before, the newest first."""
        question = FormLine("", "wc -w", needed="a program and its arguments")
        super().__init__(f"Pipe {what} to", [question], note, check, verb="run   ↑ earlier")
        self._lines, self._place = ["", *earlier], 0

    def action_on(self, step: int) -> None:
        """Recall an older line, or a newer one."""
        box = self.boxes[0]
        if box.value != self._lines[self._place]:
            self._lines[0], self._place = box.value, 0  # what was typed is not lost
        self._place = max(0, min(self._place - step, len(self._lines) - 1))
        box.value = self._lines[self._place]
        box.cursor_position = len(box.value)
