"""One exchange of a device with its archive, after which both have what is new on either side.

    record_changed_files        if nothing is newer there, they are sent
    pull                        newer rows of the log become files
    push                        new files become rows
    marks                       the same for the marks of this person

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
    check_archive,
    connect_archive,
    convert_errors,
    fetch_rows,
    fetch_value,
    find_secret,
)
from rilo_reader.plugins.archive.files import record_changed_files, split_batches
from rilo_reader.plugins.archive.marks import pull_marks, pull_shared, push_marks
from rilo_reader.plugins.archive.pull import Puller, stream_rows_after
from rilo_reader.plugins.archive.push import Pusher
from rilo_reader.plugins.archive.records import ArchiveExchangeResult, ArchiveRecords
from rilo_reader.plugins.archive.window import (
    delete_older_files,
    iter_marked_elsewhere,
    move_window,
)
from rilo_reader.secret_store import open_secrets
from rilo_reader.store.folder import UnreadableError
from rilo_reader.store.sqlite import hold_lock
from rilo_reader.store.state import open_state

_ANOTHER = (
    "The archive at this address is not the one that you joined. If that is intended: rilo-reader "
    "share leave, then rilo-reader share join"
)
_MAY_WRITE = "select has_any_column_privilege('log', 'insert')"
_RECORD_AFTER_SECONDS = 60  # after which an exchange without news is recorded; disks are slow
_ADDED_QUERY = "select (extract(epoch from added) * 1000000)::bigint from log where seq = %s"
_NEWEST_QUERY = """select seq, (extract(epoch from added) * 1000000)::bigint from log
    order by seq desc limit 1"""
_MORE_QUERY = "select exists (select from log where seq > %s)"


class ArchiveShare:
    """The archive that a library shares, for one thread."""

    def __init__(self, folder: Path, paths: Paths, records: ArchiveRecords) -> None:
        """Raises ShareError: it shares none."""
        self.folder = folder.expanduser().resolve()
        self.paths = paths
        self.records = records
        if not records.read_setting("address"):
            join = "To join one: rilo-reader share join"
            raise ShareError(f"This library does not share an archive. {join}")
        self.address = ArchiveAddress(records.read_setting("address"))
        self._marks_revision = -1  # the revision of the marks that the archive has

    def connect_joined(self) -> ArchiveConnection:
        """Connect to the archive that was joined, and to no other. Raises ShareError."""
        command, joined = self.records.read_setting("command"), self.records.read_setting("archive")
        secret = find_secret(self.address, command, open_secrets(self.paths))
        connection = connect_archive(self.address, secret)
        try:
            identity = check_archive(connection, is_joined=bool(joined))
            if joined not in ("", identity):
                raise ShareError(_ANOTHER)  # noqa: TRY301  # the connection is closed
            self.records.write_settings(archive=identity)
        except BaseException:
            connection.close()
            raise
        return connection

    def exchange_all(
        self, connection: Connection, paths: Collection[str] | None = None
    ) -> ArchiveExchangeResult:
        """Exchange what is new; look only at the files at `paths`, or at all.

        Raises ShareError and other LibraryErrors; what was done until then is recorded.
        """
        result = ArchiveExchangeResult()
        lock = archive_file(self.folder, self.paths).with_suffix(".lock")
        try:
            with hold_lock(lock, 30.0), convert_errors():
                self._exchange_articles(connection, paths, result)
        except sqlite3.OperationalError as error:
            raise LibraryError(
                "Another rilo-reader is exchanging articles with the archive. Try again later."
            ) from error
        now, before = int(datetime.now(UTC).timestamp()), self.records.read_number("success")
        is_due = now - before > _RECORD_AFTER_SECONDS
        if result.is_anything or is_due or self.records.read_setting("problem"):
            self.records.write_settings(success=now, problem=result.problem)
        return result

    def _exchange_articles(
        self, connection: Connection, paths: Collection[str] | None, result: ArchiveExchangeResult
    ) -> None:
        move_window(self.records, datetime.now().astimezone(), connection)
        result.restored = self._is_log_restored(connection)
        may_write = bool(fetch_value(connection, _MAY_WRITE, None, bool))
        if self.records.read_setting("may_write") != str(int(may_write)):
            self.records.write_settings(may_write=int(may_write))
        last = self.records.read_number("last")
        is_newer = result.restored or fetch_value(connection, _MORE_QUERY, (last,), bool)
        # The folder cannot be listed while its disk is away.
        with self._make_pusher(connection, result) as pusher, suppress(UnreadableError):
            send = pusher.push_read if may_write and not is_newer else None
            record_changed_files(self.folder, self.records, paths, send)
        try:
            if is_newer:
                self._pull_newer(connection, result)
        except CollectionBusyError:
            result.problem = "Another refresh or import is running; the exchange starts after it."
        self.records.release_held(every=False)
        if not may_write and not result.problem:
            with self.records.transaction():
                result.held = self.records.hold_waiting()
        if not result.problem and may_write:
            with self._make_pusher(connection, result) as pusher:
                pusher.push_waiting()
        self._exchange_marks(connection, result)
        if self.records.read_setting("window") and not result.problem:
            self._keep_window(connection, result)

    @contextmanager
    def _make_pusher(
        self, connection: Connection, result: ArchiveExchangeResult
    ) -> Iterator[Pusher]:
        with ledger_to_read(self.folder, self.paths) as ledger:
            yield Pusher(connection, self.folder, self.records, ledger, result)

    def _keep_window(self, connection: Connection, result: ArchiveExchangeResult) -> None:
        """Fetch older articles that were marked; delete others once a day."""
        with (
            closing(open_state(marks_file(self.folder, self.paths))) as state,
            suppress(CollectionBusyError),
        ):
            for rows in iter_marked_elsewhere(state, self.records, connection):
                if rows:
                    with open_collection(self.folder, self.paths) as collection:
                        puller = Puller(collection, self.records, result, connection.info.user)
                        puller.write_rows(rows, in_order=False)
        today = f"{datetime.now().astimezone().date()} {self.records.read_number('edge')}"
        if self.records.read_setting("dropped") != today:
            result.dropped = delete_older_files(self.folder, self.paths, self.records, connection)
            self.records.write_settings(dropped=today)

    def _pull_newer(self, connection: Connection, result: ArchiveExchangeResult) -> None:
        """Pull newer rows. Raises CollectionBusyError and CollectingError."""
        last, edge = self.records.read_number("last"), self.records.read_number("edge")
        top = next(iter(fetch_rows(connection, _NEWEST_QUERY, None, (int, int))), None)
        with open_collection(self.folder, self.paths) as collection:
            puller = Puller(collection, self.records, result, connection.info.user)
            stream = stream_rows_after(connection, last, edge=edge)
            for rows in split_batches(stream, lambda row: len(row.text)):
                puller.write_rows(rows)
                last = rows[-1].seq
        if edge and top is not None and top[0] > last:
            with self.records.transaction():  # the rest is older than the window
                self.records.write_settings(last=top[0])
                self.records.write_top(*top)
        if self.records.read_setting("restored"):
            missing = self.records.all_agreed_ids() - puller.confirmed
            with self.records.transaction():
                self.records.delete_base(missing)
                self.records.write_settings(restored="")
            with suppress(UnreadableError):
                record_changed_files(self.folder, self.records)

    def _is_log_restored(self, connection: Connection) -> bool:
        """Return whether the log is not the one that was read; then forget how far it was read."""
        top, added = self.records.read_number("top"), self.records.read_number("top_added")
        is_other = bool(top) and fetch_value(connection, _ADDED_QUERY, (top,), int) != added
        if is_other or self.records.read_setting("restored"):
            with self.records.transaction():
                self.records.write_settings(last=0, top=0, restored=1, marks_last=0, seen="")
                self.records.forget_marks()
            self._marks_revision = -1
            return True
        return False

    def _exchange_marks(self, connection: Connection, result: ArchiveExchangeResult) -> None:
        """Exchange the marks of this person. Raises StateError."""
        with closing(open_state(marks_file(self.folder, self.paths))) as state:
            if state.is_protected:
                return
            result.marks_changed = pull_marks(connection, state, self.records)
            revision, articles = state.read_changes_since(self._marks_revision)
            is_shared = self.records.read_setting("shared") == "1"
            sent = push_marks(connection, state, self.records, articles, shared=is_shared)
            result.marks_sent = sent
            self._marks_revision = revision
        result.highlights_changed = pull_shared(connection, self.records)
