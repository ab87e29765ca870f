"""The tables of gestures: what was done where and when, what is undone, what waits for a journal.

Functions run within the caller's transaction.
"""

import json
from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import Any, NamedTuple

from rilo_reader.store import devices
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids, StampedAssignment
from rilo_reader.store.marks import (
    DATED,
    FEED,
    MOVED,
    POSITION,
    REUSED_PATH,
    SETTING,
    HistoryLimits,
    Stamp,
    stamp_at,
)

HIDDEN_FIELDS = (POSITION, MOVED, REUSED_PATH, DATED)
"""Fields that nobody sets on purpose."""

DAY = 24 * 60 * 60 * 1000

_ROW_SIZE = 100  # bytes of a row beside its values, roughly
_PRUNE_EVERY = 100  # gestures
_LARGE = 100_000  # bytes


# -- keep -----------------------------------------------------------------------------------------


UNLISTED, STEP, NO_STEP, LOCAL, LOCAL_NO_STEP = range(5)
"""Values of the column `in_history`: the history does not list it; it is a step of undo, or not,
such as what was imported; it never travels, since it only names a step, see `StepRecords`, or what
was one until undo said that it cannot take it back."""


class GestureInfo(NamedTuple):
    """A gesture without its id and values: its origin, and if the history lists it."""

    undoes: GestureId | None = None  # None: it takes none back
    in_history: int = STEP
    actor: str = ""  # who did it, if not the user by hand


BY_HAND = GestureInfo()


def insert_gesture(
    connection: Connection,
    gesture: GestureId,
    parts: Sequence[StampedAssignment],
    info: GestureInfo = BY_HAND,
) -> bool:
    """Store a gesture of any device, or more of it; return whether it is time to prune."""
    rows, size = _make_rows(parts)
    is_shown_part = info.undoes is not None or info.in_history == LOCAL or is_shown(parts)
    listed = info.in_history if is_shown_part else UNLISTED
    target = info.undoes or (None, None)
    found = connection.execute(
        """INSERT INTO gesture(
            device, stamp, undoes_device, undoes_stamp, in_history, size, made_by)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING number""",
        (*gesture, *target, listed, size, info.actor),
    ).fetchall()
    if not found:
        rows, size = _make_rows(
            [part for each in parts if (part := _new_part(connection, gesture, each)).ids]
        )
        found = connection.execute(
            """UPDATE gesture SET size = size + ?, in_history = max(in_history, ?),
                undoes_device = coalesce(undoes_device, ?),
                undoes_stamp = coalesce(undoes_stamp, ?)
            WHERE device = ? AND stamp = ? RETURNING number""",
            (size, listed, *target, *gesture),
        ).fetchall()
    number = found[0][0]
    connection.executemany(
        "INSERT INTO assignment VALUES (?, ?, ?, ?, ?, ?)", [(number, *row) for row in rows]
    )
    return number % _PRUNE_EVERY == 0 or size >= _LARGE


def _make_rows(
    parts: Iterable[StampedAssignment],
) -> tuple[list[tuple[str, str, str | None, int, bytes]], int]:
    rows = [
        (part.field, part.value, part.value_before, count, ids)
        for part in parts
        for count, ids in part.ids.packs
    ]
    return rows, sum(len(ids) + len(value) + _ROW_SIZE for _, value, _, _, ids in rows)


def _new_part(
    connection: Connection, gesture: GestureId, part: StampedAssignment
) -> StampedAssignment:
    """Return a part with the ids that are not stored yet: a gesture may come again."""
    stored = connection.execute(
        """SELECT count, ids FROM gesture JOIN assignment ON gesture = number
        WHERE device = ? AND stamp = ? AND field = ? AND value = ?""",
        (*gesture, part.field, part.value),
    ).fetchall()
    if not stored:
        return part
    if part.ids.packs == tuple(stored):
        return part._replace(ids=Ids())
    stored_ids = set(Ids.from_packs(stored))
    return part._replace(ids=Ids(article for article in part.ids if article not in stored_ids))


