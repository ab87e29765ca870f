"""`Journals`: what the journals of devices need of the marks of a library.

Gestures to be written, and those of other devices to be merged. What is recorded of devices,
segments and the clock is asked of its parts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from sqlite3 import Connection

from rilo_reader.article import ArticleId
from rilo_reader.errors import StateError
from rilo_reader.store import devices, gesture_table
from rilo_reader.store.clock_repair import ClockRepair
from rilo_reader.store.database import Database
from rilo_reader.store.gesture_merge import merge_gestures
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids
from rilo_reader.store.journal_tables import (
    DeviceTable,
    Quarantine,
    SegmentMark,
    SegmentTable,
    put_segments,
)
from rilo_reader.store.marks import GestureContext, Stamp
from rilo_reader.store.moves import ReusedPaths
from rilo_reader.store.value_table import BY_ARTICLE, as_journalled

_ROWS = "SELECT at, field, value, id FROM value WHERE at > 0"

_VALUES_OF = f"""
    SELECT field, value.id, value.value, at FROM json_each(?) wanted CROSS JOIN value
    ON value.id = wanted.value AND {BY_ARTICLE} AND at > 0
    UNION ALL SELECT field, value.id, value.value, at FROM json_each(?) wanted CROSS JOIN value
    ON field IN ('read', 'starred', 'position') AND value.id = wanted.value AND at > 0"""  # noqa: S608

_ORDER = "ORDER BY at, field, value, id"

_WINNERS = f"{_ROWS} {_ORDER}"
"""Rows (stamp, field, value, article) of all fields that ever got a value, oldest first."""

# A stamp that two devices gave is rare, and then the other one's value may have won.
_WRITTEN_WINNERS = f"""
    {_ROWS} AND at NOT IN (
        SELECT stamp FROM gesture
        WHERE device = (SELECT value FROM sync WHERE key = '{devices.DEVICE}') AND stamp > coalesce(
            (SELECT CAST(value AS INTEGER) FROM sync WHERE key = '{devices.WRITTEN}'), 0)
        EXCEPT SELECT stamp FROM gesture
        WHERE device <> (SELECT value FROM sync WHERE key = '{devices.DEVICE}'))
    {_ORDER}"""  # noqa: S608
"""The same without what the gestures say that are in no journal yet."""


class Journals:
    """The part of `State` that reads and merges journals; methods raise StateError as its do."""

    def __init__(self, database: Database, rules: GestureContext) -> None:
        self._database = database
        self._rules = rules
        self.clock = ClockRepair(database, rules)
        self.devices = DeviceTable(database)
        self.quarantine = Quarantine(database)
        self.segments = SegmentTable(database)

    def merge_gestures(
        self,
        gestures: Iterable[Gesture],
        marks: Sequence[SegmentMark],
        *,
        with_history: bool = True,
    ) -> int:
        """Merge gestures of other devices in one transaction; of each field the newest wins.

        Those of each device come in the order in which they were made, none more than a day ahead;
        unknown fields are passed over. `marks` says how far the segments were read. Return the
        number of articles that have other marks now.
        """
        is_again = False

        def merge(connection: Connection) -> set[ArticleId]:
            nonlocal is_again
            if is_again and isinstance(gestures, Iterator):
                raise StateError("The file of your marks was damaged and restored. Sync again.")
            is_again = True
            changed = merge_gestures(connection, self._rules, gestures, with_history=with_history)
            put_segments(connection, marks)
            return changed

        return len(self._database.write(merge))

    def iter_snapshot(self, *, with_unwritten: bool = True) -> Iterator[Gesture]:
        """Yield all values that won, oldest first, as gestures that this device writes.

        Without `with_unwritten`, those are left out that are of gestures in no journal yet.
        """
        statement = _WINNERS if with_unwritten else _WRITTEN_WINNERS
        return _group_gestures(self.devices.ensure_own().id, self._database.iter_rows(statement))

    def iter_values(
        self, articles: Collection[ArticleId] | None = None
    ) -> Iterator[tuple[str, str, str, int]]:
        """Yield (field, name, value, stamp) of articles, or all, as the table of values has them.

        Names of articles are those of `ReusedPaths`; what never travels is left out.
        """
        if articles is None:
            return self._database.iter_rows("SELECT field, id, value, at FROM value WHERE at > 0")

        def query(connection: Connection) -> list[tuple[str, str, str, int]]:
            names = ReusedPaths(connection)
            wanted = json.dumps([names.name_of(article) for article in articles])
            return connection.execute(_VALUES_OF, (wanted, wanted)).fetchall()

        return iter(self._database.read(query))

    def read_texts(self, field_prefix: str) -> list[tuple[str, str, str, int]]:
        """Return (field, name, value, stamp) of the fields of `NO_ARTICLES` that begin so."""
        statement = "SELECT field, id, value, at FROM value WHERE field >= ? AND field < ?"
        return self._database.fetch(statement, field_prefix, f"{field_prefix}\U0010ffff")

    def sum_texts(self, field_prefix: str) -> tuple[int, ...]:
        """Return sums that differ once one of the values of `read_texts` is another."""
        statement = """SELECT count(*), total(at >> 16), total(at & 65535) FROM value
            WHERE field >= ? AND field < ?"""
        rows = self._database.fetch(statement, field_prefix, f"{field_prefix}\U0010ffff")
        return tuple(map(int, rows[0]))

    def find_gestures(self, stamps: Iterable[int]) -> dict[int, list[tuple[GestureId, str]]]:
        """Return the gestures of stamps in the history, each with the name of its device."""
        statement = """SELECT stamp, device, coalesce(name, device)
            FROM json_each(?) wanted CROSS JOIN gesture ON stamp = wanted.value
            LEFT JOIN device ON device.id = device"""
        found: dict[int, list[tuple[GestureId, str]]] = {}
        for stamp, device, name in self._database.fetch(statement, json.dumps([*stamps])):
            found.setdefault(stamp, []).append((GestureId(device, Stamp(stamp)), name))
        return found

    def leave_out_of_history(self, field: str, names: Collection[str]) -> None:
        """Drop things that were refused from gestures of other devices; values stay."""

        def drop(connection: Connection) -> None:
            own, _ = devices.read_own_progress(connection)
            rows = connection.execute(
                """SELECT assignment.rowid, number, ids, count FROM gesture
                JOIN assignment ON gesture = number WHERE device != ? AND field GLOB ?""",
                (own, f"{field.partition(':')[0]}:*"),
            ).fetchall()
            for row, number, ids, count in rows:
                found = list(Ids.from_packs([(count, ids)]))
                packs = Ids(each for each in found if each not in names).packs
                if not packs:
                    connection.execute("DELETE FROM assignment WHERE rowid = ?", (row,))
                    left = "SELECT 1 FROM assignment WHERE gesture = ?"
                    if connection.execute(left, (number,)).fetchone() is None:
                        gesture_table.delete_gestures(connection, [(number,)])
                elif packs[0][0] != count:  # they are no more than one pack had
                    change = "UPDATE assignment SET count = ?, ids = ? WHERE rowid = ?"
                    connection.execute(change, (*packs[0], row))

        self._database.write_counted(drop)

    def read_memo(self, key: str) -> str | None:
        """Return what `set_memo` stored, None if nothing."""
        key = devices.NOTED + key
        return self._database.read(lambda connection: devices.read_value(connection, key))

    def set_memo(self, key: str, text: str | None) -> None:
        """Store what is to be remembered beside the journals, or remove it."""
        key = devices.NOTED + key
        self._database.write_counted(lambda connection: devices.set_value(connection, key, text))

    def read_unwritten(self, limit: int) -> list[Gesture]:
        """Return gestures and positions of this device that are in no journal yet, oldest first."""
        return self._database.read(
            lambda connection: gesture_table.read_unwritten(connection, limit)
        )

    def unwritten_count(self) -> int:
        """Return the number of gestures that are in no journal yet."""
        device, written = self._database.read(devices.read_own_progress)
        statement = "SELECT count(*) FROM gesture WHERE device = ? AND stamp > ? AND in_history < ?"
        return int(self._database.fetch(statement, device, written, gesture_table.LOCAL)[0][0])

    def record_written(self, last: GestureId, mark: SegmentMark) -> None:
        """Record that the gestures of this device up to `last` are in a segment."""

        def record(connection: Connection) -> None:
            put_segments(connection, [mark])
            device, written = devices.read_own_progress(connection)
            written = max(last.stamp, written)
            devices.set_value(connection, devices.WRITTEN, str(written))
            gesture_table.delete_exported(connection, device, written)

        self._database.write_counted(record)

    def sync_folder(self) -> Path | None:
        """Return the folder over which gestures travel, None if they do not."""
        return self._database.read(devices.read_folder)

    def set_sync_folder(self, folder: Path | None) -> None:
        """Store the folder over which gestures travel."""
        self._database.write_counted(lambda connection: devices.set_folder(connection, folder))


def _group_gestures(device: str, rows: Iterable[tuple[int, str, str, str]]) -> Iterator[Gesture]:
    """Yield gestures of a device from sorted rows, each of at most Ids.PACK articles."""
    for stamp, same in groupby(rows, key=itemgetter(0)):
        while some := list(islice(same, Ids.PACK)):
            parts: dict[tuple[str, str], list[ArticleId]] = {}
            for _, field, value, article in some:
                parts.setdefault((field, value), []).append(ArticleId(article))
            assignments = (Assignment(*as_journalled(*key), Ids(ids)) for key, ids in parts.items())
            yield Gesture(GestureId(device, Stamp(stamp)), tuple(assignments))
