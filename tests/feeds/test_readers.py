"""Reading has its time: what takes longer is given up, and holds up nobody else."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from rilo_reader.feeds.collection import open_shelf
from rilo_reader.feeds.progress import FeedProgress, State, orders_for
from rilo_reader.feeds.readers import Readers
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update import refresh
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.values import Failure, FetchError, Limits
from rilo_reader.paths import Paths
from tests.support.servers import serving

SECONDS = 0.4


def pathological() -> bytes:
    """A feed that takes seconds: broken markup, so that every tag of megabytes is judged."""
    items = "<item><title>a</title><b><i></b><description>&lt;p&gt;<u></i></description>" * 60_000
    return f"<rss><channel><title>Slow</title>{items}</rss>".encode()


def good(name: str) -> bytes:
    """A feed with one entry."""
    item = f"<item><title>{name}</title><guid>{name}</guid></item>"
    return f"<rss><channel><title>{name}</title>{item}</channel></rss>".encode()


async def _refreshed(root: Path, feeds: list[Subscription]) -> dict[str, FeedProgress]:
    paths = Paths(*(root / name for name in ("config", "data", "state", "cache")))
    orders = orders_for(feeds, feeds)._replace(reading_seconds=SECONDS)
    ends = {}
    async with HttpClient(Limits(), proxies={}) as fetcher:
        with open_shelf(root / "library", paths) as shelf:
            async for each in refresh(shelf, orders, fetcher):
                if each.state.is_end:
                    ends[each.url] = each
    return ends


def test_a_feed_that_takes_too_long_fails_and_the_others_come(tmp_path: Path) -> None:
    with serving() as server:
        slow = [server.page(f"/slow{number}", pathological()) for number in range(2)]
        fine = [server.page(f"/fine{number}", good(str(number))) for number in range(4)]
        ends = asyncio.run(_refreshed(tmp_path, [Subscription(url) for url in slow + fine]))
    for url in slow:
        assert (ends[url].state, ends[url].failure) == (State.FAILED, str(Failure.TOO_LARGE))
        assert ends[url].reason == f"It takes longer than {SECONDS:g} seconds to read."
    assert [ends[url].state for url in fine] == [State.SAVED] * len(fine)
    assert len(list((tmp_path / "library").rglob("*.md"))) == len(fine)


def test_work_is_done_in_threads_and_its_errors_are_told() -> None:
    async def main() -> None:
        readers = Readers(2, 10)
        try:
            names = await asyncio.gather(
                *(readers.do(lambda: threading.current_thread().name) for _ in range(5))
            )
            assert set(names) == {"reading"}
            with pytest.raises(ZeroDivisionError):
                await readers.do(lambda: 1 // 0)
            assert await readers.do(lambda: "still there") == "still there"
        finally:
            readers.close()

    asyncio.run(main())


def test_what_is_given_up_gives_its_place_to_another_and_is_not_waited_for() -> None:
    async def main() -> None:
        readers, go_on = Readers(1, 0.05), threading.Event()
        try:
            with pytest.raises(FetchError, match=r"longer than 0\.05 seconds"):
                await readers.do(go_on.wait)
            assert await readers.do(lambda: "next") == "next"
        finally:
            readers.close()
            go_on.set()

    asyncio.run(main())


def test_what_is_given_up_ends() -> None:
    begun: list[threading.Thread] = []

    def endless() -> None:
        begun.append(threading.current_thread())
        while True:
            pass

    async def main() -> None:
        readers = Readers(1, 0.05)
        try:
            with pytest.raises(FetchError):
                await readers.do(endless)
            begun[0].join(10)
            assert not begun[0].is_alive()
        finally:
            readers.close()

    asyncio.run(main())
