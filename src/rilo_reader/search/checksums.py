"""Whether the files of an index are as they were written: tantivy ends each with a checksum."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import BinaryIO

from rilo_reader.search.errors import IndexDamaged
from rilo_reader.search.footer import read_footer

_PIECE = 1 << 20
_KINDS = ("fast", "fieldnorm", "idx", "pos", "store", "term")


def check_files(home: Path, meta: Path) -> None:
    """Read every file of the parts that a commit names; a gigabyte takes about a second.

    Args:
        home: the index's directory.
        meta: the commit.

    Raises:
        IndexDamaged: a file cannot be read or is not what was written.
    """
    while True:
        commit = _read(meta)
        try:
            for name in files_of(commit):
                _check(home / name)
        except IndexDamaged:
            # The files of a commit go away when another process makes the next one.
            if _read(meta) == commit:
                raise
        else:
            return


def _read(meta: Path) -> bytes:
    try:
        return meta.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"The index could not be read: {error}") from error


def files_of(commit: bytes) -> list[str]:
    """The names of the files that a commit is made of.

    Raises:
        IndexDamaged: it does not say so as tantivy does.
    """
    names: list[str] = []
    try:
        for part in json.loads(commit)["segments"]:
            name = part["segment_id"].replace("-", "")
            names += (f"{name}.{kind}" for kind in _KINDS)
            if part["deletes"]:
                names.append(f"{name}.{part['deletes']['opstamp']}.del")
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamaged("The index could not be read: its list of parts is broken.") from error
    return names


def _check(path: Path) -> None:
    try:
        with path.open("rb") as file:
            footer = read_footer(file)
            is_whole = _sum(file, footer.start) == footer.crc
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"The index could not be read: {path.name}: {error}") from error
    if not is_whole:
        raise IndexDamaged(f"The index could not be read: {path.name} is not as it was written.")


def _sum(file: BinaryIO, end: int) -> int:
    """The checksum of the bytes before `end`."""
    file.seek(0)
    crc = 0
    while piece := file.read(min(_PIECE, end - file.tell())):
        crc = zlib.crc32(piece, crc)
    return crc
