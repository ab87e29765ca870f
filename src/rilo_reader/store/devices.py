"""What the state knows of devices: this one, others, and over which folder marks travel.

Functions run within the caller's transaction.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from rilo_reader.text import clean_line, make_slug

if TYPE_CHECKING:
    from rilo_reader.store.gestures import Device

DEVICE = "device"
NAME = "name"
FOLDER = "folder"
WRITTEN = "written"
UNLISTED = "unlisted"
CURSOR = "cursor:"
LIBRARY = "library"
BATCH = "batch"
FORMER = "former"
NOTED = "noted:"
"""Keys of the table `sync`: the own id, the name that the user gave, the shared folder, the last
stamp in the own journal, as JSON of each device the stamp of the last gesture that was merged and
is not listed, of each account up to where it was compared; the address of the folder of articles;
what names the last batch of work that is done once; as JSON what `former` returns; and what else
is noted beside journals."""

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
    address = value(on, LIBRARY)
    return Path(path_in(address)) if address else None


def path_in(address: str, *, windows: bool = os.sep == "\\") -> str:
    """The path in an address of a file, as `Path.as_uri` makes it of any bytes."""
    path = os.fsdecode(unquote_to_bytes(address.removeprefix("file://")))
    if not windows:
        return path
    return path[1:] if path[2:3] == ":" else f"//{path}"  # a drive, or a folder of another machine


def set_library(on: Connection, path: Path) -> None:
    """Store the folder of articles, absolute; journals that were in it go with it."""
    was, journals = library(on), folder(on)
    if was is not None and journals is not None and journals.is_relative_to(was):
        set_folder(on, path / journals.relative_to(was))
    set_value(on, LIBRARY, path.as_uri())  # whatever bytes are in its name


# -- devices --------------------------------------------------------------------------------------


def device(on: Connection) -> Device:
    """This device, made if there is none yet."""
    return known_device(on) or new_device(on)


def known_device(on: Connection) -> Device | None:
    """This device, None if there is none yet."""
    found = on.execute(
        "SELECT id, name FROM device WHERE id = (SELECT value FROM sync WHERE key = ?)", (DEVICE,)
    ).fetchone()
    if not found:
        return None
    from rilo_reader.store.gestures import Device

    return Device(*found)


def own(on: Connection) -> tuple[str, int]:
    """The id of this device, "" if there is none yet, and the last stamp in its journal."""
    return value(on, DEVICE) or "", int(value(on, WRITTEN) or 0)


def former(on: Connection) -> dict[str, int]:
    """The ids that this device had before, each with the number of its last gesture done here.

    What came of such an id later was done elsewhere, by a copy of this device.
    """
    return dict(json.loads(value(on, FORMER) or "{}"))


def new_device(on: Connection) -> Device:
    """Become another device, which can undo what it did as the one before."""
    from rilo_reader.store.gestures import Device

    if (old := value(on, DEVICE)) is not None:
        statement = "SELECT coalesce(max(number), 0) FROM gesture WHERE device = ?"
        (last,) = on.execute(statement, (old,)).fetchone()
        set_value(on, FORMER, json.dumps({**former(on), old: last}))
    chosen = value(on, NAME) or socket.gethostname()
    name = clean_line(chosen)[:NAME_LIMIT] or "device"
    new = Device(f"{make_slug(name)[:40] or 'device'}-{os.urandom(4).hex()}", name)
    on.execute("INSERT INTO device(id, name) VALUES (?, ?)", new)
    set_value(on, DEVICE, new.id)
    return new


def folder(on: Connection) -> Path | None:
    """The shared folder, None if nothing travels."""
    found = value(on, FOLDER)
    return None if found is None else Path(found)


def set_folder(on: Connection, path: Path | None) -> None:
    """Store the shared folder."""
    set_value(on, FOLDER, None if path is None else str(path))
