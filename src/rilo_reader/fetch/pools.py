"""Connections that are kept: some for each host, for as long as few hosts are known.

One pool of the HTTP client for all hosts would look at every idle connection with every request;
a pool for each host has two to look at. Importing this module imports the HTTP client.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpcore2

from rilo_reader.fetch.guard import Reach
from rilo_reader.fetch.proxies import Through
from rilo_reader.fetch.resolve import Connector

KEPT_SECONDS = 15.0
"""How long a connection that nobody uses is kept."""


class Key(NamedTuple):
    """Whom a pool is for.

    Attributes:
        host: whom one asks.
        reach: where it may lead. Requests of different reach never share a connection: one that
            was made to a private address because the user said so is not there for what a page
            says.
        through: the proxy that leads there, None for none.
    """

    host: str
    reach: Reach
    through: Through | None


class Pools:
    """A pool of connections for each host.

    Args:
        connectors: what makes connections, for each reach.
        ssl_context: which certificates to trust.
        kept: hosts whose connections are kept while nobody uses them.
    """

    def __init__(
        self, connectors: Mapping[Reach, Connector], ssl_context: ssl.SSLContext, kept: int
    ) -> None:
        self._connectors = connectors
        self._ssl_context = ssl_context
        self._kept = kept
        self._idle: dict[Key, httpcore2.AsyncConnectionPool] = {}
        self._busy: dict[Key, tuple[httpcore2.AsyncConnectionPool, int]] = {}
        self._leaving: list[httpcore2.AsyncConnectionPool] = []

    @asynccontextmanager
    async def at(self, key: Key) -> AsyncIterator[httpcore2.AsyncConnectionPool]:
        """The connections of a host, while one uses them."""
        if key in self._busy:
            pool, users = self._busy[key]
        else:
            pool, users = self._idle.pop(key) if key in self._idle else self._new(key), 0
        self._busy[key] = (pool, users + 1)
        try:
            yield pool
        finally:
            pool, users = self._busy.pop(key)
            if users > 1:
                self._busy[key] = (pool, users - 1)
            else:
                # The one that was used last is the last of all to go.
                self._idle[key] = pool
                while len(self._idle) > self._kept:
                    self._leaving.append(self._idle.pop(next(iter(self._idle))))
        await self._let_go()

    async def close(self) -> None:
        """Close every connection, also those in use."""
        self._leaving += [*self._idle.values(), *(pool for pool, _ in self._busy.values())]
        self._idle.clear()
        await self._let_go()

    async def _let_go(self) -> None:
        """Close what nobody needs; who is stopped meanwhile leaves the rest to the next."""
        while self._leaving:
            pool = self._leaving[0]
            await pool.aclose()
            # Somebody else may have closed it at the same time.
            if pool in self._leaving:
                self._leaving.remove(pool)

    def _new(self, key: Key) -> httpcore2.AsyncConnectionPool:
        through = key.through
        return httpcore2.AsyncConnectionPool(
            ssl_context=self._ssl_context,
            proxy=httpcore2.Proxy(through.url, auth=through.login) if through else None,
            # Places are given by Turns: the pool itself never makes anyone wait.
            max_connections=None,
            keepalive_expiry=KEPT_SECONDS,
            http2=True,
            # The user's own proxy may stand anywhere, and it is what looks up names then.
            network_backend=self._connectors[Reach.ANYWHERE if through else key.reach],
        )
