"""An HTTP client for feeds and pages.

Redirects are followed here rather than by aiohttp, since each must be checked: where it may lead,
whether it is permanent, and which headers must not be sent along. Importing this module imports
aiohttp (70 ms): modules that may never fetch import it within functions.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from types import MappingProxyType
from typing import Self
from urllib.request import getproxies_environment

from rilo_reader import __version__
from rilo_reader.config import Config
from rilo_reader.fetch.addresses import (
    Address,
    choose_proxy,
    may_share,
    parse_address,
    resolve_redirect,
)
from rilo_reader.fetch.connection import ConnectionPool, Resolve, SocketFactory, look_up
from rilo_reader.fetch.exchange import HopRequest, HttpReply, send_request
from rilo_reader.fetch.guard import Reach, check_host
from rilo_reader.fetch.messages import (
    ApiReply,
    ApiRequest,
    Failure,
    FetchError,
    FetchLimits,
    Request,
    Response,
)
from rilo_reader.fetch.response import (
    ENCODINGS,
    PARTIAL,
    REDIRECTS,
    WITH_CONTENT,
    clean_validator,
    decompress,
    is_compressed,
    read_fresh_until,
    read_whole_size,
    status_error,
)
from rilo_reader.text import redact_address

USER_AGENT = f"rilo-reader/{__version__}"
DECOMPRESSED_AT_ONCE = 32_768
_PERMANENT = frozenset((301, 308))


class HttpClient:
    """An HTTP client that returns bounded responses.

    An async context manager, to be entered once. Limits apply to the size of a response, as sent
    and decompressed, to the time including redirects, and to the number of concurrent requests, in
    all and per host. It connects only to hosts that the request may reach, at addresses that were
    checked. Cookies are not stored; a login and headers of the user's own are sent to their host
    only.
    """

    def __init__(
        self,
        limits: FetchLimits,
        *,
        resolve: Resolve = look_up,
        ssl_context: ssl.SSLContext | None = None,  # None: the system's certificates
        # scheme (or "all", or "no" for exceptions) -> proxy; None: those of the environment
        proxies: Mapping[str, str] | None = None,
        socket_factory: SocketFactory | None = None,  # see `aiohttp.TCPConnector`
    ) -> None:
        self._limits = limits
        self._proxies = getproxies_environment() if proxies is None else proxies
        # Hosts named by the user that were on the internet, and must stay there. Add those known
        # from earlier; new ones are added here.
        self.public_hosts: set[str] = set()
        self._connections = ConnectionPool(
            limits,
            self.public_hosts,
            resolve=resolve,
            ssl_context=ssl_context,
            socket_factory=socket_factory,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._connections.close()

    async def get(self, request: Request) -> Response:
        """Send a GET request, follow redirects, and return the response.

        Raises FetchError if there is neither content nor 304 to a conditional request.
        """
        chain, limits = _RedirectChain(request), self._limits
        if request.seconds:
            limits = limits._replace(total_seconds=min(limits.total_seconds, request.seconds))
        try:
            reply = await self._follow_redirects(chain, limits)
            data = await _decompress_reply(reply, self._limits.max_bytes)
        except FetchError as error:
            error.moved_to = chain.moved_to
            raise
        headers = reply.headers
        return Response(
            url=chain.address.url,
            moved_to=chain.moved_to,
            status=reply.status,
            data=data,
            content_type=headers.get("content-type", ""),
            etag=clean_validator(headers.get("etag", "")),
            last_modified=clean_validator(headers.get("last-modified", "")),
            fresh_until=read_fresh_until(headers, datetime.now(UTC)),
            size=read_whole_size(headers),
        )

    async def call_api(self, request: ApiRequest) -> ApiReply:
        """Send a request to an API, and return the reply whatever its status is.

        No redirect is followed, so no secret reaches another host. Raises FetchError.
        """
        address = parse_address(request.url)
        headers = {**_make_headers(address), **request.headers}
        proxy = choose_proxy(address, self._proxies)
        hop = HopRequest(address, headers, proxy, request.method, request.body, any_status=True)
        reach = Reach.ANYWHERE if proxy or request.is_private_allowed else Reach.ACCOUNT
        async with self._connections.connect_to(address.host, reach) as session:
            reply = await send_request(session, hop, self._limits, self._limits.total_seconds)
        data = await _decompress_reply(reply, self._limits.max_bytes)
        return ApiReply(reply.status, reply.headers, data)

    async def find_addresses(
        self, host: str, port: int, *, is_private_allowed: bool = False
    ) -> Sequence[str]:
        """Return the IP addresses of the server of an account, the best first.

        Raises FetchError if there are none, or it may not be connected to.
        """
        reach = Reach.ANYWHERE if is_private_allowed else Reach.ACCOUNT
        return await self._connections.find_addresses(host, port, reach)

    async def _follow_redirects(self, chain: _RedirectChain, limits: FetchLimits) -> HttpReply:
        seconds_left = limits.total_seconds
        for _ in range(limits.max_redirects + 1):
            address, reach = chain.address, chain.reach
            if reach is Reach.PUBLIC:
                check_host(address.host, address.port)
            proxy = choose_proxy(address, self._proxies)
            # The user's proxy may be anywhere, and it resolves names itself.
            reach = Reach.ANYWHERE if proxy else reach
            async with self._connections.connect_to(address.host, reach) as session:
                started = monotonic()
                hop = HopRequest(address, _make_headers(address, chain.headers), proxy)
                reply = await send_request(session, hop, limits, seconds_left)
                seconds_left -= monotonic() - started
            chain.record_reply()
            if reply.status not in REDIRECTS:
                is_asked = reply.status != PARTIAL or chain.is_partial
                is_same = reply.status == 304 and chain.is_conditional
                if (reply.status in WITH_CONTENT and is_asked) or is_same:
                    return reply
                raise status_error(reply.status, reply.headers, datetime.now(UTC))
            chain.follow_redirect(reply)
        raise FetchError(Failure.BROKEN, f"it redirects more than {limits.max_redirects} times")


class _RedirectChain:
    """A request while redirects are followed."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.address = parse_address(request.url)
        version = {
            "If-None-Match": clean_validator(request.etag),
            "If-Modified-Since": clean_validator(request.last_modified),
        }
        accept = clean_validator(request.accept) or "*/*"
        self.headers = {"Accept": accept, **version, **request.headers}
        if request.part is not None:
            first, end = request.part
            self.headers |= {"Range": f"bytes={first}-{end - 1}", "Accept-Encoding": "identity"}
        self.is_partial = request.part is not None
        self.is_conditional = any(version.values())  # whether the reply may be 304
        # address after permanent redirects only, with the login if it is of the same host; ""
        # if there were none
        self.moved_to = ""
        self._first_host = self.address.host
        self._is_permanent = True
        self._seen_urls = {self.address.url}

    @property
    def reach(self) -> Reach:
        """The hosts that may be reached: only the first, on any port, was named by the user."""
        if not self._request.is_trusted or self.address.host != self._first_host:
            return Reach.PUBLIC
        return Reach.ANYWHERE if self._request.is_private_allowed else Reach.TYPED

    def record_reply(self) -> None:
        """Record a reply, so that a permanent redirect to the address counts."""
        if self._is_permanent and len(self._seen_urls) > 1:
            self.moved_to = self.address.url_with_login

    def follow_redirect(self, reply: HttpReply) -> None:
        """Follow a redirect; raise FetchError if it leads nowhere, off the web or in a circle."""
        location, status = reply.headers.get("location", ""), reply.status
        if not location.strip():
            reason = f"it redirects without an address ({status})"
            raise FetchError(Failure.BROKEN, reason, status=status)
        try:
            new = resolve_redirect(self.address, location)
        except FetchError as error:
            reason = f"it redirects to an address that cannot be followed: {error.reason}"
            raise FetchError(Failure.REFUSED, reason, status=status) from None
        if new.url in self._seen_urls:
            reason = f"it redirects in a circle, back to {redact_address(new.url)}"
            raise FetchError(Failure.BROKEN, reason, status=status)
        self._seen_urls.add(new.url)
        if not may_share(self.address, new):
            for name in self._request.headers:
                self.headers.pop(name, None)
        self.address = new
        self._is_permanent = self._is_permanent and status in _PERMANENT


def _make_headers(
    address: Address, more: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    headers = {
        "User-Agent": USER_AGENT,
        "Accept-Encoding": ENCODINGS,
        "Authorization": address.authorization,
        **more,
    }
    return {name: value for name, value in headers.items() if value}


async def _decompress_reply(reply: HttpReply, limit: int) -> bytes:
    """Return the decompressed body; a large one is decompressed in a thread."""
    encoding = reply.headers.get("content-encoding", "")
    if len(reply.data) <= DECOMPRESSED_AT_ONCE or not is_compressed(reply.data, encoding):
        return decompress(reply.data, encoding, limit)
    return await asyncio.to_thread(decompress, reply.data, encoding, limit)


def make_client(config: Config) -> HttpClient:
    """Return a client with the limits of the settings, to be used as a context manager."""
    limits = FetchLimits(
        max_requests=config.fetch_together,
        per_host=config.fetch_per_host,
        max_bytes=config.fetch_megabytes * 1_000_000,
        total_seconds=float(config.fetch_seconds),
    )
    return HttpClient(limits)
