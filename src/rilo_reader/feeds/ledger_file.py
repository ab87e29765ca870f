"""The SQLite file of a ledger: connections, migrations, damage, and the collection lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path

from rilo_reader.library.values import LibraryError

APPLICATION_ID = 0x72696C63
"""Identifies SQLite files of ledgers ("rilc")."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE feed(
            number INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            source TEXT NOT NULL DEFAULT '',
            title TEXT NOT NULL DEFAULT '',
            site TEXT NOT NULL DEFAULT '',
            etag TEXT NOT NULL DEFAULT '',
            last_modified TEXT NOT NULL DEFAULT '',
            asked_as TEXT NOT NULL DEFAULT '',
            fresh_until INTEGER,
            ttl INTEGER NOT NULL DEFAULT 0,
            skip_hours TEXT NOT NULL DEFAULT '',
            skip_days TEXT NOT NULL DEFAULT '',
            last_try INTEGER,
            last_success INTEGER,
            last_new INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            failure TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            retry_at INTEGER,
            moved_to TEXT NOT NULL DEFAULT '',
            dead TEXT NOT NULL DEFAULT ''
        )""",
        """CREATE TABLE article(
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            feed INTEGER NOT NULL,
            path TEXT NOT NULL,
            seen INTEGER NOT NULL,
            said BLOB NOT NULL,
            file BLOB NOT NULL,
            body BLOB NOT NULL,
            done INTEGER NOT NULL
        )""",
        "CREATE INDEX article_feed ON article(feed)",
        """CREATE TABLE key(
            feed INTEGER NOT NULL,
            value INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            article INTEGER NOT NULL,
            PRIMARY KEY (feed, value, kind, article)
        ) WITHOUT ROWID""",
        "CREATE INDEX key_of ON key(article)",
        "CREATE INDEX key_anywhere ON key(value) WHERE kind = 1",
        "CREATE TABLE notice(text TEXT NOT NULL)",
    ),
    (
        "ALTER TABLE feed ADD COLUMN public_only INTEGER NOT NULL DEFAULT 0",
        # Until this version, a move was recorded by this value alone.
        "UPDATE feed SET public_only = 1 WHERE moved_to != ''",
        "CREATE TABLE public_host(host TEXT PRIMARY KEY) WITHOUT ROWID",
    ),
    ("ALTER TABLE article RENAME COLUMN said TO content_hash",),
)
"""Statements from each schema version to the next; the number of the last one is the newest."""

BUSY_SECONDS = 20.0


class CollectingError(LibraryError):
    """The ledger cannot be read or written; the message is a sentence for users."""


class CollectionBusyError(CollectingError):
    """Another process is collecting into this library."""


def connect(file: Path) -> sqlite3.Connection:
    """Open a ledger, created if necessary; every commit is durable.

    Raises:
        sqlite3.Error: it is damaged, of a newer version, or cannot be opened.
    """
    connection = sqlite3.connect(
        file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(file: Path) -> sqlite3.Connection | None:
    """Open a ledger read-only; None if there is none.

    An older one is migrated first.

    Raises:
        sqlite3.Error: it is damaged, of a newer version, or older and read-only.
    """
    if not file.exists():
        return None
    connection = _reading(file)
    if connection is None:
        connect(file).close()
        connection = _reading(file)
    return connection


def _reading(file: Path) -> sqlite3.Connection | None:
    """Open read-only; None if the schema is not the newest."""
    uri = f"{file.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        if _version(connection) == len(MIGRATIONS):
            return connection
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection) -> None:
    """Migrate the schema to the newest version in one transaction."""
    if _version(connection) == len(MIGRATIONS):
        return
    with transaction(connection):
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise sqlite3.OperationalError("it is of a newer version of rilo-reader")
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that is on disk when it ends, or rolled back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


ROWS = 200
"""Rows per statement: Python releases and reacquires the GIL for each statement."""


def put_many(
    connection: sqlite3.Connection, statement: tuple[str, str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows as `executemany` does, but many per statement.

    Args:
        connection: a connection to the ledger.
        statement: the SQL before and after VALUES.
        rows: rows of equal length.
    """
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        marks = f"({', '.join('?' * len(some[0]))})"
        values = ", ".join([marks] * len(some))
        connection.execute(
            f"{statement[0]} VALUES {values} {statement[1]}", list(chain.from_iterable(some))
        )


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error means that the file is damaged."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def set_aside(file: Path, now: datetime) -> Path:
    """Rename a damaged ledger; return its new path."""
    aside = file.with_name(f"{file.name}.damaged-{now:%Y%m%d-%H%M%S}")
    file.replace(aside)
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    return aside


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the collection lock of a library, which is released when the process ends.

    Raises:
        CollectionBusyError: another process holds it.
    """
    # SQLite's locks work on every platform and are released when a process dies.
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if (getattr(error, "sqlite_errorcode", 0) & 0xFF) != sqlite3.SQLITE_BUSY:
                raise
            raise CollectionBusyError(
                "Another refresh or import is collecting into this library; wait until it is done."
            ) from error
        yield
