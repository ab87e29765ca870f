"""Stamps of a clock that was ahead, each replaced for good by an earlier one.

Lines with such a stamp may lie anywhere: in copies that a program made of a journal, in a journal
that its device has left, in what another device took over. So it is kept, and travels, which stamp
counts in place of each. Functions run within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from sqlite3 import Connection

from rilo_reader.store import devices, gesture_table
from rilo_reader.store.gestures import Gesture, GestureId
from rilo_reader.store.marks import BEGINNING, DATED, Stamp, parse_stamp
from rilo_reader.store.value_table import BY_ARTICLE

AGAIN = "again"
"""Key of the table `sync`, set if all journals have to be read once more."""

RESTAMP_LIMIT = 100_000
"""Replaced stamps that are followed; other devices may have sent more."""

Restamps = Mapping[int, Stamp]
"""The replacements of stamps that were replaced."""

_KNOWN = "field > 'dated:' AND field < 'dated;'"
_COLUMNS = (("value", "at"), ("gesture", "undoes_stamp"))


def read_restamps(connection: Connection) -> dict[int, Stamp]:
    """Map each replaced stamp to its replacement.

    Several devices may have replaced one stamp. Stamps that are said to be one are one, with all
    that they were said to be one with, and the least of them counts.
    """
    statement = f"SELECT id, field FROM value WHERE {_KNOWN} ORDER BY field, id LIMIT ?"  # noqa: S608
    rows = connection.execute(statement, (RESTAMP_LIMIT,))
    parent: dict[int, int] = {}

    def find_least(stamp: int) -> int:
        while (above := parent.get(stamp, stamp)) != stamp:
            parent[stamp] = parent.get(above, above)
            stamp = above
        return stamp

    for name, field in rows.fetchall():
        old, new = parse_stamp(name), parse_stamp(field[len(DATED) :])
        if old is not None and new is not None and new < old:
            least, greater = sorted((find_least(old), find_least(new)))
            parent[greater] = least
    return {stamp: Stamp(find_least(stamp)) for stamp in list(parent) if find_least(stamp) != stamp}


def add_restamps(connection: Connection) -> None:
    """Add the pairs of the table `temp.anew`, which has columns `old` and `new`."""
    connection.execute(
        """INSERT OR IGNORE INTO value
        SELECT ? || printf('%016x', new), printf('%016x', old), '1', ? FROM temp.anew""",
        (DATED, BEGINNING),
    )


def next_unused_stamp(connection: Connection, stamp: int) -> Stamp:
    """Return the first stamp from one on that was not replaced, and so counts as itself."""
    statement = f"SELECT 1 FROM value WHERE id = ? AND {_KNOWN} AND {BY_ARTICLE}"  # noqa: S608
    while connection.execute(statement, (f"{stamp:016x}",)).fetchone():
        stamp += 1
    return Stamp(stamp)


def restamp_gesture(gesture: Gesture, restamps: Restamps) -> Gesture:
    """Return a gesture with the stamps that count."""
    if not restamps:
        return gesture
    device, stamp = gesture.id
    undoes = gesture.undoes and gesture.undoes._replace(
        stamp=restamps.get(gesture.undoes.stamp, gesture.undoes.stamp)
    )
    return gesture._replace(id=GestureId(device, restamps.get(stamp, stamp)), undoes=undoes)


def restamp_rows(connection: Connection, restamps: Restamps) -> None:
    """Rewrite replaced stamps, and request that journals are read again.

    Where one had won, a value that is newer now may have been passed over, and what waited for its
    date need not wait: all journals are to be read again.
    """
    connection.execute("DROP TABLE IF EXISTS temp.dated")
    connection.execute("CREATE TEMP TABLE dated(old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    connection.executemany("INSERT INTO temp.dated VALUES (?, ?)", restamps.items())
    changed = 0
    for table, column in _COLUMNS:
        changed += connection.execute(
            f"""UPDATE {table} SET {column} = new FROM temp.dated WHERE {column} = old"""  # noqa: S608
        ).rowcount
    connection.execute("UPDATE OR IGNORE gesture SET stamp = new FROM temp.dated WHERE stamp = old")
    twice = "SELECT number FROM gesture WHERE stamp IN (SELECT old FROM temp.dated)"
    gesture_table.delete_gestures(connection, connection.execute(twice).fetchall())
    connection.execute("DROP TABLE temp.dated")
    waits = connection.execute("SELECT 1 FROM aside WHERE kind = 'ahead' LIMIT 1").fetchone()
    if changed:  # times of marks, which queries ask for: of any article
        connection.execute("UPDATE clock SET revision = revision + 1, complete_from = revision + 1")
    if changed or waits:
        devices.set_value(connection, AGAIN, "1")
