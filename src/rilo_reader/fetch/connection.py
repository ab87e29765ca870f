"""One question and its answer, over connections that are kept and guarded.

Importing this module imports the HTTP client: only `fetch` does, when it begins.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Mapping
from contextlib import aclosing
from typing import NamedTuple

import httpcore2

from rilo_reader.fetch.addresses import Address
from rilo_reader.fetch.guard import Reach, check_host
from rilo_reader.fetch.pools import Key, Pools
from rilo_reader.fetch.problems import NETWORK_ERRORS, explained
from rilo_reader.fetch.proxies import proxies_of_environment, proxy_for
from rilo_reader.fetch.resolve import Connector
from rilo_reader.fetch.values import Failure, FetchError, Limits

ATTEMPTS = 3
HEADERS_AT_MOST = 250
PASSED_OVER = 16_384
PASSED_OVER_SECONDS = 1.0
_WITH_BODY = frozenset((200, 201, 203, 226))


class HttpReply(NamedTuple):
    """What a server said.

    Attributes:
        status: its number.
        headers: names in lower case; values that came several times joined with commas.
        data: the body as it was sent, still packed; empty where the status brings none.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes = b""


class Exchange:
    """Asks servers, each question over a connection that may serve the next."""

    def __init__(
        self,
        limits: Limits,
        connectors: Mapping[Reach, Connector],
        ssl_context: ssl.SSLContext | None,
        proxies: Mapping[str, str] | None,
    ) -> None:
        # It would log every header there is, a login among them.
        logging.getLogger("hpack").setLevel(logging.WARNING)
        self._limits = limits
        self._proxies = proxies_of_environment() if proxies is None else proxies
        self._pools = Pools(
            connectors,
            ssl_context=ssl_context or httpcore2.default_ssl_context(),
            kept=limits.together,
        )
        self._given_up: Counter[str] = Counter()

    async def close(self) -> None:
        """Close every connection."""
        await self._pools.close()

    async def ask(
        self, address: Address, headers: Mapping[str, str], reach: Reach, seconds: float
    ) -> HttpReply:
        """What a server answers to a GET within so many seconds.

        Raises:
            FetchError: it does not answer, or not within bounds.
        """
        if reach is Reach.PUBLIC:
            check_host(address.host, address.port)
        through = proxy_for(address, self._proxies)
        key = Key(address.host, reach, through)
        try:
            async with asyncio.timeout(max(seconds, 0)), self._pools.at(key) as pool:
                return await self._asked_again(pool, address, headers)
        except TimeoutError:
            raise FetchError(
                Failure.TIMEOUT, f"it was not finished within {self._limits.whole:g} seconds"
            ) from None
        except NETWORK_ERRORS as error:
            by_proxy = f" (by the proxy {through.url.partition('//')[2]})" if through else ""
            raise explained(error, address.host + by_proxy, self._limits) from error

    async def _asked_again(
        self, pool: httpcore2.AsyncConnectionPool, address: Address, headers: Mapping[str, str]
    ) -> HttpReply:
        """Ask, and ask again where the connection was lost through no fault of this question.

        That is where a kept connection turns out to have been closed meanwhile, and where another
        question that shared it was given up.
        """
        for attempt in range(ATTEMPTS):
            connected, given_up = _Connected(), self._given_up[address.host]
            request = self._request(address, headers, connected)
            answered = False
            try:
                response = await pool.handle_async_request(request)
                answered = True
                return await self._heard(response, address.host)
            except (httpcore2.NetworkError, httpcore2.ProtocolError):
                stale = not answered and not connected.anew
                lost = stale or self._given_up[address.host] != given_up
                if not lost or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _heard(self, response: httpcore2.Response, host: str) -> HttpReply:
        """The whole answer; its connection is free again, or closed, whatever happens."""
        try:
            try:
                return await self._read(response)
            finally:
                await response.aclose()
        except BaseException:
            # In HTTP/2 the rest would still come, and use up what the connection may hold.
            if response.extensions.get("http_version") == b"HTTP/2":
                self._given_up[host] += 1
                await response.extensions["network_stream"].aclose()
            raise

    async def _read(self, response: httpcore2.Response) -> HttpReply:
        headers = _joined(response.headers)
        if response.status not in _WITH_BODY:
            await self._pass_over(response)
            return HttpReply(response.status, headers)
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > self._limits.size:
            raise self._too_large()
        found = bytearray()
        async with aclosing(response.aiter_stream()) as chunks:
            async for chunk in chunks:
                found += chunk
                if len(found) > self._limits.size:
                    raise self._too_large()
        return HttpReply(response.status, headers, bytes(found))

    async def _pass_over(self, response: httpcore2.Response) -> None:
        """Read to the end what nobody wants, where it is short: the connection serves again."""
        size = 0
        try:
            async with (
                asyncio.timeout(PASSED_OVER_SECONDS),
                aclosing(response.aiter_stream()) as chunks,
            ):
                async for chunk in chunks:
                    size += len(chunk)
                    if size > PASSED_OVER:
                        return
        except (*NETWORK_ERRORS, TimeoutError):
            # The answer's head said all that counts; this connection alone is lost.
            return

    def _too_large(self) -> FetchError:
        return FetchError(
            Failure.TOO_LARGE, f"the answer is larger than {self._limits.size:,} bytes"
        )

    def _request(
        self, address: Address, headers: Mapping[str, str], connected: _Connected
    ) -> httpcore2.Request:
        url = httpcore2.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=None if address.is_default_port else address.port,
            target=address.target.encode(),
        )
        timeout = {
            "connect": self._limits.connect,
            "read": self._limits.silence,
            "write": self._limits.silence,
            # Places are given by Turns: the pool never makes anyone wait.
            "pool": None,
        }
        return httpcore2.Request(
            "GET",
            url,
            headers=list(headers.items()),
            extensions={"timeout": timeout, "trace": connected.note},
        )


class _Connected:
    """Whether a request made a connection of its own."""

    def __init__(self) -> None:
        self.anew = False

    async def note(self, event: str, info: Mapping[str, object]) -> None:
        """What the client tells on its way."""
        if event == "connection.connect_tcp.started":
            self.anew = True


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name in lower case.

    Raises:
        FetchError: BROKEN where there are more than a server can mean.
    """
    if len(headers) > HEADERS_AT_MOST:
        raise FetchError(Failure.BROKEN, f"the answer has {len(headers):,} headers")
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
