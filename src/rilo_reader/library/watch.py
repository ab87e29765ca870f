"""Follow a folder while other programs save, rename and delete in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from stat import S_ISDIR
from threading import Event, Thread
from typing import TYPE_CHECKING

from rilo_reader.library.values import LibraryBusy, LibraryError, Progress
from rilo_reader.store.file_kinds import may_be_article
from rilo_reader.store.file_names import is_left_out
from rilo_reader.store.folder import path_of

if TYPE_CHECKING:
    from rilo_reader.library.sync import Follower

TICK_MS = 100
"""How often the watcher looks up: whether to stop, and whether to pass on what it saw."""

QUIET_MS = 50
"""Changes closer together than this are one save."""

POLL_SECONDS = 5.0
"""Where the system cannot watch, the folder is compared this often, or as its size allows."""

POLL_SHARE = 20
"""Comparing takes at most one part in so many of the time."""


_Identity = tuple[int, int] | None


def _identity(root: Path) -> _Identity:
    """Which folder bears the name now: device and number, None where there is none."""
    try:
        found = root.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if S_ISDIR(found.st_mode) else None


class _Stop:
    """A question as the event that watchfiles wants."""

    def __init__(self, question: Callable[[], bool]) -> None:
        self._question = question

    def is_set(self) -> bool:
        return self._question()


def watch(root: Path, follower: Follower, stop: Callable[[], bool]) -> Iterator[Progress]:
    """Reconcile, then keep the index right as the folder changes, until `stop` says so.

    A folder that goes away (deleted, renamed, unmounted) is waited for, and nothing is forgotten
    meanwhile; one that comes in its place is watched and compared anew.
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
    root: Path, follower: Follower, stop: Callable[[], bool], replaced: Event
) -> Iterator[Progress]:
    """Reconcile, then follow one folder, until `stop` says so; sets `replaced` where it is gone.

    Nothing is missed between the two: the watcher is set up first, or, where that takes long,
    the folder is compared once more when it is.
    """
    seen: SimpleQueue[frozenset[Path] | OSError] = SimpleQueue()
    Thread(target=_observe, args=(root, stop, seen), daemon=True).start()
    first = _next(seen, 3 * TICK_MS / 1000)
    yield from _patiently(follower.reconcile, stop)
    if first is None:
        while first is None and not stop():
            first = _next(seen, TICK_MS / 1000)
        yield from _patiently(follower.reconcile, stop)
    while not stop():
        if isinstance(first, OSError):
            yield from _poll(follower, stop)
            return
        if first and root in first:
            # Deleted, and perhaps made anew at once, under the number that it had before.
            replaced.set()
        elif first:
            yield from _follow(root, follower, first, stop)
        elif follower.index_is_lost():
            yield from _patiently(follower.reconcile, stop)
        first = _next(seen, TICK_MS / 1000)


def _observe(
    root: Path, stop: Callable[[], bool], seen: SimpleQueue[frozenset[Path] | OSError]
) -> None:
    """Put on the queue what changes; an empty set first, once the watch is set up."""
    from watchfiles import watch as changes

    try:
        for batch in changes(
            root,
            watch_filter=None,
            debounce=4 * QUIET_MS,
            step=QUIET_MS,
            stop_event=_Stop(stop),
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            seen.put(frozenset(Path(name) for _, name in batch))
    except OSError as error:
        # No more watches to be had, or a file system that has none: compare now and then.
        seen.put(error)


def _next(
    seen: SimpleQueue[frozenset[Path] | OSError], seconds: float
) -> frozenset[Path] | OSError | None:
    try:
        return seen.get(timeout=seconds)
    except Empty:
        return None


def _follow(
    root: Path, follower: Follower, changed: frozenset[Path], stop: Callable[[], bool]
) -> Iterator[Progress]:
    paths = [path_of(root, file) for file in changed]
    visible = [path for path in paths if path and not is_left_out(path)]
    others = [path for path in visible if not may_be_article(path)]
    if any((root / path).is_dir() or follower.knows_folder(path) for path in others):
        # A folder came, went or was renamed: its files send no word of their own.
        yield from _patiently(follower.reconcile, stop)
        return
    articles = [path for path in visible if may_be_article(path)]
    if articles:
        yield from _patiently(lambda: iter([follower.update(articles)]), stop)


def _patiently(
    work: Callable[[], Iterator[Progress]], stop: Callable[[], bool]
) -> Iterator[Progress]:
    """Do the work; while another process writes the index, try again until it lets go."""
    while not stop():
        try:
            yield from work()
        except LibraryBusy:
            time.sleep(TICK_MS / 1000)
        else:
            return


def _poll(follower: Follower, stop: Callable[[], bool]) -> Iterator[Progress]:
    pause = POLL_SECONDS
    while not stop():
        again = time.monotonic() + pause
        while time.monotonic() < again:
            if stop():
                return
            time.sleep(TICK_MS / 1000)
        started = time.monotonic()
        yield from _patiently(follower.reconcile, stop)
        pause = max(POLL_SECONDS, POLL_SHARE * (time.monotonic() - started))
