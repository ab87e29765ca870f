"""Addresses fetched by our client and nothing done with what comes: what a refresh cannot undercut.

    python -m benchmarks.fetching < ADDRESSES

A process of its own, as a refresh is, with the same client, as many requests at one time, and the
addresses in the order in which a refresh takes them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update import FEEDS_AT_ONCE, interleave_hosts
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import FetchLimits, Request


async def fetch(addresses: Sequence[str]) -> int:
    """Fetch all of them; how many bytes came."""
    room = asyncio.Semaphore(FEEDS_AT_ONCE)
    turns = interleave_hosts([(Subscription(address), None) for address in addresses])

    async with HttpClient(FetchLimits()) as client:

        async def one(address: str) -> int:
            async with room:
                return len((await client.get(Request(address, is_trusted=True))).data)

        return sum(await asyncio.gather(*(one(feed.url) for feed, _ in turns)))


if __name__ == "__main__":
    print(asyncio.run(fetch(sys.stdin.read().split())))
