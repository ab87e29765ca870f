"""The connections beneath State: many threads, many processes, and damage found while in use."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from rilo_reader.store import state_recovery
from rilo_reader.store.state_recovery import Identity

T = TypeVar("T")

MOVING = (0.02, 0.1, 0.3)
"""Seconds to wait, each time, for a file that another process is just putting in its place."""


class StateError(Exception):
    """A mark that cannot be read or kept: what happened, where, and what to do."""


class _Door:
    """One connection and the lock around it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lock = threading.RLock()
        self.connection: sqlite3.Connection | None = None
        self.opened_on: Identity = None

    def enter(self) -> sqlite3.Connection:
        """The connection to the file that bears the name now; the lock is held by the caller.

        Another process may have set the file aside; what is written into that one is lost.
        """
        now = state_recovery.identity(self.file)
        if self.connection is None or now != self.opened_on:
            self.close()
            self.connection = state_recovery.connect(self.file)
            self.opened_on = now
        return self.connection

    def close(self) -> None:
        if self.connection is not None:
            with suppress(sqlite3.Error):
                self.connection.close()
            self.connection = None


class Database:
    """A state file in use.

    Readers never wait for a writer: each has a connection of its own. A file found damaged is
    replaced by its backup, and the question asked again.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._told: list[str] = []
        self._reader = _Door(file)
        self._writer = _Door(file)
        self._fixed: sqlite3.Connection | None = None  # read-only or empty; never reopened
        self._protected = ""
        self._closed = False
        self._open()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, in order; more may come while the file is in use."""
        return tuple(self._told)

    def read(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """Ask something; `ask` may be called twice.

        Raises:
            StateError: the file cannot be read.
        """
        return self._surely(self._read, ask, "read")

    def write(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """Do something in one transaction, on the disk when this returns; `do` may run twice.

        Raises:
            StateError: it could not be kept; nothing was changed.
        """
        if self._protected:
            raise StateError(self._protected)
        return self._surely(self._write, do, "keep")

    def backup(self, *, only: bool = False) -> bool:
        """Copy the file to its backup; True where one was made, False where none was needed.

        A damaged file never overwrites its backup: it is replaced by it.

        Args:
            only: whether the backup before it goes, instead of being kept as the older one.

        Raises:
            StateError: the backup could not be written.
        """
        if self._protected or self._backed_up():
            return False
        judged = state_recovery.identity(self.file)
        try:
            fault = _fault_of(lambda: state_recovery.save_backup(self.file, only=only))
            if not fault:
                return True
            told = self._replace(judged, fault)
        except (OSError, sqlite3.Error) as error:
            raise StateError(self._reason(error, "back up")) from error
        # Perhaps nobody sees it now: the program may be closing.
        self.write(lambda on: on.execute("INSERT INTO notice VALUES (?)", (told,)))
        return False

    def scrub(self) -> None:
        """Bring the log into the file and empty it, so that what was deleted is nowhere any more.

        Raises:
            StateError: the file cannot be written.
        """

        def empty_the_log(on: sqlite3.Connection) -> None:
            on.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

        self._surely(self._alone, empty_the_log, "keep")

    def close(self) -> None:
        """Let the file go; harmless when done twice."""
        self._closed = True
        self._let_go()
        if self._fixed is not None:
            self._fixed.close()

    # -- opening --------------------------------------------------------------------------------

    def _open(self) -> None:
        for pause in (*MOVING, None):
            try:
                self._open_once()
            except (OSError, sqlite3.Error) as error:
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if pause is None or code != sqlite3.SQLITE_CANTOPEN:
                    self._protect(_plain(error), "put that right and start again")
                    return
                # Another process is just setting the damaged file aside: it will be there again.
                self._let_go()
                time.sleep(pause)
            else:
                return

    def _open_once(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if state_recovery.identity(self.file) is None:
            if state_recovery.needs_rescue(self.file):
                self._replace(None, "")
            else:
                state_recovery.create(self.file)
        if not _writable(self.file):
            self._protect("it or its folder is write-protected", "allow writing there")
            return
        judged = state_recovery.identity(self.file)
        fault = _fault_of(self._check)
        if fault:
            self._replace(judged, fault)
            self._check()

    def _check(self) -> str:
        """Look at a file just opened: fault, schema, and what an earlier run left to be told."""
        connection = self._reader.enter()
        fault = state_recovery.quick_fault(self.file, connection)
        if fault:
            return fault
        newest = len(state_recovery.MIGRATIONS)
        has = state_recovery.version(connection)
        if has > newest:
            self._reader.close()
            self._fixed = state_recovery.connect_to_nothing()
            self._refuse(
                f"Your marks are not shown and cannot be kept: {self.file} was written by a newer "
                f"rilo-reader (version {has} of the file; this one knows {newest}). "
                "Install the newer rilo-reader again; the file was not touched."
            )
            return ""
        if has < newest:
            state_recovery.migrate(connection)
        connection.execute("SELECT revision FROM clock").fetchone()
        left = [str(row[0]) for row in connection.execute("SELECT text FROM notice")]
        if left:
            connection.execute("DELETE FROM notice")
            self._told += left
        return ""

    def _protect(self, reason: str, advice: str) -> None:
        """Use the file without writing, or an empty state where it cannot even be read."""
        self._let_go()
        try:
            self._fixed = state_recovery.connect_read_only(self.file)
            able = "are shown but cannot be kept"
        except (OSError, sqlite3.Error):
            self._fixed = state_recovery.connect_to_nothing()
            able = "cannot be shown nor kept"
        self._refuse(f"Your marks {able}: {self.file}: {reason}. To keep them, {advice}.")

    def _refuse(self, message: str) -> None:
        self._protected = message
        self._told.append(message)

    # -- in use ---------------------------------------------------------------------------------

    def _surely(
        self,
        once: Callable[[Callable[[sqlite3.Connection], T]], T],
        work: Callable[[sqlite3.Connection], T],
        verb: str,
    ) -> T:
        if self._closed:
            raise StateError(f"{self.file} is closed already.")
        try:
            if self._fixed is not None:
                return once(work)
            judged = state_recovery.identity(self.file)
            try:
                return once(work)
            except sqlite3.DatabaseError as error:
                gone = state_recovery.identity(self.file) is None
                if not (gone or state_recovery.is_damage(error)):
                    raise
                self._replace(None if gone else judged, state_recovery.fault_of(error))
                return once(work)
        except (OSError, sqlite3.Error) as error:
            raise StateError(self._reason(error, verb)) from error

    def _read(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        with self._reader.lock:
            return ask(self._fixed or self._reader.enter())

    def _write(self, do: Callable[[sqlite3.Connection], T]) -> T:
        with self._writer.lock:
            while True:
                result = _transaction(self._writer.enter(), do)
                # Set aside by another process meanwhile? Then once more, into the new file.
                if state_recovery.identity(self.file) == self._writer.opened_on:
                    return result

    def _alone(self, do: Callable[[sqlite3.Connection], T]) -> T:
        with self._writer.lock:
            return do(self._writer.enter())

    def _replace(self, judged: Identity, fault: str) -> str:
        """Set the damaged file aside and restore its backup; tell the user."""
        # Always in this order, so that two threads never wait for each other.
        with self._writer.lock, self._reader.lock:
            self._let_go()
            told = state_recovery.replace_damaged(self.file, judged, fault)
            if told:
                self._told.append(told)
            return told

    def _let_go(self) -> None:
        for door in (self._writer, self._reader):
            with door.lock:
                door.close()

    def _backed_up(self) -> bool:
        now = self.read(lambda on: on.execute("SELECT writes FROM clock").fetchone())
        return state_recovery.writes(state_recovery.backup_of(self.file)) == int(now[0])

    def _reason(self, error: OSError | sqlite3.Error, verb: str) -> str:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        advice = {
            sqlite3.SQLITE_FULL: "Make room on the disk and try again",
            sqlite3.SQLITE_BUSY: "Another rilo-reader is writing; try again in a moment",
            sqlite3.SQLITE_READONLY: "Allow writing to the file and its folder",
            sqlite3.SQLITE_CANTOPEN: "See that the folder exists and can be written",
            sqlite3.SQLITE_IOERR: "See that the disk is there, sound and not full",
        }.get(code, "Run `rilo-reader doctor` to see more")
        return f"Could not {verb} your marks in {self.file}: {_plain(error)}. {advice}."


def _transaction(connection: sqlite3.Connection, do: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = do(connection)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    return result


def _fault_of(look: Callable[[], str]) -> str:
    """What a look at a file finds damaged, or SQLite while it looks; "" where nothing is."""
    try:
        return look()
    except sqlite3.DatabaseError as error:
        if not state_recovery.is_damage(error):
            raise
        return state_recovery.fault_of(error)


def _writable(file: Path) -> bool:
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)


def _plain(error: OSError | sqlite3.Error) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
