"""Merge gestures of other devices: values that win, and the history.

Functions run within the caller's transaction.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from sqlite3 import Connection

from rilo_reader.article import ArticleId
from rilo_reader.store import devices, gesture_table, restamps
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids, StampedAssignment
from rilo_reader.store.marks import (
    AHEAD,
    DATED,
    NO_STAMP,
    TEXTS,
    GestureContext,
    HistoryLimits,
    is_valid,
    stamp_at,
)
from rilo_reader.store.moves import copy_to_moved_ids
from rilo_reader.store.value_table import (
    NOTHING,
    Key,
    Stamped,
    iter_batches,
    read_values,
    record_revision,
    write_winners,
)

_STAMP_LIMIT = 1 << 63


def merge_gestures(
    connection: Connection,
    rules: GestureContext,
    gestures: Iterable[Gesture],
    *,
    with_history: bool,
) -> set[ArticleId]:
    """Write the values of gestures that win; return the articles with other marks now."""
    now = rules.clock()
    (newest,) = connection.execute("SELECT stamp FROM clock").fetchone()
    history = _HistoryMerger(connection, rules.limits, now) if with_history else None
    replaced, is_changed = restamps.read_restamps(connection), False

    def iter_assignments() -> Iterator[StampedAssignment]:
        nonlocal newest, is_changed
        for each in gestures:
            gesture = restamps.restamp_gesture(each, replaced)
            stamp = gesture.id.stamp
            if not NO_STAMP < stamp < _STAMP_LIMIT:
                continue
            if gesture.assignments and stamp <= stamp_at(now + AHEAD):
                newest = max(newest, stamp)
            if history is not None:
                history.add(gesture)
            for field, value, ids in gesture.assignments:
                is_changed |= field.startswith(DATED)
                yield StampedAssignment(field, value, ids, stamp)

    changed, restamped = set[ArticleId](), set[ArticleId]()
    for values in iter_batches(iter_assignments()):
        copy_to_moved_ids(connection, values)
        before = read_values(connection, sorted(values))
        write_winners(connection, values, before, changed)
        # The same mark at a later time is no change, but queries ask for times too.
        restamped.update(key[1] for key, old in before.items() if values[key] > old)
    if is_changed and (now_replaced := restamps.read_restamps(connection)) != replaced:
        restamps.restamp_rows(connection, now_replaced)
    is_due = history is not None and history.finish()
    record_revision(connection, changed | restamped, newest)
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
        """Keep what waits; return whether it is time to prune."""
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
        """Yield an assignment, one for each article if it has to say what was before."""
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