def is_shown(parts: Iterable[StampedAssignment | Assignment]) -> bool:
    """Return whether any of the parts is of a field that the history shows."""
    return not all(part.field.startswith(HIDDEN_FIELDS) for part in parts)


def to_assignments(parts: Iterable[StampedAssignment]) -> tuple[Assignment, ...]:
    """Return assignments of parts, of which several may have one field and value."""
    packs: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    for part in parts:
        packs.setdefault((part.field, part.value), []).extend(part.ids.packs)
    return tuple(Assignment(*key, Ids.from_packs(stored)) for key, stored in packs.items())


def prune_gestures(connection: Connection, limits: HistoryLimits, now: int) -> None:
    """Drop gestures beyond the limits, but for those of this device that have yet to travel."""
    travels = devices.read_folder(connection) is not None
    device, written = devices.read_own_progress(connection) if travels else ("", 0)
    dropped = connection.execute(
        """SELECT number FROM (
            SELECT number, device, stamp,
                row_number() OVER newest_first AS place, sum(size) OVER newest_first AS total
            FROM gesture WINDOW newest_first AS (PARTITION BY device ORDER BY stamp DESC))
        WHERE (place > :gestures AND stamp < :since OR total > :size AND place > 1)
            AND NOT (device = :device AND stamp > :written)""",
        {
            "gestures": limits.gestures,
            "since": stamp_at(now - limits.days * DAY),
            "size": limits.size,
            "device": device,
            "written": written,
        },
    ).fetchall()
    delete_gestures(connection, dropped)


def delete_gestures(connection: Connection, numbers: Sequence[tuple[int]]) -> None:
    """Drop gestures by their numbers."""
    keys = (devices.STEP, devices.FILES)
    steps = [(f"{key}{number}",) for (number,) in numbers for key in keys]
    connection.executemany("DELETE FROM sync WHERE key = ?", steps)
    connection.executemany("DELETE FROM assignment WHERE gesture = ?", numbers)
    connection.executemany("DELETE FROM gesture WHERE number = ?", numbers)


def delete_exported(connection: Connection, device: str, up_to: int) -> None:
    """Drop gestures of a device that are in its journal and not in the history."""
    statement = "SELECT number FROM gesture WHERE device = ? AND stamp <= ? AND NOT in_history"
    delete_gestures(connection, connection.execute(statement, (device, up_to)).fetchall())


# -- read -----------------------------------------------------------------------------------------


def read_assignments(connection: Connection, gesture: GestureId) -> list[StampedAssignment]:
    """Return what a gesture gave, and annotations before; empty if it is not stored."""
    rows = connection.execute(
        """SELECT field, value, before, count, ids
        FROM gesture JOIN assignment ON gesture = number
        WHERE device = ? AND stamp = ? ORDER BY assignment.rowid""",
        gesture,
    )
    return [
        StampedAssignment(field, value, Ids.from_packs([(count, ids)]), gesture.stamp, before)
        for field, value, before, count, ids in rows.fetchall()
    ]


def read_unwritten(connection: Connection, limit: int) -> list[Gesture]:
    """Return gestures of this device that are in no journal yet, oldest first."""
    rows = connection.execute(
        """SELECT device, stamp, undoes_device, undoes_stamp, in_history, made_by
        FROM gesture WHERE device = ? AND stamp > ? AND in_history < ? ORDER BY stamp LIMIT ?""",
        (*devices.read_own_progress(connection), LOCAL, limit),
    ).fetchall()
    found = []
    for device, stamp, undoes_device, undoes_stamp, in_history, actor in rows:
        gesture = GestureId(device, Stamp(stamp))
        assignments = to_assignments(read_assignments(connection, gesture))
        # Of fields that no history shows, nothing has to be said.
        is_listed = bool(in_history) or not is_shown(assignments)
        undoes = None if undoes_device is None else GestureId(undoes_device, Stamp(undoes_stamp))
        found.append(Gesture(gesture, assignments, undoes, is_listed, actor))
    return found


# -- undo -----------------------------------------------------------------------------------------


