"""Bytes from the network: conditional, bounded, many at a time, and only from where one may.

Redirects are followed by hand, because each is to be judged: where it may lead, whether it is for
ever, and what must not travel with it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rilo_reader import __version__
from rilo_reader.fetch.addresses import Address, parse_address, redirected
from rilo_reader.fetch.guard import Reach
from rilo_reader.fetch.headers import fresh_until, retry_after, validator
from rilo_reader.fetch.response import may_be_packed, unpack
from rilo_reader.fetch.turns import Turns
from rilo_reader.fetch.values import Failure, FetchError, Limits, Request, Response

if TYPE_CHECKING:
    from httpcore2 import AsyncNetworkBackend

    from rilo_reader.fetch.connection import Exchange, HttpReply
    from rilo_reader.fetch.resolve import Resolve

USER_AGENT = f"rilo-reader/{__version__}"
UNPACKED_AT_ONCE = 32_768
ENCODINGS = "gzip, deflate, br, zstd"
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_FOR_EVER = frozenset((301, 308))
_WITH_CONTENT = frozenset((200, 201, 203, 226))


class Fetcher:
    """Gets addresses of the web; an async context manager, for one event loop.

    Args:
        limits: bounds on what comes in and on how much is asked at one time.
        resolve: finds the IP addresses of a host; this computer's own way by default.
        ssl_context: which certificates to trust; what this computer trusts by default.
        proxies: scheme (or "all", or "no" for what to reach without) -> proxy; what the
            environment says by default.
        network: what connects to an IP address; this computer's own network by default.

    Attributes:
        public_hosts: names of hosts that the user named and that led to the public net: they must
            go on leading there. Whoever knows some from before adds them; new ones come in.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
        proxies: Mapping[str, str] | None = None,
        network: AsyncNetworkBackend | None = None,
    ) -> None:
        self._limits = limits
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._proxies = proxies
        self._network = network
        self.public_hosts: set[str] = set()
        self._turns = Turns(limits.together, limits.per_host)
        self._exchange: Exchange | None = None

    async def __aenter__(self) -> Self:
        from rilo_reader.fetch.connection import Exchange
        from rilo_reader.fetch.resolve import Connector, look_up

        connectors = {
            reach: Connector(self._resolve or look_up, reach, self.public_hosts, self._network)
            for reach in Reach
        }
        self._exchange = Exchange(self._limits, connectors, self._ssl_context, self._proxies)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.close()

    async def get(self, request: Request) -> Response:
        """What is at an address.

        Raises:
            FetchError: nothing came back.
        """
        if self._exchange is None:
            raise RuntimeError("a Fetcher is used inside `async with`")
        journey = _Journey(request, parse_address(request.url))
        try:
            answer = await self._follow(journey, self._exchange)
            data = await _unpacked(answer, self._limits.size)
        except FetchError as error:
            error.moved_to = journey.moved_to
            raise
        now = datetime.now(UTC)
        return Response(
            url=journey.address.url,
            moved_to=journey.moved_to,
            status=answer.status,
            data=data,
            content_type=answer.headers.get("content-type", ""),
            etag=validator(answer.headers.get("etag", "")),
            last_modified=validator(answer.headers.get("last-modified", "")),
            fresh_until=fresh_until(answer.headers, now),
        )

    async def _follow(self, journey: _Journey, exchange: Exchange) -> HttpReply:
        """The answer at the end of all redirects."""
        left = self._limits.whole
        for _ in range(self._limits.redirects + 1):
            address = journey.address
            async with self._turns.at(address.host):
                begun = monotonic()
                answer = await exchange.ask(
                    address, _headers(address, journey.request), journey.reach, left
                )
                left -= monotonic() - begun
            journey.arrive()
            if answer.status not in _REDIRECTS:
                _check_status(answer, journey)
                return answer
            journey.go_on(answer)
        raise FetchError(Failure.BROKEN, f"it redirects more than {self._limits.redirects} times")


class _Journey:
    """Where a request has come to, one redirect after the other.

    Attributes:
        request: as it was made.
        address: where it stands.
        moved_to: where permanent redirects alone have led, with the login where it stays at its
            host; "" where there were none.
    """

    def __init__(self, request: Request, address: Address) -> None:
        self.request = request
        self.address = address
        self.moved_to = ""
        self._first_host = address.host
        self._for_ever = True
        self._seen = {address.url}

    @property
    def reach(self) -> Reach:
        """Where it may lead from here: the user named its first host only, ports included."""
        if not self.request.trusted or self.address.host != self._first_host:
            return Reach.PUBLIC
        return Reach.ANYWHERE if self.request.allowed else Reach.TYPED

    @property
    def conditional(self) -> bool:
        """Whether an answer that nothing has changed is a possible one."""
        return bool(validator(self.request.etag) or validator(self.request.last_modified))

    def arrive(self) -> None:
        """Take note that the place where it stands has answered.

        Not before: where one may not go, or nobody is, nothing has moved to.
        """
        if self._for_ever and len(self._seen) > 1:
            self.moved_to = self.address.url_with_login

    def go_on(self, answer: HttpReply) -> None:
        """Follow one redirect.

        Raises:
            FetchError: BROKEN where it leads in a circle or nowhere, REFUSED where it leads to
                what is not of the web.
        """
        location = answer.headers.get("location", "")
        if not location.strip():
            raise FetchError(
                Failure.BROKEN, f"it redirects to nowhere ({answer.status})", status=answer.status
            )
        try:
            new = redirected(self.address, location)
        except FetchError as error:
            reason = f"it redirects to where it cannot be followed: {error.reason}"
            raise FetchError(Failure.REFUSED, reason, status=answer.status) from None
        if new.url in self._seen:
            raise FetchError(
                Failure.BROKEN, f"it redirects in a circle, back to {new.url}", status=answer.status
            )
        self._seen.add(new.url)
        self.address = new
        self._for_ever = self._for_ever and answer.status in _FOR_EVER


async def _unpacked(answer: HttpReply, limit: int) -> bytes:
    """What was packed; much of it in a thread, since everyone else waits meanwhile."""
    encoding = answer.headers.get("content-encoding", "")
    if len(answer.data) <= UNPACKED_AT_ONCE or not may_be_packed(answer.data, encoding):
        return unpack(answer.data, encoding, limit)
    return await asyncio.to_thread(unpack, answer.data, encoding, limit)


def _headers(address: Address, request: Request) -> dict[str, str]:
    headers = {
        "Host": address.authority,
        "User-Agent": USER_AGENT,
        "Accept": validator(request.accept) or "*/*",
        "Accept-Encoding": ENCODINGS,
        "If-None-Match": validator(request.etag),
        "If-Modified-Since": validator(request.last_modified),
        "Authorization": address.authorization,
    }
    return {name: value for name, value in headers.items() if value}


def _check_status(answer: HttpReply, journey: _Journey) -> None:
    """See that an answer brings something, or says that one has it.

    Raises:
        FetchError: it does not.
    """
    from rilo_reader.fetch.problems import refused_by_status

    if answer.status in _WITH_CONTENT or (answer.status == 304 and journey.conditional):
        return
    if answer.status == 304:
        raise FetchError(
            Failure.BROKEN, "it says that nothing changed, which nobody asked (304)", status=304
        )
    failure, reason = refused_by_status(answer.status)
    raise FetchError(
        failure,
        reason,
        status=answer.status,
        retry_after=retry_after(answer.headers, datetime.now(UTC)),
    )
