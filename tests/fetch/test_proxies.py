"""Which proxy leads where, and what goes through it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import suppress
from urllib.request import getproxies_environment

import pytest
import trustme

from rilo_reader.fetch.addresses import choose_proxy, parse_address
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import Failure, FetchError, FetchLimits, Request
from tests.fetch.clients import get, get_error, make_client_context, make_server_context, run_server
from tests.support.for_each import for_each
from tests.support.servers import Asked, Handler, Page, send, serving

SET = {"http": "http://proxy.example:3128", "https": "http://proxy.example:3129"}


@for_each(
    "url, proxies, expected",
    [
        ("http://a.example/", {}, None),
        ("http://a.example/", SET, "http://proxy.example:3128"),
        ("https://a.example/", SET, "http://proxy.example:3129"),
        ("https://a.example/", {"http": "http://p:1"}, None),
        ("https://a.example/", {"all": "http://p:1"}, "http://p:1"),
        ("http://a.example/", {"http": "p.example"}, "http://p.example:80"),
        ("http://a.example/", {"http": "https://p.example"}, "https://p.example:443"),
        ("http://a.example/", {"http": "http://[::1]:3"}, "http://[::1]:3"),
    ],
)
def test_a_proxy_is_found(url: str, proxies: dict[str, str], expected: str | None) -> None:
    through = choose_proxy(parse_address(url), proxies)
    assert (through.url if through else None) == expected


NEWS = "news.example:8080"


@for_each(
    "host, exceptions, direct",
    [
        (NEWS, "", False),
        (NEWS, "*", True),
        (NEWS, "news.example", True),
        (NEWS, "NEWS.example , other", True),
        (NEWS, ".example", True),
        (NEWS, "*.example", True),
        (NEWS, "example", True),
        (NEWS, "ws.example", False),
        (NEWS, "news.example:8080", True),
        (NEWS, "news.example:80", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("[fd00::1]", "fd00::/8", True),
        ("[::1]", "::1", True),
        ("[::1]", "[::1]:80", True),
    ],
)
def test_no_proxy_names_exceptions(host: str, exceptions: str, direct: bool) -> None:
    address = parse_address(f"http://{host}/")
    assert (choose_proxy(address, {**SET, "no": exceptions}) is None) == direct


@for_each("proxy", ["socks5://p:1", "http://", "http://[::1", "http://p:99999"])
def test_a_proxy_that_cannot_be_used_is_named(proxy: str) -> None:
    with pytest.raises(FetchError, match="the proxy in the environment"):
        choose_proxy(parse_address("http://a.example/"), {"http": proxy})


def test_the_environment_is_read_in_either_case(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://p:1")
    monkeypatch.setenv("no_proxy", "a.example")
    proxies = getproxies_environment()
    assert choose_proxy(parse_address("http://b.example/"), proxies)
    assert not choose_proxy(parse_address("http://a.example/"), proxies)


def answering(page: Page) -> Handler:
    """A handler of a proxy, that gives one answer to everything."""

    async def handler(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await send(writer, page)

    return handler


async def test_a_request_goes_through_the_proxy_and_not_to_the_host() -> None:
    with serving() as proxy:
        proxy.route("*", answering(Page(b"by proxy")))
        proxies = {"http": f"http://us%40er:pass@127.0.0.1:{proxy.port}"}
        async with HttpClient(FetchLimits(), proxies=proxies) as client:
            got = await client.get(Request("http://news.example/feed?x=1"))
        assert (got.data, got.url) == (b"by proxy", "http://news.example/feed?x=1")
        (asked,) = proxy.asked
        assert (asked.path, asked.headers["host"]) == (got.url, "news.example")
        login = b64encode(b"us@er:pass").decode()
        assert asked.headers["proxy-authorization"] == f"Basic {login}"


async def test_the_login_of_a_proxy_is_for_the_proxy_alone() -> None:
    """For https it goes with the CONNECT; inside the tunnel the server sees none of it."""
    authority = trustme.CA()
    certificate = make_server_context(authority.issue_cert("news.example"))
    heads: list[bytes] = []

    with serving(tls=certificate) as server:
        server.page("/feed", b"by tunnel")

        async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

        async with run_server(tunnel) as port:
            proxies = {"https": f"http://us%40er:pass@127.0.0.1:{port}"}
            trust = make_client_context(authority)
            async with HttpClient(FetchLimits(), proxies=proxies, ssl_context=trust) as client:
                url = server.url("/feed", host="mine:s3cret@news.example")
                assert (await get(url, client)).data == b"by tunnel"
        (asked,) = server.asked
    assert heads[0].startswith(f"CONNECT news.example:{server.port} HTTP/1.1".encode())
    assert b64encode(b"us@er:pass") in heads[0]
    assert b64encode(b"mine:s3cret") not in heads[0]
    assert "proxy-authorization" not in asked.headers
    assert asked.headers["authorization"] == f"Basic {b64encode(b'mine:s3cret').decode()}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()


async def test_a_private_address_is_refused_also_with_a_proxy() -> None:
    with serving() as proxy:
        proxies = {"http": f"http://127.0.0.1:{proxy.port}"}
        async with HttpClient(FetchLimits(), proxies=proxies) as client:
            request = Request("http://169.254.169.254/latest/meta-data")
            assert (await get_error(request, client)).failure is Failure.REFUSED
        assert proxy.asked == []


async def test_a_proxy_that_refuses_is_named() -> None:
    with serving() as proxy:
        proxy.route("*", answering(Page(b"", 407)))
        proxies = {"all": f"http://user:secret@127.0.0.1:{proxy.port}"}
        async with HttpClient(FetchLimits(), proxies=proxies) as client:
            error = await get_error(Request("https://news.example/"), client)
            other = await get_error(Request("http://news.example/"), client)
        assert error.failure is Failure.OFFLINE
        assert "the proxy did not connect to news" in error.reason
        assert "the proxy wants a login" in other.reason
        assert "secret" not in str(error)


async def test_a_proxy_that_is_not_there_is_an_offline_failure() -> None:
    async with HttpClient(FetchLimits(), proxies={"all": "http://127.0.0.1:9"}) as client:
        error = await get_error(Request("https://news.example/"), client)
    assert error.failure is Failure.OFFLINE
    assert "to news.example (by the proxy 127.0.0.1:9) failed" in error.reason
