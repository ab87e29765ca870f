"""Looking for garbage while nobody does anything, so that no frame has to."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from textual.timer import Timer

    from rilo_reader.article import Article
    from rilo_reader.library import Row
    from rilo_reader.tui.screens.reader import ReaderScreen

GARBAGE_PAUSE = 0.5
"""Seconds without other results or another article, after which nobody waits for a frame."""


class Tidying(Room):
    """Runs the garbage collector in each pause.

    What a letter or a row leaves behind is collected in a millisecond or ten then. By itself the
    collector would begin when much has been made, which is in the middle of a frame.
    """

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._timer: Timer | None = None

    def results_shown(self) -> None:
        """Somebody types, or the index changed."""
        self._soon()

    def article_shown(self, row: Row, article: Article) -> None:
        """Somebody walks from article to article."""
        self._soon()

    def _soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.desk.set_timer(GARBAGE_PAUSE, self._tidy)

    def _tidy(self) -> None:
        # Where it is turned off, somebody has a reason: tests, and whoever measures.
        if gc.isenabled():
            gc.collect()
