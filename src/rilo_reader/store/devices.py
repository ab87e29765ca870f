"""The table `sync`: this device, and the folder over which marks travel.

Functions run within the caller's transaction.
"""

from __future__ import annotations

import json
import os
import socket
from itertools import takewhile
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
FILE = "file"
BATCH = "batch"
FORMER = "former"
NOTED = "noted:"
STEP = "step:"
FILES = "files:"
"""Keys of the table `sync`: the own id, the name that the user gave, the shared folder, the last
stamp in the own journal, as JSON of each device the stamp of the last gesture that was merged and
is not listed, of each account its cursor, the addresses of the folder of articles and of this file,
the name of the last batch of work that is done once, as JSON what `read_former_ids` returns, memos,
of gestures, by their number, what they changed besides marks, and the list of files that they
brought or changed."""

NAME_LIMIT = 60
"""Characters of the longest name of a device."""


def read_value(connection: Connection, key: str) -> str | None:
    """Return the value of a key, None if there is none."""
    found = connection.execute("SELECT value FROM sync WHERE key = ?", (key,)).fetchone()
    return None if found is None else str(found[0])


def set_value(connection: Connection, key: str, text: str | None) -> None:
    """Store the value of a key, or remove it."""
    if text is None:
        connection.execute("DELETE FROM sync WHERE key = ?", (key,))
    else:
        connection.execute("INSERT OR REPLACE INTO sync VALUES (?, ?)", (key, text))


def read_library(connection: Connection) -> tuple[Path | None, Path | None]:
    """Return the folder of articles that was opened with these marks last, and their file then.

    None for what is unknown: older programs did not store the file.
    """
    addresses = (read_value(connection, key) for key in (LIBRARY, FILE))
    folder, file = (Path(path_from_uri(each)) if each else None for each in addresses)
    return folder, file


def path_from_uri(address: str, *, windows: bool = os.sep == "\\") -> str:
    """Return the path in an address of a file, as `Path.as_uri` makes it of any bytes."""
    path = os.fsdecode(unquote_to_bytes(address.removeprefix("file://")))
    if not windows:
        return path
    return path[1:] if path[2:3] == ":" else f"//{path}"  # a drive, or a folder of another machine


def set_library(connection: Connection, path: Path, file: Path) -> None:
    """Store the folder of articles and the file of these marks, both absolute.

    The shared folder goes with the library if it is in it, or with a home that was copied.
    """
    (old, old_file), shared = read_library(connection), read_folder(connection)
    for was, now in ((old, path), (old_file, file)):
        if was is None or shared is None:
            break
        before, after = split_common_end(was, now)
        if before != after and shared.is_relative_to(before):
            moved = after / shared.relative_to(before)
            if (old is not None and shared.is_relative_to(old)) or moved.is_dir():
                set_folder(connection, moved)
                break
    set_value(connection, LIBRARY, path.as_uri())  # whatever bytes are in its name
    set_value(connection, FILE, file.as_uri())


def split_common_end(old: Path, new: Path) -> tuple[Path, Path]:
    """Return the paths before the part with which both end, as of a home that has another name."""
    ends = zip(old.parts[:0:-1], new.parts[:0:-1], strict=False)
    count = len(list(takewhile(lambda pair: pair[0] == pair[1], ends)))
    return (old, *old.parents)[count], (new, *new.parents)[count]


# -- devices --------------------------------------------------------------------------------------


def ensure_device(connection: Connection) -> Device:
    """Return this device, made if there is none yet."""
    return read_device(connection) or new_device(connection)


def read_device(connection: Connection) -> Device | None:
    """Return this device, None if there is none yet."""
    found = connection.execute(
        "SELECT id, name FROM device WHERE id = (SELECT value FROM sync WHERE key = ?)", (DEVICE,)
    ).fetchone()
    if not found:
        return None
    from rilo_reader.store.gestures import Device

    return Device(*found)


def read_own_progress(connection: Connection) -> tuple[str, int]:
    """Return the id of this device, "" if there is none yet, and the last stamp in its journal."""
    return read_value(connection, DEVICE) or "", int(read_value(connection, WRITTEN) or 0)


def read_former_ids(connection: Connection) -> dict[str, int]:
    """Return the former ids of this device, each with the number of its last gesture done here.

    What came of such an id later was done elsewhere, by a copy of this device.
    """
    return dict(json.loads(read_value(connection, FORMER) or "{}"))


def new_device(connection: Connection) -> Device:
    """Become another device, which can undo what it did as the one before."""
    from rilo_reader.store.gestures import Device

    if (old := read_value(connection, DEVICE)) is not None:
        statement = "SELECT coalesce(max(number), 0) FROM gesture WHERE device = ?"
        (last,) = connection.execute(statement, (old,)).fetchone()
        set_value(connection, FORMER, json.dumps({**read_former_ids(connection), old: last}))
    chosen = read_value(connection, NAME) or socket.gethostname()
    name = clean_line(chosen)[:NAME_LIMIT] or "device"
    new = Device(f"{make_slug(name)[:40] or 'device'}-{os.urandom(4).hex()}", name)
    connection.execute("INSERT INTO device(id, name) VALUES (?, ?)", new)
    set_value(connection, DEVICE, new.id)
    return new


def read_folder(connection: Connection) -> Path | None:
    """Return the shared folder, None if nothing travels."""
    found = read_value(connection, FOLDER)
    return None if found is None else Path(found)


def set_folder(connection: Connection, path: Path | None) -> None:
    """Store the shared folder."""
    set_value(connection, FOLDER, None if path is None else str(path))
