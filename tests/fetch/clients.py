"""Clients for tests, results of requests, and servers with certificates."""

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


def local_client(
    limits: FetchLimits = FetchLimits(silence_seconds=5, total_seconds=20),  # noqa: B008
) -> HttpClient:
    """Return a client without a proxy."""
    return HttpClient(limits, proxies={})


def remote_client(
    limits: FetchLimits = FetchLimits(),  # noqa: B008
    names: Names | None = None,
    network: FarNetwork | None = None,
    trust: ssl.SSLContext | None = None,
) -> HttpClient:
    """Return a client for which every name of the web leads to a test's server."""
    network, names = network or FarNetwork(), names or Names()
    return HttpClient(limits, proxies={}, ssl_context=trust, socket_factory=network, resolve=names)


async def get(request: Request | str, client: HttpClient | None = None) -> Response:
    """Return the response to a request or a typed address; by an open client or a new one."""
    asked = Request(request, is_trusted=True) if isinstance(request, str) else request
    if client is not None:
        return await client.get(asked)
    async with local_client() as new:
        return await new.get(asked)


async def get_error(request: Request | str, client: HttpClient | None = None) -> FetchError:
    """Return the error of a request that fails."""
    with pytest.raises(FetchError) as caught:
        await get(request, client)
    return caught.value


def make_server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return the context of a server with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def make_client_context(authority: trustme.CA) -> ssl.SSLContext:
    """Return the context of a client that trusts only this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def run_server(connected: Connected) -> AsyncIterator[int]:
    """Run a server that calls `connected` with each connection; yield its port."""
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
