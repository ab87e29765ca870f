"""Bringing an index up to date in front of somebody who waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rilo_reader.cli.output import errors

if TYPE_CHECKING:
    from rilo_reader.library import Library, Progress

PATIENCE = 0.5
"""Seconds that pass before somebody who waits is told what for."""


def follow(library: Library, *, rebuild: bool = False) -> Progress | None:
    """Reconcile to the end, with a line of progress where stderr is a terminal and it takes long.

    Returns the last progress, None where the library had none to tell.
    """
    screen = errors()
    begun = time.monotonic()
    shown, last = False, None
    try:
        for last in library.reconcile(rebuild=rebuild):
            if screen.terminal and time.monotonic() - begun > PATIENCE:
                screen.status(describe(last))
                shown = True
    finally:
        # Also when Ctrl-C ends it: nothing half said stays on the line.
        if shown:
            screen.status("")
    library.reload()
    return last


def describe(progress: Progress) -> str:
    """A progress in words: "Reading 1,200 of 20,000 files …"."""
    if progress.total is None:
        return f"Looking through the folder … {progress.done:,}"
    return f"Reading {progress.done:,} of {progress.total:,} files …"
