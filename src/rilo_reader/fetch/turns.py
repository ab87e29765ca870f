"""Whose turn it is: so many requests at one time, and so many of them to one host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Places for requests.

    A request waits for its host's place first: two hundred feeds of one slow host would otherwise
    take all places while they wait for each other.

    Args:
        together: requests at one time.
        per_host: of them to one host.
    """

    def __init__(self, together: int, per_host: int) -> None:
        self._together = asyncio.Semaphore(together)
        self._per_host = per_host
        self._hosts: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @property
    def hosts(self) -> int:
        """How many hosts are asked or waited for."""
        return len(self._hosts)

    @asynccontextmanager
    async def at(self, host: str) -> AsyncIterator[None]:
        """Hold a place for a request to a host."""
        places, users = self._hosts.get(host) or (asyncio.Semaphore(self._per_host), 0)
        self._hosts[host] = (places, users + 1)
        try:
            async with places, self._together:
                yield
        finally:
            places, users = self._hosts.pop(host)
            if users > 1:
                self._hosts[host] = (places, users - 1)
