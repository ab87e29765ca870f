"""Read feeds and pages in worker processes, each within a limit of processor time.

They come from strangers. One that takes too long, or ends the process that reads it, fails alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from rilo_reader.entry import NotReadableError, readable
from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.workers import WorkerDiedError, WorkerPool, WorkTimeoutError

FEED_SECONDS = 30.0
"""Processor time for one feed: five times that of the slowest of 20 MB that was found."""

PAGE_SECONDS = 10.0
"""Processor time for one page; the slowest of 724 real ones takes four."""

T = TypeVar("T")


async def feed_in_worker(
    pool: WorkerPool, work: Callable[[], T], *, seconds: float = FEED_SECONDS
) -> T:
    """Call a function that reads a feed or writes out its articles, in a worker.

    Args:
        pool: the pool of the worker.
        work: a pure function with its arguments.
        seconds: limit of its processor time.

    Raises:
        FetchError: it takes too long, or ends the worker; also what `work` raises.
    """
    try:
        return await pool.run(work, seconds=seconds)
    except WorkTimeoutError as error:
        reason = f"it takes longer than {seconds:g} seconds to read"
        raise FetchError(Failure.TOO_LARGE, reason) from error
    except WorkerDiedError as error:
        reason = "reading it ends the process that reads it"
        raise FetchError(Failure.BROKEN, reason) from error


async def page_in_worker(
    pool: WorkerPool, work: Callable[[], T], *, seconds: float = PAGE_SECONDS
) -> T:
    """Call a function that reads a page, in a worker.

    Args:
        pool: the pool of the worker.
        work: a function of `rilo_reader.pages` with its arguments.
        seconds: limit of its processor time.

    Raises:
        NotReadableError: it is not a page, takes too long, or something in it cannot be read.
    """
    try:
        return await pool.run(partial(_call, work), seconds=seconds)
    except WorkTimeoutError as error:
        reason = f"It takes longer than {seconds:g} seconds to read."
        raise NotReadableError(reason) from error
    except WorkerDiedError as error:
        raise NotReadableError("Reading it ends the process that reads it.") from error


def _call(work: Callable[[], T]) -> T:
    with readable():
        return work()
