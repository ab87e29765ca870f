"""Tables beside the journals: segments, devices, and lines that could not be applied.

Every method may raise StateError.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import NamedTuple

from rilo_reader.store import devices
from rilo_reader.store.database import Database
from rilo_reader.store.gestures import Device

QUARANTINE_LIMIT = 1_000
"""Rows about lines that could not be applied; of more, the oldest are dropped."""


class SegmentMark(NamedTuple):
    """The part of a segment that was read or written."""

    path: str  # the file, relative to the folder of journals, with forward slashes
    size: int  # bytes from its beginning
    hash: str  # the SHA-256 of these bytes, in hex
    modified: int = 0  # its time in nanoseconds when its bytes had this hash; 0 for unknown


class SegmentTable:
    """The parts of segments that are read or written (`Journals.segments`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> dict[str, SegmentMark]:
        """Return how far each segment was read or written, by its path."""
        rows = self._database.fetch("SELECT path, size, hash, modified FROM segment")
        return {row[0]: SegmentMark(*row) for row in rows}

    def forget(self, paths: Iterable[str]) -> None:
        """Delete the marks of segments, and what is in quarantine of them."""
        gone = [(path,) for path in paths]

        def delete_rows(connection: Connection) -> None:
            connection.executemany("DELETE FROM segment WHERE path = ?", gone)
            connection.executemany("DELETE FROM aside WHERE path = ?", gone)

        self._database.write_counted(delete_rows)


def put_segments(connection: Connection, marks: Sequence[SegmentMark]) -> None:
    """Store how far segments are read or written, within the caller's transaction."""
    connection.executemany("INSERT OR REPLACE INTO segment VALUES (?, ?, ?, ?)", marks)


class DeviceTable:
    """This device and the others (`Journals.devices`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure_own(self) -> Device:
        """Return this device; it is made at the first use."""
        own = self._database.read(devices.read_device)
        return own or self._database.write(devices.ensure_device)

    def renew_own(self) -> None:
        """Become another device, which takes the gestures that are in no journal yet."""

        def renew_device(connection: Connection) -> None:
            old, written = devices.read_own_progress(connection)
            new = devices.new_device(connection)
            for statement in (
                "UPDATE gesture SET device = ? WHERE device = ? AND stamp > ?",
                "UPDATE gesture SET undoes_device = ? WHERE undoes_device = ? AND undoes_stamp > ?",
            ):
                connection.execute(statement, (new.id, old, written))

        self._database.write(renew_device)

    def rename_own(self, name: str) -> None:
        """Call this device otherwise than its host, by one clean line."""

        def rename_device(connection: Connection) -> None:
            devices.set_value(connection, devices.NAME, name)
            own = devices.ensure_device(connection)
            connection.execute("UPDATE device SET name = ? WHERE id = ?", (name, own.id))

        self._database.write(rename_device)

    def list_others(self) -> list[tuple[Device, int]]:
        """Return the other devices with their `newest_time` (`record_seen`), the latest first."""
        own, _ = self._database.read(devices.read_own_progress)
        rows = self._database.fetch(
            """SELECT id, name, seen FROM device
            WHERE seen IS NOT NULL AND id <> ? ORDER BY seen DESC, id""",
            own,
        )
        return [(Device(key, name), seen) for key, name, seen in rows]

    def record_seen(self, device: Device, newest_time: int) -> None:
        """Store the name of another device and the time of its newest gesture, in ms since 1970."""
        self._database.write_counted(
            lambda connection: connection.execute(
                """INSERT INTO device VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                    seen = max(coalesce(seen, 0), excluded.seen)""",
                (*device, newest_time),
            )
        )

    def forget(self, device_id: str) -> None:
        """Leave a device out of `list_others`; the history keeps its name."""
        statement = "UPDATE device SET seen = NULL WHERE id = ?"
        self._database.write_counted(lambda connection: connection.execute(statement, (device_id,)))


class QuarantinedLines(NamedTuple):
    """Lines of a segment that could not be applied."""

    path: str  # the segment, as in `SegmentMark`
    kind: str  # why: `ahead`, `field`, `version`, `fault` or `unreadable`
    line_count: int
    retry_at: int = 0  # when to try again, in milliseconds since 1970; 0 for no such time
    detail: str = ""  # the unknown field, or what is wrong with the first of the lines


class Quarantine:
    """Lines that could not be applied (`Journals.quarantine`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(self, path: str, lines: Sequence[QuarantinedLines]) -> None:
        """Replace what is in quarantine of a segment."""

        def replace_rows(connection: Connection) -> None:
            connection.execute("DELETE FROM aside WHERE path = ?", (path,))
            connection.executemany("INSERT INTO aside VALUES (?, ?, ?, ?, ?)", lines)
            connection.execute(
                """DELETE FROM aside WHERE rowid <=
                    (SELECT rowid FROM aside ORDER BY rowid DESC LIMIT 1 OFFSET ?)""",
                (QUARANTINE_LIMIT,),
            )

        self._database.write_counted(replace_rows)

    def read(self) -> list[QuarantinedLines]:
        """Return what is in quarantine, by segment; at most QUARANTINE_LIMIT rows."""
        rows = self._database.fetch(
            "SELECT path, kind, lines, due, detail FROM aside ORDER BY path, rowid"
        )
        return [QuarantinedLines(*row) for row in rows]
