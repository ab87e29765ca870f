"""Files of a library that a step of undo takes away, brings back, or gives their other text.

What is not in the library lies in a folder beside its marks, so nothing has to fit into memory, and
an undo that was stopped goes on where it was. A file that has changed since is kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from rilo_reader.store.folder import UnreadableError, resolve_inside


class SwappedFile(NamedTuple):
    """A file of a library, by its path there, with the digests of what it has."""

    path: str
    now: str  # what it has now; "" if there is no file
    other: str = ""  # what an undo gives it


def hash_file(data: bytes) -> str:
    """Return the digest of the bytes of a file."""
    return blake2b(data, digest_size=16).hexdigest()


def _hash_at(file: Path) -> str:
    try:
        return hash_file(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return ""


def swap_files(
    library: Path, aside: Path, files: Iterable[SwappedFile]
) -> tuple[list[SwappedFile], int]:
    """Swap each file with what lies aside; return them as they are then, and how many were kept.

    Raises OSError if a file cannot be moved; what was moved before is found as it is.
    """
    swapped, kept = [], 0
    for each in files:
        if is_done := _swap_file(library, aside, each):
            swapped.append(each._replace(now=each.other, other=each.now))
        else:
            swapped.append(each)
        kept += not is_done
    return swapped, kept


def _swap_file(library: Path, aside: Path, each: SwappedFile) -> bool:
    try:
        here, there = Path(resolve_inside(library, each.path)), aside / each.path
    except UnreadableError:
        return False
    found = _hash_at(here)
    if found == each.other:  # by an undo that was stopped, or by the user
        return True
    if found != each.now or (each.other and _hash_at(there) != each.other):
        return False
    leaving = there.with_name(f"{there.name}~")
    if each.now:
        leaving.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(here, leaving)
    if each.other:
        here.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(there, here)
    else:
        with suppress(OSError):  # as soon as one is not empty
            for folder in here.relative_to(library.resolve()).parents:
                (library / folder).rmdir() if folder.name else None
    if each.now:
        leaving.replace(there)
    return True
