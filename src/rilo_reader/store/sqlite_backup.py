"""Backups of SQLite files, and what replaces a damaged one.

No file is ever deleted because it is damaged: it is renamed, and the newest sound backup takes
its place.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from rilo_reader.files import flush_folder
from rilo_reader.store.sqlite import (
    BUSY_SECONDS,
    FileKind,
    Identity,
    beside,
    connect,
    connect_read_only,
    create,
    exclusive,
    finish,
    flush,
    identity,
    new,
    place,
    thorough_fault,
)


def backup_of(file: Path) -> Path:
    """The path of the backup of a file."""
    return file.with_name(file.name + ".backup")


def older_backup_of(file: Path) -> Path:
    """The path of the backup before the last one."""
    return file.with_name(file.name + ".backup-older")


def writes(file: Path, kind: FileKind) -> int:
    """The write counter of a file that nobody else uses; -1 if it cannot be read."""
    try:
        with closing(connect_read_only(file, kind)) as connection:
            return int(connection.execute("SELECT writes FROM clock").fetchone()[0])
    except sqlite3.Error:
        return -1


def save_backup(file: Path, kind: FileKind, *, only: bool = False) -> str:
    """Copy a file, which may be in use, to its backup, if the copy is sound.

    A sound previous backup becomes the older one; with `only` both are deleted.

    Returns:
        The fault of the file, or "" if the backup was made.
    """
    _sweep(file)
    with beside(file) as copy:
        with closing(connect(file)) as source, closing(new(copy)) as target:
            source.backup(target)
            # A backup is one file, without a log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
        fault = thorough_fault(copy, kind)
        if not fault:
            flush(copy)
            if only:
                older_backup_of(file).unlink(missing_ok=True)
            elif backup_of(file).exists() and not thorough_fault(backup_of(file), kind):
                with suppress(FileNotFoundError):  # another process was faster
                    backup_of(file).replace(older_backup_of(file))
            copy.replace(backup_of(file))
            flush_folder(file.parent)
        return fault


def _sweep(file: Path) -> None:
    """Delete temporary files of killed processes; those in use are minutes old at most."""
    for leftover in file.parent.glob(f".{file.name}.*.tmp*"):
        with suppress(OSError):
            if leftover.stat().st_mtime < time.time() - 3600:
                leftover.unlink()


def replace_damaged(file: Path, kind: FileKind, examined: Identity, fault: str) -> str:
    """Rename a damaged file and put a backup, or an empty file, in its place.

    Args:
        file: the file; this process has no open connection to it.
        kind: its kind.
        examined: the file that was found damaged, None if it was found missing.
        fault: what is wrong with it, as a clause.

    Returns:
        A sentence for the user; "" if another process had replaced it already.
    """
    with exclusive(file.with_name(file.name + ".lock"), BUSY_SECONDS):
        if identity(file) != examined:
            return ""
        renamed = set_aside(file)
        restored = _restore(file, kind)
    what = "is missing" if examined is None else f"is damaged ({fault})"
    where = f"; the damaged one is kept as {renamed.name}" if renamed else ""
    return f"The file of your {kind.contents}, {file}, {what}{restored}{where}."


def _restore(file: Path, kind: FileKind) -> str:
    """Restore the newest sound backup, or create an empty file; return what was done."""
    damage = ""
    for saved in (backup_of(file), older_backup_of(file)):
        if not saved.exists():
            continue
        fault = thorough_fault(saved, kind)
        if fault:
            saved.rename(_free_name(saved))
            damage = f" and so is its backup ({fault})"
            continue
        made = datetime.fromtimestamp(saved.stat().st_mtime).astimezone()
        with beside(file) as copy:
            shutil.copyfile(saved, copy)
            finish(copy, kind)
            place(copy, file)
        which = "the older backup" if damage else "its backup"
        return f"{damage}: {which} of {made:%Y-%m-%d %H:%M} was restored"
    create(file, kind)
    return f"{damage or ' and there is no backup'}: {kind.contents} start afresh"


def needs_rescue(file: Path) -> bool:
    """Whether a backup or a log exists of a file that is missing."""
    leftover = (backup_of(file), older_backup_of(file), file.with_name(file.name + "-wal"))
    return any(each.exists() for each in leftover)


def set_aside(file: Path) -> Path | None:
    """Rename a file and its log; log first, since it must never meet another file."""
    target = _free_name(file)
    renamed = None
    for suffix in ("-wal", "-shm", ""):
        part = file.with_name(file.name + suffix)
        if part.exists():
            renamed = part.rename(target.with_name(target.name + suffix))
    return renamed


def _free_name(file: Path) -> Path:
    stem = f"{file.name}.damaged-{datetime.now().astimezone():%Y-%m-%d}"
    number, target = 1, file.with_name(stem)
    while target.exists() or target.with_name(target.name + "-wal").exists():
        number += 1
        target = file.with_name(f"{stem}-{number}")
    return target
