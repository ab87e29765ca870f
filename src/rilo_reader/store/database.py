"""An SQLite file in use: transactions across threads and processes, and recovery.

Each `Database` holds one connection for reading and one for writing, so that readers never wait
for a writer. Before each use it checks that the path still leads to the file that was opened,
since another process may have renamed a damaged file and restored its backup.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

from rilo_reader.errors import StateError
from rilo_reader.store import sqlite
from rilo_reader.store.sqlite import FileKind, Identity

T = TypeVar("T")

OPENINGS = 4
"""Attempts to open a file that other processes replace."""

_PERHAPS_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH)


class _GuardedConnection:
    """A connection to a file, with the lock that guards it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lock = threading.RLock()
        self.connection: sqlite3.Connection | None = None
        self.file_identity: Identity = None

    def open_current(self) -> sqlite3.Connection:
        """Return a connection to the file that has the name now; the caller holds the lock.

        Reopened where another process has set the file aside: writes to that one would be lost.
        """
        now = sqlite.read_identity(self.file)
        if self.connection is None or now != self.file_identity:
            self.close()
            self.connection = sqlite.connect(self.file)
            self.file_identity = now
        return self.connection

    def close(self) -> None:
        if self.connection is not None:
            with suppress(sqlite3.Error):
                self.connection.close()
            self.connection = None


