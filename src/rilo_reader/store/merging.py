"""Give values to fields of articles: of each field the greatest (stamp, value) wins.

Rows pass through temporary tables, which SQLite sorts by field and article, so that a million
take seconds and little memory. A transaction does:

    stage(on, values)               of each field the greatest that is given
    keep_winning(on), invert(on)    for undoing
    drop_unchanged(on)              for a gesture of this device
    spread_moves(on)                also to the articles that these have become
    changed = find_changed(on)      compared with what is there
    put(on)                         where it wins
    clear(on)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from sqlite3 import Connection
from typing import Any, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import (
    AGREED,
    ANEW,
    HIGHLIGHT,
    MOVED,
    NOTE,
    POSITION,
    READ,
    STARRED,
    TAG,
    Stamp,
)
from rilo_reader.store.ids import Ids

LISTED_LIMIT = 1_000
"""Changed articles that are listed; more are not."""


class Given(NamedTuple):
    """A value that is given to a field of articles.

    Attributes:
        field: the name of the field.
        value: the value as text.
        ids: the articles.
        at: the stamp.
        before: the value of an annotation before, None for other fields.
    """

    field: str
    value: str
    ids: Ids
    at: Stamp
    before: str | None = None


class Changed(NamedTuple):
    """What changes.

    Attributes:
        values: how many values of fields; positions do not count.
        articles: the articles, None if there are more than LISTED_LIMIT.
    """

    values: int
    articles: set[ArticleId] | None


# -- fields ---------------------------------------------------------------------------------------


class _Kind(NamedTuple):
    """Where values of a kind of fields are kept; `w` is a row of `temp.winner`.

    Attributes:
        table: the table, as `c`.
        match: whether `c` has the value of the field of `w`.
        value: the value as text.
        at: its stamp.
        none: the value where there is none, which is as old as the beginning.
        name: the name of the field without its kind.
        put: the columns that are written, and the condition to overwrite.
    """

    table: str
    match: str
    value: str
    at: str
    none: str
    name: str
    put: str


def _column(name: str) -> _Kind:
    return _Kind(
        "mark c",
        "c.id = w.id",
        f"CAST(c.{name} AS TEXT)",
        f"c.{name}_at",
        "0",
        "''",
        f"""INSERT INTO mark(id, {name}, {name}_at) {{rows}}
        ON CONFLICT (id) DO UPDATE SET {name} = excluded.{name}, {name}_at = excluded.{name}_at
        WHERE (excluded.{name}_at, CAST(excluded.{name} AS TEXT))
            > ({name}_at, CAST({name} AS TEXT))""",
    )


_KINDS = {
    "read": _column("read"),
    "starred": _column("starred"),
    "position": _column("position"),
    "tag": _Kind(
        "tag c",
        "c.tag = w.name AND c.id = w.id",
        "CAST(c.present AS TEXT)",
        "c.at",
        "0",
        "c.tag",
        """INSERT INTO tag(id, present, at, tag) {rows}
        ON CONFLICT (tag, id) DO UPDATE SET present = excluded.present, at = excluded.at
        WHERE (excluded.at, CAST(excluded.present AS TEXT)) > (at, CAST(present AS TEXT))""",
    ),
    "annotation": _Kind(
        "annotation c",
        "c.id = w.id AND c.field = w.name",
        "c.value",
        "c.at",
        "",
        "c.field",
        """INSERT INTO annotation(id, value, at, field) {rows}
        ON CONFLICT (id, field) DO UPDATE SET value = excluded.value, at = excluded.at
        WHERE (excluded.at, excluded.value) > (at, value)""",
    ),
    "agreed": _Kind(
        "agreed c",
        "c.name = w.name AND c.id = w.id",
        "CAST(c.value AS TEXT)",
        "c.at",
        "",
        "c.name",
        """INSERT INTO agreed(id, value, at, name) {rows}
        ON CONFLICT (name, id) DO UPDATE SET value = excluded.value, at = excluded.at
        WHERE (excluded.at, CAST(excluded.value AS TEXT)) > (at, CAST(value AS TEXT))""",
    ),
    "anew": _Kind(
        "anew c",
        "c.id = w.id AND c.number = w.name",
        "CAST(c.value AS TEXT)",
        "c.at",
        "",
        "c.number",
        """INSERT INTO anew(id, value, at, number) {rows}
        ON CONFLICT (id, number) DO UPDATE SET at = max(at, excluded.at)""",
    ),
}
_NAMED = frozenset({"tag", "annotation", "agreed", "anew"})
_SHOWN = ("read", "starred", "tag", "annotation", "anew")
_LONGEST_NUMBER = 12


def kind_of(field: str, value: str) -> tuple[str, str] | None:
    """The kind of a field and its name in it; None if field or value is unknown here."""
    if field in (READ, STARRED):
        return (field, "") if value in ("0", "1") else None
    if field.startswith(TAG):
        return ("tag", field[len(TAG) :]) if value in ("0", "1") and field != TAG else None
    if field.startswith((HIGHLIGHT, NOTE)):
        return "annotation", field
    if field.startswith((AGREED, ANEW)):
        kind, _, name = field.partition(":")
        is_new = field.startswith(ANEW) and value == "1" and _is_number(name)
        is_agreed = field.startswith(AGREED) and value in ("0", "1") and name
        return (kind, name) if is_new or is_agreed else None
    if field == POSITION:
        return (field, "") if _is_number(value) else None
    # All that an article has become are kept, so the new id is a part of the name.
    return (MOVED, value) if field == MOVED and value else None


def _is_number(text: str) -> bool:
    is_decimal = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
    return is_decimal and text == str(int(text))


def field_of(kind: str, name: str) -> str:
    """The field of a kind and a name."""
    if kind == "tag":
        return f"{TAG}{name}"
    if kind in ("agreed", "anew"):
        return f"{kind}:{name}"
    return name if kind == "annotation" else kind


# -- stage ----------------------------------------------------------------------------------------

_COLUMNS = "(kind TEXT, name TEXT, id TEXT, value TEXT, at INTEGER, before TEXT"
_OVERWRITE = """
    ON CONFLICT (kind, name, id) DO UPDATE
    SET value = excluded.value, at = excluded.at, before = excluded.before
    WHERE (excluded.at, excluded.value) > (at, value)"""
STEPS = 8
"""Moves, one after the other, up to which each name that an article had gets its values; of a
longer chain only the last name does, since a forged one would grow with its square."""

_FEW = 100  # articles, which need no statement of their own
_ROWS = 5_000

_Row = tuple[str, str, str, str, int, str | None]


def stage(on: Connection, values: Iterable[Given]) -> None:
    """Put values into `temp.winner`; unknown fields and values are passed over."""
    clear(on)
    on.execute(f"CREATE TEMP TABLE given{_COLUMNS})")
    on.execute(f"CREATE TEMP TABLE winner{_COLUMNS}, PRIMARY KEY (kind, name, id)) WITHOUT ROWID")
    rows = _rows(on, values)
    while some := list(islice(rows, _ROWS)):
        on.executemany("INSERT INTO temp.given VALUES (?, ?, ?, ?, ?, ?)", some)
    on.execute(
        "INSERT OR REPLACE INTO temp.winner"
        " SELECT * FROM temp.given ORDER BY kind, name, id, at, value"
    )
    on.execute("DROP TABLE temp.given")


def stage_one(on: Connection, given: Given) -> None:
    """As `stage`, for one value of many articles: so narrow, they are sorted in half the time."""
    field, value, ids, at, before = given
    kind = kind_of(field, value)
    stage(on, ())
    if kind is None:
        return
    on.execute("CREATE TEMP TABLE given(id TEXT)")
    for pack in ids.packs():
        on.execute("INSERT INTO temp.given SELECT value FROM json_each(?)", (pack,))
    on.execute(
        "INSERT OR REPLACE INTO temp.winner SELECT ?, ?, id, ?, ?, ? FROM temp.given ORDER BY id",
        (*kind, value, at, before),
    )
    on.execute("DROP TABLE temp.given")


def _rows(on: Connection, values: Iterable[Given]) -> Iterator[_Row]:
    """A row for each article; SQLite makes those of many articles itself."""
    for field, value, ids, at, before in values:
        kind = kind_of(field, value)
        if kind is None:
            continue
        if len(ids) <= _FEW:
            for article in ids:
                yield (*kind, article, value, at, before)
        else:
            for pack in ids.packs():
                on.execute(
                    "INSERT INTO temp.given SELECT ?, ?, value, ?, ?, ? FROM json_each(?)",
                    (*kind, value, at, before, pack),
                )


def clear(on: Connection) -> None:
    """Remove the temporary tables."""
    on.execute("DROP TABLE IF EXISTS temp.given")
    on.execute("DROP TABLE IF EXISTS temp.winner")


def is_empty(on: Connection) -> bool:
    """Whether nothing is staged."""
    return on.execute("SELECT 1 FROM temp.winner LIMIT 1").fetchone() is None


def _staged(on: Connection) -> Iterator[tuple[str, _Kind]]:
    """The kinds of what is staged."""
    for name, kind in _KINDS.items():
        if on.execute("SELECT 1 FROM temp.winner WHERE kind = ? LIMIT 1", (name,)).fetchone():
            yield name, kind


# -- work on what is staged -----------------------------------------------------------------------


def keep_winning(on: Connection) -> None:
    """Keep the values that are those of their fields now.

    That is where the stamp won, or where all that came later was taken back: an undo of a later
    gesture restored the value.
    """
    for name, kind in _staged(on):
        on.execute(
            f"""DELETE FROM temp.winner AS w WHERE kind = ? AND NOT EXISTS (
                SELECT 1 FROM {kind.table} WHERE {kind.match}
                AND {kind.value} = w.value AND ({kind.at} = w.at OR EXISTS (
                    SELECT 1 FROM gesture
                    WHERE stamp = {kind.at} AND undoes_stamp > w.at)))""",  # noqa: S608
            (name,),
        )


def invert(on: Connection, at: Stamp) -> None:
    """Replace flags by the opposite, annotations by the value before, each with a new stamp."""
    on.execute("DELETE FROM temp.winner WHERE kind IN ('position', 'moved', 'agreed', 'anew')")
    on.execute(
        """UPDATE temp.winner
        SET at = ?, value = coalesce(before, CASE value WHEN '1' THEN '0' ELSE '1' END)""",
        (at,),
    )


def drop_unchanged(on: Connection) -> None:
    """Drop the values that their fields have already."""
    for name, kind in _staged(on):
        on.execute(
            f"""DELETE FROM temp.winner AS w WHERE kind = ? AND value = coalesce(
                (SELECT {kind.value} FROM {kind.table} WHERE {kind.match}), '{kind.none}')""",  # noqa: S608
            (name,),
        )
    on.execute(
        """DELETE FROM temp.winner AS w WHERE kind = 'moved'
        AND EXISTS (SELECT 1 FROM move known WHERE old = w.id AND new = w.value AND NOT EXISTS
            (SELECT 1 FROM move WHERE old = known.new AND at > known.at))"""
    )


def count_staged(on: Connection) -> int:
    """The number of values that are staged."""
    return int(on.execute("SELECT count(*) FROM temp.winner").fetchone()[0])


def staged_values(on: Connection) -> Iterator[Given]:
    """All that is staged, at most `Ids.PACK` articles at a time, with the annotations before."""
    rows = on.execute(
        """SELECT kind, name, value, at, NULL, id FROM temp.winner WHERE kind <> 'annotation'
        UNION ALL
        SELECT kind, name, w.value, w.at, coalesce(c.value, ''), w.id FROM temp.winner w
        LEFT JOIN annotation c ON c.id = w.id AND c.field = w.name WHERE kind = 'annotation'"""
    )
    groups: dict[tuple[Any, ...], list[ArticleId]] = {}
    group: list[ArticleId]
    last, group = None, []
    for row in rows:
        key = row[:5]
        if key != last:
            last, group = key, groups.setdefault(key, [])
        group.append(row[5])
        if len(group) == Ids.PACK:
            yield _group(key, group)
            group.clear()
    for key, group in groups.items():
        if group:
            yield _group(key, group)


def _group(key: Sequence[Any], articles: list[ArticleId]) -> Given:
    kind, name, value, at, before = key
    return Given(field_of(kind, name), value, Ids(articles), at, before)


def spread_moves(on: Connection) -> bool:
    """Stage values of articles that have moved for their new ids too, with their stamps.

    Moves are kept for ever, so that a mark which arrives later, from a device that does not know
    of the move, gets where the article is.

    Returns:
        Whether there are moves.
    """
    on.execute(
        """INSERT INTO move SELECT id, value, at FROM temp.winner
        WHERE kind = 'moved' AND id <> value
        ON CONFLICT (old, new) DO UPDATE SET at = max(at, excluded.at)"""
    )
    if on.execute("SELECT 1 FROM move LIMIT 1").fetchone() is None:
        return False
    for name, kind in _KINDS.items():
        if name == "anew":
            continue
        on.execute(
            f"""INSERT INTO temp.winner
            SELECT '{name}', {kind.name}, c.id, {kind.value}, {kind.at}, NULL FROM {kind.table}
            WHERE c.id IN (SELECT id FROM temp.winner WHERE kind = 'moved') {_OVERWRITE}"""  # noqa: S608
        )
    wave = "temp.winner"
    for step in range(STEPS + 1):
        moves = "move" if step < STEPS else _ends(on)
        rows = on.execute(
            f"""INSERT INTO temp.winner
            SELECT kind, name, new, value, w.at, before FROM {wave} w JOIN {moves} ON old = w.id
            WHERE kind NOT IN ('moved', 'anew') {_OVERWRITE} RETURNING *"""  # noqa: S608  # names of ours
        ).fetchall()
        on.execute("DROP TABLE IF EXISTS temp.wave")
        if not rows:
            break
        wave = "temp.wave"
        on.execute(f"CREATE TEMP TABLE wave{_COLUMNS})")
        on.executemany("INSERT INTO temp.wave VALUES (?, ?, ?, ?, ?, ?)", rows)
    return True


def _ends(on: Connection) -> str:
    """Fill a table with where the moves that begin in `temp.wave` lead to, and return its name."""
    newest: dict[str, str] = dict(
        on.execute(
            """WITH RECURSIVE way(id) AS (SELECT id FROM temp.wave
                UNION SELECT new FROM way JOIN move ON old = id)
            SELECT old, new FROM way JOIN move ON old = id ORDER BY at, new"""
        ).fetchall()
    )
    ends: dict[str, str] = {}
    for start in newest:
        way: dict[str, None] = {}
        place = start
        while place in newest and place not in ends and place not in way:
            way[place] = None
            place = newest[place]
        end = ends.get(place, place)
        ends.update((each, end) for each in way)
    on.execute("CREATE TEMP TABLE IF NOT EXISTS last(old TEXT PRIMARY KEY, new TEXT)")
    on.execute("DELETE FROM temp.last")
    on.executemany("INSERT INTO temp.last VALUES (?, ?)", ends.items())
    return "temp.last"


def find_changed(on: Connection, *, all_change: bool = False) -> Changed:
    """What `put` will change.

    Args:
        on: the connection.
        all_change: whether it is known that all that is staged changes something.
    """
    values = 0
    articles: set[ArticleId] = set()
    for name, kind in _staged(on):
        if name not in _SHOWN:
            continue
        if all_change:
            # Quicker than to look at each.
            count = "SELECT count(*) FROM temp.winner WHERE kind = ?"
            values += on.execute(count, (name,)).fetchone()[0]
            some = "SELECT DISTINCT id FROM temp.winner WHERE kind = ? LIMIT ?"
            articles.update(row[0] for row in on.execute(some, (name, LISTED_LIMIT + 1)))
            continue
        value, at = f"coalesce({kind.value}, '{kind.none}')", f"coalesce({kind.at}, 1)"
        where = f"""LEFT JOIN {kind.table} ON {kind.match}
            WHERE kind = ? AND w.value <> {value} AND (w.at, w.value) > ({at}, {value})"""
        rows = on.execute(f"SELECT w.id FROM temp.winner w {where}", (name,))  # noqa: S608
        for (article,) in rows:
            values += 1
            if len(articles) <= LISTED_LIMIT:
                articles.add(article)
    return Changed(values, articles if len(articles) <= LISTED_LIMIT else None)


def put(on: Connection) -> None:
    """Write what is staged, where it wins."""
    for name, kind in _staged(on):
        # Without a stamp or a mark there is nothing to keep.
        named = ", name" if name in _NAMED else ""
        rows = f"""SELECT id, value, at{named} FROM temp.winner
            WHERE kind = ? AND (at, value) > (1, '{kind.none}')"""  # noqa: S608  # names of ours
        on.execute(kind.put.format(rows=rows), (name,))
