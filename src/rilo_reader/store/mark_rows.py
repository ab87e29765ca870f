"""Read marks and annotations, and which changed; functions run within the caller's transaction.

All rows are fetched at once: a cursor that is left open by an error, where text cannot be read,
would keep the damaged file open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import (
    AGREED,
    NO_MARKS,
    POSITION,
    READ,
    STARRED,
    TAG,
    Flag,
    Marks,
    Stamp,
)
from rilo_reader.store.value_table import BY_ARTICLE, MOVES, OPENED, Changes, Names

TAG_LIMIT = 1_000
"""The user's tags of one article that are shown; of more, which a journal may have, the first."""

WITH: dict[Flag, str] = {
    "read": "SELECT id FROM value WHERE field = 'read' AND value = '1'",
    "starred": "SELECT id FROM value WHERE field = 'starred' AND value = '1'",
}
"""Statements for all articles with a mark; conditions may follow."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
"""Times of opening are stored as numbers of microseconds since EPOCH."""

_WANTED = f"""WITH wanted(article, name) AS MATERIALIZED (
    SELECT value, coalesce(value || '//' || (SELECT max(CAST(substr(field, 6) AS INTEGER))
        FROM value WHERE id = given.value AND field > 'anew:' AND field < 'anew;' AND {BY_ARTICLE}),
        value)
    FROM json_each(?) given)"""  # noqa: S608  # names of ours
"""Ids, each with the name under which its marks are kept, as in `Names`."""

_MARKS_OF = f"""{_WANTED}
    SELECT article, field, value FROM wanted CROSS JOIN value
    ON id = name AND field IN ('read', 'starred', 'position', 'opened')
    UNION ALL SELECT article, field, value FROM wanted CROSS JOIN value
    ON id = name AND field > 'tag:' AND field < 'tag;' AND value = '1' AND {BY_ARTICLE}"""  # noqa: S608


def marks_of(on: Connection, ids: Sequence[ArticleId]) -> dict[ArticleId, Marks]:
    """The marks of these articles; articles without marks are omitted."""
    values: dict[ArticleId, dict[str, str]] = {}
    tags: dict[ArticleId, list[str]] = {}
    for article, field, value in on.execute(_MARKS_OF, (json.dumps(ids),)).fetchall():
        of_article = values.setdefault(article, {})
        if field.startswith(TAG):
            tags.setdefault(article, []).append(field[len(TAG) :])
        else:
            of_article[field] = value
    found = {}
    for article, of_article in values.items():
        opened = of_article.get(OPENED)
        marks = Marks(
            of_article.get(READ) == "1",
            of_article.get(STARRED) == "1",
            tuple(sorted(tags.get(article, ()))[:TAG_LIMIT]),
            int(of_article.get(POSITION, 0)),
            None if opened is None else EPOCH + int(opened) * MICROSECOND,
        )
        if marks != NO_MARKS:
            found[article] = marks
    return found


def agreed_of(on: Connection, name: str, ids: Sequence[ArticleId] | None) -> dict[ArticleId, bool]:
    """What was agreed of these articles or all, by the name of an account and a mark."""
    if ids is None:
        rows = on.execute("SELECT id, value FROM value WHERE field = ?", (AGREED + name,))
        names, found = Names(on), dict(rows.fetchall())
        return {names.id(each): found[each] == "1" for each in found if not names.has_left(each)}
    rows = on.execute(
        f"""{_WANTED} SELECT article, value FROM wanted CROSS JOIN value
        ON field = ? AND id = name""",  # noqa: S608
        (json.dumps(ids), AGREED + name),
    )
    return {article: value == "1" for article, value in rows.fetchall()}


def ever_with(on: Connection, flag: Flag, ids: Sequence[ArticleId]) -> set[ArticleId]:
    """Those of these articles that have this mark here, or had it once."""
    rows = on.execute(
        f"{_WANTED} SELECT article FROM wanted CROSS JOIN value ON field = ? AND id = name",  # noqa: S608
        (json.dumps(ids), flag),
    )
    return {article for (article,) in rows.fetchall()}


def tags_of(on: Connection, article: ArticleId) -> tuple[str, ...]:
    """The user's tags of an article, sorted."""
    rows = on.execute(
        f"""{_WANTED} SELECT substr(field, 5) FROM wanted CROSS JOIN value
        ON id = name AND field > 'tag:' AND field < 'tag;' AND value = '1' AND {BY_ARTICLE}
        ORDER BY field""",  # noqa: S608
        (json.dumps([article]),),
    )
    return tuple(str(row[0]) for row in rows.fetchall())


