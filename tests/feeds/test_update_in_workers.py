"""Feeds and pages are read in worker processes: what goes wrong there is over with them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from pathlib import Path

import pytest
from tools.judge.killed_refresh import Changing, made_feeds

from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.feed_reader import page_in_worker
from rilo_reader.feeds.progress import FeedProgress, Phase
from rilo_reader.fetch.messages import Failure
from rilo_reader.pages import read_page
from rilo_reader.workers import WorkerPool
from tests.feeds.world import World
from tests.support.processes import needs_proc
from tests.support.servers import serving
from tests.support.web_page_nesting import SENTENCE, page

SECONDS = 0.4


@contextmanager
def following(root: Path, count: int, *others: bytes) -> Iterator[World]:
    """Somebody who follows some feeds, and then so many ordinary ones; workers are their own."""
    with serving() as server:
        world = World(root, server, None)
        texts = [*others, *(Changing(text).data for text in made_feeds(count))]
        for number, text in enumerate(texts):
            server.page(f"/{number}", text, etag=f'"{number}"')
            world.follow(f"/{number}")
        yield world


def pathological() -> bytes:
    """A feed that takes seconds: broken markup, so that every tag of megabytes is judged."""
    items = "<item><title>a</title><b><i></b><description>&lt;p&gt;<u></i></description>" * 60_000
    return f"<rss><channel><title>Slow</title>{items}</rss>".encode()


@pytest.mark.slow
def test_feeds_that_take_too_long_fail_and_the_others_come(tmp_path: Path) -> None:
    with following(tmp_path, 4, pathological(), pathological()) as world:
        ends = world.refresh(reading_seconds=SECONDS)
    for end in ends[:2]:
        assert (end.state, end.failure) == (Phase.FAILED, str(Failure.TOO_LARGE))
        assert end.reason == f"It takes longer than {SECONDS:g} seconds to read."
    assert {end.state for end in ends[2:]} == {Phase.SAVED}
    assert len(world.files) == 20


KILLS = 4


async def refreshed_while_killing(
    world: World, own_workers: Callable[[], set[int]], kills: float, pause: float
) -> tuple[list[FeedProgress], set[int]]:
    """Refresh, and kill so many of the workers meanwhile; the ends, and who was killed."""
    going, killed = asyncio.create_task(world.refreshed()), set[int]()
    while not going.done() and len(killed) < kills:
        await asyncio.sleep(pause)
        for worker in own_workers() - killed:
            killed.add(worker)
            os.kill(worker, signal.SIGKILL)
    return await going, killed


@pytest.mark.slow
@needs_proc
def test_a_refresh_goes_on_when_its_workers_are_killed(
    tmp_path: Path, own_workers: Callable[[], set[int]]
) -> None:
    with following(tmp_path, 40) as world:
        ends, killed = asyncio.run(refreshed_while_killing(world, own_workers, KILLS, 0.02))
        assert killed
        # One whose worker was killed twice has failed, and comes the next time.
        assert [end.state for end in ends].count(Phase.SAVED) >= 40 - KILLS
        ends = world.refresh(force=True)
    assert {end.state for end in ends} <= {Phase.SAVED, Phase.UNCHANGED}
    assert len(world.files) == 200


@needs_proc
def test_a_feed_that_ends_two_workers_fails_and_says_so(
    tmp_path: Path, own_workers: Callable[[], set[int]]
) -> None:
    with following(tmp_path, 1) as world:
        [end], _ = asyncio.run(refreshed_while_killing(world, own_workers, inf, 0.005))
    assert (end.state, end.failure) == (Phase.FAILED, str(Failure.BROKEN))
    assert end.reason == "It crashes the process that reads it."


@pytest.mark.slow
@needs_proc
def test_feeds_without_news_start_no_worker(
    tmp_path: Path, own_workers: Callable[[], set[int]]
) -> None:
    with following(tmp_path, 5) as world:

        async def seen_workers() -> set[int]:
            going, seen = asyncio.create_task(world.refreshed()), own_workers()
            while not going.done():
                await asyncio.sleep(0.001)
                seen |= own_workers()
            assert {end.state for end in await going} <= {Phase.SAVED, Phase.UNCHANGED}
            return seen

        assert asyncio.run(seen_workers())
        assert not asyncio.run(seen_workers())


@pytest.mark.slow
async def test_a_failure_concerns_one_page_only() -> None:
    with WorkerPool(1) as pool:
        for work, reason in (
            (partial(time.sleep, 60), r"longer than 0\.2 seconds to read"),
            (overflow, "RecursionError"),
            (partial(os._exit, 3), "It crashes the process that reads it"),
            (partial(read_page, b"%PDF-"), "a PDF document"),
        ):
            with pytest.raises(NotReadableError, match=reason):
                await page_in_worker(pool, work, seconds=0.2 if "0" in reason else 10)
        nested = partial(read_page, page("ul><li", 500, "x"), url="https://a.example/x")
        assert SENTENCE in (await page_in_worker(pool, nested)).content


def overflow(depth: int = 0) -> int:
    """Go deeper than Python does."""
    return overflow(depth + 1) + 1
