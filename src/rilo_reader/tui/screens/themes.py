"""Choosing a theme: each is shown as one stands on it."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widgets import OptionList

from rilo_reader.tui.screens.outline import ChoiceScreen


class ThemeScreen(ChoiceScreen):
    """Every theme; the one that is stood on is the one on the screen until somebody leaves."""

    def __init__(self, names: list[str], now: str, show: Callable[[str], None]) -> None:
        super().__init__([Content(name) for name in names], names.index(now))
        self._names = names
        self._show = show

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the theme."""
        event.stop()
        self._show(self._names[event.option_index])
