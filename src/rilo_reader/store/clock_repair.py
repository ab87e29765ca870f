"""Repair of stamps that are ahead of the clock: once it is right, they are replaced for good."""

from __future__ import annotations

import json
from sqlite3 import Connection
from typing import NamedTuple

from rilo_reader.store import devices, restamps
from rilo_reader.store.database import Database
from rilo_reader.store.marks import AHEAD, NO_STAMP, GestureContext, Stamp, stamp_at
from rilo_reader.store.value_table import count_write

LAST_CORRECTION = "anew"
"""Key of the table `sync`: the last correction, as JSON."""

CORRECTION_SHOWN_MS = 90 * AHEAD
"""Milliseconds for which a correction is shown to the user, and told other devices."""

_COLUMNS = (("value", "at"), ("gesture", "stamp"), ("gesture", "undoes_stamp"))
_ALL = " UNION ALL ".join(f"SELECT {column} AS at FROM {table}" for table, column in _COLUMNS)  # noqa: S608  # names of ours


class ClockCorrection(NamedTuple):
    """Stamps that were ahead of the clock, and were replaced once it was right."""

    corrected_at: int  # in milliseconds since 1970
    stamp_count: int
    last_good_stamp: Stamp  # the greatest that was not ahead; greater ones of before are void
    is_in_journal: bool = False  # whether this device's journal has the new ones, and no others

    @property
    def message(self) -> str:
        """A message for the user."""
        changes = "1 change was" if self.stamp_count == 1 else f"{self.stamp_count:,} changes were"
        return f"This device's clock was ahead: {changes} given a new date."


class ClockRepair:
    """Replaces stamps that are ahead (`Journals.clock`); methods raise StateError."""

    def __init__(self, database: Database, context: GestureContext) -> None:
        self._database = database
        self._now = context.clock

    def greatest_future_stamp(self) -> Stamp | None:
        """Return the greatest stamp here, if it is more than a day ahead of the clock."""
        ((greatest,),) = self._database.fetch("SELECT stamp FROM clock")
        return Stamp(greatest) if greatest > stamp_at(self._now() + AHEAD) else None

    def restamp_future(self, *, is_right: bool = False) -> ClockCorrection | None:
        """Replace stamps that are more than a day ahead of the clock; None if none is.

        It does not if the clock may be behind instead, unless the user says that it is right.
        """
        if self._database.is_protected or self.greatest_future_stamp() is None:
            return None
        now = self._now()
        return self._database.write(
            lambda connection: _restamp_future(connection, now, is_right=is_right)
        )

    def read_correction(self) -> ClockCorrection | None:
        """Return the last correction, None if there was none within ninety days."""
        return self._database.read(lambda connection: _read_correction(connection, self._now()))

    def save_correction(self, correction: ClockCorrection) -> None:
        """Save the last correction of the clock."""
        text = json.dumps(correction)
        self._database.write_counted(
            lambda connection: devices.set_value(connection, LAST_CORRECTION, text)
        )

    def read_restamps(self) -> dict[int, Stamp]:
        """Map each replaced stamp, of any device, to its replacement."""
        return self._database.read(restamps.read_restamps)

    def must_read_again(self) -> bool:
        """Return whether all journals are to be read again, see `restamps.restamp_rows`."""
        return self._database.read(
            lambda connection: devices.read_value(connection, restamps.AGAIN) is not None
        )

    def record_read_again(self) -> None:
        """Record that all journals were read again."""
        self._database.write_counted(
            lambda connection: devices.set_value(connection, restamps.AGAIN, None)
        )


def _restamp_future(connection: Connection, now: int, *, is_right: bool) -> ClockCorrection | None:
    """Replace the stamps that are ahead of `now` (ms since 1970); None if none is.

    It does so if the clock can be believed, or the user says that it is right.
    """
    limit = stamp_at(now + AHEAD)
    (greatest,) = connection.execute("SELECT stamp FROM clock").fetchone()
    if greatest <= limit or not (is_right or _is_right(connection, now)):
        return None
    _, written = devices.read_own_progress(connection)
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
    correction = ClockCorrection(now, count, after)
    devices.set_value(connection, LAST_CORRECTION, json.dumps(correction))
    # Whoever sends values by their stamps has to look at all.
    connection.execute("UPDATE clock SET revision = revision + 1, complete_from = revision + 1")
    connection.execute("DELETE FROM recent")
    count_write(connection)
    return correction


def _is_right(connection: Connection, now: int) -> bool:
    """Return whether the clock was ahead then, rather than being behind now.

    It may be behind if another device was heard after now, or nothing at all happened before.
    """
    heard, done = connection.execute(
        """SELECT (SELECT max(seen) FROM device),
            EXISTS (SELECT 1 FROM gesture WHERE stamp <= ?)""",
        (stamp_at(now + AHEAD),),
    ).fetchone()
    return (heard or 0) <= now + AHEAD and bool(heard or done)


def _read_correction(connection: Connection, now: int) -> ClockCorrection | None:
    """Return the last correction, None if there was none or it is told long enough."""
    found = devices.read_value(connection, LAST_CORRECTION)
    if found is None:
        return None
    correction = ClockCorrection(*json.loads(found))
    is_over = correction.is_in_journal and now - correction.corrected_at >= CORRECTION_SHOWN_MS
    return None if is_over else correction
