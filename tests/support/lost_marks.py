"""Ways in which the file of a library's marks is lost, while all else of it stays."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from rilo_reader.store.sqlite import backup_path


def _remove(file: Path) -> None:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()


def _remove_alone(file: Path) -> None:
    """Remove it; its backup is there."""
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _folder(file: Path) -> None:
    _remove(file)
    file.mkdir()


def _link_loop(file: Path) -> None:
    _remove(file)
    file.symlink_to(file.name)


def _newer_version(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version=99")


def _garbage(file: Path) -> None:
    _remove_alone(file)
    file.write_bytes(b"no marks at all" * 1_000)


def _older_copy(file: Path) -> None:
    """Put its backup in its place, as somebody does by hand."""
    _remove_alone(file)
    shutil.copyfile(backup_path(file), file)


LOSSES: Mapping[str, Callable[[Path], None]] = {
    "removed": _remove,
    "removed, with a backup": _remove_alone,
    "a folder": _folder,
    "a link loop": _link_loop,
    "a newer version": _newer_version,
    "garbage, with a backup": _garbage,
    "an older copy": _older_copy,
}
"""What is done to the file; it is in no use."""

UNUSABLE = ("a folder", "a link loop", "a newer version")
"""Losses after which no marks can be kept."""
