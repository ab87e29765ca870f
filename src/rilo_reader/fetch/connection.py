"""Pool connections: few per host, kept for a while, and only to hosts that may be reached.

aiohttp connects to exactly the addresses that its resolver returns, so a name that resolves to
another address the second time (DNS rebinding) gains nothing. Certificates are still checked
against the name.

Importing this module imports aiohttp.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from rilo_reader.fetch.certificates import find_bundle
from rilo_reader.fetch.guard import Reach, check_resolved
from rilo_reader.fetch.messages import Failure, FetchError, FetchLimits
from rilo_reader.threads import run_in_thread

SocketFactory = Callable[[aiohttp.AddrInfoType], socket.socket]
"""Creates the socket for an address, see `aiohttp.TCPConnector`."""

KEEP_ALIVE = 15.0  # seconds for which an idle connection is kept
MAX_HEADERS = 250
HEADER_BYTES = 65_536  # maximum size of one header: policies of several kilobytes are common


class ConnectionPool:
    """Limits concurrent requests, and keeps the connections of each host.

    A request first waits for its host, then for a free slot: otherwise two hundred feeds of one
    slow host would take all slots while they wait for each other. Connections are kept of the
    hosts that were used last, as many as there are slots. For the arguments see `HttpClient`.
    """

    def __init__(
        self,
        limits: FetchLimits,
        public_hosts: set[str],
        *,
        resolve: Resolve,
        ssl_context: ssl.SSLContext | None = None,
        socket_factory: SocketFactory | None = None,
    ) -> None:
        self._limits = limits
        self._resolvers = {reach: GuardedResolver(resolve, reach, public_hosts) for reach in Reach}
        self._ssl_context = ssl_context or default_ssl_context()
        self._socket_factory = socket_factory
        self._request_slots = asyncio.Semaphore(limits.max_requests)
        self._used_hosts: dict[str, _HostSessions] = {}
        self._idle_hosts: dict[str, _HostSessions] = {}
        self._closed = False

    @asynccontextmanager
    async def connect_to(self, host: str, reach: Reach) -> AsyncIterator[aiohttp.ClientSession]:
        """Wait for a slot, and yield a session for one request to a host.

        Requests of different reach share no connections: one to a private address, which the user
        allowed, is not used for an address from a page. Raises FetchError if closed meanwhile.
        """
        entry = (
            self._used_hosts.get(host)
            or self._idle_hosts.pop(host, None)
            or _HostSessions(self._limits.per_host)
        )
        self._used_hosts[host] = entry
        entry.request_count += 1
        try:
            async with entry.request_slots, self._request_slots:
                if self._closed:
                    raise FetchError(Failure.BROKEN, "the client was closed")
                if reach not in entry.sessions:
                    entry.sessions[reach] = self._make_session(reach)
                yield entry.sessions[reach]
        finally:
            entry.request_count -= 1
            if not entry.request_count:
                self._idle_hosts[host] = self._used_hosts.pop(host)
                while len(self._idle_hosts) > self._limits.max_requests:
                    await self._idle_hosts.pop(next(iter(self._idle_hosts))).close()

    async def find_addresses(self, host: str, port: int, reach: Reach) -> Sequence[str]:
        """Return the addresses of a host that may be connected to; raises FetchError."""
        return [found["host"] for found in await self._resolvers[reach].resolve(host, port)]

    async def close(self) -> None:
        """Close all connections, used ones included, and open no more."""
        self._closed = True
        for entry in (*self._idle_hosts.values(), *self._used_hosts.values()):
            await entry.close()
        self._idle_hosts.clear()

    def _make_session(self, reach: Reach) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=self._resolvers[reach],
            use_dns_cache=False,
            ssl=self._ssl_context,
            keepalive_timeout=KEEP_ALIVE,
            # Slots are limited above, so the connector never waits.
            limit=0,
            socket_factory=self._socket_factory,
        )
        return aiohttp.ClientSession(
            connector=connector,
            # Closed by hand: a closed session, unlike a connector, fails in requests in progress.
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                connect=self._limits.connect_seconds, sock_read=self._limits.silence_seconds
            ),
            auto_decompress=False,
            trust_env=False,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            max_headers=MAX_HEADERS,
        )


class _HostSessions:
    """The sessions of one host, and its limit of requests."""

    def __init__(self, per_host: int) -> None:
        self.request_count = 0
        self.request_slots = asyncio.Semaphore(per_host)
        self.sessions: dict[Reach, aiohttp.ClientSession] = {}

    async def close(self) -> None:
        for session in self.sessions.values():
            if session.connector is not None:
                await session.connector.close()


def default_ssl_context() -> ssl.SSLContext:
    """Return a context that trusts the system's certificates, or those of the environment."""
    is_set = any(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    if sys.platform in ("darwin", "win32") and not is_set:
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not is_set and ssl.get_default_verify_paths().cafile is None and (found := find_bundle()):
        context.load_verify_locations(found)
    return context


Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port -> IP addresses, the best first. Raises FetchError if there are none."""

PER_FAMILY = 4  # maximum number of addresses of one host to try, of IPv4 and of IPv6 each


class GuardedResolver(AbstractResolver):
    """Resolves a host and raises FetchError if it may not be connected to."""

    def __init__(self, resolve: Resolve, reach: Reach, public_hosts: set[str]) -> None:
        self._resolve = resolve
        self._reach = reach
        self._public_hosts = public_hosts  # on the internet before; new ones are added

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses that may be connected to, in order of preference."""
        found = await self._resolve(host, port)
        if check_resolved(host, found, self._reach, self._public_hosts):
            self._public_hosts.add(host)
        v6 = [address for address in found if ":" in address][:PER_FAMILY]
        v4 = [address for address in found if ":" not in address][:PER_FAMILY]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in sorted((*v6, *v4), key=found.index)
        ]

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of a host, by the system's resolver.

    Runs in a daemon thread of its own: a name server that does not answer delays neither other
    look-ups, as in a pool of threads, nor exit.

    Raises:
        FetchError: ADDRESS if there is no such host, OFFLINE if no name server answered.
    """
    unknown = socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)
    try:
        look_up_now = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        rows = await asyncio.wrap_future(run_in_thread(look_up_now, "address"))
    except (UnicodeError, socket.gaierror) as error:
        if isinstance(error, UnicodeError) or error.errno in unknown:
            raise FetchError(Failure.ADDRESS, f"there is no host named {host}") from None
        reason = f"{host} could not be looked up: no name server answered"
        raise FetchError(Failure.OFFLINE, reason) from None
    return list(dict.fromkeys(str(row[4][0]) for row in rows))
