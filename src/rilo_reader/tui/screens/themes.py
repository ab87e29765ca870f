"""Choosing a theme: each is shown as one stands on it."""

from __future__ import annotations

from collections.abc import Callable

from rilo_reader.tui.screens.choice import ChoiceScreen


class ThemeScreen(ChoiceScreen):
    """Every theme; the one that is stood on is the one on the screen until somebody leaves."""

    DEFAULT_CSS = """
    ThemeScreen {
        #panel { width: 40; }
    }
    """

    def __init__(self, names: list[str], now: str, show: Callable[[str], None]) -> None:
        super().__init__(names, names.index(now), "enter keeps it   esc does not")
        self._names = names
        self._show = show

    def action_move(self, rows: int) -> None:
        """Move, and show the theme."""
        super().action_move(rows)
        self._show(self._names[self._list.cursor])
