"""What the state knows of devices: this one, others, and over which folder marks travel.

Functions run within the caller's transaction.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from sqlite3 import Connection
from urllib.parse import unquote_to_bytes

from rilo_reader.store.gestures import Device, DeviceSeen
from rilo_reader.text import clean_line, slug

DEVICE = "device"
NAME = "name"
FOLDER = "folder"
WRITTEN = "written"
UNLISTED = "unlisted"
CURSOR = "cursor:"
AGREEMENT = "agreement:"
LIBRARY = "library"
"""Keys of the table `sync`: the own id, the name that the user gave, the shared folder, the last
stamp in the own journal, as JSON what `unlisted` returns, of each account up to where it was
compared and what `agreement` returns; and the address of the folder of articles."""

NAME_LIMIT = 60
"""Characters of the longest name of a device."""


def value(on: Connection, key: str) -> str | None:
    """The value of a key, None if there is none."""
    found = on.execute("SELECT value FROM sync WHERE key = ?", (key,)).fetchone()
    return None if found is None else str(found[0])


def set_value(on: Connection, key: str, text: str | None) -> None:
    """Store the value of a key, or remove it."""
    if text is None:
        on.execute("DELETE FROM sync WHERE key = ?", (key,))
    else:
        on.execute("INSERT OR REPLACE INTO sync VALUES (?, ?)", (key, text))


def library(on: Connection) -> Path | None:
    """The folder of articles that was opened with these marks, None if none was."""
    address = (value(on, LIBRARY) or "").removeprefix("file://")
    return Path(os.fsdecode(unquote_to_bytes(address))) if address else None


def set_library(on: Connection, path: Path) -> None:
    """Store the folder of articles, absolute; journals that were in it go with it."""
    was, journals = library(on), folder(on)
    if was is not None and journals is not None and journals.is_relative_to(was):
        set_folder(on, path / journals.relative_to(was))
    set_value(on, LIBRARY, path.as_uri())  # whatever bytes are in its name


def is_empty(on: Connection) -> bool:
    """Whether nobody ever did anything with these marks."""
    tables = ("value", "gesture", "sync")
    statement = " UNION ALL ".join(f"SELECT 1 FROM {table}" for table in tables)  # noqa: S608
    return on.execute(f"{statement} LIMIT 1").fetchone() is None


def agreement(on: Connection, account: str) -> tuple[int, ...]:
    """The numbers of the last agreement with an account and the one before, of old versions."""
    return tuple(json.loads(value(on, AGREEMENT + account) or "[]"))


# -- devices --------------------------------------------------------------------------------------


def device(on: Connection) -> Device:
    """This device, made if there is none yet."""
    return known_device(on) or _new_device(on)


def known_device(on: Connection) -> Device | None:
    """This device, None if there is none yet."""
    found = on.execute(
        "SELECT id, name FROM device WHERE id = (SELECT value FROM sync WHERE key = ?)", (DEVICE,)
    ).fetchone()
    return Device(*found) if found else None


def own(on: Connection) -> tuple[str, int]:
    """The id of this device, "" if there is none yet, and the last stamp in its journal."""
    return value(on, DEVICE) or "", written(on)


def renew_device(on: Connection) -> Device:
    """Make this another device, to which go the gestures that are not in a journal yet."""
    old = device(on)
    new = _new_device(on)
    on.execute(
        "UPDATE gesture SET device = ? WHERE device = ? AND stamp > ?",
        (new.id, old.id, written(on)),
    )
    return new


def _new_device(on: Connection) -> Device:
    chosen = value(on, NAME) or socket.gethostname()
    name = clean_line(chosen)[:NAME_LIMIT] or "device"
    new = Device(f"{slug(name)[:40] or 'device'}-{secrets.token_hex(4)}", name)
    on.execute("INSERT INTO device(id, name) VALUES (?, ?)", new)
    set_value(on, DEVICE, new.id)
    return new


def name_device(on: Connection, name: str) -> Device:
    """Give this device a name, which it keeps when it takes another id."""
    set_value(on, NAME, name)
    named = device(on)._replace(name=name)
    on.execute("UPDATE device SET name = ? WHERE id = ?", (named.name, named.id))
    return named


def set_device_seen(on: Connection, other: Device, when: int) -> None:
    """Note the name of a device, and the time of its newest gesture."""
    on.execute(
        """INSERT INTO device VALUES (?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name,
            seen = max(coalesce(seen, 0), excluded.seen)""",
        (*other, when),
    )


def devices(on: Connection) -> list[DeviceSeen]:
    """The other devices that were seen, the last seen first."""
    rows = on.execute(
        """SELECT id, name, seen FROM device
        WHERE seen IS NOT NULL AND id <> ? ORDER BY seen DESC, id""",
        (own(on)[0],),
    )
    return [DeviceSeen(Device(key, name), seen) for key, name, seen in rows.fetchall()]


def forget_device(on: Connection, device_id: str) -> None:
    """Leave a device out of `devices`; the history keeps its name."""
    on.execute("UPDATE device SET seen = NULL WHERE id = ?", (device_id,))


def unlisted(on: Connection) -> dict[str, int]:
    """Of each device the stamp of the last gesture that was merged and that is not listed."""
    found: dict[str, int] = json.loads(value(on, UNLISTED) or "{}")
    return found


def set_unlisted(on: Connection, stamps: Mapping[str, int]) -> None:
    """Store what `unlisted` returns."""
    set_value(on, UNLISTED, json.dumps(stamps) if stamps else None)


def folder(on: Connection) -> Path | None:
    """The shared folder, None if nothing travels."""
    found = value(on, FOLDER)
    return None if found is None else Path(found)


def set_folder(on: Connection, path: Path | None) -> None:
    """Store the shared folder."""
    set_value(on, FOLDER, None if path is None else str(path))


def written(on: Connection) -> int:
    """The stamp of the last own gesture that is in a journal, 0 if none is."""
    return int(value(on, WRITTEN) or 0)
