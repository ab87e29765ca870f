"""Older results, which only a shared archive has, and which follow the local ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from textual.timer import Timer

from rilo_reader.article import ArticleId
from rilo_reader.library import Library, LibraryError, Row, Window
from rilo_reader.library.remote import (
    CombinedResults,
    RemoteResults,
    TooSlowError,
    is_asked_elsewhere,
)
from rilo_reader.query.tree import Query
from rilo_reader.threads import run_in_thread
from rilo_reader.tui.reader.results import RemoteResultList
from rilo_reader.tui.tasks import TaskRunner, Urgency
from rilo_reader.tui.widgets.article_list import CHUNK

QUIET_SECONDS = 0.2
"""Seconds after the last letter: a server is not asked for each."""

Answers = Iterator[RemoteResults]


class OlderResults(RemoteResultList):
    """The results of the shown query that only an archive has."""

    def __init__(
        self, library: Library, tasks: TaskRunner, on_changed: Callable[[Window | None], None]
    ) -> None:
        """`on_changed` is called with rows, with None when only the total or the problem is new."""
        self.combined: CombinedResults | None = None  # the results, once the server has answered
        self.problem = ""  # why it has not
        self._library = library
        self._tasks = tasks
        self._on_changed = on_changed
        self._archive_task = tasks.make_latest("archive", self._on_error, urgency=Urgency.LATER)
        self._timer: Timer | None = None

    @property
    def local_count(self) -> int | None:
        """The number of local results, once the server has answered."""
        return self.combined.local_count if self.combined is not None else None

    @property
    def remote_note(self) -> str:
        """The number of results in the archive, or why it is not known."""
        if self.combined is None:
            return self.problem
        found = self.combined.remote_results
        return f"{'' if found.is_exact else 'at least '}{found.total:,} older in the archive"

    def read_local(self) -> None:
        """Read the local results again."""
        if (together := self.combined) is not None:
            together.read_local()

    def request_rows(self, query: Query, first: int) -> None:
        """Ask the server, once no letter has been typed for a moment."""
        elsewhere = self._library.remote_articles
        self.problem = ""
        if self.combined is not None and (elsewhere is None or self.combined.query != query):
            self.combined = None  # those of the same query stay until there are newer ones
        if self._timer is not None:
            self._timer.stop()
        if elsewhere is None:
            return
        if self._archive_task.is_running:
            run_in_thread(elsewhere.cancel, "cancel")
        self._archive_task.cancel()
        if not is_asked_elsewhere(query):
            self.problem = f"only {elsewhere.local_span}"
            return

        def ask_archive() -> tuple[CombinedResults, Answers, Window]:
            together = CombinedResults(self._library.search, elsewhere, query, fold=True)
            answers = together.ask_remote()
            next(answers)
            return together, answers, together.window(first, CHUNK)

        ask = partial(self._archive_task.request, ask_archive, self._on_answer)
        self._timer = self._tasks.call_after(QUIET_SECONDS, ask, instead=self._timer)

    def read_window(self, query: Query, offset: int, limit: int) -> Window | None:
        """Return rows of a query, local and remote; None if the server has not answered it."""
        together = self.combined
        if together is None or together.query != query:
            return None
        with suppress(LibraryError):  # the local results are shown then
            return together.window(offset, limit)
        return None

    def find_row(self, article: ArticleId) -> Row | None:
        """Return the row of an article that only the archive has."""
        return self.combined.row(article) if self.combined is not None else None

    def _on_answer(self, answer: tuple[CombinedResults, Answers, Window]) -> None:
        self.combined, answers, window = answer
        self._on_changed(window)
        if not self.combined.remote_results.is_exact:
            self._archive_task.request(partial(list, answers), lambda _: self._on_changed(None))

    def _on_error(self, error: LibraryError) -> None:
        is_slow = isinstance(error, TooSlowError)
        self.problem = "archive took too long" if is_slow else "archive away"
        self._on_changed(None)
