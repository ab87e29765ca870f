"""Follow an archive while a library is open: changes of either side reach the other in a second.

    exchange all                            at each connect
    wait for the server, the folder, the marks
    exchange what may have changed          the files that did, marks, the log

Where the server does not answer, it is tried again after pauses that grow to a minute.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic

from psycopg import Connection

from rilo_reader.errors import LibraryError
from rilo_reader.paths import marks_file
from rilo_reader.plugins.archive.connection import convert_errors
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.records import ArchiveExchangeResult
from rilo_reader.store.file_kinds import is_ignored
from rilo_reader.store.folder import path_within
from rilo_reader.store.folder_watch import FolderWatcher
from rilo_reader.store.state import State, open_state

LOOK = 1.0  # s between looks whether files or marks have changed here
LOOK_AT_ALL = 600.0  # s between looks at all files
ASK = 60.0  # s after which the server is asked whether it is still there
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # s before the server is tried again


def follow_archive(share: ArchiveShare, stopped: Event) -> Iterator[ArchiveExchangeResult]:
    """Exchange what is new until `stopped`; yield the results that have something.

    An error is the `problem` of a result, and is tried again. A lost connection is opened again
    first: that may work, or gives a better error.
    """
    pause = FIRST_PAUSE
    changed: deque[Path] = deque()
    watch = FolderWatcher(share.folder, changed.extend)
    try:
        with closing(open_state(marks_file(share.folder, share.paths))) as state:
            while not stopped.is_set():
                has_worked = False
                try:
                    with closing(share.connect_joined()) as connection:
                        for done in _follow_connected(share, connection, changed, state, stopped):
                            has_worked, pause = True, FIRST_PAUSE
                            yield done
                except LibraryError as error:
                    if not has_worked:
                        share.records.write_settings(problem=str(error))
                        yield ArchiveExchangeResult(problem=str(error))
                    stopped.wait(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
    finally:
        watch.stop()


def _follow_connected(
    share: ArchiveShare, connection: Connection, changed: deque[Path], state: State, stopped: Event
) -> Iterator[ArchiveExchangeResult]:
    with convert_errors():
        connection.execute("listen rilo_log; listen rilo_mark")
    changed.clear()
    done = share.exchange_all(connection)
    yield done
    revision, due = state.revision, monotonic() + LOOK_AT_ALL
    asked = monotonic()
    while not stopped.is_set():
        with convert_errors():
            if monotonic() - asked > ASK:
                connection.execute("select")
                asked = monotonic()
            heard = list(connection.notifies(timeout=LOOK, stop_after=1))
        names = {path_within(share.folder, changed.popleft()) for _ in range(len(changed))}
        paths = sorted(path for path in names if path and not is_ignored(path))
        is_due = monotonic() >= due
        if not (heard or paths or is_due or done.problem or state.revision != revision):
            continue
        if is_due:
            due = monotonic() + LOOK_AT_ALL
        done = share.exchange_all(connection, None if is_due else paths)
        revision = state.revision  # incoming marks are no reason to look again
        if done.is_anything:
            yield done
