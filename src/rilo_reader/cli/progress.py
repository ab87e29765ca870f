"""Bringing an index up to date in front of somebody who waits."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rilo_reader.cli.output import errors

if TYPE_CHECKING:
    from rilo_reader.library import Library, Progress
    from rilo_reader.library.values import Pace

PATIENCE = 0.5
"""Seconds that pass before somebody who waits is told what for."""


def follow(library: Library, *, rebuild: bool = False) -> Progress | None:
    """Reconcile to the end, with a line of progress where stderr is a terminal and it takes long.

    Returns the last progress, None where the library had none to tell.
    """
    from rilo_reader.library.values import Pace

    screen, pace = errors(), Pace()
    begun = time.monotonic()
    shown, last = False, None
    try:
        for last in library.reconcile(rebuild=rebuild):
            pace.hear(last)
            if screen.terminal and time.monotonic() - begun > PATIENCE:
                shown = True  # before it is: Ctrl-C may come while it is written
                screen.status(describe(last, pace))
    finally:
        # Also when Ctrl-C ends it: nothing half said stays on the line.
        if shown:
            screen.status("")
    library.reload()
    return last


def describe(progress: Progress, pace: Pace | None = None) -> str:
    """A progress in words: "Reading 1,200 of 20,000 files · 9,500 a second · 2 s left"."""
    from rilo_reader.library.values import spoken

    if progress.total is None:
        return f"Looking through the folder … {progress.done:,}"
    reading = f"Reading {progress.done:,} of {progress.total:,} files"
    if pace is None or pace.speed is None:
        return f"{reading} …"
    parts = [reading, f"{pace.speed:,.0f} a second"]
    if pace.seconds_left:
        parts.append(f"{spoken(pace.seconds_left)} left")
    # Cut where the terminal ends: a line that is broken in two is not replaced by the next.
    return " · ".join(parts)[: shutil.get_terminal_size().columns - 1]


@contextmanager
def counting(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Tell somebody who waits how far something is: "Writing 1,200 of 20,000 …".

    What is given is called with how many are done; it says nothing for the first half second, nor
    more than ten times a second, nor where stderr is no terminal.
    """
    screen = errors()
    last = time.monotonic() + PATIENCE - 0.1
    shown = False

    def tell(done: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if screen.terminal and now - last > 0.1:
            of = f" of {total:,}" if total is not None else ""
            last, shown = now, True
            screen.status(f"{what} {done:,}{of} …")

    try:
        yield tell
    finally:
        if shown:
            screen.status("")
