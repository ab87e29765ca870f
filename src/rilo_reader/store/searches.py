"""The history of searches, which is in the file of marks."""

from __future__ import annotations

from sqlite3 import Connection

from rilo_reader.store.database import Database
from rilo_reader.store.value_table import tick

SEARCHES_KEPT = 200
"""Number of searches in the history."""


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

        def do(on: Connection) -> None:
            on.execute(
                """INSERT INTO search VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM search))
                ON CONFLICT (query) DO UPDATE SET number = excluded.number""",
                (query.strip(),),
            )
            on.execute(
                """DELETE FROM search WHERE number <=
                (SELECT number FROM search ORDER BY number DESC LIMIT 1 OFFSET ?)""",
                (SEARCHES_KEPT,),
            )
            tick(on)

        if query.strip():
            self._database.write(do)

    def forget(self) -> None:
        """Clear the history, in free pages, the write-ahead log and the backups as well."""

        def do(on: Connection) -> None:
            on.execute("PRAGMA secure_delete=ON")
            on.execute("DELETE FROM search")
            on.execute("PRAGMA secure_delete=FAST")
            tick(on)

        if not self.newest(1):
            return
        self._database.write(do)
        self._database.scrub()
        self._database.backup(only=True)
