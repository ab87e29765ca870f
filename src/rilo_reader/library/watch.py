"""Watch a folder and keep its index up to date.

The system's notifications are used where they are available; else the folder is compared with the
index at intervals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from stat import S_ISDIR
from threading import Event, Thread
from typing import TYPE_CHECKING

from rilo_reader.errors import LibraryBusy, LibraryError
from rilo_reader.library.values import Progress
from rilo_reader.store.file_kinds import may_be_article
from rilo_reader.store.file_names import is_left_out
from rilo_reader.store.folder import path_of

if TYPE_CHECKING:
    from rilo_reader.library.sync import FolderSync

TICK_MS = 100
"""Milliseconds between checks whether to stop, and between reports of changes."""

QUIET_MS = 50
"""Milliseconds within which changes belong to one save."""

POLL_SECONDS = 5.0
"""Seconds between comparisons where the system cannot watch; more for large folders."""

POLL_SHARE = 20
"""Comparisons take at most one part in this many of the time."""


_Identity = tuple[int, int] | None


def _identity(root: Path) -> _Identity:
    """Device and inode of the folder with this name, None if there is none."""
    try:
        found = root.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if S_ISDIR(found.st_mode) else None


class _StopEvent:
    """A callable as the event that watchfiles expects."""

    def __init__(self, stop: Callable[[], bool]) -> None:
        self._stop = stop

    def is_set(self) -> bool:
        return self._stop()


def watch(root: Path, follower: FolderSync, stop: Callable[[], bool]) -> Iterator[Progress]:
    """Reconcile, then keep the index up to date until `stop()`; yields after each change.

    If the folder vanishes (deleted, renamed, unmounted), the index stays as it is until a folder
    of that name exists again, which is then reconciled and watched.
    """
    while not stop():
        identity = _identity(root)
        if identity is None:
            time.sleep(TICK_MS / 1000)
            continue
        replaced = Event()

        def ended(identity: _Identity = identity, replaced: Event = replaced) -> bool:
            return stop() or replaced.is_set() or _identity(root) != identity

        try:
            yield from _watch_while_there(root, follower, ended, replaced)
        except LibraryError:
            if not ended():
                raise


def _watch_while_there(
    root: Path, follower: FolderSync, stop: Callable[[], bool], replaced: Event
) -> Iterator[Progress]:
    """Reconcile, then follow a folder until `stop()`; sets `replaced` when the folder is gone.

    No change is missed in between: the watcher is set up first or, if that takes long, the folder
    is reconciled once more afterwards.
    """
    seen: SimpleQueue[frozenset[Path] | OSError] = SimpleQueue()
    Thread(target=_observe, args=(root, stop, seen), daemon=True).start()
    first = _next(seen, 3 * TICK_MS / 1000)
    yield from _retrying(follower.reconcile, stop)
    if first is None:
        while first is None and not stop():
            first = _next(seen, TICK_MS / 1000)
        yield from _retrying(follower.reconcile, stop)
    while not stop():
        if isinstance(first, OSError):
            yield from _poll(follower, stop)
            return
        if first and root in first:
            # Deleted, and possibly created again at once with the same inode.
            replaced.set()
        elif first:
            yield from _follow(root, follower, first, stop)
        elif follower.index_is_lost():
            yield from _retrying(follower.reconcile, stop)
        first = _next(seen, TICK_MS / 1000)


def _observe(
    root: Path, stop: Callable[[], bool], seen: SimpleQueue[frozenset[Path] | OSError]
) -> None:
    """Put changes on the queue; an empty set first, once the watch is set up."""
    from watchfiles import watch as changes

    try:
        for batch in changes(
            root,
            watch_filter=None,
            debounce=4 * QUIET_MS,
            step=QUIET_MS,
            stop_event=_StopEvent(stop),
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            seen.put(frozenset(Path(name) for _, name in batch))
    except OSError as error:
        # The limit of watches is reached, or the file system does not support them.
        seen.put(error)


def _next(
    seen: SimpleQueue[frozenset[Path] | OSError], seconds: float
) -> frozenset[Path] | OSError | None:
    try:
        return seen.get(timeout=seconds)
    except Empty:
        return None


def _follow(
    root: Path, follower: FolderSync, changed: frozenset[Path], stop: Callable[[], bool]
) -> Iterator[Progress]:
    paths = [path_of(root, file) for file in changed]
    visible = [path for path in paths if path and not is_left_out(path)]
    others = [path for path in visible if not may_be_article(path)]
    if any((root / path).is_dir() or follower.knows_folder(path) for path in others):
        # A folder was created, deleted or renamed, which reports nothing about its files.
        yield from _retrying(follower.reconcile, stop)
        return
    articles = [path for path in visible if may_be_article(path)]
    if articles:
        yield from _retrying(lambda: iter([follower.update(articles)]), stop)


def _retrying(
    work: Callable[[], Iterator[Progress]], stop: Callable[[], bool]
) -> Iterator[Progress]:
    """Do the work; while another process is writing the index, try again."""
    while not stop():
        try:
            yield from work()
        except LibraryBusy:
            time.sleep(TICK_MS / 1000)
        else:
            return


def _poll(follower: FolderSync, stop: Callable[[], bool]) -> Iterator[Progress]:
    pause = POLL_SECONDS
    while not stop():
        again = time.monotonic() + pause
        while time.monotonic() < again:
            if stop():
                return
            time.sleep(TICK_MS / 1000)
        started = time.monotonic()
        yield from _retrying(follower.reconcile, stop)
        pause = max(POLL_SECONDS, POLL_SHARE * (time.monotonic() - started))
