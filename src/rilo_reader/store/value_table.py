"""The table of values: of each field of each article the greatest (stamp, value) wins.

    value(field, id, value, at)

A move is kept as a field of its own for each new id, `moved:NEW`, since all that an article has
become count. What has the stamp LOCAL is of this device and never travels.

Functions run within the caller's transaction. They fetch all rows at once: a cursor that is left
open by an error, where text cannot be read, would keep the damaged file open.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from rilo_reader.article import ArticleId
from rilo_reader.store.marks import (
    BEGINNING,
    DATED,
    HIGHLIGHT,
    MOVED,
    NO_ARTICLES,
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
    from rilo_reader.store.gestures import Assignment, Gesture, Ids, StampedAssignment

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

LISTED_LIMIT = 1_000
"""Changed articles that are listed; more are not."""

BATCH = 10_000
"""Values that are compared and written together, sorted, before it is told how far it is."""

STEPS = 8
"""Moves, one after the other, up to which each name that an article had gets its values; of a
longer chain only the last name does, since a forged one would grow with its square."""

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
    """The value of a field that has none, which is as old as the beginning."""
    return "0" if field in (READ, STARRED, POSITION) or field.startswith(TAG) else ""


def is_mark(field: str) -> bool:
    """Whether a field is a mark of the user's; positions and agreements are none."""
    return field in (READ, STARRED) or field.startswith((TAG, HIGHLIGHT, NOTE, REUSED_PATH))


def as_stored(field: str, value: str) -> tuple[str, str]:
    """A field and its value as the table has them."""
    return (MOVED_TO + value, "1") if field == MOVED else (field, value)


def as_journalled(field: str, value: str) -> tuple[str, str]:
    """A field and its value as gestures and journals say them."""
    return (MOVED, field[len(MOVED_TO) :]) if field.startswith(MOVED_TO) else (field, value)


# -- values ---------------------------------------------------------------------------------------


def read_values(connection: Connection, keys: Iterable[Key]) -> dict[Key, Stamped]:
    """The stamps and values of fields that have any."""
    statement = (
        "SELECT value.field, value.id, at, value FROM wanted CROSS JOIN value USING (field, id)"
    )
    rows = _select_wanted(connection, statement, keys, "field, id")
    return {(field, article): (at, value) for field, article, at, value in rows}


def _select_wanted(
    connection: Connection, statement: str, wanted: Iterable[tuple[str, ...]], columns: str
) -> Iterator[tuple[Any, ...]]:
    """The rows of a statement with `wanted`, as a table of these columns."""
    pending = iter(wanted)
    while some := list(islice(pending, ROWS)):
        marks = f"({', '.join('?' * len(some[0]))})"
        table = f"WITH wanted({columns}) AS (VALUES {', '.join([marks] * len(some))})"
        yield from connection.execute(
            f"{table} {statement}", list(chain.from_iterable(some))
        ).fetchall()


def merge_values(
    connection: Connection, assignments: Iterable[StampedAssignment]
) -> set[ArticleId]:
    """Let values win where they are the greatest; return the articles that have other marks now."""
    changed = set[ArticleId]()
    for values in iter_batches(assignments):
        copy_to_moved_ids(connection, values)
        write_winners(connection, values, read_values(connection, sorted(values)), changed)
    return changed


def iter_batches(assignments: Iterable[StampedAssignment]) -> Iterator[dict[Key, Stamped]]:
    """The greatest values of fields, some at a time; what is not valid is passed over."""
    values: dict[Key, Stamped] = {}
    for part in assignments:
        if not is_valid(part.field, part.value):
            continue
        field, value = as_stored(part.field, part.value)
        new = part.stamp, value
        for article in part.ids:
            key = field, article
            there = values.get(key)
            if (there is None or new > there) and field != MOVED_TO + article:
                values[key] = new
                if len(values) >= BATCH:
                    yield values
                    values = {}
    if values:
        yield values


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
    """Those articles that have a value, with one of these stamps."""
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


# -- moves ----------------------------------------------------------------------------------------

MOVES = f"""(SELECT id AS old, substr(field, {len(MOVED_TO) + 1}) AS new, at FROM value
    WHERE field > 'moved:' AND field < 'moved;' AND {BY_ARTICLE})"""  # noqa: S608  # names of ours
"""All moves, as a table; one looks for their beginnings."""

_ALL_OF = f"""
    SELECT value.field, value.id, at, value FROM wanted CROSS JOIN value
    ON value.id = wanted.id AND {BY_ARTICLE} AND NOT (field > 'anew:' AND field < 'anew;')
        AND NOT (field > 'moved:' AND field < 'moved;')
    UNION ALL SELECT value.field, value.id, at, value FROM wanted CROSS JOIN value
    ON value.id = wanted.id AND field IN (
        WITH RECURSIVE agreed(field) AS (
            SELECT min(field) FROM value WHERE field > 'agreed:' AND field < 'agreed;'
            UNION SELECT (SELECT min(field) FROM value
                WHERE field > agreed.field AND field < 'agreed;')
            FROM agreed WHERE agreed.field IS NOT NULL)
        SELECT field FROM agreed UNION VALUES ('read'), ('starred'), ('position'))"""  # noqa: S608


