"""The last session and the history of searches."""

from __future__ import annotations

from sqlite3 import Connection

from rilo_reader.store import mark_rows
from rilo_reader.store.database import Database
from rilo_reader.store.marks import Session

SEARCHES_KEPT = 200
"""Number of searches in the history."""


def session(on: Connection) -> Session:
    """What was open when the library was last closed; runs within the caller's transaction."""
    found = on.execute("SELECT article, query FROM session").fetchone()
    return Session(*found) if found else Session()


def keep_session(on: Connection, kept: Session) -> None:
    """Store what is open; runs within the caller's transaction."""
    on.execute("DELETE FROM session")
    on.execute("INSERT INTO session VALUES (?, ?)", (kept.article, kept.query))
    mark_rows.tick(on)


class Searches:
    """The history of searches, without duplicates; on disk when a method returns.

    Every method raises StateError as those of `State` do.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, limit: int = SEARCHES_KEPT) -> list[str]:
        """The searches, most recent first."""
        statement = "SELECT query FROM search ORDER BY number DESC LIMIT ?"
        rows = self._database.read(lambda on: on.execute(statement, (limit,)).fetchall())
        return [str(row[0]) for row in rows]

    def remember(self, query: str) -> None:
        """Put a search first, and drop the oldest; blank searches are ignored."""
        if query := query.strip():
            self._database.write(lambda on: _remember(on, query))

    def forget(self) -> None:
        """Clear the history, in free pages, the write-ahead log and the backups as well."""
        self._database.write(_forget)
        self._database.scrub()
        self._database.backup(only=True)


def _remember(on: Connection, query: str) -> None:
    on.execute(
        """INSERT INTO search VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM search))
        ON CONFLICT (query) DO UPDATE SET number = excluded.number""",
        (query,),
    )
    on.execute(
        """DELETE FROM search
        WHERE number <= (SELECT number FROM search ORDER BY number DESC LIMIT 1 OFFSET ?)""",
        (SEARCHES_KEPT,),
    )
    mark_rows.tick(on)


def _forget(on: Connection) -> None:
    on.execute("PRAGMA secure_delete=ON")
    on.execute("DELETE FROM search")
    on.execute("PRAGMA secure_delete=FAST")
    mark_rows.tick(on)
