"""The table of values: of each field of each article the greatest (stamp, value) wins.

    value(field, id, value, at)

The table `clock` counts what is written, and `recent` lists whose marks changed. `id` is the name
of an article, see `moves`. What has the stamp LOCAL is of this device and never travels.

Functions run within the caller's transaction. They fetch all rows at once: a cursor that is left
open by an error, where text cannot be read, would keep the damaged file open.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, islice
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from rilo_reader.article import ArticleId
from rilo_reader.store.marks import (
    BEGINNING,
    EDITED,
    HIGHLIGHT,
    MOVED,
    NOTE,
    POSITION,
    READ,
    REUSED_PATH,
    STARRED,
    TAG,
    is_valid,
)
from rilo_reader.store.sqlite import ROWS, put_many

if TYPE_CHECKING:
    from rilo_reader.store.gestures import Ids, StampedAssignment

Key = tuple[str, ArticleId]
"""A field and an article."""

Stamped = tuple[int, str]
"""A stamp and a value."""

LOCAL = 0
"""The stamp of what never travels: when an article was opened, which file came here."""

NOTHING: Stamped = (LOCAL, "")

OPENED = "opened"
FILE_CAME_HERE = "here"
MOVED_TO = "moved:"
"""Fields of the table alone; an article has a field `moved:NEW` for each new id that it ever got,
since all of them count. Gestures and journals say the field `moved` with the value NEW."""

BATCH = 10_000
"""Values that are compared and written together, sorted, before progress is reported."""

BY_ARTICLE = """field NOT IN ('read', 'starred', 'position', 'opened', 'here')
    AND (field < 'agreed:' OR field > 'agreed;')"""
"""Fields that are found by their article too; said literally, SQLite uses the index of these."""

_PUT = (
    "INSERT INTO value",
    """ON CONFLICT (field, id) DO UPDATE SET value = excluded.value, at = excluded.at
    WHERE (excluded.at, excluded.value) > (at, value)""",
)


# -- fields ---------------------------------------------------------------------------------------


def default_value(field: str) -> str:
    """Return the value of a field that no row has, which is as old as the beginning."""
    return "0" if field in (READ, STARRED, POSITION) or field.startswith((TAG, EDITED)) else ""


def is_mark(field: str) -> bool:
    """Return whether a field is a mark of the user's; positions and agreements are none."""
    return field in (READ, STARRED) or field.startswith((TAG, EDITED, HIGHLIGHT, NOTE, REUSED_PATH))


def as_stored(field: str, value: str) -> tuple[str, str]:
    """Return a field and its value as the table has them."""
    return (MOVED_TO + value, "1") if field == MOVED else (field, value)


def as_journalled(field: str, value: str) -> tuple[str, str]:
    """Return a field and its value as gestures and journals say them."""
    return (MOVED, field[len(MOVED_TO) :]) if field.startswith(MOVED_TO) else (field, value)


# -- values ---------------------------------------------------------------------------------------


def select_joined(
    connection: Connection, statement: str, columns: str, rows: Iterable[tuple[str, ...]]
) -> Iterator[tuple[Any, ...]]:
    """Yield the results of a SELECT in which `wanted` is a table of these columns and rows."""
    pending = iter(rows)
    while some := list(islice(pending, ROWS)):
        marks = f"({', '.join('?' * len(some[0]))})"
        table = f"WITH wanted({columns}) AS (VALUES {', '.join([marks] * len(some))})"
        yield from connection.execute(
            f"{table} {statement}", list(chain.from_iterable(some))
        ).fetchall()


def read_values(connection: Connection, keys: Iterable[Key]) -> dict[Key, Stamped]:
    """Return the stamps and values of those keys that have any."""
    statement = (
        "SELECT value.field, value.id, at, value FROM wanted CROSS JOIN value USING (field, id)"
    )
    rows = select_joined(connection, statement, "field, id", keys)
    return {(field, article): (at, value) for field, article, at, value in rows}


