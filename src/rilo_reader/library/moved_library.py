"""Bring marks and records along where a library is opened that was known at another path.

What is kept of a library is named by its path, of which nothing is written into the folder itself.
Marks know the folder of their library and the file that they were in. So they know their library by
its place in a home that was copied with them, be the old one still there or not. Any other that is
gone is this one if most articles that its index, records and marks know are here.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rilo_reader.errors import IndexDamaged
from rilo_reader.index.damage import damage_errors
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import file_key, file_stamp, folder_of, strip_added
from rilo_reader.paths import Paths, marks_file
from rilo_reader.store.devices import read_library, set_library, split_common_end
from rilo_reader.store.folder import FileEntry, UnreadableError, scan_folder
from rilo_reader.store.sqlite import (
    connect_read_only,
    copy_file,
    needs_rescue,
    open_uri,
    run_renewal,
)
from rilo_reader.store.state_schema import STATE

MANY = 10
"""Articles of which the paths alone show that they are the same."""

FEW = 3
"""The same in a folder that has its place in a home as the other had."""

_IDS = """SELECT id FROM value
    WHERE field IN ('read', 'starred', 'opened') OR field > 'tag:' AND field < 'tag;'"""


class FormerLibrary(NamedTuple):
    """A library that may be the one in a folder; the greatest is the best guess."""

    is_certain: bool
    found_count: int  # its articles that have their paths in the folder
    stamp: int  # of its last change
    known_count: int  # articles of which there are marks or records
    is_carried: bool  # whether its marks were copied here with the home that has it
    folder: Path  # where it was
    marks: Path  # its file of marks

    def describe_move(self) -> str:
        """Return a sentence for the user on marks that were moved."""
        why = "which no longer exists"
        if os.path.exists(self.folder):  # noqa: PTH110  # False where it may not be looked at
            why = "of which this folder is a copy"
        return (
            f"Your marks and history were moved from {self.folder}, {why}: "
            f"{self.found_count:,} of its articles are in this folder."
        )

    def describe_doubt(self, folder: Path) -> str:
        """Return sentences for the user on marks that may not be those of a folder."""
        return (
            f"Your marks and history of {self.folder} are in {self.marks}, but only "
            f"{self.found_count:,} of its {self.known_count:,} known articles are in {folder}. "
            "Copy the articles there first. To begin without marks, move that file elsewhere."
        )


def adopt_former(folder: Path, paths: Paths) -> str:
    """Copy what is kept of the library that a folder was, if nothing is kept of the folder itself.

    Return a reason for the user why that is in doubt or failed, else "".
    """
    own = marks_file(folder, paths)
    if os.path.exists(own) or needs_rescue(own):  # noqa: PTH110  # as above
        return ""
    former = max(_iter_former(folder.resolve(), own, paths.cache / "index"), default=None)
    if former is None:
        return ""
    if not former.is_certain:
        return former.describe_doubt(folder)
    stem = former.marks.stem

    def change(copy: sqlite3.Connection) -> None:
        run_renewal(copy, STATE)
        set_library(copy, folder.resolve(), own.resolve())
        copy.execute("INSERT INTO notice VALUES (?)", (former.describe_move(),))

    try:
        for file in own.parent.glob(f"{stem}.*.db"):  # before the marks, by which all is found
            copy_file(file, own.with_name(f"{own.stem}{file.name.removeprefix(stem)}"))
        copy_file(former.marks, own, change)
        if former.is_carried:  # else they would be found if the home moves back
            for file in own.parent.glob(f"{stem}.*"):
                file.rename(file.with_name(f"{file.name}.moved"))
    except (OSError, sqlite3.Error) as error:
        return f"The marks of {former.folder}, {former.marks}, cannot be copied: {error}."
    return ""


def _iter_former(folder: Path, own: Path, indexes: Path) -> Iterator[FormerLibrary]:
    """Yield the libraries that a folder, absolute and without links, may have been."""
    others = [file for file in own.parent.glob("*.db") if "." not in file.stem]
    batches: list[list[FileEntry]] = []
    with suppress(UnreadableError):
        batches += filter(None, scan_folder(folder)) if others else ()
    here = {entry.path for entry in chain.from_iterable(batches)}
    for marks in others:
        try:
            with closing(connect_read_only(marks, STATE)) as connection:
                was, file = read_library(connection)
                (stamp,) = connection.execute("SELECT stamp FROM clock").fetchone()
                ids = {name for (name,) in connection.execute(_IDS)}
        except (OSError, sqlite3.Error):
            continue
        if was is None or was == folder:
            continue
        now, (before, after) = marks.resolve(), split_common_end(was, folder)
        # Older programs did not say where the marks were.
        is_placed = file is None and now.is_relative_to(after)
        if is_placed and os.path.exists(twin := before / now.relative_to(after)):  # noqa: PTH110
            file = twin
        is_carried = file is not None and _is_moved((file, now), (was, folder))
        if os.path.exists(was) and not is_carried:  # noqa: PTH110
            continue
        known = _read_paths(marks, ids)
        count = sum(path in here for path in known)
        indexed = _count_indexed(
            batches, [indexes / f"{marks.stem}{end}" for end in ("", "-drafts")]
        )
        is_certain = (
            bool(here or not known)
            if is_carried
            else indexed > 0
            or (count >= MANY and count * 10 >= len(here) * 9)
            or (is_placed and count >= FEW and count * 2 >= len(known))
        )
        if is_certain or ((is_placed or is_carried) and known):
            found = max(count, indexed)
            yield FormerLibrary(is_certain, found, stamp, len(known), is_carried, was, marks)


def _is_moved(marks: tuple[Path, Path], folders: tuple[Path, Path]) -> bool:
    """Return whether a folder has the place in a home that another had in the one of its marks."""
    (before, now), (was, folder) = split_common_end(*marks), folders
    return was.is_relative_to(before) and now / was.relative_to(before) == folder


def _read_paths(marks: Path, ids: set[str]) -> set[str]:
    """Return the paths of articles with these ids, and of those in the ledger beside the marks.

    An id of which the ledger knows no path is one, or of a file that the user wrote.
    """
    found: dict[str, str] = {}
    with (
        suppress(OSError, sqlite3.Error),
        closing(open_uri(marks.with_name(f"{marks.stem}.collected.db"), "mode=ro")) as ledger,
    ):
        found.update(ledger.execute("SELECT id, path FROM article"))
    return {*found.values(), *(ids - found.keys())}


def _count_indexed(batches: Sequence[list[FileEntry]], directories: Sequence[Path]) -> int:
    """Count the articles of an index in a folder, if most that are there are of the index.

    A folder that is moved keeps the times of its files. Another copy of it has only the paths, of
    which a few are alike in many folders.
    """
    # Not of pathlib: a cache that may not be looked at has none.
    directory = next(filter(os.path.isdir, directories), None)
    if directory is None:
        return 0
    total = found = same = 0
    with suppress(IndexDamaged), closing(SearchIndex(directory)) as index, damage_errors("read"):
        for entries in batches:
            stamps = index.snapshot.folder_stamps(folder_of(entries[0].path))
            for entry in entries:
                stamp = stamps.get(file_key(entry.path))
                total += 1
                found += stamp is not None
                now = file_stamp(entry.size, entry.mtime_ns)
                same += stamp is not None and strip_added(stamp) == now
    is_copy = found >= MANY and found * 10 >= total * 9
    return found if same * 2 > total or is_copy else 0
