"""The last session and the history of searches; functions run within the caller's transaction."""

from __future__ import annotations

from sqlite3 import Connection

from rilo_reader.store.marks import Session

SEARCHES_KEPT = 200
"""Number of searches in the history."""


def session(on: Connection) -> Session:
    """What was open when the library was last closed."""
    found = on.execute("SELECT article, query FROM session").fetchone()
    return Session(*found) if found else Session()


def keep_session(on: Connection, kept: Session) -> None:
    """Store what is open."""
    on.execute("DELETE FROM session")
    on.execute("INSERT INTO session VALUES (?, ?)", (kept.article, kept.query))


def searches(on: Connection, limit: int) -> list[str]:
    """The history of searches, most recent first."""
    statement = "SELECT query FROM search ORDER BY number DESC LIMIT ?"
    return [str(row[0]) for row in on.execute(statement, (limit,)).fetchall()]


def remember_search(on: Connection, query: str) -> None:
    """Put a search first, and drop the oldest."""
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


def forget_searches(on: Connection) -> None:
    """Clear the history, in free pages as well."""
    on.execute("PRAGMA secure_delete=ON")
    on.execute("DELETE FROM search")
    on.execute("PRAGMA secure_delete=FAST")
