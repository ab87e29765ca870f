"""Clients for tests, what comes of a request, and servers with certificates."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trustme

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import FetchError, FetchLimits, Request, Response
from tests.support.far_network import FarNetwork, Names


def near(limits: FetchLimits = FetchLimits(silence_seconds=5, total_seconds=20)) -> HttpClient:  # noqa: B008
    """A client without a proxy."""
    return HttpClient(limits, proxies={})


def far(
    limits: FetchLimits = FetchLimits(),  # noqa: B008
    names: Names | None = None,
    network: FarNetwork | None = None,
    trust: ssl.SSLContext | None = None,
) -> HttpClient:
    """A client to which every name of the web leads to a test's server."""
    network, names = network or FarNetwork(), names or Names()
    return HttpClient(limits, proxies={}, ssl_context=trust, socket_factory=network, resolve=names)


async def get(request: Request | str, client: HttpClient | None = None) -> Response:
    """What a request brings, or an address that the user named; by an open client or a new one."""
    asked = Request(request, is_trusted=True) if isinstance(request, str) else request
    if client is not None:
        return await client.get(asked)
    async with near() as new:
        return await new.get(asked)


async def failing(request: Request | str, client: HttpClient | None = None) -> FetchError:
    """Why a request brings nothing."""
    with pytest.raises(FetchError) as caught:
        await get(request, client)
    return caught.value


def served_with(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """What a server needs to serve with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """What trusts an authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(connected: Connected) -> AsyncIterator[int]:
    """A server that does with each connection what it likes; its port."""
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
