"""Watch a folder and keep its index up to date.

The system's notifications are used where they are available; else the folder is compared with the
index at intervals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from stat import S_ISDIR
from threading import Event, Thread
from typing import TYPE_CHECKING

from watchfiles import watch as changes

from rilo_reader.errors import LibraryBusy, LibraryError
from rilo_reader.library.values import Progress
from rilo_reader.store.file_kinds import may_be_article
from rilo_reader.store.file_names import is_left_out
from rilo_reader.store.folder import path_of

if TYPE_CHECKING:
    from rilo_reader.library.sync import FolderSync

STEP_MS = 250
"""Milliseconds between two looks of watchfiles at what the system has told it; changes without a
pause of that length belong to one save."""

DEBOUNCE_MS = 4 * STEP_MS
"""Milliseconds after which changes are reported, even if there is no pause."""

SET_UP_SECONDS = 0.5
"""Seconds to wait for the watch to be set up before the folder is compared meanwhile."""

RETRY_SECONDS = 0.1
"""Seconds after which a busy index is tried again."""

MISSING_SECONDS = 0.5
"""Seconds between two looks for a folder that is gone."""

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


def watch(root: Path, follower: FolderSync, stop: Event) -> Iterator[Progress]:
    """Reconcile, then keep the index up to date until `stop`; yields after each change.

    If the folder vanishes (deleted, renamed, unmounted), the index stays as it is until a folder
    of that name exists again, which is then reconciled and watched.
    """
    while not stop.is_set():
        identity = _identity(root)
        if identity is None:
            stop.wait(MISSING_SECONDS)
            continue
        observed = _Observed(root, follower, stop, identity)
        try:
            yield from _watch_while_there(root, follower, observed)
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

    def __init__(self, root: Path, follower: FolderSync, stop: Event, identity: _Identity) -> None:
        self.seen: SimpleQueue[frozenset[Path] | OSError] = SimpleQueue()
        self.replaced = Event()  # set when the folder is another one
        self._root = root
        self._follower = follower
        self._stop = stop
        self._identity = identity
        Thread(target=self._observe, daemon=True).start()

    def has_ended(self) -> bool:
        """Whether it is not this folder that is to be watched."""
        return self.is_set() or _identity(self._root) != self._identity

    def is_set(self) -> bool:
        """Whether to stop, as watchfiles asks at each step."""
        return self._stop.is_set() or self.replaced.is_set()

    def _observe(self) -> None:
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
                if batch or not is_set_up or self.has_ended() or self._follower.index_is_lost():
                    self.seen.put(frozenset(Path(name) for _, name in batch))
                is_set_up = True
        except OSError as error:
            # The limit of watches is reached, or the file system does not support them.
            self.seen.put(error)
        else:
            self.seen.put(frozenset())


def _watch_while_there(root: Path, follower: FolderSync, observed: _Observed) -> Iterator[Progress]:
    """Reconcile, then follow a folder while it is there.

    No change is missed in between: the watcher is set up first or, if that takes long, the folder
    is reconciled once more afterwards.
    """
    stop = observed.has_ended
    first: frozenset[Path] | OSError | None = None
    with suppress(Empty):
        first = observed.seen.get(timeout=SET_UP_SECONDS)
    yield from _retrying(follower.reconcile, stop)
    if first is None:
        first = observed.seen.get()
        yield from _retrying(follower.reconcile, stop)
    while not stop():
        if isinstance(first, OSError):
            yield from _poll(follower, stop)
            return
        if first and root in first:
            # Deleted, and possibly created again at once with the same inode.
            observed.replaced.set()
            return
        if first:
            yield from _follow(root, follower, first, stop)
        elif follower.index_is_lost():
            yield from _retrying(follower.reconcile, stop)
        with follower.kept_current():
            first = observed.seen.get()


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
            time.sleep(RETRY_SECONDS)
        else:
            return


def _poll(follower: FolderSync, stop: Callable[[], bool]) -> Iterator[Progress]:
    pause = POLL_SECONDS
    while not stop():
        again = time.monotonic() + pause
        while time.monotonic() < again:
            if stop():
                return
            time.sleep(MISSING_SECONDS)
        started = time.monotonic()
        yield from _retrying(follower.reconcile, stop)
        pause = max(POLL_SECONDS, POLL_SHARE * (time.monotonic() - started))
