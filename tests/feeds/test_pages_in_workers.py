"""Whatever a page does to who reads it is over with that page."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial

import pytest

from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.parsed_feed import page_in_worker
from rilo_reader.pages import read_page
from rilo_reader.workers import WorkerPool
from tests.support.web_page_nesting import SENTENCE, page


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1) as pool:
        yield pool


def overflow(depth: int = 0) -> int:
    """Go deeper than Python does."""
    return overflow(depth + 1) + 1


@pytest.mark.slow
async def test_a_page_that_takes_too_long_says_so(pool: WorkerPool) -> None:
    with pytest.raises(NotReadableError, match=r"longer than 0\.1 seconds to read"):
        await page_in_worker(pool, partial(time.sleep, 60), seconds=0.1)


@pytest.mark.slow
async def test_a_failure_concerns_one_page_only(pool: WorkerPool) -> None:
    with pytest.raises(NotReadableError, match="RecursionError"):
        await page_in_worker(pool, overflow)
    with pytest.raises(NotReadableError, match="Reading it ends the process that reads it"):
        await page_in_worker(pool, partial(os._exit, 3))
    with pytest.raises(NotReadableError, match="a PDF document"):
        await page_in_worker(pool, partial(read_page, b"%PDF-"))
    nested = partial(read_page, page("ul><li", 500, "x"), url="https://a.example/x")
    entry = await page_in_worker(pool, nested)
    assert SENTENCE in entry.content
