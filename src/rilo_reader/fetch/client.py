"""An HTTP client for feeds and pages.

Redirects are followed here and not by aiohttp, because each is to be judged: where it may lead,
whether it is permanent, and what must not travel with it.

aiohttp is imported (70 ms) when a client is entered, not with this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rilo_reader import __version__
from rilo_reader.fetch.addresses import Address, parse_address, redirected
from rilo_reader.fetch.guard import Reach, check_host
from rilo_reader.fetch.proxies import environment_proxies, proxy_for
from rilo_reader.fetch.response import (
    ENCODINGS,
    WITH_CONTENT,
    decompress,
    fresh_until,
    is_compressed,
    status_error,
    validator,
)
from rilo_reader.fetch.values import Failure, FetchError, Limits, Request, Response

if TYPE_CHECKING:
    import ssl

    from rilo_reader.fetch.connection import Connections, SocketFactory
    from rilo_reader.fetch.exchange import HttpReply
    from rilo_reader.fetch.resolve import Resolve

USER_AGENT = f"rilo-reader/{__version__}"
DECOMPRESSED_AT_ONCE = 32_768
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PERMANENT = frozenset((301, 308))


class HttpClient:
    """An HTTP client that returns bounded responses.

    An async context manager, for one event loop. Bounded are the bytes of a response, as sent and
    decompressed, the time it takes with all its redirects, and the requests made at one time, also
    to one host. Hosts are connected to only where the request's reach allows it, at the addresses
    that were checked. No cookie is kept; logins are sent to the host they belong to and to no
    other.

    Args:
        limits: the bounds.
        resolve: finds the IP addresses of a host; this computer's resolver by default.
        ssl_context: which certificates to trust; what this computer trusts by default.
        proxies: scheme (or "all", or "no" for what to reach without) -> proxy; what the
            environment says by default.
        socket_factory: makes the socket for an address, see `aiohttp.TCPConnector`.

    Attributes:
        public_hosts: names of hosts that the user named and that led to the public net: they must
            go on leading there. Those known from before are to be added; new ones come in.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
        proxies: Mapping[str, str] | None = None,
        socket_factory: SocketFactory | None = None,
    ) -> None:
        self._limits = limits
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._proxies = environment_proxies() if proxies is None else proxies
        self._socket_factory = socket_factory
        self.public_hosts: set[str] = set()
        self._connections: Connections | None = None

    async def __aenter__(self) -> Self:
        from rilo_reader.fetch.connection import Connections

        self._connections = Connections(
            self._limits,
            self.public_hosts,
            resolve=self._resolve,
            ssl_context=self._ssl_context,
            socket_factory=self._socket_factory,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connections, self._connections = self._connections, None
        if connections is not None:
            await connections.close()

    async def get(self, request: Request) -> Response:
        """The response to a GET, after all redirects.

        Raises:
            FetchError: there is none with content, and no 304 to a conditional request.
        """
        if self._connections is None:
            raise RuntimeError("an HttpClient is used inside `async with`")
        chain = _RedirectChain(request)
        try:
            answer = await self._follow(chain, self._connections)
            data = await _decompressed(answer, self._limits.size)
        except FetchError as error:
            error.moved_to = chain.moved_to
            raise
        headers = answer.headers
        return Response(
            url=chain.address.url,
            moved_to=chain.moved_to,
            status=answer.status,
            data=data,
            content_type=headers.get("content-type", ""),
            etag=validator(headers.get("etag", "")),
            last_modified=validator(headers.get("last-modified", "")),
            fresh_until=fresh_until(headers, datetime.now(UTC)),
        )

    async def _follow(self, chain: _RedirectChain, connections: Connections) -> HttpReply:
        """The answer at the end of all redirects."""
        from rilo_reader.fetch.exchange import Hop, exchange

        left = self._limits.whole
        for _ in range(self._limits.redirects + 1):
            address, reach = chain.address, chain.reach
            if reach is Reach.PUBLIC:
                check_host(address.host, address.port)
            proxy = proxy_for(address, self._proxies)
            # The user's own proxy may stand anywhere, and it is what looks up names then.
            async with connections.to(address.host, Reach.ANYWHERE if proxy else reach) as session:
                begun = monotonic()
                hop = Hop(address, _headers(address, chain.request), proxy)
                answer = await exchange(session, hop, self._limits, left)
                left -= monotonic() - begun
            chain.arrive()
            if answer.status not in _REDIRECTS:
                if answer.status in WITH_CONTENT or (answer.status == 304 and chain.conditional):
                    return answer
                raise status_error(answer.status, answer.headers, datetime.now(UTC))
            chain.follow(answer)
        raise FetchError(Failure.BROKEN, f"it redirects more than {self._limits.redirects} times")


class _RedirectChain:
    """Where a request has got to, one redirect after the other.

    Attributes:
        request: as it was made.
        address: where it stands.
        moved_to: where permanent redirects alone have led, with the login where it stays at its
            host; "" where there were none.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.address = parse_address(request.url)
        self.moved_to = ""
        self._first_host = self.address.host
        self._permanent = True
        self._seen = {self.address.url}

    @property
    def reach(self) -> Reach:
        """Where it may lead from here: the user named its first host only, ports included."""
        if not self.request.trusted or self.address.host != self._first_host:
            return Reach.PUBLIC
        return Reach.ANYWHERE if self.request.allowed else Reach.TYPED

    @property
    def conditional(self) -> bool:
        """Whether 304 is a possible answer."""
        return bool(validator(self.request.etag) or validator(self.request.last_modified))

    def arrive(self) -> None:
        """Note that the place where it stands has answered.

        Not before: nothing has moved to where one may not go, or nobody answers.
        """
        if self._permanent and len(self._seen) > 1:
            self.moved_to = self.address.url_with_login

    def follow(self, answer: HttpReply) -> None:
        """Go on to where a redirect leads.

        Raises:
            FetchError: BROKEN where it leads in a circle or nowhere, REFUSED where it leads to
                what is not of the web.
        """
        location, status = answer.headers.get("location", ""), answer.status
        if not location.strip():
            raise FetchError(Failure.BROKEN, f"it redirects to nowhere ({status})", status=status)
        try:
            new = redirected(self.address, location)
        except FetchError as error:
            reason = f"it redirects to where it cannot be followed: {error.reason}"
            raise FetchError(Failure.REFUSED, reason, status=status) from None
        if new.url in self._seen:
            reason = f"it redirects in a circle, back to {new.url}"
            raise FetchError(Failure.BROKEN, reason, status=status)
        self._seen.add(new.url)
        self.address = new
        self._permanent = self._permanent and status in _PERMANENT


def _headers(address: Address, request: Request) -> dict[str, str]:
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": validator(request.accept) or "*/*",
        "Accept-Encoding": ENCODINGS,
        "If-None-Match": validator(request.etag),
        "If-Modified-Since": validator(request.last_modified),
        "Authorization": address.authorization,
    }
    return {name: value for name, value in headers.items() if value}


async def _decompressed(answer: HttpReply, limit: int) -> bytes:
    """The body as it was meant; much of it in a thread, since everyone else waits meanwhile."""
    encoding = answer.headers.get("content-encoding", "")
    if len(answer.data) <= DECOMPRESSED_AT_ONCE or not is_compressed(answer.data, encoding):
        return decompress(answer.data, encoding, limit)
    return await asyncio.to_thread(decompress, answer.data, encoding, limit)
