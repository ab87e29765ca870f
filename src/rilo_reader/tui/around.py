"""What stands around the reader: where the user's things are, and the processes beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rilo_reader.paths import Paths
    from rilo_reader.tui.collector import Collector
    from rilo_reader.tui.indexer import Indexer

REOPEN = 75
"""The exit code that asks for the reader to be opened again (EX_TEMPFAIL of sysexits.h)."""


class Around(NamedTuple):
    """What the reader does not do itself.

    Attributes:
        paths: where settings and feeds are; without, nothing of them is written down.
        indexer: makes what keeps the index in step with the folder.
        collector: makes what fetches and collects.
        collects_into: where collected articles go; another folder than the library's while the
            guide stands in for a library that holds nothing yet.
        notices: what to say at the start, the most important first.
    """

    paths: Paths | None = None
    indexer: Callable[[], Indexer] | None = None
    collector: Callable[[], Collector] | None = None
    collects_into: Path | None = None
    notices: tuple[str, ...] = ()
