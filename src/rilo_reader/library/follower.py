"""`FolderFollower`: keeps the index of a folder up to date, and says what of it is not indexed.

`folder_sync` compares and writes; here a damaged index is replaced and the work done once more, and
`watch` waits for changes: the system's notifications where they are available, else the folder is
compared with the index at intervals, and the reports say why.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event

from rilo_reader.dialects.sites import may_be_sign
from rilo_reader.errors import IndexDamaged, LibraryBusy, LibraryError
from rilo_reader.index.damage import damage_errors
from rilo_reader.index.schema import make_keys
from rilo_reader.library.article_reader import skip_reason
from rilo_reader.library.folder_sync import COMPARED, FolderSync
from rilo_reader.library.other_files import top_counts
from rilo_reader.library.progress import Faulty, FolderFindings, Progress, Skipped
from rilo_reader.store.file_kinds import is_ignored, may_be_article
from rilo_reader.store.folder import (
    UnreadableError,
    native_file,
    path_within,
    read_article,
    scan_folder,
)
from rilo_reader.store.folder_watch import (
    LOOK_SHARE,
    STEP_MS,
    UnwatchableError,
    folder_identity,
    iter_changes,
    remote_kind,
    unwatchable_reason,
)
from rilo_reader.threads import start_thread

SET_UP_SECONDS = 0.5  # to wait for the watch to be set up before the folder is compared meanwhile
RETRY_SECONDS = 0.1  # after which a busy index is tried again
MISSING_SECONDS = 0.5  # between two looks for a folder that is gone
LOOKS = 12  # comparisons of a folder that cannot be watched, after which that is tried again
WATCH_WAIT = 1.0  # seconds to wait for another writer, since watching tries again anyway


class FolderFollower:
    """Follows the folder of a `FolderSync` with its index."""

    def __init__(self, sync: FolderSync) -> None:
        self._sync = sync
        self._folder = sync.root
        self._index = sync.index

    def reconcile(self, *, rebuild: bool = False, check: bool = True) -> Iterator[Progress]:
        """Bring the index up to date; reads only files whose path, size or mtime changed.

        Yields progress; new results can be seen after a report with `committed`. The index is
        valid if the iteration is stopped early, and the next call completes it. Without `check`,
        nothing is done where another process watches the folder and has seen no change that the
        index does not have; what changed within the last second may be missing then.

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
            LibraryError: the folder is gone.
        """
        if not check and self._index.is_kept_current():
            self._index.reload()
            return
        if rebuild:
            self._index.delete_all()
        yield from self._run_with_repair(self._sync.reconcile)

    def update(self, paths: Sequence[str]) -> Progress:
        """Bring the index up to date for these paths only.

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
        """
        with damage_errors("written"):
            return self._sync.update(paths)

    def watch(self, stop: Event, *, suspend_when_idle: bool = False) -> Iterator[Progress]:
        """Reconcile, then follow the folder until `stop` is set; yields after each change.

        A report that has `marks` comes when somebody has changed marks. If it `suspend_when_idle`,
        the index is closed while nothing changes; nothing else may use the library then.

        If the folder vanishes (deleted, renamed, unmounted), the index stays as it is until a
        folder of that name exists again, which is then reconciled and watched. Where the folder,
        or a part of it, cannot be watched or read, the last report of a comparison says so.
        """
        limits = self._sync.limits._replace(writer_wait=WATCH_WAIT)
        sync = replace(self._sync, limits=limits)
        yield from self._run_with_repair(lambda: _watch(sync, stop, suspend_when_idle))

    def _run_with_repair(self, follow: Callable[[], Iterator[Progress]]) -> Iterator[Progress]:
        """Run `follow`; if the index is damaged, once more with an empty one.

        Where its directory cannot be written, that one is in memory.
        """
        can_mend = True
        while True:
            try:
                with damage_errors("written"):
                    yield from follow()
            except IndexDamaged as error:
                is_mended, can_mend = can_mend and self._index.replace_if_damaged(), False
                if not is_mended and not self._index.move_to_memory(error):
                    raise
            else:
                return

    # -- what is not indexed, or with faults ---------------------------------------------------

    def skipped(self) -> Iterator[Skipped]:
        """The files that are not in the index, and why (lists the folder)."""
        yield from self.inspect().skipped

    def inspect(self, on_file: Callable[[int], object] = lambda number: None) -> FolderFindings:
        """Return what there is besides the indexed articles: lists all, reads what is not indexed.

        `on_file` is told, now and then, how many files were looked at. Raises UnreadableError.
        """
        sites, others, outside = self._sync.make_sites(), Counter[str](), dict[str, str]()
        skipped: list[Skipped] = []
        entries = chain.from_iterable(
            scan_folder(
                self._folder,
                on_skip=lambda *skip: skipped.append(Skipped(*skip)),
                other_kinds=others,
                outside_links=outside,
                sites=sites,
            )
        )
        count = 0
        while some := [*islice(entries, COMPARED)]:
            on_file(count := count + len(some))
            keys = make_keys(entry.path for entry in some)
            indexed = self._index.snapshot.select_indexed(keys)
            for path, key in zip((entry.path for entry in some), keys, strict=True):
                try:
                    if key in indexed and os.access(native_file(self._folder, path), os.R_OK):
                        continue
                    article = read_article(self._folder, path, site=sites.of(path))
                except UnreadableError as error:
                    skipped.append(Skipped(path, error.reason))
                    continue
                if why := skip_reason(article, with_drafts=self._sync.with_drafts):
                    skipped.append(Skipped(path, why))
        sites.of_folder("")
        return FolderFindings(sorted(skipped), sites.tops, outside, top_counts(others))

    def unwatched_warning(self) -> str:
        """A sentence on why changes are found late, "" if they are not (lists the folder)."""
        return Progress(0, 0, unwatched=unwatchable_reason(self._folder)).warning

    def faulty(self) -> Iterator[Faulty]:
        """The articles whose files have faults, such as an identity that another file has."""
        with damage_errors("read"):
            for path, faults in self._index.snapshot.iter_faulty():
                yield Faulty(path, faults)


# -- wait for changes -----------------------------------------------------------------------------


def _watch(sync: FolderSync, stop: Event, suspend_when_idle: bool) -> Iterator[Progress]:
    while not stop.is_set():
        identity = folder_identity(sync.root)
        if identity is None:
            stop.wait(MISSING_SECONDS)
            continue
        observed = _FolderObserver(sync, stop, identity)
        try:
            yield from _FollowLoop(sync, observed, suspend_when_idle).run()
        except LibraryError:
            if not observed.has_ended():
                raise
        finally:
            observed.folder_replaced.set()


class _FolderObserver:
    """A folder that is watched in a thread, which puts what changed on a queue.

    An empty set comes first, once the watch is set up, and whenever the folder or the index is
    gone or marks have changed, and last.
    """

    def __init__(self, sync: FolderSync, stop: Event, identity: tuple[int, int]) -> None:
        self.changes: SimpleQueue[frozenset[Path] | UnwatchableError] = SimpleQueue()
        self.folder_replaced = Event()  # set when the folder is another one
        self._root = sync.root
        self._index, self._state = sync.index, sync.state
        self._stop = stop
        self._identity = identity
        start_thread(self._observe, "watch")

    def has_ended(self) -> bool:
        """Return whether it is not this folder that is to be watched."""
        return self.is_set() or folder_identity(self._root) != self._identity

    def is_set(self) -> bool:
        """Return whether to stop, as watchfiles asks at each step."""
        return self._stop.is_set() or self.folder_replaced.is_set()

    def _observe(self) -> None:
        written: object = None
        try:
            for batch in iter_changes(self._root, self, heartbeat=STEP_MS):
                before, written = written, self._state.write_version
                if batch:
                    self.changes.put(batch)
                if written != before or self.has_ended() or self._index.is_lost():
                    self.changes.put(frozenset())
        except UnwatchableError as error:
            self.changes.put(error)
        else:
            self.changes.put(frozenset())


class _FollowLoop:
    """Reconciles, then follows a folder while it is there.

    No change is missed in between: the watcher is set up first or, if that takes long, the folder
    is reconciled once more afterwards.
    """

    def __init__(self, sync: FolderSync, observer: _FolderObserver, rests: bool) -> None:
        self._sync, self._suspend_when_idle = sync, rests
        self._observer = observer
        self._stop = observer.has_ended
        self._unwatched_reason = remote_kind(sync.root)  # why the folder is looked at
        # Between looks beside the watch; None where that sees everything.
        self._look_seconds = sync.limits.look_seconds if self._unwatched_reason else None

    def run(self) -> Iterator[Progress]:
        """Yield what is done, until the folder is another one, or is to be watched anew."""
        seen: frozenset[Path] | UnwatchableError | None = None
        with suppress(Empty):
            seen = self._observer.changes.get(timeout=SET_UP_SECONDS)
        yield from self._reconcile()
        if seen is None:
            seen = self._observer.changes.get()
            yield from self._reconcile()
        while not self._stop():
            if isinstance(seen, UnwatchableError):
                self._unwatched_reason = str(seen)
                yield from self._poll()
                return
            if seen and self._sync.root in seen:
                # Deleted, and possibly created again at once with the same inode.
                self._observer.folder_replaced.set()
                return
            # First, since a new index has none of the files that have not changed.
            if self._sync.index.is_lost():
                yield from self._reconcile()
            elif seen:
                yield from self._update_changed(seen)
            else:
                yield Progress(0, 0, marks=True)
            seen = yield from self._wait_for_change()

    def _wait_for_change(self) -> Generator[Progress, None, frozenset[Path] | UnwatchableError]:
        """Wait for what changes; where others may change the folder, look at it meanwhile."""
        with self._sync.index.hold_current():
            while not self._stop():
                if self._suspend_when_idle:
                    self._sync.index.suspend()
                started = time.monotonic()
                with suppress(Empty):
                    return self._observer.changes.get(timeout=self._look_seconds)
                yield from self._reconcile()
                self._look_seconds = self._poll_pause(started)
        return frozenset()

    def _update_changed(self, changed_files: frozenset[Path]) -> Iterator[Progress]:
        root = self._sync.root
        self._sync.index.reload()
        paths = [path_within(root, file) for file in changed_files]
        if any(path and may_be_sign(path) for path in paths):
            yield from self._reconcile()
            return
        visible = [path for path in paths if path and not is_ignored(path)]
        suffixes = self._sync.suffixes
        others = [path for path in visible if not may_be_article(path, suffixes)]
        folders = [path for path in others if (root / path).is_dir()]
        if folders or any(map(self._sync.knows_folder, others)):
            # A folder was created, deleted or renamed, which reports nothing about its files.
            yield from self._reconcile()
            # The watch says nothing of a new folder for which there was no room.
            if folders and (reason := unwatchable_reason(root / folders[0])):
                self._observer.changes.put(UnwatchableError(reason))
            return
        articles = [path for path in visible if may_be_article(path, suffixes)]
        if articles:
            yield from self._retry_while_busy(lambda: iter([self._sync.update(articles)]))

    def _reconcile(self) -> Iterator[Progress]:
        for progress in self._retry_while_busy(self._sync.reconcile):
            reason = self._unwatched_reason if progress.finished else progress.unwatched
            yield progress._replace(unwatched=reason)

    def _retry_while_busy(self, work: Callable[[], Iterator[Progress]]) -> Iterator[Progress]:
        """Do the work; while another process is writing the index, try again."""
        while not self._stop():
            try:
                yield from work()
            except LibraryBusy:
                time.sleep(RETRY_SECONDS)
            else:
                return

    def _poll(self) -> Iterator[Progress]:
        """Reconcile at intervals, until it is time to try watching again.

        That is after a while, or once other folders can be read.
        """
        pause, unread = 0.0, None
        for _ in range(LOOKS):
            again = time.monotonic() + pause
            while time.monotonic() < again:
                if self._stop():
                    return
                time.sleep(min(MISSING_SECONDS, self._sync.limits.look_seconds))
            started = time.monotonic()
            for progress in self._reconcile():
                yield progress
                if progress.finished and unread not in (None, progress.unread):
                    return
                unread = progress.unread if progress.finished else unread
            pause = self._poll_pause(started)

    def _poll_pause(self, start_time: float) -> float:
        taken = time.monotonic() - start_time
        return max(self._sync.limits.look_seconds, LOOK_SHARE * taken)
