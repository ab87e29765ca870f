"""Certificates: without a trusted one there is no response, and an error with the reason."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import Failure, FetchError, FetchLimits, Request
from tests.fetch.clients import (
    get,
    get_error,
    make_client_context,
    make_server_context,
    remote_client,
    run_server,
)
from tests.support.servers import Server, serving

LIMITS = FetchLimits(connect_seconds=2, silence_seconds=2, total_seconds=5)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that these tests trust."""
    return trustme.CA()


async def root_of(server: Server, trust: ssl.SSLContext | None, host: str = "127.0.0.1") -> bytes:
    """What is at a server's root; a name leads to it as public names do."""
    async with remote_client(LIMITS, trust=trust) as client:
        return (await get(server.url("/", host=host), client)).data


async def refused(server: Server, trust: ssl.SSLContext | None, host: str = "127.0.0.1") -> str:
    """Why a server is not believed; nothing is asked of it."""
    with pytest.raises(FetchError) as caught:
        await root_of(server, trust, host)
    assert caught.value.failure is Failure.TLS
    assert server.asked == []
    return caught.value.reason


async def test_a_good_certificate_is_taken(authority: trustme.CA) -> None:
    names: list[str | None] = []
    context = make_server_context(authority.issue_cert("news.example"))
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with serving(tls=context) as server:
        server.page("/", b"secret")
        assert await root_of(server, make_client_context(authority), "news.example") == b"secret"
        assert server.asked[0].headers["host"] == f"news.example:{server.port}"
    # The connection goes to an address; what is asked for and checked is the name.
    assert names == ["news.example"]


async def test_a_certificate_of_another_name_is_not(authority: trustme.CA) -> None:
    with serving(tls=make_server_context(authority.issue_cert("other.example"))) as server:
        reason = await refused(server, make_client_context(authority), "news.example")
    assert reason.startswith("the certificate of news.example cannot be trusted: Hostname mism")


async def test_a_certificate_that_is_over_is_not(authority: trustme.CA) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    over = authority.issue_cert("127.0.0.1", not_before=yesterday, not_after=yesterday)
    with serving(tls=make_server_context(over)) as server:
        assert "certificate has expired" in await refused(server, make_client_context(authority))


async def test_a_certificate_that_nobody_vouches_for_is_not() -> None:
    with serving(tls=make_server_context(trustme.CA().issue_cert("127.0.0.1"))) as server:
        for trust in (None, make_client_context(trustme.CA())):
            reason = await refused(server, trust)
            assert "cannot be trusted" in reason
            assert "certificate" in reason


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", b""])
async def test_a_server_without_tls_is_reported(authority: trustme.CA, answer: bytes) -> None:
    """Whether it says so or never answers the handshake."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 if answer else -1)
        writer.write(answer)
        writer.close()

    limits = LIMITS if answer else LIMITS._replace(connect_seconds=0.3)
    async with (
        run_server(plain) as port,
        HttpClient(limits, proxies={}, ssl_context=make_client_context(authority)) as client,
    ):
        error = await get_error(f"https://127.0.0.1:{port}/", client)
    assert error.failure is (Failure.TLS if answer else Failure.TIMEOUT)
    assert ("an encrypted connection" in error.reason) == bool(answer)


async def test_a_wrong_certificate_behind_a_redirect_is_refused_too(authority: trustme.CA) -> None:
    with (
        serving(tls=make_server_context(authority.issue_cert("wrong.example"))) as wrong,
        serving(tls=make_server_context(authority.issue_cert("news.example"))) as server,
    ):
        target = wrong.url("/", host="news.example")
        server.page("/", status=301, headers={"Location": target})
        async with remote_client(LIMITS, trust=make_client_context(authority)) as client:
            error = await get_error(Request(server.url("/", host="news.example")), client)
        assert (error.failure, error.moved_to) == (Failure.TLS, "")
        assert wrong.asked == []


async def test_a_cut_in_the_middle_of_an_entry_shows_also_under_tls(authority: trustme.CA) -> None:
    async def cut(asked: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<rss><item>")

    with serving(tls=make_server_context(authority.issue_cert("127.0.0.1"))) as server:
        server.route("/", cut)
        with pytest.raises(FetchError, match="it was cut off"):
            await root_of(server, make_client_context(authority))


async def test_a_login_is_not_sent_in_the_clear_by_a_redirect(authority: trustme.CA) -> None:
    with (
        serving() as plain,
        serving(tls=make_server_context(authority.issue_cert("a.example"))) as server,
    ):
        plain.page("/", b"plain")
        server.page("/", status=302, headers={"Location": plain.url("/", host="a.example")})
        assert (
            await root_of(server, make_client_context(authority), "user:secret@a.example")
            == b"plain"
        )
        assert "authorization" in server.asked[0].headers
        assert "authorization" not in plain.asked[0].headers
