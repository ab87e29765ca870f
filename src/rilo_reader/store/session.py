"""The last session of a library, which is in the file of marks."""

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
