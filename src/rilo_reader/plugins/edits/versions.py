"""`Versions`: texts that articles had before edits, in one SQLite file beside the ledger."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store.database import Database
from rilo_reader.store.sqlite import FileKind

MOST_VERSIONS = 20  # of an article
MOST_BYTES = 200_000  # of the texts of an article's versions, compressed

VERSIONS = FileKind(
    contents="earlier texts of articles",
    application_id=0x72696C65,  # "rile"
    version=1,
    schema=(
        """CREATE TABLE version(number INTEGER PRIMARY KEY, article TEXT NOT NULL,
            path TEXT NOT NULL, at INTEGER NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
            text BLOB NOT NULL)""",
        "CREATE INDEX version_of ON version(article)",
        "CREATE TABLE notice(text TEXT NOT NULL)",
        "CREATE TABLE clock(writes INTEGER NOT NULL)",
        "INSERT INTO clock VALUES (0)",
    ),
)

_DROP_OLD = """DELETE FROM version WHERE number IN (SELECT number FROM (
    SELECT number, count(*) OVER newest AS place, sum(length(text)) OVER newest AS total
    FROM version WHERE article = :article
    WINDOW newest AS (ORDER BY after = :kept DESC, number DESC))
    WHERE place > :most OR total > :bytes)"""

_SOME_PATHS = """SELECT article, path FROM version WHERE number > (
    SELECT abs(random()) % max(1, (SELECT max(number) FROM version) - 49)) LIMIT 50"""


class Version(NamedTuple):
    """A text that was replaced."""

    at: datetime  # when it was, in UTC
    before: str  # a digest of it
    after: str  # a digest of the text in its place
    lines: tuple[str, ...]  # its title and paragraphs; empty if they were too long to keep


class Versions:
    """Earlier texts of the articles of a library; methods raise StateError."""

    def __init__(self, marks: Path) -> None:
        """Open those of a library, by the file of its marks."""
        self._database = Database(marks.with_name(f"{marks.stem}.versions.db"), VERSIONS)
        self.close = self._database.close

    def read(self, article: ArticleId) -> list[Version]:
        """Return the versions of an article, the oldest first."""
        query = "SELECT at, before, after, text FROM version WHERE article = ? ORDER BY number"
        return [
            Version(datetime.fromtimestamp(at, UTC), before, after, _unpack(text))
            for at, before, after, text in self._database.fetch(query, article)
        ]

    def add(self, added: Iterable[tuple[ArticleId, str, Version, str]]) -> None:
        """Add versions of articles at paths, each with the digest whose version is not dropped."""

        def write(connection: sqlite3.Connection) -> None:
            for article, path, version, kept in added:
                text = zlib.compress("\n".join(version.lines).encode(errors="replace"))
                text = text if len(text) <= MOST_BYTES else b""
                row = (article, path, int(version.at.timestamp()), *version[1:3], text)
                connection.execute("INSERT INTO version VALUES (NULL, ?, ?, ?, ?, ?, ?)", row)
                limits = {"most": MOST_VERSIONS, "bytes": MOST_BYTES}
                connection.execute(_DROP_OLD, {"article": article, "kept": kept, **limits})

        self._database.write(write)

    def read_some_paths(self) -> dict[ArticleId, str]:
        """Return some articles that have versions, others each time, and their files' paths."""
        return dict(self._database.fetch(_SOME_PATHS))

    def set_path(self, article: ArticleId, path: str | None) -> None:
        """Record where an article's file is now; None if it is gone, and its versions with it."""
        change = "DELETE FROM version" if path is None else "UPDATE version SET path = :path"
        statement, values = f"{change} WHERE article = :id", {"id": article, "path": path}
        self._database.write(lambda connection: connection.execute(statement, values))


def _unpack(text: bytes) -> tuple[str, ...]:
    with suppress(zlib.error):
        return tuple(zlib.decompress(text).decode(errors="replace").split("\n")) if text else ()
    return ()
