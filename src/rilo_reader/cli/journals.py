"""The journals of a verb's library: read before it prints marks, written after it sets them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.cli.output import PROGRAM, errors
from rilo_reader.cli.progress import waiting

if TYPE_CHECKING:
    from rilo_reader.store.state import State
    from rilo_reader.sync.sync import Sync

PATIENCE = 1.0
"""Seconds that a verb waits for another process that syncs; marks are carried the next time."""

READING = 0.5
"""Seconds after which a verb leaves the rest of the journals for the next time."""


@contextmanager
def opened_state(file: Path) -> Iterator[State]:
    """The marks of a library, without its index.

    Raises:
        LibraryError: the marks cannot be read or written, then or within the context.
    """
    from rilo_reader.store.state import open_state

    with closing(open_state(file)) as state:
        yield state


def sync_of(state: State, file: Path, wait: float = PATIENCE) -> Sync:
    """The journals of a library.

    Args:
        state: its marks.
        file: their file.
        wait: seconds to wait for another process that syncs.
    """
    from rilo_reader.sync.sync import Sync

    lock = file.with_suffix(".sync.lock")
    return Sync(state.journals, lock, lambda: time.time_ns() // 1_000_000, wait=wait)


def exchange(state: State, file: Path, reading: float = READING) -> None:
    """Apply what other devices did and write what was done here, if sync is on.

    A problem is a line on stderr: what was done here waits, and what is printed is what is known.
    So is what is left for the next time, `reading` seconds having passed.
    """
    if state.journals.sync_folder() is None:
        if anew := state.journals.return_to_clock():
            errors().line(anew.sentence)
        return
    with waiting("Reading what your other devices did …"):
        report = sync_of(state, file).sync_now(reading)
    if report.problem:
        errors().line(f"Not synced: {report.problem}")
    if report.anew:
        errors().line(report.anew.sentence)
    if not report.is_whole:
        errors().line(
            f"Your other devices did more, which is read next time. All of it: {PROGRAM} sync now"
        )


def exchange_of(file: Path) -> None:
    """`exchange`, for a library of which only the file of its marks is at hand.

    Raises:
        LibraryError: the marks cannot be read or written.
    """
    with opened_state(file) as state:
        exchange(state, file)
