"""Verify that the files of a commit are as they were written.

tantivy ends each file with a checksum (`read_footer`). Since reading all files takes a second per
gigabyte, sizes and times of intact files are noted in INTACT_FILE, and only files that differ from
that are read.
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

from rilo_reader.index.errors import IndexDamaged
from rilo_reader.index.tantivy_files import read_footer

INTACT_FILE = "whole.json"
"""The file that notes which files of a commit are known to be intact."""

_PIECE = 1 << 20
_KINDS = ("fast", "fieldnorm", "idx", "pos", "store", "term")


class _IntactCommit(NamedTuple):
    """A commit whose files are known to be intact.

    Attributes:
        parts: the names of its files and its number, which identify the commit.
        crc: the checksum of META, which tantivy writes without one.
        fingerprints: size, mtime and inode of each file, by name.
    """

    parts: list[object]
    crc: int
    fingerprints: dict[str, list[int]]


def note_files(home: Path, meta: Path, *, were_read: bool = False) -> None:
    """Note the files of a commit as intact, after they were written or, `were_read`, verified."""
    with suppress(OSError, IndexDamaged):
        commit, before = _read(meta), _noted(home)
        fingerprints = {} if were_read else before.fingerprints
        fingerprints = {
            name: fingerprints.get(name) or _fingerprint(home / name) for name in files_of(commit)
        }
        intact = _IntactCommit(_parts(commit), zlib.crc32(commit), fingerprints)
        if intact != before:
            temporary = home / f"{INTACT_FILE}.{os.getpid()}-{time.monotonic_ns()}"
            temporary.write_text(json.dumps(intact), encoding="ascii")
            temporary.replace(home / INTACT_FILE)


def check_changed(home: Path, meta: Path) -> None:
    """Verify the files of a commit that changed since they were noted as intact.

    Raises:
        IndexDamaged: a file cannot be read or is not as it was written.
    """
    commit, intact = _read(meta), _noted(home)
    if intact.parts == _parts(commit) and intact.crc != zlib.crc32(commit):
        raise IndexDamaged("The index could not be read: its list of parts is broken.")
    with suppress(OSError):
        if all(
            _fingerprint(home / name) == intact.fingerprints.get(name) for name in files_of(commit)
        ):
            return
    check_files(home, meta, intact.fingerprints)
    note_files(home, meta, were_read=True)


def check_files(home: Path, meta: Path, intact: Mapping[str, list[int]] | None = None) -> None:
    """Verify the files of a commit; a gigabyte takes about a second.

    Args:
        home: the directory of the index.
        meta: the file META.
        intact: fingerprints of files that need not be read if they are unchanged.

    Raises:
        IndexDamaged: a file cannot be read or is not as it was written.
    """
    intact = intact or {}
    while True:
        commit = _read(meta)
        try:
            for name in files_of(commit):
                _check(home / name, intact.get(name))
        except IndexDamaged:
            # Another process deletes the files of a commit when it makes the next one.
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
    """The names of the files of a commit, from the content of META.

    Raises:
        IndexDamaged: the content is not what tantivy writes.
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
    """The identity of a commit."""
    return [*files_of(commit), json.loads(commit).get("opstamp")]


def _noted(home: Path) -> _IntactCommit:
    """The commit noted as intact; an empty one if the note cannot be read."""
    try:
        parts, crc, fingerprints = json.loads((home / INTACT_FILE).read_bytes())
        return _IntactCommit(list(parts), int(crc), dict(fingerprints))
    except (OSError, ValueError, TypeError):
        return _IntactCommit([], 0, {})


def _fingerprint(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _check(path: Path, intact: list[int] | None) -> None:
    try:
        if intact is not None and _fingerprint(path) == intact:
            return
        with path.open("rb") as file:
            footer = read_footer(file)
            is_intact = _sum(file, footer.start) == footer.crc
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"The index could not be read: {path.name}: {error}") from error
    if not is_intact:
        raise IndexDamaged(f"The index could not be read: {path.name} is not as it was written.")


def _sum(file: BinaryIO, end: int) -> int:
    """The checksum of the bytes before `end`."""
    file.seek(0)
    crc = 0
    while piece := file.read(min(_PIECE, end - file.tell())):
        crc = zlib.crc32(piece, crc)
    return crc
