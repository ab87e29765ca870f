"""Whatever a page does to who reads it is over with that page."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable

import pytest

from rilo_reader.entry import NotReadableError
from rilo_reader.feeds.page_reading import PageReader
from rilo_reader.pages import read_page
from tests.support.web_page_nesting import SENTENCE, page


def reading(seconds: float, work: Callable[[PageReader], Awaitable[None]]) -> None:
    """Do something with a reader of pages."""

    async def main() -> None:
        reader = PageReader(seconds=seconds)
        try:
            await work(reader)
        finally:
            reader.close()

    asyncio.run(main())


def spin(seconds: float) -> str:
    """Use the processor for so long."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        sum(range(1000))
    return "done"


def overflow(depth: int = 0) -> int:
    """Go deeper than Python does."""
    return overflow(depth + 1) + 1


@pytest.mark.slow
def test_processor_time_is_bounded_and_waiting_is_not_counted() -> None:
    async def work(reader: PageReader) -> None:
        for _ in range(2):
            with pytest.raises(NotReadableError, match=r"longer than 0\.5 seconds"):
                await reader.read(spin, 60.0)
            # What waits for others, or comes after it, has all of its own time.
            assert await reader.read(spin, 0.2) == "done"
        assert await reader.read(spin, 0.2) == "done"
        await reader.read(time.sleep, 0.8)

    reading(0.5, work)


def test_waiting_has_a_bound_of_its_own() -> None:
    async def work(reader: PageReader) -> None:
        with pytest.raises(NotReadableError, match=r"longer than 0\.1 seconds"):
            await reader.read(time.sleep, 60)

    reading(0.1, work)


def test_what_goes_wrong_is_said_of_the_page_alone() -> None:
    async def work(reader: PageReader) -> None:
        with pytest.raises(NotReadableError, match="RecursionError"):
            await reader.read(overflow)
        with pytest.raises(NotReadableError, match="ends the process"):
            await reader.read(os._exit, 3)
        with pytest.raises(NotReadableError, match="a PDF document"):
            await reader.read(read_page, b"%PDF-")
        entry = await reader.read(read_page, page("ul><li", 500, "x"), url="https://a.example/x")
        assert SENTENCE in entry.content

    reading(30, work)