class Database:
    """An open SQLite file, of a kind that has tables `notice(text)` and `clock(writes)`.

    `clock.writes` counts what is written, so that a backup is made only when something was. A
    file that turns out to be damaged is replaced by its backup, and the operation repeated. Where
    that does not help, methods raise StateError.
    """

    def __init__(self, file: Path, kind: FileKind) -> None:
        """Open the file, and create it if it is missing; never raises, see `notices`."""
        self.file = file
        self._kind = kind
        self._notices: list[str] = []
        self._reader = _GuardedConnection(file)
        self._writer = _GuardedConnection(file)
        # Read-only or empty; never reopened.
        self._fallback_connection: sqlite3.Connection | None = None
        self._protected_reason = ""
        self._is_hidden = False
        self._closed = False
        self._open()

    @property
    def notices(self) -> tuple[str, ...]:
        """Messages for the user, oldest first; the list may grow while the file is in use."""
        return tuple(self._notices)

    @property
    def is_protected(self) -> bool:
        """True if the file is only read, or left alone; `notices` has the reason."""
        return bool(self._protected_reason)

    @property
    def unreadable_reason(self) -> str:
        """The reason why nothing of the file can be read, so that it seems empty; or ""."""
        return self._protected_reason if self._is_hidden else ""

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return `query(connection)`; `query` may be called twice."""
        return self._run_with_recovery(self._read, query, "read")

    def fetch(self, statement: str, *values: object) -> list[Any]:
        """Return the rows of a query."""
        return self.read(lambda connection: connection.execute(statement, values).fetchall())

    def iter_rows(self, statement: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query from a connection of its own, so that nobody waits for it."""
        self._check_open()
        examined = sqlite.read_identity(self.file)
        try:
            if self._fallback_connection is not None:
                yield from self._fallback_connection.execute(statement)
                return
            with closing(sqlite.connect(self.file)) as connection:
                yield from connection.execute(statement)
        except (OSError, sqlite3.Error) as error:
            if isinstance(error, sqlite3.Error) and (fault := self._find_damage(error)):
                notice = self._replace_damaged(examined, fault)
                raise StateError(f"{notice} Try again.") from error
            raise StateError(self._failure_message(error, "read")) from error

    def write(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Run `action` in one transaction, which is on disk on return; it may be called twice.

        If it fails, nothing was changed.
        """
        if self._protected_reason:
            raise StateError(self._protected_reason)
        return self._run_with_recovery(self._write, action, "keep")

    def write_counted(self, action: Callable[[sqlite3.Connection], object]) -> None:
        """Run `action` as `write` does, and count it, so that the next backup has it."""

        def write_and_count(connection: sqlite3.Connection) -> None:
            action(connection)
            connection.execute("UPDATE clock SET writes = writes + 1")

        self.write(write_and_count)

    def backup(self, *, without_older: bool = False) -> bool:
        """Copy the file to its backup; False if nothing was written since, or ever.

        A damaged file never overwrites its backup; it is replaced by it. With `without_older` the
        previous backup is deleted instead of kept as the older one.
        """
        if self._protected_reason:
            return False
        ((writes,),) = self.fetch("SELECT writes FROM clock")
        backup = sqlite.backup_path(self.file)
        try:
            if not writes or sqlite.read_write_count(backup, self._kind) == writes:
                return False
            examined = sqlite.read_identity(self.file)
            try:
                fault = sqlite.save_backup(self.file, self._kind, without_older=without_older)
            except sqlite3.DatabaseError as error:
                if not sqlite.is_damage(error):
                    raise
                fault = sqlite.describe_damage(error)
            if not fault:
                return True
            notice = self._replace_damaged(examined, fault)
        except (OSError, sqlite3.Error) as error:
            raise StateError(self._failure_message(error, "back up")) from error
        # Stored for the next start too: the program may be closing.
        self.write(
            lambda connection: connection.execute("INSERT INTO notice VALUES (?)", (notice,))
        )
        return False

    def truncate_log(self) -> None:
        """Checkpoint and truncate the write-ahead log, so that deleted rows are gone from disk."""
        checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
        self._run_with_recovery(
            self._outside_transaction,
            lambda connection: connection.execute(checkpoint).fetchone(),
            "keep",
        )

    def close(self) -> None:
        """Close the connections; closing twice is harmless."""
        self._closed = True
        self._disconnect()
        if self._fallback_connection is not None:
            self._fallback_connection.close()

    # -- opening --------------------------------------------------------------------------------

    def _open(self) -> None:
        for remaining in reversed(range(OPENINGS)):
            try:
                self._open_once()
            except (OSError, sqlite3.Error) as error:
                is_gone = sqlite.result_code(error) == sqlite3.SQLITE_CANTOPEN or isinstance(
                    error, FileNotFoundError
                )
                is_replaced = is_gone and sqlite.await_replacement(self.file)
                if not (remaining and is_replaced):
                    self._open_protected(_error_text(error), "fix this and restart")
                    return
                self._disconnect()
            else:
                return

    def _open_once(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if sqlite.read_identity(self.file) is None:
            if sqlite.needs_rescue(self.file):
                self._replace_damaged(None, "")
            else:
                sqlite.create_file(self.file, self._kind)
        examined = sqlite.read_identity(self.file)
        is_readable = os.access(self.file, os.R_OK)
        is_writable = all(os.access(each, os.W_OK) for each in (self.file, self.file.parent))
        is_same = examined is not None and sqlite.read_identity(self.file) == examined
        if not (is_readable and is_writable) and not is_same:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.file))
        if not is_readable:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self.file))
        if not is_writable:
            self._open_protected("it or its folder is read-only", "make it writable")
            return
        try:
            fault = self._check_and_migrate()
        except (sqlite3.DatabaseError, TypeError, ValueError) as error:
            if not (fault := self._find_damage(error)):
                raise
        if fault:
            self._replace_damaged(examined, fault)
            self._check_and_migrate()

    def _check_and_migrate(self) -> str:
        """Migrate a file that was just opened; return what is damaged in it instead, or "".

        Notices of an earlier run are taken over.
        """
        connection = self._reader.open_current()
        fault = sqlite.quick_fault(self.file, self._kind, connection)
        if fault:
            return fault
        try:
            sqlite.migrate(connection, self._kind)
        except sqlite.VersionError:
            version = sqlite.read_version(connection)
            self._reader.close()
            self._fallback_connection = sqlite.connect_to_nothing(self._kind)
            self._is_hidden = True
            writer = sqlite.describe_writer(version, self._kind)
            self._refuse_writes(
                f"Your {self._kind.contents} cannot be read or saved: {self.file} was written by "
                f"{writer} rilo-reader (file version {version}; this one knows "
                f"{self._kind.version}). Install that one again; the file was not changed."
            )
            return ""
        connection.execute("SELECT writes FROM clock").fetchone()
        earlier = [str(row[0]) for row in connection.execute("SELECT text FROM notice")]
        if earlier:
            connection.execute("DELETE FROM notice")
            self._notices += earlier
        return ""

    def _open_protected(self, reason: str, advice: str) -> None:
        """Open the file read-only, or an empty state in memory where it cannot be read."""
        self._disconnect()
        try:
            self._fallback_connection = sqlite.connect_read_only(self.file, self._kind)
            effect = "can be read but not saved"
        except (OSError, sqlite3.Error):
            self._fallback_connection = sqlite.connect_to_nothing(self._kind)
            self._is_hidden = True
            effect = "can be neither read nor saved"
        self._refuse_writes(
            f"Your {self._kind.contents} {effect}: {self.file}: {reason}. To save them, {advice}."
        )

    def _refuse_writes(self, message: str) -> None:
        self._protected_reason = message
        self._notices.append(message)

    # -- in use ---------------------------------------------------------------------------------

    def _run_with_recovery(
        self,
        attempt: Callable[[Callable[[sqlite3.Connection], T]], T],
        work: Callable[[sqlite3.Connection], T],
        verb: str,
    ) -> T:
        self._check_open()
        try:
            if self._fallback_connection is not None:
                return attempt(work)
            examined = sqlite.read_identity(self.file)
            try:
                return attempt(work)
            except (sqlite3.DatabaseError, TypeError, ValueError, OverflowError) as error:
                gone = sqlite.read_identity(self.file) is None
                fault = "" if gone else self._find_damage(error)
                if not (gone or fault):
                    raise
                self._replace_damaged(None if gone else examined, fault)
                return attempt(work)
        except (OSError, sqlite3.Error) as error:
            raise StateError(self._failure_message(error, verb)) from error

    def _find_damage(self, error: Exception) -> str:
        """Return what is damaged, if an error comes from that, else ""."""
        if isinstance(error, sqlite3.Error):
            if sqlite.is_damage(error):
                return sqlite.describe_damage(error)
            if sqlite.result_code(error) not in _PERHAPS_DAMAGED:
                return ""
        # A statement or a value that is not what it should be: of a damaged file, or our mistake.
        return sqlite.thorough_fault(self.file, self._kind)

    def _check_open(self) -> None:
        if self._closed:
            raise StateError(f"{self.file} is already closed.")

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        with self._reader.lock:
            return query(self._fallback_connection or self._reader.open_current())

    def _write(self, action: Callable[[sqlite3.Connection], T]) -> T:
        with self._writer.lock:
            while True:
                connection = self._writer.open_current()
                with sqlite.transaction(connection):
                    result = action(connection)
                # Another process may have set the file aside meanwhile: then write again.
                if sqlite.read_identity(self.file) == self._writer.file_identity:
                    return result

    def _outside_transaction(self, action: Callable[[sqlite3.Connection], T]) -> T:
        with self._writer.lock:
            return action(self._writer.open_current())

    def _replace_damaged(self, damaged_identity: Identity, fault: str) -> str:
        """Set the damaged file aside, restore its backup, and return the notice of it."""
        # Always in this order, so that two threads cannot deadlock.
        with self._writer.lock, self._reader.lock:
            self._disconnect()
            notice = sqlite.replace_damaged(self.file, self._kind, damaged_identity, fault)
            if notice:
                self._notices.append(notice)
            return notice

    def _disconnect(self) -> None:
        for connection in (self._writer, self._reader):
            with connection.lock:
                connection.close()

    def _failure_message(self, error: OSError | sqlite3.Error, verb: str) -> str:
        code = sqlite.result_code(error)
        advice = {
            sqlite3.SQLITE_FULL: "Free some disk space and try again",
            sqlite3.SQLITE_BUSY: "Another rilo-reader is writing; try again in a moment",
            sqlite3.SQLITE_READONLY: "Make the file and its folder writable",
            sqlite3.SQLITE_CANTOPEN: "Check that the folder exists and is writable",
            sqlite3.SQLITE_IOERR: "Check that the disk is connected, undamaged and not full",
        }.get(code, "Run `rilo-reader doctor` for details")
        what = f"Could not {verb} your {self._kind.contents} in {self.file}"
        return f"{what}: {_error_text(error)}. {advice}."


def _error_text(error: OSError | sqlite3.Error) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
