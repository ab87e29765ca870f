"""Files of an index in the system's page cache, before somebody asks for what stands in them.

After the machine has started, or has done much else, words and their articles lie on the disk: the
first letters then wait for it, at a million articles for a tenth of a second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

KINDS = ("term", "fast", "fieldnorm", "idx")
"""What every question reads, the smallest and the most needed first.

Not the stores, of which a screen of rows reads a few pages, nor the places of words in their texts,
which only phrases ask for.
"""

SHARE = 4
"""One part in so many of the memory that is free is used at most."""

PIECE = 1 << 17
"""Bytes asked for at once: the system ignores what goes beyond its own reading ahead, 128 KB."""

AT_ONCE = 8
"""Pieces on their way from the disk at a time: others who read there wait for no more."""

_MEMORY = Path("/proc/meminfo")


def free_memory() -> int:
    """Bytes that can be used without taking anything from anybody; 0 where nobody says so."""
    with suppress(OSError, ValueError):
        for line in _MEMORY.read_text(encoding="ascii").splitlines():
            name, _, rest = line.partition(":")
            if name == "MemAvailable":
                return int(rest.split()[0]) * 1024
    return 0


def chosen(sizes: Mapping[str, int], room: int) -> list[str]:
    """The files to read, in order, of those whose sizes are given; all of them fit into `room`."""
    names = []
    for kind in KINDS:
        for name, size in sizes.items():
            if name.endswith(f".{kind}") and size <= room:
                names.append(name)
                room -= size
    return names


def read_ahead(home: Path, names: Iterable[str], wanted: Callable[[], bool]) -> None:
    """Let the system read what questions need of some files; without the interpreter's lock.

    What is there already costs next to nothing. Where the system has no such thing, nothing is
    done; a file that is gone is passed over.

    Args:
        home: where the files are.
        names: all files of a commit.
        wanted: whether to go on, asked about every millisecond.
    """
    if not hasattr(os, "posix_fadvise"):
        return
    sizes = {}
    for name in names:
        with suppress(OSError):
            sizes[name] = (home / name).stat().st_size
    for name in chosen(sizes, free_memory() // SHARE):
        if not wanted():
            return
        with suppress(OSError):
            _read(home / name, wanted)


def _read(path: Path, wanted: Callable[[], bool]) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(file).st_size
        for number, start in enumerate(range(0, size, PIECE), 1):
            os.posix_fadvise(file, start, PIECE, os.POSIX_FADV_WILLNEED)
            if number % AT_ONCE == 0:
                if not wanted():
                    return
                os.pread(file, 1, start)
    finally:
        os.close(file)
