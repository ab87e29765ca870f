"""Reading files of an index once, so that they lie in the system's page cache when somebody asks.

With 200,000 articles on a cold disk the worst of the first letters took 56 to 140 ms, and takes 9
to 25 ms with this; the floor is 60 ms. Reading 200 MB takes a tenth of a second. Can go where that
no longer holds: compare `benchmarks.searching` after a restart with and without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

KINDS = ("term", "fast", "fieldnorm", "idx")
"""What every query reads, the smallest first: not the stores, of which a screen of rows reads a few
pages, nor the positions of words, which only phrases need."""

PIECE = 1 << 20
"""Bytes read at once, in a millisecond."""

MOST = 1 << 30
"""Bytes read in all; an index of a million articles has 790 MB of these kinds."""


def read_ahead(home: Path, names: Iterable[str], wanted: Callable[[], bool]) -> None:
    """Read what queries need of some files; one that is gone is passed over.

    Args:
        home: where the files are.
        names: all files of a commit.
        wanted: whether to go on, asked before each piece.
    """
    names, left = list(names), MOST
    for kind in KINDS:
        for name in names:
            if name.endswith(f".{kind}"):
                with suppress(OSError), (home / name).open("rb", buffering=0) as file:
                    while left > 0 and wanted() and (piece := file.read(PIECE)):
                        left -= len(piece)
