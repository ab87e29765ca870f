"""Carry the marks of a library between devices while it is open.

The folder of journals is watched where the system can do that, and looked at now and then anyway:
it may be on a share, missing, or come later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from threading import Event
from time import monotonic
from typing import NamedTuple

from rilo_reader.plugins.devices.segments import JOURNALS
from rilo_reader.plugins.devices.sync import JournalSync, SyncReport
from rilo_reader.store.folder_watch import FolderWatcher
from rilo_reader.store.journal_tables import QuarantinedLines
from rilo_reader.store.state import State, StateError


class LookPauses(NamedTuple):
    """Seconds between two looks."""

    marks: float  # at what changed here, in this or another process
    journals: float  # at the journals, where nothing says that they changed


class SyncResult(NamedTuple):
    """The report of a sync, and all lines of journals that could not be applied."""

    report: SyncReport
    quarantined: tuple[QuarantinedLines, ...] = ()


class SyncFollower:
    """Syncs at the beginning, shortly after each change of marks, when a journal changes, and last.

    Journals are left alone while sync is off.
    """

    def __init__(self, state: State, sync: JournalSync, since: int, pauses: LookPauses) -> None:
        """`since` is the revision of the marks that are known."""
        self.is_on = False  # whether sync was on at the last look
        self._state = state
        self._sync = sync
        self._pauses = pauses
        self._is_stopped = False
        self._wake = Event()
        self._watch: FolderWatcher | None = None
        self._revision = since
        self._due = 0.0

    def stop(self) -> None:
        """End `iter_syncs` after a last sync; may be called from any thread."""
        self._is_stopped = True
        self._wake.set()

    def sync_soon(self) -> None:
        """Sync now, since something else than marks may have changed; from any thread."""
        self._wake.set()

    def iter_syncs(self) -> Iterator[SyncResult]:
        """Yield the result of each sync, until `stop`; blocks meanwhile.

        An error of the state is a problem of the report, and everything is tried again.
        """
        try:
            while not self._is_stopped:
                is_woken = self._wake.is_set()
                self._wake.clear()
                try:
                    synced = self._sync_if_due(is_woken)
                except StateError as error:
                    synced = SyncResult(SyncReport(problem=str(error)))
                    self._wake.wait(self._pauses.journals)
                if synced is not None:
                    yield synced
                self._wake.wait(self._pauses.marks if self.is_on else self._pauses.journals)
            if self.is_on:
                with suppress(StateError):
                    self._sync.sync_now()
        finally:
            if self._watch is not None:
                self._watch.stop()

    def _sync_if_due(self, is_woken: bool) -> SyncResult | None:
        """Sync if it is due."""
        before, self._revision = self._revision, self._state.revision
        is_due = monotonic() >= self._due
        if is_due:
            self._find_folder()
            self._due = monotonic() + self._pauses.journals
        if not self.is_on:
            if is_due:
                self._state.journals.clock.restamp_future()
            return None
        if not (is_due or is_woken or self._revision != before):
            return None
        result = SyncResult(self._sync.sync_now(), tuple(self._state.journals.quarantine.read()))
        self._revision = self._state.revision  # incoming changes are no reason to sync again
        return result

    def _find_folder(self) -> None:
        """Watch the folder that is shared now, if it can be watched."""
        folder = self._state.journals.sync_folder()
        self.is_on = folder is not None
        root = None if folder is None else folder / JOURNALS
        if self._watch is not None and self._watch.is_of(root):
            return
        if self._watch is not None:
            self._watch.stop()
        self._watch = None if root is None else FolderWatcher(root, lambda _: self._wake.set())
