"""Sync in the background while the reader is open, and tell the user what they must know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path

from rilo_reader.config import load
from rilo_reader.paths import Paths
from rilo_reader.plugins.devices.carried_file import FileChange
from rilo_reader.plugins.devices.feeds import FeedsFile
from rilo_reader.plugins.devices.follower import LookPauses, SyncFollower, SyncResult
from rilo_reader.plugins.devices.messages import (
    RENEWED_TEXT,
    describe_future_stamp,
    describe_quarantined_lines,
)
from rilo_reader.plugins.devices.sync import SyncReport, open_sync
from rilo_reader.store.journal_tables import QuarantinedLines
from rilo_reader.threads import run_in_thread
from rilo_reader.tui.environment import Delays
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.feeds import FeedController


class SyncThread:
    """Syncs the marks of a library, with a connection and a thread of its own."""

    def __init__(self, state_file: Path, paths: Paths, delays: Delays) -> None:
        self._state_file = state_file
        self._paths = paths
        self._delays = delays
        self._follower: SyncFollower | None = None
        self._thread_future: Future[None] | None = None
        self._is_closing = False

    async def iter_syncs(self, since: int) -> AsyncIterator[SyncResult]:
        """Start the thread and yield the result of each sync; `since` is a revision."""
        loop = asyncio.get_running_loop()
        reports: asyncio.Queue[SyncResult | None] = asyncio.Queue()

        def put_report(report: SyncResult | None) -> None:
            with suppress(RuntimeError):  # the loop is closed, since the reader has ended
                loop.call_soon_threadsafe(reports.put_nowait, report)

        self._thread_future = run_in_thread(partial(self._run_thread, since, put_report), "sync")
        while (report := await reports.get()) is not None:
            yield report
        await asyncio.wrap_future(self._thread_future)

    def _run_thread(self, since: int, put_report: Callable[[SyncResult | None], None]) -> None:
        """Sync until the end, then put None; runs in the thread."""
        try:
            with open_sync(self._state_file, self._paths) as (state, sync):
                pauses = LookPauses(self._delays.marks, self._delays.unwatched)
                self._follower = SyncFollower(state, sync, since, pauses)
                if self._is_closing:
                    self._follower.stop()
                for report in self._follower.iter_syncs():
                    put_report(report)
        finally:
            put_report(None)

    @property
    def is_on(self) -> bool:
        """True if sync was on at the last look."""
        return self._follower is not None and self._follower.is_on

    def sync_soon(self) -> None:
        """Sync soon, if the thread runs."""
        if self._follower is not None:
            self._follower.sync_soon()

    async def close(self) -> None:
        """End the thread; with sync on, write the last changes into the journal first."""
        self._is_closing = True
        if self._follower is None or self._thread_future is None:
            return
        self._follower.stop()
        if self._follower.is_on:
            await asyncio.wait([asyncio.wrap_future(self._thread_future)])


class SyncController(Controller):
    """Syncs marks with other devices, in a thread."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.thread: SyncThread | None = None
        self._problem = ""  # of the last sync
        self._shown_problem = ""
        self._shown_quarantined: set[tuple[str, str]] = set()
        self._has_shown_ahead = False
        self._shown_sentences: set[str] = set()  # what went wrong with feeds and settings

    def start(self) -> None:
        """Start syncing a moment later, if marks are followed."""
        environment = self.context.environment
        if environment.follows:
            start = partial(self._start_thread, self.library.state.revision)
            self.tasks.call_after(environment.delays.begin, start)

    def _start_thread(self, since: int) -> None:
        environment = self.context.environment
        self.thread = SyncThread(self.library.state_file, environment.paths, environment.delays)
        self.tasks.run(self._show_syncs(self.thread, since), group="watching")

    async def _show_syncs(self, thread: SyncThread, since: int) -> None:
        async for synced in thread.iter_syncs(since):
            self._show_sync(synced.report, synced.quarantined)

    def on_marks_changed(self) -> None:
        """Write what an undo of feeds changed: the thread looks for changes of marks only."""
        if self.thread is not None:
            self.thread.sync_soon()

    on_files_changed = on_settings_changed = on_marks_changed  # they may travel too

    async def finish(self) -> None:
        """Write the last changes into the journal, if that does not take long."""
        if self.thread is not None:
            closing = asyncio.create_task(self.thread.close())
            await asyncio.wait([closing], timeout=self.context.environment.delays.finish)

    def _show_sync(self, sync: SyncReport, aside: Collection[QuarantinedLines]) -> None:
        if sync.read_count:
            self.article.clear_positions()
        self._show_file_changes(sync.file_changes)
        if sync.is_renewed:
            self.widgets.bottom.show_message(RENEWED_TEXT, stay=True)
        if sync.clock_correction:
            self.widgets.bottom.show_message(sync.clock_correction.message, stay=True)
        # A problem is shown once, when it has lasted: a folder may be just being replaced.
        lasts, self._problem = sync.problem == self._problem, sync.problem
        if not sync.problem:
            if self._shown_problem:
                self.widgets.bottom.show_message("Sync works again")
            self._shown_problem = ""
        elif lasts and sync.problem != self._shown_problem:
            self._shown_problem = sync.problem
            self.widgets.show_error(sync.problem)
        new = [each for each in aside if (each.path, each.kind) not in self._shown_quarantined]
        if new:
            self._shown_quarantined |= {(each.path, each.kind) for each in new}
            self.widgets.bottom.show_message(" ".join(describe_quarantined_lines(new)), stay=True)
        if sync.greatest_future_stamp and not self._has_shown_ahead:
            self._has_shown_ahead = True
            message = describe_future_stamp(sync.greatest_future_stamp)
            self.widgets.bottom.show_message(message, stay=True)

    def _show_file_changes(self, changes: Sequence[FileChange]) -> None:
        """Apply what was written into the user's files, and show what other devices did."""
        kinds = {change.kind for change in changes}
        if kinds:
            self.context.controller_of(FeedController).on_files_changed()
        if kinds - {"", FeedsFile.name}:
            file = self.context.environment.paths.settings_file
            self.tasks.write_tasks.enqueue(lambda: load(file)[0], self.context.use_settings)
        for change in changes:
            if change.sentence and (change.kind or change.sentence not in self._shown_sentences):
                # What could not be written is tried again at each sync.
                key = self.widgets.key_of("history") if change.gestures else ""
                text = f"{change.sentence} · {key} lists it" if key else change.sentence
                self.widgets.show_message(text)
        self._shown_sentences = {change.sentence for change in changes if not change.kind}