def all_tags(on: Connection) -> dict[str, list[ArticleId]]:
    """The user's tags, sorted, each with its articles."""
    rows = on.execute(
        """SELECT substr(field, 5), id FROM value
        WHERE field > 'tag:' AND field < 'tag;' AND value = '1' ORDER BY field, id"""
    ).fetchall()
    names = Names(on)
    found: dict[str, list[ArticleId]] = {}
    for tag, name in rows:
        if not names.has_left(name):
            found.setdefault(tag, []).append(names.id(name))
    return found


_IS_ANNOTATION = (
    "(field > 'highlight:' AND field < 'highlight;' OR field > 'note:' AND field < 'note;')"
)


def annotations_of(on: Connection, article: ArticleId) -> list[tuple[str, str, Stamp]]:
    """(field, value, stamp) of each annotation of an article, by field."""
    rows = on.execute(
        f"""{_WANTED} SELECT field, value, at FROM wanted CROSS JOIN value
        ON id = name AND {_IS_ANNOTATION} AND value <> '' AND {BY_ARTICLE} ORDER BY field""",  # noqa: S608
        (json.dumps([article]),),
    )
    return [(field, value, Stamp(at)) for field, value, at in rows.fetchall()]


def all_annotations(on: Connection, prefix: str) -> list[tuple[ArticleId, str, str]]:
    """(article, field, value) of all annotations whose fields begin with `prefix`, in order."""
    rows = on.execute(
        f"""SELECT id, field, value FROM value WHERE {_IS_ANNOTATION}
        AND value <> '' AND substr(field, 1, length(:prefix)) = :prefix ORDER BY id, field""",  # noqa: S608
        {"prefix": prefix},
    ).fetchall()
    names = Names(on)
    return [(names.id(name), *rest) for name, *rest in rows if not names.has_left(name)]


def annotation_fields(on: Connection) -> list[tuple[ArticleId, str]]:
    """(article, field) of all annotations that there ever were, removed ones too, in order."""
    rows = on.execute(
        f"SELECT id, field FROM value WHERE {_IS_ANNOTATION} ORDER BY id, field"  # noqa: S608
    ).fetchall()
    names = Names(on)
    return [(names.id(name), field) for name, field in rows if not names.has_left(name)]


_MARKED = f"""
    SELECT named.value FROM json_each(:names) named WHERE :all OR EXISTS (
        SELECT 1 FROM value WHERE id = named.value
        AND field IN ('read', 'starred', 'position', 'opened')
    ) OR EXISTS (
        SELECT 1 FROM value WHERE id = named.value AND {BY_ARTICLE}
        AND ({_IS_ANNOTATION} OR field > 'tag:' AND field < 'tag;'))"""  # noqa: S608


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
        f"""WITH RECURSIVE way(start, name) AS (SELECT old, new FROM {MOVES}
                WHERE old IN (SELECT value FROM json_each(?))
            UNION SELECT start, new FROM way JOIN {MOVES} ON old = name)
        SELECT start, name FROM way""",  # noqa: S608  # names of ours
        (json.dumps([names.name(article) for article in ids]),),
    )
    found: dict[ArticleId, set[ArticleId]] = {}
    for start, name in rows.fetchall():
        found.setdefault(names.id(start), set()).update(names.ids([name]))
    return found


# -- changes since a revision, for caches of marks ------------------------------------------------

CHANGE_LIST_LIMIT = 4_000
"""Rows in the list of changes; a longer list is halved."""

_COUNTED = 100  # changes of one article, after which the list is counted


def tick(on: Connection, stamp: int = 0) -> None:
    """Count a write that changes no mark; `stamp` as for `note`."""
    on.execute("UPDATE clock SET writes = writes + 1, stamp = max(stamp, ?)", (stamp,))


def note(on: Connection, changes: Changes, stamp: int) -> None:
    """Increment the revision, list the changed articles, and note a stamp that was given."""
    if not changes.values:
        tick(on, stamp)
        return
    ((revision,),) = on.execute(
        """UPDATE clock SET revision = revision + 1, writes = writes + 1, stamp = max(stamp, ?)
        RETURNING revision""",
        (stamp,),
    ).fetchall()
    articles = changes.articles
    if articles is None:
        on.execute("DELETE FROM recent")
        on.execute("UPDATE clock SET complete_from = revision")
        return
    on.executemany("INSERT INTO recent VALUES (?, ?)", ((revision, one) for one in articles))
    if len(articles) == 1 and revision % _COUNTED:
        return
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
