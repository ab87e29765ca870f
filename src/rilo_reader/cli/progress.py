"""Progress on a terminal, for work that takes longer than people wait without one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

from rilo_reader.cli.output import PROGRESS_DELAY, errors

if TYPE_CHECKING:
    from rilo_reader.library import Library, Progress
    from rilo_reader.library.values import Pace

INTERVAL = 0.1
"""Least number of seconds between two updates of a count."""


def bring_up_to_date(
    library: Library, *, rebuild: bool = False, delay: float = PROGRESS_DELAY
) -> Progress | None:
    """Reconcile the index with the files, with a line of progress if stderr is a terminal.

    Args:
        library: the library.
        rebuild: read every file again, not only what changed.
        delay: seconds before progress is shown.

    Returns:
        The last report, or None.
    """
    from rilo_reader.library.values import Pace

    screen, pace = errors(), Pace()
    started = time.monotonic()
    shown, last = False, None
    try:
        for last in library.follower.reconcile(rebuild=rebuild):
            pace.add(last)
            if screen.terminal and time.monotonic() - started > delay:
                shown = True  # set first, since Ctrl-C may come while the line is written
                screen.status(describe(last, pace))
    finally:
        # Also after Ctrl-C, so that no partial line remains.
        if shown:
            screen.status("")
    library.index.reload()
    return last


def describe(progress: Progress, pace: Pace | None = None) -> str:
    """Progress in words: "Reading 1,200 of 20,000 files · 9,500 a second · 2 s left"."""
    from rilo_reader.library.values import rough_duration

    if progress.total is None:
        return f"Scanning the folder … {progress.done:,}"
    reading = f"Reading {progress.done:,} of {progress.total:,} files"
    if pace is None or pace.speed is None:
        return f"{reading} …"
    parts = [reading, f"{pace.speed:,.0f} a second"]
    if pace.seconds_left:
        parts.append(f"{rough_duration(pace.seconds_left)} left")
    # No wider than the terminal: the next line would not replace all of a wrapped one.
    return " · ".join(parts)[: shutil.get_terminal_size().columns - 1]


@contextmanager
def waiting(what: str, *, delay: float = PROGRESS_DELAY) -> Iterator[None]:
    """Show what is waited for on stderr after `delay` seconds, if it is a terminal."""
    screen = errors()
    timer = Timer(delay, screen.status, (what,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        screen.status("")


@contextmanager
def counting(
    what: str, total: int | None = None, *, delay: float = PROGRESS_DELAY
) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr: "Writing 1,200 of 20,000 …".

    Yields a function to call with the number that is done. It prints nothing during the first
    `delay` seconds, at most one line per `INTERVAL`, and nothing if stderr is not a terminal.
    """
    screen = errors()
    last = time.monotonic() + delay - INTERVAL
    shown = False

    def report(done: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if screen.terminal and now - last > INTERVAL:
            of = f" of {total:,}" if total is not None else ""
            last, shown = now, True
            screen.status(f"{what} {done:,}{of} …")

    try:
        yield report
    finally:
        if shown:
            screen.status("")
