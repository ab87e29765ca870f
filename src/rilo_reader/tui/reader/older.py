"""Older results, which only a shared archive has: asked for once those that are here are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.timer import Timer

from rilo_reader.library import Library, LibraryError, Window
from rilo_reader.library.elsewhere import Found, Together, TooSlowError, is_asked_elsewhere
from rilo_reader.query.tree import Query
from rilo_reader.tui.tasks import TaskRunner, Urgency, in_thread
from rilo_reader.tui.widgets.article_list import CHUNK

QUIET = 0.2
"""Seconds after the last letter: a server is not asked for each."""

Answers = Iterator[Found]


class OlderResults:
    """What an archive has beyond what is here, for the query that is shown."""

    def __init__(
        self, library: Library, tasks: TaskRunner, changed: Callable[[Window | None], None]
    ) -> None:
        """`changed` is called with rows, with None when only the total or the problem is new."""
        self.together: Together | None = None  # the results, once the server has answered
        self.problem = ""  # why it has not
        self._library = library
        self._tasks = tasks
        self._changed = changed
        self._asked = tasks.latest("archive", self._failed, urgency=Urgency.LATER)
        self._timer: Timer | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether the server is being asked."""
        return self._asked.is_running

    def ask(self, query: Query, first: int) -> None:
        """Ask for the results of a query, and for rows from the index `first` on."""
        self.together, self.problem = None, ""
        elsewhere = self._library.elsewhere
        if elsewhere is None:
            return
        if self._asked.is_running:
            in_thread(elsewhere.cancel, "cancel")
        self._asked.forget()
        if not is_asked_elsewhere(query):
            self.problem = f"only {elsewhere.span}"
            return

        def begin() -> tuple[Together, Answers, Window]:
            together = Together(self._library.search, elsewhere, query, fold=True)
            answers = together.ask()
            next(answers)
            return together, answers, together.window(first, CHUNK)

        ask = partial(self._asked.ask, begin, self._begun)
        self._timer = self._tasks.after(QUIET, ask, instead=self._timer)

    def _begun(self, answer: tuple[Together, Answers, Window]) -> None:
        self.together, answers, window = answer
        self._changed(window)
        if not self.together.found.is_exact:
            self._asked.ask(partial(list, answers), lambda _: self._changed(None))

    def _failed(self, error: LibraryError) -> None:
        is_slow = isinstance(error, TooSlowError)
        self.problem = "archive took too long" if is_slow else "archive away"
        self._changed(None)