def iter_batches(assignments: Iterable[StampedAssignment]) -> Iterator[dict[Key, Stamped]]:
    """Yield the greatest value of each key, at most BATCH at a time; invalid ones are skipped."""
    values: dict[Key, Stamped] = {}
    for part in assignments:
        if not is_valid(part.field, part.value):
            continue
        field, value = as_stored(part.field, part.value)
        for article in part.ids:
            if field != MOVED_TO + article:
                raise_value(values, (field, article), (part.stamp, value))
            if len(values) >= BATCH:
                yield values
                values = {}
    if values:
        yield values


def raise_value(values: dict[Key, Stamped], key: Key, new: Stamped) -> bool:
    """Put a value if it is greater than the one there; return whether it is."""
    old = values.get(key)
    if old is not None and new <= old:
        return False
    values[key] = new
    return True


def write_winners(
    connection: Connection,
    values: Mapping[Key, Stamped],
    before: Mapping[Key, Stamped],
    changed_ids: set[ArticleId],
) -> None:
    """Write values where they win over those before, and add the articles whose marks change."""
    rows = []
    for key in sorted(values):
        new = values[key]
        old = before.get(key) or (BEGINNING, default_value(key[0]))
        if new > old:
            rows.append((*key, new[1], new[0]))
            if new[1] != old[1] and is_mark(key[0]):
                changed_ids.add(key[1])
    put_many(connection, _PUT, rows)


def ids_unchanged_since(
    connection: Connection, assignments: StampedAssignment, stamps: Collection[int]
) -> Ids:
    """Return the ids whose value is unchanged since one of these stamps."""
    from rilo_reader.store.gestures import Ids

    statement = """SELECT known.id FROM json_each(?) wanted CROSS JOIN value known
        ON known.field = ? AND known.id = wanted.value
        WHERE known.value = ? AND known.at IN (SELECT value FROM json_each(?))"""
    wanted = assignments.field, assignments.value, json.dumps(list(stamps))
    found = [
        article
        for pack in assignments.ids.iter_json()
        for (article,) in connection.execute(statement, (pack, *wanted)).fetchall()
    ]
    return assignments.ids if len(found) == len(assignments.ids) else Ids(found)


def set_local(connection: Connection, field: str, article: ArticleId, value: str) -> None:
    """Store a value that never travels."""
    connection.execute(
        "INSERT OR REPLACE INTO value VALUES (?, ?, ?, ?)", (field, article, value, LOCAL)
    )


# -- what changed, for caches of marks and for backups --------------------------------------------

LISTED_LIMIT = 1_000
"""Changed articles that are listed; more are not."""

REVISIONS = 200
"""Revisions whose changed articles are known; twice as many are listed at most."""


def count_write(connection: Connection, stamp: int = 0) -> None:
    """Count a write that changes no mark; `stamp` as for `record_revision`."""
    connection.execute("UPDATE clock SET writes = writes + 1, stamp = max(stamp, ?)", (stamp,))


def record_revision(connection: Connection, changed_ids: Collection[ArticleId], stamp: int) -> None:
    """Increment the revision, list the changed articles, and note a stamp that was given."""
    if not changed_ids:
        count_write(connection, stamp)
        return
    is_known = len(changed_ids) <= LISTED_LIMIT
    ((revision,),) = connection.execute(
        """UPDATE clock SET revision = revision + 1, writes = writes + 1, stamp = max(stamp, ?),
            complete_from = max(complete_from, revision + 1 - ?) RETURNING revision""",
        (stamp, REVISIONS if is_known else 0),
    ).fetchall()
    if not is_known or revision % REVISIONS == 0:
        connection.execute("DELETE FROM recent WHERE revision <= (SELECT complete_from FROM clock)")
    connection.executemany(
        "INSERT INTO recent VALUES (?, ?)", ((revision, one) for one in changed_ids if is_known)
    )
