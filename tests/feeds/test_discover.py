"""What is found at an address, within limits that strangers cannot exceed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from rilo_reader.feeds.discover import Discoverer, DiscoveryLimits, DiscoveryResult
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import Failure, FetchError, FetchLimits
from tests.feeds.world import PAGE, rss
from tests.support.servers import Asked, Page, Server, send, serving

SLOW = rss(*(f"Entry{number}" for number in range(50_000)))
"""A feed that takes several seconds of processor time to read."""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/page", PAGE, headers={"Content-Type": "text/html; charset=utf-8"})
        yield server


async def discover(url: str, **limits: float) -> DiscoveryResult:
    async with HttpClient(FetchLimits(), proxies={}) as client:
        with Discoverer(client, DiscoveryLimits()._replace(**limits)) as discoverer:  # type: ignore[arg-type]
            return await discoverer.discover(url)


@pytest.mark.slow
async def test_a_feed_that_takes_too_long_to_read_is_refused(server: Server) -> None:
    url = server.page("/slow", SLOW)
    with pytest.raises(FetchError, match=r"longer than 0\.3 seconds to read") as raised:
        await discover(url, feed_seconds=0.3)
    assert raised.value.failure is Failure.TOO_LARGE


@pytest.mark.slow
async def test_a_feed_of_a_usual_address_that_takes_too_long_is_no_feed(server: Server) -> None:
    server.page("/feed/", SLOW)
    server.page("/rss.xml", rss("One"))
    found = await discover(server.url("/page"), feed_seconds=2.0, guess_seconds=60)
    assert [feed.url for feed in found.feeds] == [server.url("/rss.xml")]


@pytest.mark.slow
async def test_nobody_waits_long_for_a_feed_that_nothing_names(server: Server) -> None:
    async def late(_: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)
        await send(writer, Page(rss("One")))

    server.route("/feed/", late)
    found = await discover(server.url("/page"), guess_seconds=0.2)
    assert (found.feeds, found.page is not None) == ((), True)
