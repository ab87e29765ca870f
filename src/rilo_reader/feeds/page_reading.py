"""Pages of the web read apart from everything else, each within so much processor time.

A page is a stranger's, and a large library that nobody here wrote judges it. Whatever it makes of
one, too slow, too deep or too much, is over with that page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from rilo_reader.entry import NotReadableError, readable
from rilo_reader.feeds.helpers import Helpers, LostHelperError, NoHelperError
from rilo_reader.feeds.helping import within
from rilo_reader.feeds.progress import PAGE_SECONDS
from rilo_reader.fetch.values import FetchError

PATIENCE = 6.0
"""How many times as long may pass meanwhile: others use the processor too."""

P = ParamSpec("P")
T = TypeVar("T")


class PageReader:
    """Processes in which pages are read, for one event loop; started with the first page.

    Args:
        processes: at one time.
        seconds: of processor time for one page.
    """

    def __init__(self, processes: int = 1, seconds: float = PAGE_SECONDS) -> None:
        self._helpers = Helpers(processes)
        self._seconds = seconds

    async def read(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What a function of ours makes of a page.

        Raises:
            NotReadableError: it is no page, takes too long, or something in it cannot be read.
        """
        job = partial(_read, partial(work, *args, **named))
        try:
            return await self._helpers.do(self._seconds * PATIENCE, within, self._seconds, job)
        except NoHelperError:
            return await asyncio.to_thread(job)
        except FetchError as error:
            reason = f"It takes longer than {self._seconds:g} seconds to read."
            raise NotReadableError(reason) from error
        except LostHelperError as error:
            raise NotReadableError("Reading it ends the process that reads it.") from error

    def close(self) -> None:
        """End the processes, whatever they do."""
        self._helpers.close()


def _read(job: Callable[[], T]) -> T:
    with readable():
        return job()