class UndoGraph:
    """The gestures that are undone: those with a stored undo that is not undone itself."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(
            """SELECT device, stamp, undoes_device, undoes_stamp FROM gesture
            WHERE undoes_device IS NOT NULL AND stamp > undoes_stamp ORDER BY stamp DESC"""
        )
        self._target: dict[GestureId, GestureId] = {}
        self.undone_ids: set[GestureId] = set()
        # Newest first, so that what takes an undo back is seen before the undo.
        for device, stamp, undoes_device, undoes_stamp in rows.fetchall():
            undo, target = GestureId(device, stamp), GestureId(undoes_device, undoes_stamp)
            self._target[undo] = target
            if undo not in self.undone_ids:
                self.undone_ids.add(target)

    def resolve_target(self, gesture: GestureId) -> tuple[GestureId, int]:
        """Follow undos to their gesture; return it and the steps (1 undone, 2 redone)."""
        steps = 0
        while (target := self._target.get(gesture)) is not None:
            gesture, steps = target, steps + 1
        return gesture, steps

    def list_effective(self, gestures: Iterable[GestureId] | None = None) -> list[GestureId]:
        """Return the undos, no redos, that are not undone; of all gestures newest first."""
        undos = self._target if gestures is None else gestures
        current = (undo for undo in undos if undo not in self.undone_ids)
        return [undo for undo in current if self.resolve_target(undo)[1] % 2]


# Done on this device, also under the ids that it had before.
_IS_OWN_DEVICE = """(device = :device OR EXISTS (SELECT 1 FROM json_each(:former)
    WHERE key = device AND number <= json_each.value))"""


# What the user did. What a file had when it joined, or was changed in an editor, is none; what a
# command changed in it is kept with its gesture.
_IS_STEP = f"""(in_history IN ({STEP}, {LOCAL}) AND undoes_device IS NULL AND (
    EXISTS (SELECT 1 FROM sync WHERE key = '{devices.STEP}' || number) OR NOT EXISTS (
        SELECT 1 FROM assignment WHERE gesture = number
        AND (field GLOB '{FEED}*' OR field GLOB '{SETTING}*'))))"""  # noqa: S608  # names of ours


def _own_device_params(connection: Connection) -> dict[str, Any]:
    return {
        "device": devices.read_own_progress(connection)[0],
        "former": json.dumps(devices.read_former_ids(connection)),
    }


def list_undoable(connection: Connection, by_program_since: int | None = None) -> list[GestureId]:
    """Return the gestures of this device that are neither an undo nor undone, newest first.

    Or of those only that the user did not do by hand, after a time in milliseconds since 1970.
    """
    since = 0 if by_program_since is None else stamp_at(by_program_since)
    undone = UndoGraph(connection).undone_ids
    rows = connection.execute(
        f"""SELECT device, stamp FROM gesture
        WHERE {_IS_OWN_DEVICE} AND {_IS_STEP}
            AND stamp > :since AND (:all OR made_by != '') ORDER BY stamp DESC""",  # noqa: S608
        {**_own_device_params(connection), "since": since, "all": by_program_since is None},
    )
    return [gesture for row in rows.fetchall() if (gesture := GestureId(*row)) not in undone]


def list_redoable(connection: Connection) -> list[GestureId]:
    """Return the undos of this device that are not undone, with nothing done after them."""
    rows = connection.execute(
        f"""SELECT device, stamp FROM gesture WHERE {_IS_OWN_DEVICE}
        AND in_history IN ({STEP}, {LOCAL}) AND stamp > coalesce((SELECT max(stamp) FROM gesture
            WHERE {_IS_OWN_DEVICE} AND {_IS_STEP}), 0)
        ORDER BY stamp DESC""",  # noqa: S608
        _own_device_params(connection),
    )
    return UndoGraph(connection).list_effective([GestureId(*row) for row in rows.fetchall()])


def list_undos(connection: Connection, gesture: GestureId) -> list[GestureId]:
    """Return the undos of a gesture that are not undone, newest first."""
    undos = UndoGraph(connection)
    return [undo for undo in undos.list_effective() if undos.resolve_target(undo)[0] == gesture]
