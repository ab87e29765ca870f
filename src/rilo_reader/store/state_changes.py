"""Which articles' marks changed since a revision, for those who keep their own picture of them.

A million marks take most of a second to read; which of them changed is read in microseconds. The
list is complete from one revision on, which moves up when it grows long or a change is large.
"""

from __future__ import annotations

from sqlite3 import Connection

from rilo_reader.article import ArticleId
from rilo_reader.store.marks import Ids

LARGEST = 1_000
"""A change of more articles is not listed."""

LONGEST = 4_000
"""The list is halved when it is longer."""


def note(on: Connection, ids: Ids) -> None:
    """Count a change of marks and list its articles; in the transaction that changes them."""
    on.execute("UPDATE clock SET revision = revision + 1, writes = writes + 1")
    if len(ids) > LARGEST:
        on.execute("DELETE FROM recent")
        on.execute("UPDATE clock SET complete_from = revision")
        return
    on.executemany(
        "INSERT INTO recent SELECT revision, ? FROM clock", ((article,) for article in ids)
    )
    if on.execute("SELECT count(*) FROM recent").fetchone()[0] > LONGEST:
        question = "SELECT revision FROM recent ORDER BY revision DESC LIMIT 1 OFFSET ?"
        last = on.execute(question, (LONGEST // 2,)).fetchone()
        on.execute("DELETE FROM recent WHERE revision <= ?", last)
        on.execute("UPDATE clock SET complete_from = ?", last)


def since(on: Connection, revision: int) -> tuple[int, list[ArticleId] | None]:
    """The newest revision, and the articles changed after the given one; None for any of them."""
    # Both in one statement, so that they belong together.
    rows = on.execute(
        """SELECT clock.revision, complete_from, id
           FROM clock LEFT JOIN recent ON recent.revision > ?""",
        (revision,),
    ).fetchall()
    newest, complete_from, _ = rows[0]
    if not complete_from <= revision <= newest:
        return newest, None
    return newest, list(dict.fromkeys(ArticleId(row[2]) for row in rows if row[2] is not None))
