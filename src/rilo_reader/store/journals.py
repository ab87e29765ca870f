"""`Journals`: what the journals of devices need of the marks of a library.

Gestures to be written, and those of other devices to be merged; and what is noted of devices, of
segments, and of lines that could not be applied.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.errors import StateError
from rilo_reader.store import devices, gesture_table, restamps
from rilo_reader.store.database import Database
from rilo_reader.store.gestures import (
    Assignment,
    Device,
    Gesture,
    GestureId,
    Ids,
    StampedAssignment,
)
from rilo_reader.store.marks import (
    AHEAD,
    DATED,
    NO_STAMP,
    TEXTS,
    GestureContext,
    HistoryLimits,
    Stamp,
    is_valid,
    stamp_at,
)
from rilo_reader.store.moves import ReusedPaths, copy_to_moved_ids
from rilo_reader.store.value_table import (
    BY_ARTICLE,
    NOTHING,
    Key,
    Stamped,
    as_journalled,
    count_write,
    iter_batches,
    read_values,
    record_revision,
    write_winners,
)

ASIDE_LIMIT = 1_000
"""Rows about lines that were set aside; of more, the oldest are dropped."""


class SeenDevice(NamedTuple):
    """When something of a device was last heard."""

    device: Device
    newest_time: int  # the time of its newest gesture that is here, in milliseconds since 1970


class SegmentMark(NamedTuple):
    """How far a segment of a journal was read or written."""

    path: str  # the file, relative to the folder of journals, with forward slashes
    size: int  # bytes from its beginning
    hash: str  # the SHA-256 of these bytes, in hex
    # the file's time of modification in nanoseconds when its bytes had this hash; 0 if it is
    # unknown
    modified: int = 0


class QuarantinedLines(NamedTuple):
    """Lines of a segment that could not be applied."""

    path: str  # the segment, as in `SegmentMark`
    kind: str  # why: `ahead`, `field`, `version`, `fault` or `unreadable`
    line_count: int
    retry_at: int = 0  # when to try again, in milliseconds since 1970; 0 for no such time
    detail: str = ""  # the unknown field, or what is wrong with the first of the lines


class ClockCorrection(NamedTuple):
    """Stamps that were ahead of the clock, and were replaced once it was right."""

    corrected_at: int  # it was, in milliseconds since 1970
    stamp_count: int
    last_good_stamp: (
        Stamp  # the greatest stamp that was not ahead; greater ones of before mean nothing more
    )
    is_in_journal: bool = False  # whether this device's journal has the new ones, and no others

    @property
    def message(self) -> str:
        """What to tell the user."""
        changes = "1 change was" if self.stamp_count == 1 else f"{self.stamp_count:,} changes were"
        return f"This device's clock was ahead: {changes} given a new date."


class Journals:
    """What journals need of the marks of one library, of which it is a part (`State.journals`).

    As those of `State`, changes are on disk when a method returns, and every method may raise
    StateError.
    """

    def __init__(self, database: Database, rules: GestureContext) -> None:
        self._database = database
        self._rules = rules
        self._read = database.read
        self._write = database.write

    def merge_gestures(
        self,
        gestures: Iterable[Gesture],
        marks: Sequence[SegmentMark],
        *,
        with_history: bool = True,
    ) -> int:
        """Merge gestures of other devices in one transaction; of each field the newest wins.

        Those of each device come in the order in which they were made, none more than a day ahead;
        unknown fields are passed over. `marks` says how far the segments were read. Returns how
        many articles have other marks now.
        """
        is_again = False

        def do(connection: Connection) -> set[ArticleId]:
            nonlocal is_again
            if is_again and isinstance(gestures, Iterator):
                raise StateError("The file of your marks was damaged and restored. Sync again.")
            is_again = True
            changed = _merge_gestures(connection, self._rules, gestures, with_history=with_history)
            _put_segments(connection, marks)
            return changed

        return len(self._write(do))

    def iter_snapshot(self, *, with_unwritten: bool = True) -> Iterator[Gesture]:
        """All values that won, oldest first, as gestures of this device, no matter who made them.

        `read_unwritten` is whether values are among them that gestures in no journal yet say too.
        """
        statement = _WINNERS if with_unwritten else _WRITTEN_WINNERS
        return _group_gestures(self.ensure_device().id, self._database.iter_rows(statement))

    def iter_values(
        self, articles: Collection[ArticleId] | None = None
    ) -> Iterator[tuple[str, str, str, int]]:
        """Rows (field, article, value, stamp) of articles, or all, as the table of values has them.

        Articles have their names, see `value_table.Names`; what never travels is left out.
        """
        if articles is None:
            return self._database.iter_rows("SELECT field, id, value, at FROM value WHERE at > 0")

        def query(connection: Connection) -> list[tuple[str, str, str, int]]:
            names = ReusedPaths(connection)
            wanted = json.dumps([names.name_of(article) for article in articles])
            return connection.execute(_VALUES_OF, (wanted, wanted)).fetchall()

        return iter(self._read(query))

    def read_texts(self, field_prefix: str) -> list[tuple[str, str, str, int]]:
        """Rows (field, name, value, stamp) of the fields of `NO_ARTICLES` that begin so."""
        statement = "SELECT field, id, value, at FROM value WHERE field >= ? AND field < ?"
        wanted = field_prefix, f"{field_prefix}\U0010ffff"
        return self._read(lambda connection: connection.execute(statement, wanted).fetchall())

    def list_gestures_at(self, stamp: int) -> list[tuple[GestureId, str]]:
        """The gestures of a stamp in the history, each with the name of its device."""
        statement = """SELECT device, coalesce(name, device) FROM gesture
            LEFT JOIN device ON device.id = device WHERE stamp = ?"""
        rows = self._read(lambda connection: connection.execute(statement, (stamp,)).fetchall())
        return [(GestureId(device, Stamp(stamp)), name) for device, name in rows]

    def read_memo(self, key: str) -> str | None:
        """What `set_noted` stored, None if nothing."""
        return self._read(lambda connection: devices.read_value(connection, devices.NOTED + key))

    def set_noted(self, key: str, text: str | None) -> None:
        """Store what is to be remembered beside the journals, or remove it."""
        self._write_counted(
            lambda connection: devices.set_value(connection, devices.NOTED + key, text)
        )

    def read_unwritten(self, limit: int) -> list[Gesture]:
        """Gestures of this device that are in no journal yet, positions too, oldest first."""
        return self._read(lambda connection: gesture_table.read_unwritten(connection, limit))

    def unwritten_count(self) -> int:
        """The number of gestures that are in no journal yet."""
        statement = "SELECT count(*) FROM gesture WHERE device = ? AND stamp > ?"
        found = self._read(
            lambda connection: connection.execute(
                statement, devices.read_own_progress(connection)
            ).fetchone()
        )
        return int(found[0])

    def note_written(self, last: GestureId, mark: SegmentMark) -> None:
        """Note that the gestures of this device up to `last` are in a segment."""

        def do(connection: Connection) -> None:
            _put_segments(connection, [mark])
            written = max(last.stamp, devices.read_own_progress(connection)[1])
            devices.set_value(connection, devices.WRITTEN, str(written))
            gesture_table.delete_exported(
                connection, devices.read_own_progress(connection)[0], written
            )

        self._write_counted(do)

    def read_segments(self) -> dict[str, SegmentMark]:
        """How far each segment was read or written, by its path."""
        statement = "SELECT path, size, hash, modified FROM segment"
        rows = self._read(lambda connection: connection.execute(statement).fetchall())
        return {row[0]: SegmentMark(*row) for row in rows}

    def forget_segments(self, paths: Iterable[str]) -> None:
        """Drop what is noted of segments, and what was set aside of them."""
        gone = [(path,) for path in paths]

        def do(connection: Connection) -> None:
            connection.executemany("DELETE FROM segment WHERE path = ?", gone)
            connection.executemany("DELETE FROM aside WHERE path = ?", gone)

        self._write_counted(do)

    def read_restamps(self) -> dict[int, Stamp]:
        """Which stamps were dated anew, each with the one that counts in its place."""
        return self._read(restamps.read_restamps)

    def is_read_again(self) -> bool:
        """Whether all journals are to be read again, see `dating.follow`."""
        return (
            self._read(lambda connection: devices.read_value(connection, restamps.AGAIN))
            is not None
        )

    def note_read_again(self) -> None:
        """Note that they were."""
        self._write_counted(lambda connection: devices.set_value(connection, restamps.AGAIN, None))

    def ensure_device(self) -> Device:
        """This device; made at the first use."""
        return self._read(devices.read_device) or self._write(devices.ensure_device)

    def renew_device(self) -> Device:
        """Become another device, which takes the gestures that are in no journal yet."""

        def do(connection: Connection) -> Device:
            old, written = devices.read_own_progress(connection)
            new = devices.new_device(connection)
            connection.execute(
                "UPDATE gesture SET device = ? WHERE device = ? AND stamp > ?",
                (new.id, old, written),
            )
            return new

        return self._write(do)

    def name_device(self, name: str) -> Device:
        """Call this device otherwise than its host; return it. The name is one clean line."""

        def do(connection: Connection) -> Device:
            devices.set_value(connection, devices.NAME, name)
            named = devices.ensure_device(connection)._replace(name=name)
            connection.execute("UPDATE device SET name = ? WHERE id = ?", (name, named.id))
            return named

        return self._write(do)

    def list_devices(self) -> list[SeenDevice]:
        """The other devices, the last seen first."""
        statement = """SELECT id, name, seen FROM device
            WHERE seen IS NOT NULL AND id <> ? ORDER BY seen DESC, id"""
        rows = self._read(
            lambda connection: connection.execute(
                statement, devices.read_own_progress(connection)[:1]
            ).fetchall()
        )
        return [SeenDevice(Device(key, name), seen) for key, name, seen in rows]

    def set_device_seen(self, device: Device, newest_time: int) -> None:
        """Note the name of another device and the time of its newest gesture, in ms since 1970."""
        self._write_counted(
            lambda connection: connection.execute(
                """INSERT INTO device VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                seen = max(coalesce(seen, 0), excluded.seen)""",
                (*device, newest_time),
            )
        )

    def forget_device(self, device_id: str) -> None:
        """Leave a device out of `list_devices`; the history keeps its name."""
        self._write_counted(
            lambda connection: connection.execute(
                "UPDATE device SET seen = NULL WHERE id = ?", (device_id,)
            )
        )

    def greatest_future_stamp(self) -> Stamp | None:
        """The greatest stamp here, if it is more than a day ahead of the clock."""
        return self._read(lambda connection: _read_future_stamp(connection, self._rules.clock()))

    def restamp_future(self, *, is_right: bool = False) -> ClockCorrection | None:
        """Replace stamps that are more than a day ahead of the clock; None if none is.

        It does not if the clock may be behind instead, unless the user says that it is right.
        """
        if self._database.is_protected or self.greatest_future_stamp() is None:
            return None
        now = self._rules.clock()
        return self._write(lambda connection: _restamp_future(connection, now, is_right=is_right))

    def read_correction(self) -> ClockCorrection | None:
        """When `restamp_future` last did so, None if it did not within ninety days."""
        return self._read(lambda connection: _read_correction(connection, self._rules.clock()))

    def keep_stamped_anew(self, correction: ClockCorrection) -> None:
        """Store what `read_correction` returns."""
        self._write_counted(
            lambda connection: devices.set_value(
                connection, LAST_CORRECTION, json.dumps(correction)
            )
        )

    def quarantine_lines(self, path: str, lines: Sequence[QuarantinedLines]) -> None:
        """Replace what is noted of lines of a segment that could not be applied."""

        def do(connection: Connection) -> None:
            connection.execute("DELETE FROM aside WHERE path = ?", (path,))
            connection.executemany("INSERT INTO aside VALUES (?, ?, ?, ?, ?)", lines)
            connection.execute(
                """DELETE FROM aside WHERE rowid <=
                    (SELECT rowid FROM aside ORDER BY rowid DESC LIMIT 1 OFFSET ?)""",
                (ASIDE_LIMIT,),
            )

        self._write_counted(do)

    def list_quarantined(self) -> list[QuarantinedLines]:
        """What was set aside, by segment; at most ASIDE_LIMIT."""
        statement = "SELECT path, kind, lines, due, detail FROM aside ORDER BY path, rowid"
        rows = self._read(lambda connection: connection.execute(statement).fetchall())
        return [QuarantinedLines(*row) for row in rows]

    def sync_folder(self) -> Path | None:
        """The folder over which gestures travel, None if they do not."""
        return self._read(devices.read_folder)

    def set_sync_folder(self, folder: Path | None) -> None:
        """Store the folder over which gestures travel."""
        self._write_counted(lambda connection: devices.set_folder(connection, folder))

    def _write_counted(self, action: Callable[[Connection], object]) -> None:
        """Write what is not a mark, and count it for the backup."""

        def write_and_count(connection: Connection) -> None:
            action(connection)
            count_write(connection)

        self._write(write_and_count)


def _put_segments(connection: Connection, marks: Sequence[SegmentMark]) -> None:
    connection.executemany("INSERT OR REPLACE INTO segment VALUES (?, ?, ?, ?)", marks)


# -- gestures of other devices ---------------------------------------------------------------------

_STAMP_LIMIT = 1 << 63


def _merge_gestures(
    connection: Connection,
    rules: GestureContext,
    gestures: Iterable[Gesture],
    *,
    with_history: bool,
) -> set[ArticleId]:
    """Let the values of gestures of any device win where they are the greatest."""
    now = rules.clock()
    (newest,) = connection.execute("SELECT stamp FROM clock").fetchone()
    kept = _HistoryMerger(connection, rules.limits, now) if with_history else None
    dated, is_dated = restamps.read_restamps(connection), False

    def iter_assignments() -> Iterator[StampedAssignment]:
        nonlocal newest, is_dated
        for each in gestures:
            gesture = restamps.restamp_gesture(each, dated)
            stamp = gesture.id.stamp
            if not NO_STAMP < stamp < _STAMP_LIMIT:
                continue
            if gesture.assignments and stamp <= stamp_at(now + AHEAD):
                newest = max(newest, stamp)
            if kept is not None:
                kept.add(gesture)
            for field, value, ids in gesture.assignments:
                is_dated |= field.startswith(DATED)
                yield StampedAssignment(field, value, ids, stamp)

    changed = set[ArticleId]()
    for values in iter_batches(iter_assignments()):
        copy_to_moved_ids(connection, values)
        write_winners(connection, values, read_values(connection, sorted(values)), changed)
    if is_dated and (now_dated := restamps.read_restamps(connection)) != dated:
        restamps.restamp_rows(connection, now_dated)
    is_due = kept is not None and kept.finish()
    record_revision(connection, changed, newest)
    if is_due:
        gesture_table.prune_gestures(connection, rules.limits, now)
    return changed


class _HistoryMerger:
    """Keeps the gestures of other devices while they are merged, oldest first.

    Of those that are older than the history's days only the newest of each device are kept. Of
    those that the history does not list, only the stamp of the last one of each device is: the
    rest of its lines may come later, without the line that says so.
    """

    def __init__(self, connection: Connection, limits: HistoryLimits, now: int) -> None:
        self._connection = connection
        self._limits = limits
        self._since = stamp_at(now - limits.days * gesture_table.DAY)
        self._older: dict[str, deque[tuple[Gesture, list[StampedAssignment]]]] = {}
        # The annotations that are merged but not yet written: their value, and its stamp.
        self._annotations: dict[Key, Stamped] = {}
        self._unlisted_stamps: dict[str, int] = json.loads(
            devices.read_value(connection, devices.UNLISTED) or "{}"
        )
        self._is_due = False

    def add(self, gesture: Gesture) -> None:
        """Keep a gesture, or a part of one."""
        parts = [
            part
            for each in gesture.assignments
            for part in self._split_assignment(each, gesture.id)
        ]
        device, stamp = gesture.id
        if not gesture.in_history or self._unlisted_stamps.get(device) == stamp:
            self._unlisted_stamps[device] = stamp
        elif stamp >= self._since:
            self._insert_gesture(gesture, parts)
        else:
            older = self._older.setdefault(device, deque(maxlen=self._limits.gestures))
            older.append((gesture, parts))

    def finish(self) -> bool:
        """Keep what waits; whether it is time to prune."""
        for older in self._older.values():
            for gesture, parts in older:
                self._insert_gesture(gesture, parts)
        unlisted = json.dumps(self._unlisted_stamps) if self._unlisted_stamps else None
        devices.set_value(self._connection, devices.UNLISTED, unlisted)
        return self._is_due

    def _insert_gesture(self, gesture: Gesture, parts: list[StampedAssignment]) -> None:
        parts = [part for part in parts if gesture_table.is_shown([part])]
        about = gesture_table.GestureInfo(gesture.undoes, actor=gesture.actor)
        if parts or gesture.undoes is not None:
            self._is_due |= gesture_table.insert_gesture(self._connection, gesture.id, parts, about)

    def _split_assignment(
        self, assignment: Assignment, gesture: GestureId
    ) -> Iterator[StampedAssignment]:
        """An assignment, one for each article if it has to say what was before."""
        field, value, ids = assignment
        if not is_valid(field, value):
            return
        if not field.startswith(TEXTS):
            yield StampedAssignment(field, value, ids, gesture.stamp)
            return
        for article in ids:
            key = field, article
            at, before = self._annotations.get(key) or read_values(self._connection, [key]).get(
                key, NOTHING
            )
            if (at, before) < (gesture.stamp, value):
                self._annotations[key] = gesture.stamp, value
            else:
                before = ""
            yield StampedAssignment(field, value, Ids([article]), gesture.stamp, before)


# -- all that won, with which a journal begins ----------------------------------------------------

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


def _group_gestures(device: str, rows: Iterable[tuple[int, str, str, str]]) -> Iterator[Gesture]:
    """Gestures of a device from sorted rows, each of at most Ids.PACK articles."""
    for stamp, same in groupby(rows, key=itemgetter(0)):
        while some := list(islice(same, Ids.PACK)):
            parts: dict[tuple[str, str], list[ArticleId]] = {}
            for _, field, value, article in some:
                parts.setdefault((field, value), []).append(ArticleId(article))
            assignments = (Assignment(*as_journalled(*key), Ids(ids)) for key, ids in parts.items())
            yield Gesture(GestureId(device, Stamp(stamp)), tuple(assignments))


# -- stamps return to the true clock --------------------------------------------------------------

LAST_CORRECTION = "anew"
"""Key of the table `sync`: when stamps were given anew last, as JSON."""

CORRECTION_SHOWN_MS = 90 * AHEAD
"""Milliseconds for which it is said, to the user and to other devices."""

_COLUMNS = (("value", "at"), ("gesture", "stamp"), ("gesture", "undoes_stamp"))
_ALL = " UNION ALL ".join(f"SELECT {column} AS at FROM {table}" for table, column in _COLUMNS)  # noqa: S608  # names of ours


def _read_future_stamp(connection: Connection, now: int) -> Stamp | None:
    (greatest,) = connection.execute("SELECT stamp FROM clock").fetchone()
    return Stamp(greatest) if greatest > stamp_at(now + AHEAD) else None


def _restamp_future(connection: Connection, now: int, *, is_right: bool) -> ClockCorrection | None:
    """Give the stamps that are ahead of `now` (ms since 1970) anew; None if none is given.

    It does so if the clock can be believed, or the user says that it is right.
    """
    if _read_future_stamp(connection, now) is None or not (is_right or _is_right(connection, now)):
        return None
    _, written = devices.read_own_progress(connection)
    limit = stamp_at(now + AHEAD)
    statement = f"SELECT max(at) FROM ({_ALL}) WHERE at <= ?"  # noqa: S608
    (newest,) = connection.execute(statement, (limit,)).fetchone()
    good = Stamp(newest or NO_STAMP)
    first = max(stamp_at(now), good + 1)
    connection.execute("DROP TABLE IF EXISTS temp.anew")
    connection.execute("CREATE TEMP TABLE anew(old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    count = connection.execute(
        f"""INSERT INTO temp.anew SELECT at, ? + row_number() OVER (ORDER BY at)
        FROM (SELECT DISTINCT at FROM ({_ALL}) WHERE at > ?)""",  # noqa: S608
        (first, limit),
    ).rowcount
    for table, column in _COLUMNS:
        connection.execute(
            f"""UPDATE {table} SET {column} = (SELECT new FROM temp.anew WHERE old = {column})
            WHERE {column} > ?""",  # noqa: S608
            (limit,),
        )
    restamps.add_restamps(connection)
    connection.execute("DROP TABLE temp.anew")
    connection.execute("UPDATE clock SET stamp = ?", (first + count,))
    connection.execute("UPDATE device SET seen = min(seen, ?)", (now,))
    devices.set_value(connection, devices.WRITTEN, str(min(written, good)))
    before = _read_correction(connection, now)
    after = Stamp(min(good, before.last_good_stamp)) if before else good
    done = ClockCorrection(now, count, after)
    devices.set_value(connection, LAST_CORRECTION, json.dumps(done))
    # Whoever sends values by their stamps has to look at all.
    connection.execute("UPDATE clock SET revision = revision + 1, complete_from = revision + 1")
    connection.execute("DELETE FROM recent")
    count_write(connection)
    return done


def _is_right(connection: Connection, now: int) -> bool:
    """Whether the clock was ahead then, rather than being behind now.

    It may be behind if another device was heard after now, or nothing at all happened before.
    """
    heard, done = connection.execute(
        """SELECT (SELECT max(seen) FROM device),
            EXISTS (SELECT 1 FROM gesture WHERE stamp <= ?)""",
        (stamp_at(now + AHEAD),),
    ).fetchone()
    return (heard or 0) <= now + AHEAD and bool(heard or done)


def _read_correction(connection: Connection, now: int) -> ClockCorrection | None:
    found = devices.read_value(connection, LAST_CORRECTION)
    done = None if found is None else ClockCorrection(*json.loads(found))
    return (
        done
        if done and (not done.is_in_journal or now - done.corrected_at < CORRECTION_SHOWN_MS)
        else None
    )
