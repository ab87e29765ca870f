"""Send one request and read the reply within limits; errors are explained for users.

Importing this module imports aiohttp.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp
from yarl import URL

from rilo_reader.fetch.addresses import Address, Proxy
from rilo_reader.fetch.messages import Failure, FetchError, FetchLimits
from rilo_reader.fetch.response import WITH_CONTENT, join_headers
from rilo_reader.text import clean_line

SKIPPED_BYTES = 16_384
SKIPPED_SECONDS = 1.0


class HopRequest(NamedTuple):
    """One request of a chain of redirects."""

    address: Address
    headers: Mapping[str, str]
    proxy: Proxy | None
    method: str = "GET"
    body: bytes = b""
    any_status: bool = False  # whether the body is read whatever the status is


class HttpReply(NamedTuple):
    """The reply of a server, possibly a redirect."""

    status: int
    headers: Mapping[str, str]  # by name in lower case; repeated values are joined with commas
    data: bytes = b""  # as sent; empty if it was not to be read


async def send_request(
    session: aiohttp.ClientSession, hop: HopRequest, limits: FetchLimits, seconds: float
) -> HttpReply:
    """Send a request and read the reply within `seconds`; raise FetchError if there is none.

    Redirects are not followed.
    """
    try:
        async with asyncio.timeout(max(seconds, 0)):
            try:
                return await _send_once(session, hop, limits)
            except aiohttp.ClientResponseError as error:
                # On a connection that was used before, the rest of a reply that was longer than
                # declared may come first. A request that changes something is not sent twice.
                if hop.method != "GET" or not error.message.startswith("Bad status line"):
                    raise
                return await _send_once(session, hop, limits)
    except (aiohttp.ClientError, OSError) as error:
        by_proxy = f" (by the proxy {hop.proxy.url.partition('//')[2]})" if hop.proxy else ""
        failure = _explain_error(error, hop.address.host + by_proxy, limits)
    # Not chained: aiohttp's errors hold the headers that were sent, a login among them.
    raise failure


async def _send_once(
    session: aiohttp.ClientSession, hop: HopRequest, limits: FetchLimits
) -> HttpReply:
    address, proxy = hop.address, hop.proxy
    login = {"Proxy-Authorization": proxy.authorization} if proxy and proxy.authorization else {}
    # With https, it is sent with CONNECT, which only the proxy reads.
    is_tunnel = address.scheme == "https"
    async with session.request(
        hop.method,
        URL(address.url, encoded=True),
        headers=hop.headers if is_tunnel else {**hop.headers, **login},
        data=hop.body or None,
        allow_redirects=False,
        proxy=proxy.url if proxy else None,
        proxy_headers=login if is_tunnel and login else None,
    ) as response:
        reply = HttpReply(response.status, join_headers(response.raw_headers))
        if hop.any_status or reply.status in WITH_CONTENT:
            return reply._replace(data=await _read_body(response, limits.max_bytes))
        await _skip_body(response)
        return reply


async def _read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read the body as sent; raise FetchError if it is larger than the limit."""
    too_large = FetchError(Failure.TOO_LARGE, f"the answer is larger than {limit:,} bytes")
    if (response.content_length or 0) > limit:
        raise too_large
    data = bytearray()
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > limit:
            raise too_large
    return bytes(data)


async def _skip_body(response: aiohttp.ClientResponse) -> None:
    """Read an unneeded body to its end if it is short, so that the connection can be reused."""
    size = 0
    try:
        async with asyncio.timeout(SKIPPED_SECONDS):
            async for chunk in response.content.iter_any():
                size += len(chunk)
                if size > SKIPPED_BYTES:
                    break
    except (aiohttp.ClientError, OSError):
        # The headers are enough; only this connection is lost.
        response.close()


def _explain_error(error: Exception, host: str, limits: FetchLimits) -> FetchError:
    match error:
        case aiohttp.ConnectionTimeoutError():
            why = f"could not be reached within {limits.connect_seconds:g} seconds"
            what = Failure.TIMEOUT, f"{host} {why}"
        case aiohttp.ServerTimeoutError():
            what = Failure.TIMEOUT, f"{host} was silent for {limits.silence_seconds:g} seconds"
        case TimeoutError():
            what = Failure.TIMEOUT, f"it did not finish within {limits.total_seconds:g} seconds"
        case aiohttp.ClientConnectorCertificateError():
            why = getattr(error.certificate_error, "verify_message", "").rstrip(".")
            what = Failure.TLS, f"the certificate of {host} cannot be trusted: {why}"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            what = Failure.TLS, f"an encrypted connection to {host} failed"
        case aiohttp.ClientHttpProxyError():
            why = clean_line(f"{error.status} {error.message}", 80)
            what = Failure.OFFLINE, f"the proxy did not connect to {host}: {why}"
        case aiohttp.ClientConnectorError():
            number = error.os_error.errno or 0
            why = f": {os.strerror(number)}" if number > 0 else ""
            what = Failure.OFFLINE, f"the connection to {host} failed{why}"
        case aiohttp.InvalidURL():
            what = Failure.ADDRESS, f"{host} is not a valid host"
        case aiohttp.ServerDisconnectedError():
            why = "it closed the connection instead"
            what = Failure.BROKEN, f"{host} sent an invalid answer: {why}"
        case OSError():
            what = Failure.BROKEN, f"the connection to {host} broke off"
        case _:
            whys = (why for text, why in _PROTOCOL_ERRORS.items() if text in str(error))
            what = Failure.BROKEN, f"{host} sent an invalid answer{next(whys, '')}"
    return FetchError(*what)


_PROTOCOL_ERRORS = {
    "Not enough data": ": it was cut off",
    "Got more than": ": its headers do not end",
    "Too many headers": ": its headers do not end",
}
"""Messages of aiohttp, and the part of them that helps users."""
