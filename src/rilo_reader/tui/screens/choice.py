"""Choosing one line of a few: the outline, the themes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from rilo_reader.tui.screens.panel import EntryPanel
from rilo_reader.tui.widgets.line_list import Entry


class ChoiceScreen(EntryPanel[int]):
    """A list to choose one line from; the result is its index, None where nobody chose."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", show=False)]

    def __init__(self, choices: Sequence[str], chosen: int, keys: str) -> None:
        """Make it.

        Args:
            choices: the lines.
            chosen: the one to stand on at first.
            keys: what is said of the keys.
        """
        super().__init__(tuple(Entry(choice) for choice in choices), keys)
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """The list and the keys."""
        with Vertical(id="panel"):
            yield self._list
            yield self._last_line

    def on_mount(self) -> None:
        """Stand on what is chosen now."""
        self._list.show(self.entries, self._chosen)

    def action_choose(self) -> None:
        """Take the line one stands on."""
        self.dismiss(self._list.cursor)
