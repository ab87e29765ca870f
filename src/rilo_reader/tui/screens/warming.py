"""Having ready what the first questions need, before anybody asks them."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from textual.timer import Timer

    from rilo_reader.article import Article
    from rilo_reader.library import LibraryError, Row
    from rilo_reader.tui.screens.reader import ReaderScreen

PAUSE = 2.0
"""Seconds without other results or another article, after which nobody is likely to be in a hurry:
those who read go on for longer."""


class _NoMoreNeed(Exception):  # noqa: N818 - nothing went wrong: the reader is being left
    """Nobody will ask any more."""


class Warming(Room):
    """Prepares while nobody does anything; stands back while somebody does.

    Where half a million articles are read, the first question takes a second. After that each
    is answered at once, until the index changes or very many marks do: then it is prepared again.
    What lies on the disk is read as soon as the first article is painted: that is in nobody's way.
    """

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._since = monotonic()
        self._timer: Timer | None = None
        self._is_at_it = False
        self._is_due = False  # once more, when it is done with what it is at
        self._jobs = Latest(desk, "warming", self._give_up, patience=0)
        self._reading = Latest(desk, "reading ahead", lambda _: None, patience=0)
        self._reading.ask(self._read_ahead, lambda _: None)

    def results_shown(self) -> None:
        """Somebody types, or the index changed."""
        self._wait()

    def article_shown(self, row: Row, article: Article) -> None:
        """Somebody walks from article to article."""
        self._wait()

    def _wait(self) -> None:
        self._since = monotonic()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.desk.set_timer(PAUSE, self._begin)

    def _begin(self) -> None:
        self._is_due = self._is_at_it
        if not self._is_at_it:
            self._is_at_it = True
            self._jobs.ask(self._prepare, self._end)

    def _prepare(self) -> None:
        """Runs in a thread, for a second of work or less."""
        quiet = self._quiet()
        self._read_ahead()  # what was committed since
        try:
            self.desk.library.prepare(quiet)
        except _NoMoreNeed:
            return

    def _read_ahead(self) -> None:
        """Runs in a thread."""
        self.desk.library.read_ahead(lambda: self.desk.is_running)

    def _quiet(self) -> Callable[[], bool]:
        def is_quiet() -> bool:
            if not self.desk.is_running:
                raise _NoMoreNeed
            return monotonic() - self._since > PAUSE

        return is_quiet

    def _end(self, _: None) -> None:
        self._is_at_it = False
        if self._is_due:
            self._begin()

    def _give_up(self, _: LibraryError) -> None:
        """Whoever asks is told what is wrong; what came meanwhile may have put it right."""
        self._end(None)
