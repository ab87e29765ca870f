"""Start daemon threads, which do not delay exit."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")

# glibc has a place for the memory of each thread, and keeps what is free in all of them. With three
# files saved a second, the indexer had 98 MB after five minutes, and has 49; with ten keys a second
# besides, the reader had 83 MB after fifteen, and has 65 (glibc 2.41, tantivy 0.27). Neither is
# slower. It can go once fewer threads come and go.
ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
"""What a child's environment holds for the same as `share_arena`."""

_M_ARENA_MAX = -8  # of mallopt(3)


def start_thread(job: Callable[[], object], name: str) -> Thread:
    """Start a thread; an error in it is one of the program (`threading.excepthook`)."""
    thread = Thread(target=job, name=name, daemon=True)
    thread.start()
    return thread


def run_in_thread(job: Callable[[], Result], name: str) -> Future[Result]:
    """Run a job in a thread; the future has its result or its error."""
    future: Future[Result] = Future()
    start_thread(lambda: fulfil_future(future, job), name)
    return future


def fulfil_future(future: Future[Result], job: Callable[[], Result]) -> None:
    """Run a job for a future, unless nobody waits for it any more."""
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(job())
        except BaseException as error:
            future.set_exception(error)


def share_arena() -> None:
    """Make threads that start later share the memory of the first, where the C library is glibc."""
    if sys.platform == "linux":
        import ctypes  # takes two milliseconds, which few commands need to spend

        with suppress(AttributeError):  # musl has none, and no arenas
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
