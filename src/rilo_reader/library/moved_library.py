"""Bring marks along where a library is opened for the first time, but was known at another path.

Marks are kept by the path of their library, of which nothing is written into the folder itself. A
library that is gone, and most of whose articles are here, is this one: its file of marks is copied,
and stays.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from rilo_reader.index.damage import damage_errors
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import file_key, file_stamp, folder_of, strip_added
from rilo_reader.store.devices import read_library
from rilo_reader.store.folder import scan_folder
from rilo_reader.store.sqlite import connect_read_only
from rilo_reader.store.state_schema import STATE

MANY = 10
"""Articles of which the paths alone show that they are the same."""


class FormerLibrary(NamedTuple):
    """A library whose folder is gone."""

    article_count: int  # its articles that have their paths in the new folder
    folder: Path  # where it was
    marks: Path  # its file of marks

    @property
    def message(self) -> str:
        """A sentence for the user."""
        return (
            f"Your marks and history were moved from {self.folder}, which no longer exists: "
            f"{self.article_count:,} of its articles are in this folder."
        )


def find_known(folder: Path, indexes: Path, own_marks: Path) -> FormerLibrary | None:
    """The library that a folder was, None if it was none.

    `indexes` is the directory of all indexes, `own_marks` the file of its marks, beside those of
    others.
    """
    return max(_iter_candidates(folder, indexes, own_marks), default=None)


def _iter_candidates(folder: Path, indexes: Path, own_marks: Path) -> Iterator[FormerLibrary]:
    for marks in own_marks.parent.glob("*.db"):
        names = (marks.stem, f"{marks.stem}-drafts")
        # Not of pathlib: a cache that may not be looked at has none.
        index = next(filter(os.path.isdir, (indexes / name for name in names)), None)
        if marks == own_marks or index is None:
            continue
        try:
            with closing(connect_read_only(marks, STATE)) as connection:
                was = read_library(connection)
        except (OSError, sqlite3.Error):
            continue
        if was and not was.exists() and (there := _count_same_articles(folder, index)):
            yield FormerLibrary(there, was, marks)


def _count_same_articles(folder: Path, directory: Path) -> int:
    """Count the articles of an index in a folder, if most that are there are of the index.

    A folder that is moved keeps the times of its files. Another copy of it has only the paths, of
    which a few are alike in many folders.
    """
    total = found = same = 0
    with closing(SearchIndex(directory)) as index, damage_errors("read"):
        for entries in filter(None, scan_folder(folder)):
            stamps = index.snapshot.folder_stamps(folder_of(entries[0].path))
            for entry in entries:
                stamp = stamps.get(file_key(entry.path))
                total += 1
                found += stamp is not None
                now = file_stamp(entry.size, entry.mtime_ns)
                same += stamp is not None and strip_added(stamp) == now
    is_copy = found >= MANY and found * 10 >= total * 9
    return found if same * 2 > total or is_copy else 0
