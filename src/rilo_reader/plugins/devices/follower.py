"""Follow the marks of a library while it is open, and carry them between devices meanwhile.

The folder of journals is watched where the system can do that, and looked at now and then anyway:
it may be on a share, missing, or come later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from threading import Event
from time import monotonic
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.plugins.devices.segments import JOURNALS
from rilo_reader.plugins.devices.sync import Sync, SyncReport
from rilo_reader.store.gestures import Aside
from rilo_reader.store.state import State, StateError
from rilo_reader.store.watching import FolderWatch


class Pauses(NamedTuple):
    """Seconds between two looks."""

    marks: float  # at what changed here, in this or another process
    journals: float  # at the journals, where nothing says that they changed


class MarksReport(NamedTuple):
    """What a look found."""

    # those whose marks changed, whoever changed them; None if any may have
    articles: Collection[ArticleId] | None = ()
    sync: SyncReport | None = None
    # all lines of journals that could not be applied, if there was a sync
    aside: tuple[Aside, ...] = ()


class MarksFollower:
    """Syncs at the beginning, shortly after each change of marks, when a journal changes, and last.

    Journals are left alone while sync is off.
    """

    def __init__(self, state: State, sync: Sync, since: int, pauses: Pauses) -> None:
        """`since` is the revision of the marks that are known."""
        self.is_on = False  # whether sync was on at the last look
        self._state = state
        self._sync = sync
        self._pauses = pauses
        self._stopped = False
        self._wake = Event()
        self._watch: FolderWatch | None = None
        self._revision = since
        self._due = 0.0

    def stop(self) -> None:
        """End `follow` after a last sync; may be called from any thread."""
        self._stopped = True
        self._wake.set()

    def follow(self) -> Iterator[MarksReport]:
        """Wait for changes and yield them, until `stop`; blocks meanwhile.

        An error of the state is a problem of the report, and everything is tried again.
        """
        try:
            while not self._stopped:
                is_woken = self._wake.is_set()
                self._wake.clear()
                try:
                    report = self._look(is_woken)
                except StateError as error:
                    report = MarksReport(sync=SyncReport(problem=str(error)))
                    self._wake.wait(self._pauses.journals)
                if report is not None:
                    yield report
                self._wake.wait(self._pauses.marks)
            if self.is_on:
                with suppress(StateError):
                    self._sync.sync_now()
        finally:
            if self._watch is not None:
                self._watch.stop()

    def _look(self, is_woken: bool) -> MarksReport | None:
        """Sync if it is due; return None if nothing is new."""
        revision, articles = self._state.changed_since(self._revision)
        is_due = monotonic() >= self._due
        if is_due:
            self._find_folder()
            self._due = monotonic() + self._pauses.journals
        done: SyncReport | None = None
        aside: tuple[Aside, ...] = ()
        if is_due and not self.is_on:
            self._state.journals.return_to_clock()
        if self.is_on and (is_due or is_woken or revision != self._revision):
            done = self._sync.sync_now()
            aside = tuple(self._state.journals.aside())
            revision, articles = self._state.changed_since(self._revision)
        self._revision = revision
        return None if done is None and articles == [] else MarksReport(articles, done, aside)

    def _find_folder(self) -> None:
        """Watch the folder that is shared now, if it can be watched."""
        folder = self._state.journals.sync_folder()
        self.is_on = folder is not None
        root = None if folder is None else folder / JOURNALS
        if self._watch is not None and self._watch.is_of(root):
            return
        if self._watch is not None:
            self._watch.stop()
        self._watch = None if root is None else FolderWatch(root, lambda _: self._wake.set())
