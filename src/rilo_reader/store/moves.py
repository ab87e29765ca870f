"""Moves: marks follow an article when its id changes, also those that arrive later.

A move from OLD to NEW is a value of the field `moved:NEW` of OLD. It is kept for ever, since a
device that does not know of it may still send marks of OLD.

Marks follow moves by a breadth-first search, in waves. The first wave is all values that are being
written. Of each of its articles the moves are looked up, and its values are offered to the new
ids; where one is greater than what is there, it is put there too, with its stamp, and is of the
next wave. That ends when a wave puts nothing, so that moves in a circle do no harm, and each id
that an article ever had gets its marks. After STEPS waves a value goes straight to where its moves
end: a chain of n moves, which somebody may forge, would otherwise be n * n / 2 values.

Where another article gets a path that one has left, marks are kept by the name `PATH//NUMBER`
instead of the path, see `ReusedPaths`. Functions run within the caller's transaction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from rilo_reader.article import ArticleId
from rilo_reader.store.marks import DATED, NO_ARTICLES, REUSED_PATH
from rilo_reader.store.value_table import (
    BY_ARTICLE,
    MOVED_TO,
    Key,
    Stamped,
    raise_value,
    select_joined,
    write_winners,
)

if TYPE_CHECKING:
    from rilo_reader.store.gestures import Assignment, Gesture

STEPS = 8
"""Moves, one after the other, up to which each id that an article had gets its values."""

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

_MOVES_AFTER = f"""WITH RECURSIVE way(id) AS (SELECT value FROM json_each(?)
        UNION SELECT new FROM way JOIN {MOVES} ON old = id)
    SELECT old, new FROM way JOIN {MOVES} ON old = id ORDER BY at, new"""  # noqa: S608


# -- values follow moves --------------------------------------------------------------------------


def copy_to_moved_ids(connection: Connection, values: dict[Key, Stamped]) -> None:
    """Add the values that follow moves, to ids that articles got before or get by `values`."""
    moves = {key: new for key, new in values.items() if key[0].startswith(MOVED_TO)}
    if not moves and not connection.execute(f"SELECT 1 FROM {MOVES} LIMIT 1").fetchone():  # noqa: S608
        return
    write_winners(connection, moves, {}, set())
    moved = sorted({(article,) for _, article in moves})
    for field, article, at, value in select_joined(connection, _ALL_OF, "id", moved):
        raise_value(values, (field, article), (at, value))
    staying = (MOVED_TO, REUSED_PATH, DATED, *NO_ARTICLES)
    wave = {key for key in values if not key[0].startswith(staying)}
    for step in range(STEPS + 1):
        if not wave:
            break
        ids = {article for _, article in wave}
        new_ids = _read_moves(connection, ids) if step < STEPS else _find_ends(connection, ids)
        reached: set[Key] = set()
        for field, article in wave:
            for new in new_ids.get(article, ()):
                if raise_value(values, (field, new), values[field, article]):
                    reached.add((field, new))
        wave = reached


def _read_moves(
    connection: Connection, ids: Iterable[ArticleId]
) -> dict[ArticleId, list[ArticleId]]:
    """Return the ids to which articles moved from these."""
    statement = f"SELECT old, new FROM wanted CROSS JOIN {MOVES} ON old = wanted.id"  # noqa: S608
    found: dict[ArticleId, list[ArticleId]] = defaultdict(list)
    for old, new in select_joined(connection, statement, "id", ((id_,) for id_ in sorted(ids))):
        found[old].append(new)
    return found


def _find_ends(
    connection: Connection, ids: Iterable[ArticleId]
) -> dict[ArticleId, list[ArticleId]]:
    """Return where the moves from these ids, and from those on the way, end; by their newest."""
    rows = connection.execute(_MOVES_AFTER, (json.dumps(list(ids)),)).fetchall()
    newest: dict[ArticleId, ArticleId] = dict(rows)
    ends: dict[ArticleId, list[ArticleId]] = {}
    for start in newest:
        passed_ids: dict[ArticleId, None] = {}
        id_ = start
        while id_ in newest and id_ not in ends and id_ not in passed_ids:
            passed_ids[id_] = None
            id_ = newest[id_]
        ends.update(dict.fromkeys(passed_ids, ends.get(id_, [id_])))
    return ends


# -- moves of one article -------------------------------------------------------------------------


def last_left_stamp(connection: Connection, name: ArticleId) -> int:
    """Return the last stamp with which an article left a name, 0 for never."""
    found = connection.execute(f"SELECT max(at) FROM {MOVES} WHERE old = ?", (name,))  # noqa: S608
    return int(found.fetchone()[0] or 0)


def last_arrival_stamp(connection: Connection, name: ArticleId) -> int:
    """Return the last stamp with which an article came to a name, 0 for never."""
    found = connection.execute("SELECT max(at) FROM value WHERE field = ?", (MOVED_TO + name,))
    return int(found.fetchone()[0] or 0)


def current_name(connection: Connection, name: ArticleId) -> ArticleId:
    """Return the name that the article with a name has now, after at most STEPS moves."""
    newest = f"SELECT new FROM {MOVES} WHERE old = ? AND at > ? ORDER BY at DESC, new DESC"  # noqa: S608
    for _ in range(STEPS):
        found = connection.execute(newest, (name, last_arrival_stamp(connection, name))).fetchone()
        if found is None:
            break
        name = ArticleId(found[0])
    return name


# -- names of articles ----------------------------------------------------------------------------

NAMED_ARTICLES = f"""WITH named(article, name) AS MATERIALIZED (
    SELECT value, coalesce(value || '//' || (SELECT max(CAST(substr(field, 6) AS INTEGER))
        FROM value WHERE id = given.value AND field > 'anew:' AND field < 'anew;' AND {BY_ARTICLE}),
        value)
    FROM json_each(?) given)"""  # noqa: S608
"""The beginning of a statement about ids, each with its name, as `ReusedPaths.name_of` makes it."""

VALUES_OF_ARTICLES = f"""{NAMED_ARTICLES} SELECT field, value, at FROM named CROSS JOIN value
    ON id = name AND {BY_ARTICLE}"""  # noqa: S608
"""The tags and annotations of articles, and more; conditions may follow."""

_NUMBERS = """SELECT id, max(CAST(substr(field, 6) AS INTEGER)) FROM value
    WHERE field > 'anew:' AND field < 'anew;' GROUP BY id"""


class ReusedPaths:
    """The names of the articles that have paths now which others had: PATH//NUMBER."""

    def __init__(self, connection: Connection) -> None:
        """Read the numbers within the caller's transaction; there are few, and mostly none."""
        rows = connection.execute(_NUMBERS).fetchall()
        self.numbers = {ArticleId(path): int(number) for path, number in rows}

    def name_of(self, article: ArticleId) -> ArticleId:
        """Return the name of the article with an id."""
        number = self.numbers.get(article)
        return article if number is None else ArticleId(f"{article}//{number}")

    def id_of(self, name: ArticleId) -> ArticleId:
        """Return the id of the article with a name, also of one that has left it."""
        path = ArticleId(name.rpartition("//")[0])
        return path if path in self.numbers else name

    def has_left(self, name: ArticleId) -> bool:
        """Return whether another article has the id of the one with this name."""
        return self.name_of(self.id_of(name)) != name

    def assign_number(self, path: ArticleId) -> int:
        """Give a path to another article; return its number."""
        self.numbers[path] = self.numbers.get(path, 1) + 1
        return self.numbers[path]

    def ids_of(self, names: Iterable[ArticleId]) -> list[ArticleId]:
        """Return the ids of the articles with these names, of those that have not left them."""
        if not self.numbers:
            return list(names)
        return [self.id_of(name) for name in names if not self.has_left(name)]

    def to_names(self, assignments: Sequence[Assignment]) -> Sequence[Assignment]:
        """Return assignments to ids as those to names."""
        if not self.numbers:
            return assignments
        from rilo_reader.store.gestures import Ids

        return [each._replace(ids=Ids(map(self.name_of, each.ids))) for each in assignments]

    def to_ids(self, gesture: Gesture | None) -> Gesture | None:
        """Return a gesture as it is kept, with ids."""
        if gesture is None or not self.numbers:
            return gesture
        from rilo_reader.store.gestures import Ids

        shown = (each._replace(ids=Ids(map(self.id_of, each.ids))) for each in gesture.assignments)
        return gesture._replace(assignments=tuple(shown))


def select_present(connection: Connection, statement: str, *values: object) -> list[Any]:
    """Return rows whose first column is an article, but for those that left their ids."""
    rows, names = connection.execute(statement, values).fetchall(), ReusedPaths(connection)
    if not names.numbers:
        return rows
    return [(names.id_of(name), *rest) for name, *rest in rows if not names.has_left(name)]
