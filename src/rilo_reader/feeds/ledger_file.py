"""The SQLite file of a ledger: its schema, how it is opened, and the collection lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rilo_reader.errors import LibraryError
from rilo_reader.store import sqlite
from rilo_reader.store.sqlite import FileKind

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

LEDGER = FileKind("collected articles", APPLICATION_ID, MIGRATIONS)
"""The file of a ledger."""


class CollectingError(LibraryError):
    """The ledger cannot be read or written; the message is a sentence for users."""


class CollectionBusyError(CollectingError):
    """Another process is collecting into this library."""


def connect(file: Path) -> sqlite3.Connection:
    """Open a ledger, created if necessary; every commit is durable.

    Raises:
        sqlite3.Error: it is damaged, of a newer version, or cannot be opened.
    """
    if not file.exists():
        sqlite.create(file, LEDGER)
    connection = sqlite.connect(file)
    try:
        sqlite.migrate(connection, LEDGER)
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
    try:
        return sqlite.connect_read_only(file, LEDGER)
    except sqlite.VersionError:
        connect(file).close()
        return sqlite.connect_read_only(file, LEDGER)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the collection lock of a library, which is released when the process ends.

    Raises:
        CollectionBusyError: another process holds it.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(sqlite.exclusive(file, 0))
        except sqlite3.OperationalError as error:
            if sqlite.code_of(error) != sqlite3.SQLITE_BUSY:
                raise
            raise CollectionBusyError(
                "Another refresh or import is collecting into this library; wait until it is done."
            ) from error
        yield
