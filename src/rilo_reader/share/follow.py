"""Follow an archive while a library is open: what is new there comes within a second, and back.

    exchange all                            at each connect
    wait for the server, the folder, the marks
    exchange what may have changed          the files that did, marks, the log

Where the server does not answer, it is tried again after pauses that grow to a minute.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import NamedTuple

from psycopg import Connection

from rilo_reader.errors import LibraryError
from rilo_reader.library.follower import DEBOUNCE_MS, STEP_MS
from rilo_reader.paths import marks_file
from rilo_reader.share.connection import translated, waiting
from rilo_reader.share.share import Exchanged, Share
from rilo_reader.store.file_kinds import is_left_out, may_be_article
from rilo_reader.store.folder import path_of
from rilo_reader.store.state import State, open_state

LISTEN = ("rilo_log", "rilo_mark")


class Pauses(NamedTuple):
    """Seconds."""

    marks: float = 1.0  # between looks whether marks have changed here
    all: float = 600.0  # between looks at all files
    first: float = 1.0  # before the server is tried again for the first time
    longest: float = 60.0


class Follower:
    """Exchanges what is new, as long as it is not stopped."""

    def __init__(
        self, share: Share, stopped: Callable[[], bool], pauses: Pauses | None = None
    ) -> None:
        self._share = share
        self._stopped = stopped
        self._pauses = pauses or Pauses()

    def follow(self) -> Iterator[Exchanged]:
        """Yield what was done, where something was; blocks meanwhile.

        What goes wrong is the problem of what is yielded, and is tried again.
        """
        share, pause = self._share, self._pauses.first
        marks = marks_file(share.folder, share.paths)
        with _Folder(share.folder).watched() as folder, closing(open_state(marks)) as state:
            while not self._stopped():
                try:
                    with closing(share.connect()) as connection:
                        for done in self._connected(connection, folder, state):
                            pause = self._pauses.first
                            yield done
                except LibraryError as error:
                    share.records.put(problem=str(error))
                    yield Exchanged(problem=str(error))
                    until = monotonic() + pause
                    while not self._stopped() and monotonic() < until:
                        folder.wait(min(1.0, pause))
                    pause = min(2 * pause, self._pauses.longest)

    def _connected(
        self, connection: Connection, folder: _Folder, state: State
    ) -> Iterator[Exchanged]:
        share = self._share
        with translated():
            for channel in LISTEN:
                connection.execute(f"listen {channel}")
        folder.take()
        done = share.exchange(connection)
        yield done
        revision, all_due = state.revision, monotonic() + self._pauses.all
        while not self._stopped():
            heard = waiting(connection, folder.wake, self._pauses.marks)
            changed = folder.take()
            is_due = monotonic() >= all_due or bool(done.problem)
            if not (heard or changed or is_due or state.revision != revision):
                continue
            if is_due:
                all_due = monotonic() + self._pauses.all
            # A folder that came or went says nothing about its files.
            is_due = is_due or any(not may_be_article(path.rpartition("/")[2]) for path in changed)
            done = share.exchange(connection, None if is_due else sorted(changed))
            revision = state.revision  # what came from there is no reason to look again
            if done.is_anything:
                yield done


class _Folder:
    """The paths that changed in a folder, where it can be watched."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._paths: set[str] = set()
        self._lock = Lock()
        self._stop = Event()
        self.wake, self._writer = os.pipe()

    @contextmanager
    def watched(self) -> Iterator[_Folder]:
        """Watch it."""
        os.set_blocking(self.wake, False)
        Thread(target=self._observe, name="shared folder", daemon=True).start()
        try:
            yield self
        finally:
            self._stop.set()

    def take(self) -> set[str]:
        """Return the paths that changed since it was last called."""
        with suppress(BlockingIOError):
            os.read(self.wake, 4096)
        with self._lock:
            taken, self._paths = self._paths, set()
        return taken

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it is left."""
        self._stop.wait(seconds)

    def _observe(self) -> None:
        from watchfiles import watch  # heavy, and only who watches needs it

        with suppress(OSError):  # where it cannot be watched, all files are looked at now and then
            for batch in watch(
                self._root,
                watch_filter=None,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                stop_event=self._stop,
                raise_interrupt=False,
            ):
                paths = {path_of(self._root, Path(name)) for _, name in batch}
                with self._lock:
                    self._paths |= {path for path in paths if path and not is_left_out(path)}
                if self._paths and not self._stop.is_set():
                    os.write(self._writer, b".")
