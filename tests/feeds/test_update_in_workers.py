"""Feeds are read in worker processes: what goes wrong there is over with its feed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tools.judge.killed_refresh import Changing, library_of, made_feeds, paths_of

from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.progress import FeedProgress, State, update_request
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update import refresh
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.values import Failure, Limits
from tests.support.processes import needs_proc
from tests.support.servers import Server, serving

NOW = datetime(2026, 3, 7, 12, 5, tzinfo=UTC)
SECONDS = 0.4


async def refreshed(root: Path, feeds: list[Subscription], **changes: float) -> list[FeedProgress]:
    """Refresh some feeds; their ends, in the order of the feeds."""
    request = update_request(feeds, feeds, force=True)._replace(**changes)  # type: ignore[arg-type]
    async with HttpClient(Limits(per_host=8), proxies={}) as client:
        with open_collection(library_of(root), paths_of(root)) as collection:
            found = [each async for each in refresh(collection, request, client, lambda: NOW)]
    ends = {each.url: each for each in found if each.state.is_end}
    return [ends[feed.url] for feed in feeds]


@contextmanager
def served(count: int) -> Iterator[tuple[Server, list[Subscription]]]:
    """So many feeds at a server."""
    with serving() as server:
        texts = [Changing(text).data for text in made_feeds(count)]
        urls = [server.page(f"/{n}", text, etag=f'"{n}"') for n, text in enumerate(texts)]
        yield server, [Subscription(url) for url in urls]


def pathological() -> bytes:
    """A feed that takes seconds: broken markup, so that every tag of megabytes is judged."""
    items = "<item><title>a</title><b><i></b><description>&lt;p&gt;<u></i></description>" * 60_000
    return f"<rss><channel><title>Slow</title>{items}</rss>".encode()


@pytest.mark.slow
def test_feeds_that_take_too_long_fail_and_the_others_come(tmp_path: Path) -> None:
    with served(4) as (server, fine):
        slow = [Subscription(server.page(f"/slow{n}", pathological())) for n in range(2)]
        ends = asyncio.run(refreshed(tmp_path, slow + fine, reading_seconds=SECONDS))
    for end in ends[:2]:
        assert (end.state, end.failure) == (State.FAILED, str(Failure.TOO_LARGE))
        assert end.reason == f"It takes longer than {SECONDS:g} seconds to read."
    assert {end.state for end in ends[2:]} == {State.SAVED}
    assert len(list(library_of(tmp_path).rglob("*.md"))) == 20


KILLS = 4


@pytest.mark.slow
@needs_proc
def test_a_refresh_goes_on_when_its_workers_are_killed(
    tmp_path: Path, own_workers: Callable[[], set[int]]
) -> None:
    with served(40) as (_, feeds):

        async def main() -> list[State]:
            going = asyncio.create_task(refreshed(tmp_path, feeds))
            while not going.done() and len(killed) < KILLS:
                await asyncio.sleep(0.02)
                for worker in own_workers() - killed:
                    killed.add(worker)
                    os.kill(worker, signal.SIGKILL)
            return [end.state for end in await going]

        killed: set[int] = set()
        states = asyncio.run(main())
        assert killed
        # One whose worker was killed twice has failed, and comes the next time.
        assert states.count(State.SAVED) >= len(feeds) - KILLS
        ends = asyncio.run(refreshed(tmp_path, feeds))
    assert {end.state for end in ends} <= {State.SAVED, State.UNCHANGED}
    assert len(list(library_of(tmp_path).rglob("*.md"))) == 200


@needs_proc
def test_a_feed_that_ends_two_workers_fails_and_says_so(
    tmp_path: Path, own_workers: Callable[[], set[int]]
) -> None:
    with served(1) as (_, feeds):

        async def main() -> list[FeedProgress]:
            going = asyncio.create_task(refreshed(tmp_path, feeds))
            while not going.done():
                await asyncio.sleep(0.005)
                for worker in own_workers():
                    os.kill(worker, signal.SIGKILL)
            return await going

        [end] = asyncio.run(main())
    assert (end.state, end.failure) == (State.FAILED, str(Failure.BROKEN))
    assert end.reason == "Reading it ends the process that reads it."


@pytest.mark.slow
@needs_proc
def test_feeds_without_news_start_no_worker(
    tmp_path: Path, own_workers: Callable[[], set[int]]
) -> None:
    with served(5) as (_, feeds):

        async def seen_workers() -> set[int]:
            going, seen = asyncio.create_task(refreshed(tmp_path, feeds)), own_workers()
            while not going.done():
                await asyncio.sleep(0.001)
                seen |= own_workers()
            assert {end.state for end in await going} <= {State.SAVED, State.UNCHANGED}
            return seen

        assert asyncio.run(seen_workers())
        assert not asyncio.run(seen_workers())
