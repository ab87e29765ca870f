"""Pages of the web, each read in a worker and within its processor time.

A page is a stranger's, and a large library that nobody here wrote judges it. Whatever it makes of
one, too slow, too deep or too much, is over with that page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from rilo_reader.entry import NotReadableError, readable
from rilo_reader.feeds.progress import PAGE_SECONDS
from rilo_reader.workers import WorkerDiedError, WorkerPool, WorkTimeoutError

T = TypeVar("T")


async def read_in_worker(
    pool: WorkerPool, work: Callable[[], T], *, seconds: float = PAGE_SECONDS
) -> T:
    """Call what reads a page in a worker.

    Args:
        pool: whose worker does it.
        work: a function of `rilo_reader.pages` with its arguments.
        seconds: of processor time that it may take.

    Raises:
        NotReadableError: it is no page, takes too long, or something in it cannot be read.
    """
    try:
        return await pool.run(partial(_read, work), seconds=seconds)
    except WorkTimeoutError as error:
        reason = f"It takes longer than {seconds:g} seconds to read."
        raise NotReadableError(reason) from error
    except WorkerDiedError as error:
        raise NotReadableError("Reading it ends the process that reads it.") from error


def _read(work: Callable[[], T]) -> T:
    with readable():
        return work()
