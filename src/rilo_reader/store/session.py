"""The last session of a library and the history of searches, which are in the file of marks."""

from __future__ import annotations

from sqlite3 import Connection

from rilo_reader.store.database import Database
from rilo_reader.store.marks import LastSession


class SessionRecord:
    """The last session (`State.session`); methods raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> LastSession:
        """Return what was open when the library was last closed."""
        found = self._database.fetch("SELECT article, query FROM session")
        return LastSession(*found[0]) if found else LastSession()

    def save(self, session: LastSession) -> None:
        """Store what is open, for the next start."""

        def replace_row(connection: Connection) -> None:
            connection.execute("DELETE FROM session")
            connection.execute("INSERT INTO session VALUES (?, ?)", session)

        self._database.write_counted(replace_row)


SEARCHES_KEPT = 200
"""Number of searches in the history."""


class SearchRecords:
    """The history of searches, without duplicates; on disk when a method returns.

    Every method raises StateError as those of `State` do.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def read_newest(self, limit: int = SEARCHES_KEPT) -> list[str]:
        """The searches, most recent first."""
        statement = "SELECT query FROM search ORDER BY number DESC LIMIT ?"
        return [str(query) for (query,) in self._database.fetch(statement, limit)]

    def add(self, query: str) -> None:
        """Put a search first, and drop the oldest; blank searches are ignored."""

        def add_search(connection: Connection) -> None:
            connection.execute(
                """INSERT INTO search VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM search))
                ON CONFLICT (query) DO UPDATE SET number = excluded.number""",
                (query.strip(),),
            )
            connection.execute(
                """DELETE FROM search WHERE number <=
                (SELECT number FROM search ORDER BY number DESC LIMIT 1 OFFSET ?)""",
                (SEARCHES_KEPT,),
            )

        if query.strip():
            self._database.write_counted(add_search)

    def clear(self) -> None:
        """Clear the history, in free pages, the write-ahead log and the backups as well."""

        def delete_all(connection: Connection) -> None:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("DELETE FROM search")
            connection.execute("PRAGMA secure_delete=FAST")

        if not self.read_newest(1):
            return
        self._database.write_counted(delete_all)
        self._database.truncate_log()
        self._database.backup(without_older=True)
