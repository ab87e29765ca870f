"""Read marks and annotations, and which changed; functions run within the caller's transaction.

All rows are fetched at once: a cursor that is left open by an error, where text cannot be read,
would keep the damaged file open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection
from typing import TYPE_CHECKING

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import Stamp
from rilo_reader.store.marks import NO_MARKS, Flag, Marks
from rilo_reader.store.names import Names

if TYPE_CHECKING:
    from rilo_reader.store.merging import Changed

_MARKS_OF = """
    SELECT mark.id, read, starred, position, opened
    FROM json_each(?) JOIN mark ON mark.id = value"""
_TAGS_OF = """
    SELECT tag.id, tag FROM json_each(?) JOIN tag ON tag.id = value WHERE present ORDER BY tag"""

TAG_LIMIT = 1_000
"""The user's tags of one article that are shown; of more, which a journal may have, the first."""

WITH: dict[Flag, str] = {
    "read": "SELECT id FROM mark WHERE read",
    "starred": "SELECT id FROM mark WHERE starred",
}
"""Statements for all articles with a mark; conditions may follow."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
"""Times of opening are stored as numbers of microseconds since EPOCH."""


def marks_of(on: Connection, ids: Iterable[ArticleId]) -> dict[ArticleId, Marks]:
    """The marks of these articles; articles without marks are omitted."""
    names = Names(on)
    wanted = json.dumps([names.name(article) for article in ids])
    listed: dict[str, list[str]] = {}
    for article, tag in on.execute(_TAGS_OF, (wanted,)).fetchall():
        listed.setdefault(article, []).append(tag)
    tags = {article: tuple(own[:TAG_LIMIT]) for article, own in listed.items()}
    found = {ArticleId(article): Marks(tags=own) for article, own in tags.items()}
    for article, read, starred, position, opened in on.execute(_MARKS_OF, (wanted,)).fetchall():
        when = None if opened is None else EPOCH + opened * MICROSECOND
        marks = Marks(bool(read), bool(starred), tags.get(article, ()), position, when)
        if marks != NO_MARKS:
            found[ArticleId(article)] = marks
    return {names.id(name): marks for name, marks in found.items()}


def agreed_of(on: Connection, name: str, ids: Iterable[ArticleId]) -> dict[ArticleId, bool]:
    """What was agreed of these articles, by the name of an account and a mark."""
    names = Names(on)
    rows = on.execute(
        """SELECT agreed.id, agreed.value FROM json_each(?) wanted
        JOIN agreed ON agreed.name = ? AND agreed.id = wanted.value""",
        (json.dumps([names.name(article) for article in ids]), name),
    )
    return {names.id(article): bool(value) for article, value in rows.fetchall()}


EVER_WITH: dict[Flag, str] = {
    flag: f"""SELECT mark.id FROM json_each(?) JOIN mark ON mark.id = value
    WHERE {flag} OR {flag}_at > 1"""  # noqa: S608  # names of ours
    for flag in WITH
}
"""Statements for those articles of some that have or had a mark."""


def tags_of(on: Connection, article: ArticleId) -> tuple[str, ...]:
    """The user's tags of an article, by its name in `Names`, sorted."""
    rows = on.execute("SELECT tag FROM tag WHERE id = ? AND present ORDER BY tag", (article,))
    return tuple(str(row[0]) for row in rows.fetchall())


def all_tags(on: Connection) -> dict[str, list[ArticleId]]:
    """The user's tags, sorted, each with its articles."""
    names = Names(on)
    found: dict[str, list[ArticleId]] = {}
    for tag, name in on.execute(
        "SELECT tag, id FROM tag WHERE present ORDER BY tag, id"
    ).fetchall():
        for article in names.ids([name]):
            found.setdefault(tag, []).append(article)
    return found


def annotations_of(on: Connection, article: ArticleId) -> list[tuple[str, str, Stamp]]:
    """(field, value, stamp) of each annotation of an article, by field."""
    rows = on.execute(
        "SELECT field, value, at FROM annotation WHERE id = ? AND value <> '' ORDER BY field",
        (Names(on).name(article),),
    )
    return [(field, value, Stamp(at)) for field, value, at in rows.fetchall()]


def all_annotations(on: Connection, prefix: str) -> list[tuple[ArticleId, str, str]]:
    """(article, field, value) of all annotations whose fields begin with `prefix`, in order."""
    rows = on.execute(
        """SELECT id, field, value FROM annotation
        WHERE value <> '' AND substr(field, 1, length(:prefix)) = :prefix ORDER BY id, field""",
        {"prefix": prefix},
    )
    names = Names(on)
    return [(names.id(name), *rest) for name, *rest in rows.fetchall() if not names.has_left(name)]