def copy_to_moved_ids(
    connection: Connection, values: dict[Key, Stamped], *, has_moves: bool | None = None
) -> None:
    """Add values of articles that have moved for their new ids too, with their stamps.

    Moves are kept for ever, so that a mark which arrives later, from a device that does not know
    of the move, gets where the article is. `has_moves` is whether there are any, if that is known.
    """
    moves = {key: new for key, new in values.items() if key[0].startswith(MOVED_TO)}
    if has_moves is None:
        has_moves = connection.execute(f"SELECT 1 FROM {MOVES} LIMIT 1").fetchone() is not None  # noqa: S608
    if not moves and not has_moves:
        return
    write_winners(connection, moves, {}, set())
    moved = sorted({(article,) for _, article in moves})
    for field, article, at, value in _select_wanted(connection, _ALL_OF, moved, "id"):
        key = field, article
        values[key] = max(values.get(key, NOTHING), (at, value))
    wave = {
        key for key in values if not key[0].startswith((MOVED_TO, REUSED_PATH, DATED, *NO_ARTICLES))
    }
    for step in range(STEPS + 1):
        places = {article for _, article in wave}
        ways = (
            _read_moves(connection, places) if step < STEPS else _find_move_ends(connection, places)
        )
        reached: set[Key] = set()
        for field, article in wave:
            for new in ways.get(article, ()):
                there = field, new
                if values[field, article] > values.get(there, NOTHING):
                    values[there] = values[field, article]
                    reached.add(there)
        if not reached:
            break
        wave = reached


def _read_moves(
    connection: Connection, names: Iterable[ArticleId]
) -> dict[ArticleId, list[ArticleId]]:
    statement = f"SELECT old, new FROM wanted CROSS JOIN {MOVES} ON old = wanted.id"  # noqa: S608
    found: dict[ArticleId, list[ArticleId]] = defaultdict(list)
    for old, new in _select_wanted(
        connection, statement, ((name,) for name in sorted(names)), "id"
    ):
        found[old].append(new)
    return found


def _find_move_ends(
    connection: Connection, names: Iterable[ArticleId]
) -> dict[ArticleId, list[ArticleId]]:
    """Where the moves that begin with these names lead to in the end."""
    newest: dict[ArticleId, ArticleId] = dict(
        connection.execute(
            f"""WITH RECURSIVE way(id) AS (SELECT value FROM json_each(?)
                UNION SELECT new FROM way JOIN {MOVES} ON old = id)
            SELECT old, new FROM way JOIN {MOVES} ON old = id ORDER BY at, new""",  # noqa: S608
            (json.dumps(list(names)),),
        ).fetchall()
    )
    ends: dict[ArticleId, list[ArticleId]] = {}
    for start in newest:
        way: dict[ArticleId, None] = {}
        place = start
        while place in newest and place not in ends and place not in way:
            way[place] = None
            place = newest[place]
        end = ends.get(place, [place])
        ends.update((name, end) for name in way)
    return ends


def last_left_stamp(connection: Connection, name: ArticleId) -> int:
    """The last stamp with which an article left a name, 0 for never."""
    found = connection.execute(f"SELECT max(at) FROM {MOVES} WHERE old = ?", (name,))  # noqa: S608
    return int(found.fetchone()[0] or 0)


def last_arrival_stamp(connection: Connection, name: ArticleId) -> int:
    """The last stamp with which an article came to a name, 0 for never."""
    found = connection.execute("SELECT max(at) FROM value WHERE field = ?", (MOVED_TO + name,))
    return int(found.fetchone()[0] or 0)


# -- names of articles ----------------------------------------------------------------------------

_NUMBERS = """SELECT id, max(CAST(substr(field, 6) AS INTEGER)) FROM value
    WHERE field > 'anew:' AND field < 'anew;'"""


class ReusedPaths:
    """The names of the articles that have paths now which others had."""

    def __init__(self, connection: Connection | None) -> None:
        """Read them within the caller's transaction; there are few, and mostly none."""
        rows = (
            [] if connection is None else connection.execute(f"{_NUMBERS} GROUP BY id").fetchall()
        )
        self.numbers = {ArticleId(path): int(number) for path, number in rows}

    def name_of(self, article: ArticleId) -> ArticleId:
        """The name of the article with an id."""
        number = self.numbers.get(article)
        return article if number is None else ArticleId(f"{article}//{number}")

    def id_of(self, name: ArticleId) -> ArticleId:
        """The id of the article with a name, also of one that has left it."""
        path = ArticleId(name.rpartition("//")[0])
        return path if path in self.numbers else name

    def has_left(self, name: ArticleId) -> bool:
        """Whether another article has the id of the one with this name."""
        return self.name_of(self.id_of(name)) != name

    def assign_number(self, path: ArticleId) -> int:
        """Let another article have a path; return its number."""
        self.numbers[path] = self.numbers.get(path, 1) + 1
        return self.numbers[path]

    def ids_of(self, names: Iterable[ArticleId]) -> list[ArticleId]:
        """The ids of the articles with these names, of those that have not left them."""
        if not self.numbers:
            return list(names)
        return [self.id_of(name) for name in names if not self.has_left(name)]

    def to_names(self, assignments: Sequence[Assignment]) -> Sequence[Assignment]:
        """Assignments to ids as those to names."""
        if not self.numbers:
            return assignments
        from rilo_reader.store.gestures import Ids

        return [each._replace(ids=Ids(map(self.name_of, each.ids))) for each in assignments]

    def to_ids(self, gesture: Gesture | None) -> Gesture | None:
        """A gesture as it is kept, with ids."""
        if gesture is None or not self.numbers:
            return gesture
        from rilo_reader.store.gestures import Ids

        shown = (each._replace(ids=Ids(map(self.id_of, each.ids))) for each in gesture.assignments)
        return gesture._replace(assignments=tuple(shown))


# -- what changed, for caches of marks and for backups --------------------------------------------

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
