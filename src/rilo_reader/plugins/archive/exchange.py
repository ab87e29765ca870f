"""One exchange of a device with its archive; what is new here and there is in both then.

    look(folder)                which files changed; if nothing is newer there, they are sent
    pull                        what is newer there becomes files
    push                        what is new here becomes rows
    marks                       the same for what this person did

The server may have been restored from a backup: then its log does not have the row that was read
last. It is read from its beginning again, as quickly as an import of what is there already; and
what was agreed on, but is no longer there, is sent again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from psycopg import Connection

from rilo_reader.errors import CollectionBusyError, LibraryError
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.ledger import ledger_to_read
from rilo_reader.paths import Paths, marks_file
from rilo_reader.plugins.archive import archive_file
from rilo_reader.plugins.archive.connection import (
    ArchiveAddress,
    ArchiveConnection,
    ShareError,
    answer,
    asked,
    check,
    connect,
    secret_of,
    translated,
)
from rilo_reader.plugins.archive.files import batches, look
from rilo_reader.plugins.archive.marks import pull_marks, pull_shared, push_marks
from rilo_reader.plugins.archive.pull import Puller, rows_after
from rilo_reader.plugins.archive.push import Pusher
from rilo_reader.plugins.archive.records import Exchanged, Records
from rilo_reader.plugins.archive.window import drop, marked_elsewhere, move_on
from rilo_reader.secret_store import open_secrets
from rilo_reader.store.folder import UnreadableError
from rilo_reader.store.sqlite import hold_lock
from rilo_reader.store.state import open_state

_ANOTHER = (
    "The archive at this address is not the one that you joined. If that is intended: rilo-reader "
    "share leave, then rilo-reader share join"
)
_MAY_WRITE = "select has_any_column_privilege('log', 'insert')"
_NOTED = 60  # seconds after which it is noted that nothing was new; the disk takes its time
_AT = "select (extract(epoch from added) * 1000000)::bigint from log where seq = %s"
_TOP = """select seq, (extract(epoch from added) * 1000000)::bigint from log
    order by seq desc limit 1"""
_MORE = "select exists (select from log where seq > %s)"


class Share:
    """The archive that a library shares, for one thread."""

    def __init__(self, folder: Path, paths: Paths, records: Records) -> None:
        """Raises ShareError: it shares none."""
        self.folder = folder.expanduser().resolve()
        self.paths = paths
        self.records = records
        if not records.get("address"):
            raise ShareError(
                "This library does not share an archive. To join one: rilo-reader share join"
            )
        self.address = ArchiveAddress(records.get("address"))
        self._marks_at = -1  # the revision of the marks that the archive has

    def connect(self) -> ArchiveConnection:
        """Connect to the archive that was joined, and to no other. Raises ShareError."""
        secret = secret_of(self.address, self.records.get("command"), open_secrets(self.paths))
        connection = connect(self.address, secret)
        try:
            identity = check(connection, is_joined=bool(self.records.get("archive")))
            if self.records.get("archive") not in ("", identity):
                raise ShareError(_ANOTHER)  # noqa: TRY301  # the connection is closed
            self.records.put(archive=identity)
        except BaseException:
            connection.close()
            raise
        return connection

    def exchange(self, connection: Connection, paths: Collection[str] | None = None) -> Exchanged:
        """Exchange what is new; of the files only those at `paths` are looked at, or all.

        Raises ShareError and other LibraryErrors; what was done until then is noted.
        """
        done = Exchanged()
        lock = archive_file(self.folder, self.paths).with_suffix(".lock")
        try:
            with hold_lock(lock, 30.0), translated():
                self._exchange(connection, paths, done)
        except sqlite3.OperationalError as error:
            raise LibraryError(
                "Another rilo-reader is exchanging articles with the archive. Try again later."
            ) from error
        now, before = int(datetime.now(UTC).timestamp()), self.records.number("success")
        if done.is_anything or now - before > _NOTED or self.records.get("problem"):
            self.records.put(success=now, problem=done.problem)
        return done

    def _exchange(
        self, connection: Connection, paths: Collection[str] | None, done: Exchanged
    ) -> None:
        move_on(self.records, datetime.now().astimezone(), connection)
        done.restored = self._see_restored(connection)
        may_write = bool(answer(connection, _MAY_WRITE, None, bool))
        if self.records.get("may_write") != str(int(may_write)):
            self.records.put(may_write=int(may_write))
        last = self.records.number("last")
        is_newer = done.restored or answer(connection, _MORE, (last,), bool)
        with (
            self._pusher(connection, done) as pusher,
            suppress(UnreadableError),
        ):  # no disk there now
            send = pusher.push_read if may_write and not is_newer else None
            look(self.folder, self.records, paths, send)
        try:
            if is_newer:
                self._pull(connection, done)
        except CollectionBusyError:
            done.problem = "Another refresh or import is running; the exchange starts after it."
        self.records.release(every=False)
        if not may_write and not done.problem:
            with self.records.transaction():
                done.held = self.records.hold()
        if not done.problem and may_write:
            with self._pusher(connection, done) as pusher:
                pusher.push()
        self._exchange_marks(connection, done)
        if self.records.get("window") and not done.problem:
            self._keep_window(connection, done)

    @contextmanager
    def _pusher(self, connection: Connection, done: Exchanged) -> Iterator[Pusher]:
        with ledger_to_read(self.folder, self.paths) as ledger:
            yield Pusher(connection, self.folder, self.records, ledger, done)

    def _keep_window(self, connection: Connection, done: Exchanged) -> None:
        """Fetch what was marked of older articles; drop others once a day."""
        with (
            closing(open_state(marks_file(self.folder, self.paths))) as state,
            suppress(CollectionBusyError),
        ):
            for rows in marked_elsewhere(state, self.records, connection):
                if rows:
                    with open_collection(self.folder, self.paths) as collection:
                        puller = Puller(collection, self.records, done, connection.info.user)
                        puller.take(rows, in_order=False)
        today = f"{datetime.now().astimezone().date()} {self.records.number('edge')}"
        if self.records.get("dropped") != today:
            done.dropped = drop(self.folder, self.paths, self.records, connection)
            self.records.put(dropped=today)

    def _pull(self, connection: Connection, done: Exchanged) -> None:
        """Take what is newer there. Raises CollectionBusyError and CollectingError."""
        last, edge = self.records.number("last"), self.records.number("edge")
        top = next(iter(asked(connection, _TOP, None, (int, int))), None)
        with open_collection(self.folder, self.paths) as collection:
            puller = Puller(collection, self.records, done, connection.info.user)
            for rows in batches(rows_after(connection, last, edge=edge), lambda row: len(row.text)):
                puller.take(rows)
                last = rows[-1].seq
        if edge and top is not None and top[0] > last:
            with self.records.transaction():  # the rest is older than the window
                self.records.put(last=top[0])
                self.records.put_top(*top)
        if self.records.get("restored"):
            missing = self.records.all_agreed() - puller.confirmed
            with self.records.transaction():
                self.records.disagree(missing)
                self.records.put(restored="")
            with suppress(UnreadableError):
                look(self.folder, self.records)

    def _see_restored(self, connection: Connection) -> bool:
        """Whether the log is not the one that was read; then it is to be read again."""
        top, added = self.records.number("top"), self.records.number("top_added")
        is_other = bool(top) and answer(connection, _AT, (top,), int) != added
        if is_other or self.records.get("restored"):
            with self.records.transaction():
                self.records.put(last=0, top=0, restored=1, marks_last=0, seen="")
                self.records.forget_marks()
            self._marks_at = -1
            return True
        return False

    def _exchange_marks(self, connection: Connection, done: Exchanged) -> None:
        """Exchange the marks of this person. Raises StateError."""
        with closing(open_state(marks_file(self.folder, self.paths))) as state:
            if state.is_protected:
                return
            done.marks_changed = pull_marks(connection, state, self.records)
            revision, articles = state.read_changes_since(self._marks_at)
            is_shared = self.records.get("shared") == "1"
            done.marks_sent = push_marks(
                connection, state, self.records, articles, shared=is_shared
            )
            self._marks_at = revision
        done.highlights_changed = pull_shared(connection, self.records)