def annotation_fields(on: Connection) -> list[tuple[ArticleId, str]]:
    """(article, field) of all annotations that there ever were, removed ones too, in order."""
    rows = on.execute("SELECT id, field FROM annotation ORDER BY id, field")
    names = Names(on)
    return [(names.id(name), field) for name, field in rows.fetchall() if not names.has_left(name)]


_MARKED = """
    SELECT named.value FROM json_each(:names) named WHERE :all
        OR EXISTS (SELECT 1 FROM mark WHERE id = named.value)
        OR EXISTS (SELECT 1 FROM tag WHERE id = named.value)
        OR EXISTS (SELECT 1 FROM annotation WHERE id = named.value)"""


def marked(on: Connection, names: Iterable[ArticleId], *, or_all: bool = False) -> set[ArticleId]:
    """Those of the names that have marks; or all."""
    rows = on.execute(_MARKED, {"names": json.dumps(list(names)), "all": or_all})
    return {ArticleId(name) for (name,) in rows.fetchall()}


def note_lost(on: Connection, files: Mapping[ArticleId, tuple[str, int]]) -> None:
    """Note titles and fingerprints of the articles with marks."""
    names = Names(on)
    kept = marked(on, map(names.name, files))
    rows = ((id_, title, str(text)) for id_, (title, text) in files.items())
    on.executemany(
        "INSERT OR REPLACE INTO lost VALUES (?, ?, ?)",
        (row for row in rows if names.name(row[0]) in kept),
    )


def take_lost(on: Connection, files: Mapping[ArticleId, tuple[str, int]]) -> set[ArticleId]:
    """Drop what is noted of these files; return those with another title and another text.

    A text that is too short to have a fingerprint (0) is another one.
    """
    rows = on.execute(
        "SELECT id, title, text FROM lost WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(files)),),
    ).fetchall()
    on.executemany("DELETE FROM lost WHERE id = ?", ((row[0],) for row in rows))
    return {
        ArticleId(id_)
        for id_, title, text in rows
        if files[id_][0] != title and (text == "0" or str(files[id_][1]) != text)
    }


def moved_to(on: Connection, ids: Iterable[ArticleId]) -> dict[ArticleId, set[ArticleId]]:
    """All ids that articles got which left these ids, of those that left theirs."""
    names = Names(on)
    rows = on.execute(
        """WITH RECURSIVE way(start, name) AS (SELECT old, new FROM move
                WHERE old IN (SELECT value FROM json_each(?))
            UNION SELECT start, new FROM way JOIN move ON old = name)
        SELECT start, name FROM way""",
        (json.dumps([names.name(article) for article in ids]),),
    )
    found: dict[ArticleId, set[ArticleId]] = {}
    for start, name in rows.fetchall():
        found.setdefault(names.id(start), set()).update(names.ids([name]))
    return found


# -- changes since a revision, for caches of marks ------------------------------------------------

CHANGE_LIST_LIMIT = 4_000
"""Rows in the list of changes; a longer list is halved."""


def tick(on: Connection) -> None:
    """Count a write that changes no mark."""
    on.execute("UPDATE clock SET writes = writes + 1")


def note(on: Connection, changed: Changed) -> None:
    """Increment the revision and list the changed articles."""
    if not changed.values:
        tick(on)
        return
    on.execute("UPDATE clock SET revision = revision + 1, writes = writes + 1")
    if changed.articles is None:
        on.execute("DELETE FROM recent")
        on.execute("UPDATE clock SET complete_from = revision")
        return
    on.executemany(
        "INSERT INTO recent SELECT revision, ? FROM clock",
        ((article,) for article in changed.articles),
    )
    if on.execute("SELECT count(*) FROM recent").fetchone()[0] > CHANGE_LIST_LIMIT:
        statement = "SELECT revision FROM recent ORDER BY revision DESC LIMIT 1 OFFSET ?"
        last = on.execute(statement, (CHANGE_LIST_LIMIT // 2,)).fetchone()
        on.execute("DELETE FROM recent WHERE revision <= ?", last)
        on.execute("UPDATE clock SET complete_from = ?", last)


def changed_since(on: Connection, revision: int) -> tuple[int, list[ArticleId] | None]:
    """The current revision, and the articles changed after `revision`; None if any may have."""
    # One statement, so that both are of the same snapshot.
    rows = on.execute(
        """SELECT clock.revision, complete_from, id
           FROM clock LEFT JOIN recent ON recent.revision > ?""",
        (revision,),
    ).fetchall()
    newest, complete_from, _ = rows[0]
    if not complete_from <= revision <= newest:
        return newest, None
    names = Names(on)
    return newest, list(dict.fromkeys(names.id(row[2]) for row in rows if row[2] is not None))
