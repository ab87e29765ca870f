"""Whether the files of an index are as they were written: tantivy ends each with a checksum.

A file of words or of titles in which a bit has flipped gives wrong answers long before it gives an
error, and then a panic. Reading all files takes a second for a gigabyte, so it is noted beside them
what they looked like when they were known to be whole: only what looks different is read.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rilo_reader.search.errors import IndexDamaged
from rilo_reader.search.footer import read_footer

KNOWN = "whole.json"
"""The file that notes what the files of a commit looked like."""

_PIECE = 1 << 20
_KINDS = ("fast", "fieldnorm", "idx", "pos", "store", "term")


class _Known(NamedTuple):
    """What a commit looked like when it was whole.

    Attributes:
        parts: its number and the names of its files, which tell commits apart.
        crc: the checksum of the file that says so, which tantivy gives none.
        looks: size, time and number of each file, by its name.
    """

    parts: list[object]
    crc: int
    looks: dict[str, list[int]]


def note_files(home: Path, meta: Path, *, were_read: bool = False) -> None:
    """Note what the files of a commit look like that were just written, or all just read."""
    with suppress(OSError, IndexDamaged):
        commit, before = _read(meta), _noted(home)
        looks = {} if were_read else before.looks
        looks = {name: looks.get(name) or _look(home / name) for name in files_of(commit)}
        known = _Known(_parts(commit), zlib.crc32(commit), looks)
        if known != before:
            passing = home / f"{KNOWN}.{os.getpid()}-{time.monotonic_ns()}"
            passing.write_text(json.dumps(known), encoding="ascii")
            passing.replace(home / KNOWN)


def check_changed(home: Path, meta: Path) -> None:
    """Read the files of a commit that do not look as they did when they were whole.

    Raises:
        IndexDamaged: a file cannot be read or is not what was written.
    """
    commit, known = _read(meta), _noted(home)
    if known.parts == _parts(commit) and known.crc != zlib.crc32(commit):
        raise IndexDamaged("The index could not be read: its list of parts is broken.")
    with suppress(OSError):
        if all(_look(home / name) == known.looks.get(name) for name in files_of(commit)):
            return
    check_files(home, meta, known.looks)
    note_files(home, meta, were_read=True)


def check_files(home: Path, meta: Path, known: Mapping[str, list[int]] | None = None) -> None:
    """Read every file of the parts that a commit names; a gigabyte takes about a second.

    Args:
        home: the index's directory.
        meta: the commit.
        known: what files looked like that need not be read while they look so.

    Raises:
        IndexDamaged: a file cannot be read or is not what was written.
    """
    known = known or {}
    while True:
        commit = _read(meta)
        try:
            for name in files_of(commit):
                _check(home / name, known.get(name))
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


def _parts(commit: bytes) -> list[object]:
    """What tells a commit from all others."""
    return [*files_of(commit), json.loads(commit).get("opstamp")]


def _noted(home: Path) -> _Known:
    """What was noted of an index; nothing where that cannot be read."""
    try:
        parts, crc, looks = json.loads((home / KNOWN).read_bytes())
        return _Known(list(parts), int(crc), dict(looks))
    except (OSError, ValueError, TypeError):
        return _Known([], 0, {})


def _look(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _check(path: Path, known: list[int] | None) -> None:
    try:
        if known is not None and _look(path) == known:
            return
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
