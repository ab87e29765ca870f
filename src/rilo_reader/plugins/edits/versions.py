"""`Versions`: texts that articles had before their publishers edited them, in one SQLite file.

It is beside the ledger, one for each library on each device. What is lost with it are earlier
texts, so a damaged file is set aside, and a new one begun.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.store import sqlite
from rilo_reader.store.sqlite import FileKind, is_damage, rename_damaged, transaction

MOST_VERSIONS = 20  # of an article
MOST_BYTES = 200_000  # of the texts of an article's versions, compressed

VERSIONS = FileKind(
    contents="earlier texts of articles",
    application_id=0x72696C65,  # "rile"
    version=1,
    schema=(
        """CREATE TABLE version(
            number INTEGER PRIMARY KEY,
            article TEXT NOT NULL,
            path TEXT NOT NULL,
            at INTEGER NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            text BLOB NOT NULL
        )""",
        "CREATE INDEX version_of ON version(article)",
    ),
)


class Version(NamedTuple):
    """A text that was replaced."""

    at: datetime  # when it was, in UTC
    before: str  # a digest of it
    after: str  # a digest of the text in its place
    lines: tuple[str, ...]  # its title and paragraphs; empty if they were too long to keep


class Versions:
    """Earlier texts of the articles of a library; methods raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def read(self, article: ArticleId) -> list[Version]:
        """Return the versions of an article, the oldest first."""
        query = "SELECT at, before, after, text FROM version WHERE article = ? ORDER BY number"
        return [
            Version(datetime.fromtimestamp(at, UTC), before, after, _unpack(text))
            for at, before, after, text in self._db.execute(query, (article,)).fetchall()
        ]

    def add(self, article: ArticleId, path: str, version: Version, kept: str) -> None:
        """Add a version, and drop old ones over the limits, but for the one before text `kept`."""
        text = zlib.compress("\n".join(version.lines).encode(errors="replace"))
        if len(text) > MOST_BYTES:
            text = b""
        row = (article, path, int(version.at.timestamp()), version.before, version.after, text)
        with transaction(self._db):
            self._db.execute("INSERT INTO version VALUES (NULL, ?, ?, ?, ?, ?, ?)", row)
            self._db.execute(
                """DELETE FROM version WHERE number IN (
                    SELECT number FROM (
                        SELECT number, count(*) OVER newest AS place,
                            sum(length(text)) OVER newest AS total
                        FROM version WHERE article = :article
                        WINDOW newest AS (ORDER BY after = :kept DESC, number DESC))
                    WHERE place > :most OR total > :bytes)""",
                {"article": article, "kept": kept, "most": MOST_VERSIONS, "bytes": MOST_BYTES},
            )

    def list_paths(self) -> dict[ArticleId, str]:
        """Return the articles that have versions, with the paths of their files."""
        return dict(self._db.execute("SELECT DISTINCT article, path FROM version").fetchall())

    def set_path(self, article: ArticleId, path: str | None) -> None:
        """Record where an article's file is now; None if it is gone, and its versions with it."""
        statement = "UPDATE version SET path = :path WHERE article = :article"
        if path is None:
            statement = "DELETE FROM version WHERE article = :article"
        self._db.execute(statement, {"article": article, "path": path})


def _unpack(text: bytes) -> tuple[str, ...]:
    with suppress(zlib.error):
        return tuple(zlib.decompress(text).decode(errors="replace").split("\n")) if text else ()
    return ()


def versions_file(marks: Path) -> Path:
    """Return the path of the earlier texts of a library, by that of its marks."""
    return marks.with_name(f"{marks.stem}.versions.db")


@contextmanager
def open_versions(file: Path, *, to_write: bool = False) -> Iterator[Versions]:
    """Open earlier texts; without a file there are none, unless they are opened to be written.

    Raises CollectingError if they cannot be used.
    """
    try:
        if to_write:
            connection = _open_to_write(file)
        elif file.exists():
            connection = sqlite.connect_read_only(file, VERSIONS)
        else:
            connection = sqlite.connect_to_nothing(VERSIONS)
        try:
            yield Versions(connection)
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        what = "saved in" if to_write else "read from"
        message = f"The text before an edit cannot be {what} {file}: {error}."
        raise CollectingError(message) from error


def _open_to_write(file: Path) -> sqlite3.Connection:
    try:
        return _connect(file)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        rename_damaged(file)
        return _connect(file)


def _connect(file: Path) -> sqlite3.Connection:
    if not file.exists():
        sqlite.create_file(file, VERSIONS)
    connection = sqlite.connect(file)
    try:
        sqlite.migrate(connection, VERSIONS)
    except BaseException:
        connection.close()
        raise
    return connection
