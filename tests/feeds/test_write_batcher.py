"""Plans that are applied in batches: what becomes of those that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.article_writer import Saved
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.ledger import CollectingError
from rilo_reader.feeds.plan import Plan
from rilo_reader.feeds.update_session import WriteBatcher

T = TypeVar("T")


class FullDisk:
    """A collection that fails to write anything, once it may.

    Attributes:
        begun: how often something was to be written.
        may_answer: set when it may fail.
    """

    def __init__(self) -> None:
        self.begun = 0
        self.may_answer = asyncio.Event()

    async def __call__(self, work: Callable[[Collection], T]) -> T:
        """Fail, when it may."""
        self.begun += 1
        await self.may_answer.wait()
        raise CollectingError("The disk is full.")


def batches(disk: FullDisk, count: int) -> tuple[WriteBatcher, list[asyncio.Task[Saved]]]:
    """Apply the plans of so many feeds."""

    async def written(_: object) -> dict[str, OSError]:
        return {}

    batcher = WriteBatcher(disk, written, many=False, dry_run=False)
    plans = [Plan(Origin(f"https://a.example/{number}", "A"), 0) for number in range(count)]
    return batcher, [asyncio.create_task(batcher.apply(plan, lambda old: old)) for plan in plans]


async def test_every_feed_of_a_batch_fails_if_nothing_can_be_written() -> None:
    disk = FullDisk()
    disk.may_answer.set()
    _, feeds = batches(disk, 3)
    async with asyncio.timeout(30):
        ends = await asyncio.gather(*feeds, return_exceptions=True)
    assert [str(end) for end in ends] == ["The disk is full."] * 3
    assert disk.begun == 1


async def test_what_is_pending_when_it_stops_is_not_written() -> None:
    disk = FullDisk()
    batcher, feeds = batches(disk, 1)
    await asyncio.sleep(0)  # it waits to be saved
    await asyncio.sleep(0)  # and is being saved
    assert disk.begun == 1
    later = asyncio.create_task(
        batcher.apply(Plan(Origin("https://b.example/", "B"), 0), lambda o: o)
    )
    await asyncio.sleep(0)
    stopping = asyncio.create_task(batcher.stop())
    await asyncio.sleep(0)
    disk.may_answer.set()
    async with asyncio.timeout(30):
        await stopping
    assert isinstance(feeds[0].exception(), CollectingError)
    assert (disk.begun, later.done()) == (1, False)
    later.cancel()
