"""`FolderFollower`: keeps the index of a folder up to date, and says what of it is not indexed.

`folder_sync` compares and writes; here a damaged index is replaced and the work done once more, and
`watch` waits for changes: the system's notifications where they are available, else the folder is
compared with the index at intervals.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread

from rilo_reader.errors import IndexDamaged, LibraryBusy, LibraryError
from rilo_reader.index.tantivy_files import as_damage
from rilo_reader.library.folder_sync import FolderSync
from rilo_reader.library.left_out import in_short
from rilo_reader.library.reading import why_left_out
from rilo_reader.library.values import Faulty, Progress, Skipped
from rilo_reader.store.file_kinds import is_left_out, may_be_article
from rilo_reader.store.folder import Unreadable, path_of, read, scan
from rilo_reader.store.watching import DEBOUNCE_MS, STEP_MS, folder_identity

SET_UP_SECONDS = 0.5  # to wait for the watch to be set up before the folder is compared meanwhile
RETRY_SECONDS = 0.1  # after which a busy index is tried again
MISSING_SECONDS = 0.5  # between two looks for a folder that is gone
POLL_SECONDS = 5.0  # between comparisons where the system cannot watch; more for large folders
POLL_SHARE = 20  # comparisons take at most one part in this many of the time
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
            self._index.discard()
        yield from self._mended(self._sync.reconcile)

    def update(self, paths: Sequence[str]) -> Progress:
        """Bring the index up to date for these paths only.

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
        """
        with as_damage("written"):
            return self._sync.update(paths)

    def watch(self, stop: Event) -> Iterator[Progress]:
        """Reconcile, then follow the folder until `stop` is set; yields after each change.

        If the folder vanishes (deleted, renamed, unmounted), the index stays as it is until a
        folder of that name exists again, which is then reconciled and watched.
        """
        limits = self._sync.limits._replace(writer_wait=WATCH_WAIT)
        sync = replace(self._sync, limits=limits)
        yield from self._mended(lambda: _watch(sync, stop))

    def _mended(self, follow: Callable[[], Iterator[Progress]]) -> Iterator[Progress]:
        """Run `follow`; if the index is damaged, once more with an empty one."""
        try:
            with as_damage("written"):
                yield from follow()
        except IndexDamaged:
            if not self._index.mend():
                raise
            with as_damage("written"):
                yield from follow()

    # -- what is not indexed, or with faults ---------------------------------------------------

    def skipped(self) -> Iterator[Skipped]:
        """The files that are not in the index, and why (slow: reads the whole folder)."""
        left_out: list[Skipped] = []

        for entries in scan(
            self._folder, on_skip=lambda *skipped: left_out.append(Skipped(*skipped))
        ):
            for entry in entries:
                try:
                    article = read(self._folder, entry.path)
                except Unreadable as error:
                    left_out.append(Skipped(entry.path, error.reason))
                    continue
                if why := why_left_out(article, drafts=self._sync.drafts):
                    left_out.append(Skipped(entry.path, why))
            yield from left_out
            left_out.clear()
        yield from left_out

    def left_out(self) -> dict[str, int]:
        """Numbers of files that are not articles, by kind, largest first (lists the folder)."""
        others: Counter[str] = Counter()
        deque(scan(self._folder, others=others), maxlen=0)
        return in_short(others)

    def faulty(self) -> Iterator[Faulty]:
        """The articles whose files have faults, such as an identity that another file has."""
        with as_damage("read"):
            for path, faults in self._index.snapshot.faulty():
                yield Faulty(path, faults)


# -- wait for changes -----------------------------------------------------------------------------


def _watch(sync: FolderSync, stop: Event) -> Iterator[Progress]:
    while not stop.is_set():
        identity = folder_identity(sync.root)
        if identity is None:
            stop.wait(MISSING_SECONDS)
            continue
        observed = _Observed(sync, stop, identity)
        try:
            yield from _watch_while_there(sync, observed)
        except LibraryError:
            if not observed.has_ended():
                raise
        finally:
            observed.replaced.set()


class _Observed:
    """A folder that is watched in a thread, which puts what changed on a queue.

    An empty set comes first, once the watch is set up, and whenever the folder or the index is
    gone, and last.
    """

    def __init__(self, sync: FolderSync, stop: Event, identity: tuple[int, int]) -> None:
        self.seen: SimpleQueue[frozenset[Path] | OSError] = SimpleQueue()
        self.replaced = Event()  # set when the folder is another one
        self._root = sync.root
        self._index = sync.index
        self._stop = stop
        self._identity = identity
        Thread(target=self._observe, daemon=True).start()

    def has_ended(self) -> bool:
        """Whether it is not this folder that is to be watched."""
        return self.is_set() or folder_identity(self._root) != self._identity

    def is_set(self) -> bool:
        """Whether to stop, as watchfiles asks at each step."""
        return self._stop.is_set() or self.replaced.is_set()

    def _observe(self) -> None:
        from watchfiles import watch as changes  # heavy, and only who watches needs it

        is_set_up = False
        try:
            for batch in changes(
                self._root,
                watch_filter=None,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                stop_event=self,
                rust_timeout=STEP_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                if batch or not is_set_up or self.has_ended() or self._index.is_lost():
                    self.seen.put(frozenset(Path(name) for _, name in batch))
                is_set_up = True
        except OSError as error:
            # The limit of watches is reached, or the file system does not support them.
            self.seen.put(error)
        else:
            self.seen.put(frozenset())


def _watch_while_there(sync: FolderSync, observed: _Observed) -> Iterator[Progress]:
    """Reconcile, then follow a folder while it is there.

    No change is missed in between: the watcher is set up first or, if that takes long, the folder
    is reconciled once more afterwards.
    """
    stop = observed.has_ended
    first: frozenset[Path] | OSError | None = None
    with suppress(Empty):
        first = observed.seen.get(timeout=SET_UP_SECONDS)
    yield from _retrying(sync.reconcile, stop)
    if first is None:
        first = observed.seen.get()
        yield from _retrying(sync.reconcile, stop)
    while not stop():
        if isinstance(first, OSError):
            yield from _poll(sync, stop)
            return
        if first and sync.root in first:
            # Deleted, and possibly created again at once with the same inode.
            observed.replaced.set()
            return
        # First, since a new index has none of the files that have not changed.
        if sync.index.is_lost():
            yield from _retrying(sync.reconcile, stop)
        elif first:
            yield from _follow(sync, first, stop)
        with sync.index.kept_current():
            first = observed.seen.get()


def _follow(
    sync: FolderSync, changed: frozenset[Path], stop: Callable[[], bool]
) -> Iterator[Progress]:
    paths = [path_of(sync.root, file) for file in changed]
    visible = [path for path in paths if path and not is_left_out(path)]
    others = [path for path in visible if not may_be_article(path)]
    if any((sync.root / path).is_dir() or sync.knows_folder(path) for path in others):
        # A folder was created, deleted or renamed, which reports nothing about its files.
        yield from _retrying(sync.reconcile, stop)
        return
    articles = [path for path in visible if may_be_article(path)]
    if articles:
        yield from _retrying(lambda: iter([sync.update(articles)]), stop)


def _retrying(
    work: Callable[[], Iterator[Progress]], stop: Callable[[], bool]
) -> Iterator[Progress]:
    """Do the work; while another process is writing the index, try again."""
    while not stop():
        try:
            yield from work()
        except LibraryBusy:
            time.sleep(RETRY_SECONDS)
        else:
            return


def _poll(sync: FolderSync, stop: Callable[[], bool]) -> Iterator[Progress]:
    pause = POLL_SECONDS
    while not stop():
        again = time.monotonic() + pause
        while time.monotonic() < again:
            if stop():
                return
            time.sleep(MISSING_SECONDS)
        started = time.monotonic()
        yield from _retrying(sync.reconcile, stop)
        pause = max(POLL_SECONDS, POLL_SHARE * (time.monotonic() - started))
