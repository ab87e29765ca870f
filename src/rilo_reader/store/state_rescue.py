"""The state file's backups, and what becomes of a damaged file: nothing is ever deleted."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from rilo_reader.store.state_file import (
    BUSY_SECONDS,
    Identity,
    backup_of,
    beside,
    connect,
    create,
    finish,
    flush,
    flush_folder,
    identity,
    new,
    older_backup_of,
    place,
    thorough_fault,
)


def save_backup(file: Path, *, only: bool = False) -> str:
    """Copy a state file, also one in use, to its backup, if the copy is sound.

    The backup that was there becomes the older one, if it is sound; with `only` both go.

    Returns:
        What is wrong with the state file, "" where the backup was made.
    """
    _sweep(file)
    with beside(file) as copy:
        with closing(connect(file)) as source, closing(new(copy)) as target:
            source.backup(target)
            # A backup is one file, without a log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
        fault = thorough_fault(copy)
        if not fault:
            flush(copy)
            if only:
                older_backup_of(file).unlink(missing_ok=True)
            elif backup_of(file).exists() and not thorough_fault(backup_of(file)):
                with suppress(FileNotFoundError):  # another process was faster
                    backup_of(file).replace(older_backup_of(file))
            copy.replace(backup_of(file))
            flush_folder(file.parent)
        return fault


def _sweep(file: Path) -> None:
    """Take away what backups that were killed have left; a living one is minutes old at most."""
    for left in file.parent.glob(f".{file.name}.*.tmp*"):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - 3600:
                left.unlink()


def replace_damaged(file: Path, judged: Identity, fault: str) -> str:
    """Set a damaged or missing file aside, and put a backup, or an empty file, in its place.

    Args:
        file: the state file; no connection of this process is open on it.
        judged: the file that was found damaged, None where it was found missing.
        fault: what is wrong with it, as a clause.

    Returns:
        One sentence for the user; "" where another process had replaced it already.
    """
    with _only_one(file):
        if identity(file) != judged:
            return ""
        kept = _set_aside(file)
        restored = _restore(file)
    what = "is missing" if judged is None else f"is damaged ({fault})"
    where = f"; the damaged one is kept as {kept.name}" if kept else ""
    return f"The file of your marks, {file}, {what}{restored}{where}."


def _restore(file: Path) -> str:
    """Put the newest sound backup, or an empty file, in the place of a file set aside."""
    spoiled = ""
    for saved in (backup_of(file), older_backup_of(file)):
        if not saved.exists():
            continue
        fault = thorough_fault(saved)
        if fault:
            saved.rename(_free_name(saved))
            spoiled = f" and so is its backup ({fault})"
            continue
        made = datetime.fromtimestamp(saved.stat().st_mtime).astimezone()
        with beside(file) as copy:
            shutil.copyfile(saved, copy)
            finish(copy)
            place(copy, file)
        which = "the older backup" if spoiled else "its backup"
        return f"{spoiled}: {which} of {made:%Y-%m-%d %H:%M} was restored"
    create(file)
    return f"{spoiled or ' and there is no backup'}: marks start afresh"


def needs_rescue(file: Path) -> bool:
    """Whether a file that is missing has left something behind: a backup or a log."""
    left = (backup_of(file), older_backup_of(file), file.with_name(file.name + "-wal"))
    return any(each.exists() for each in left)


def _set_aside(file: Path) -> Path | None:
    """Rename a state file and its log, log first: it must never meet another file."""
    target = _free_name(file)
    kept = None
    for suffix in ("-wal", "-shm", ""):
        part = file.with_name(file.name + suffix)
        if part.exists():
            kept = part.rename(target.with_name(target.name + suffix))
    return kept


def _free_name(file: Path) -> Path:
    stem = f"{file.name}.damaged-{datetime.now().astimezone():%Y-%m-%d}"
    number, target = 1, file.with_name(stem)
    while target.exists() or target.with_name(target.name + "-wal").exists():
        number += 1
        target = file.with_name(f"{stem}-{number}")
    return target


@contextmanager
def _only_one(file: Path) -> Iterator[None]:
    """One process at a time; a killed one lets go."""
    lock = file.with_name(file.name + ".lock")
    with closing(sqlite3.connect(lock, timeout=BUSY_SECONDS, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        yield
