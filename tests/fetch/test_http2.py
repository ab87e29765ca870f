"""HTTP/2: spoken where a server offers it, and bounded as HTTP/1 is."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl

import pytest
import trustme

from rilo_reader.fetch.client import Fetcher
from rilo_reader.fetch.values import Failure, FetchError, Limits, Request, Response
from tests.support.http2_server import Conversation, Http2Server, http2_serving

LIMITS = Limits(size=300_000, connect=2, silence=0.5, whole=2)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that these tests trust."""
    return trustme.CA()


def fetcher(authority: trustme.CA, limits: Limits = LIMITS) -> Fetcher:
    """One that trusts the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return Fetcher(limits, proxies={}, ssl_context=context)


async def feed(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    """Answer as a good server does."""
    if asked.get("if-none-match") == '"1"':
        await talk.answer(stream, b"", [("etag", '"1"')], 304)
    elif asked[":path"] == "/old":
        await talk.answer(stream, b"moved", [("location", "/feed")], 301)
    else:
        packed = gzip.compress(b"<rss/>" * 9999)
        await talk.answer(stream, packed, [("etag", '"1"'), ("content-encoding", "gzip")])


async def get(server: Http2Server, path: str, client: Fetcher, etag: str = "") -> Response:
    """What the server has at a path."""
    return await client.get(Request(server.url + path, trusted=True, etag=etag))


async def test_everything_goes_over_one_connection(authority: trustme.CA) -> None:
    async with http2_serving(feed, authority) as server, fetcher(authority) as client:
        got = await get(server, "old", client)
        assert (got.data, got.moved_to) == (b"<rss/>" * 9999, server.url + "feed")
        assert (await get(server, "feed", client, got.etag)).status == 304
        assert server.connections == 1
        asked = server.asked[0]
        assert asked[":authority"] == server.url.split("/")[2]
        assert asked["user-agent"].startswith("rilo-reader/")
        assert "authorization" not in asked


async def test_a_host_is_asked_two_things_at_one_time(authority: trustme.CA) -> None:
    async def slow(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
        await asyncio.sleep(0.05)
        await talk.answer(stream, b"x")

    async with http2_serving(slow, authority) as server, fetcher(authority) as client:
        await asyncio.gather(*(get(server, str(number), client) for number in range(12)))
        assert (len(server.asked), server.most_together, server.connections) == (12, 2, 1)


async def test_a_login_is_in_no_log(
    authority: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with http2_serving(feed, authority) as server, fetcher(authority) as client:
            url = server.url.replace("//", "//user:s3cret@")
            await client.get(Request(url, trusted=True))
    assert server.asked[0]["authorization"] == "Basic dXNlcjpzM2NyZXQ="
    assert not any("dXNlcj" in record.getMessage() for record in caplog.records)


async def endless(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    talk.state.send_headers(stream, [(":status", "200")])
    while True:
        await talk.send(stream, bytes(16_384))


async def silent(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    talk.state.send_headers(stream, [(":status", "200")])
    await talk.flush()
    await asyncio.sleep(30)


async def cut(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    talk.state.send_headers(stream, [(":status", "200"), ("content-length", "999")])
    await talk.send(stream, b"<rss><item>")
    talk.writer.transport.abort()


async def reset(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    talk.state.send_headers(stream, [(":status", "200")])
    await talk.send(stream, b"<rss><item>")
    talk.state.reset_stream(stream)
    await talk.flush()


async def short(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    await talk.answer(stream, b"<rss><item>", [("content-length", "999")])


async def going(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    talk.state.close_connection()
    await talk.flush()


async def garbage(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    talk.writer.write(b"HTTP/1.1 200 OK\r\n\r\n" * 20)


async def flood(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    await talk.answer(stream, b"x", [(f"x-{number}", "v" * 90) for number in range(5000)])


async def pings(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
    while True:
        talk.state.ping(bytes(8))
        await talk.flush()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("answering", "failure"),
    [
        (endless, Failure.TOO_LARGE),
        (silent, Failure.TIMEOUT),
        (cut, Failure.BROKEN),
        (reset, Failure.BROKEN),
        (short, Failure.BROKEN),
        (going, Failure.BROKEN),
        (garbage, Failure.TIMEOUT),
        (flood, Failure.BROKEN),
        (pings, Failure.TIMEOUT),
    ],
)
async def test_it_is_told_what_a_server_does(
    authority: trustme.CA, answering: object, failure: Failure
) -> None:
    assert callable(answering)
    async with http2_serving(answering, authority) as server, fetcher(authority) as client:
        with pytest.raises(FetchError) as caught:
            await asyncio.wait_for(get(server, "", client), 10)
    assert caught.value.failure is failure
    assert caught.value.reason.isprintable()


async def test_an_endless_answer_starves_no_other_of_its_host(authority: trustme.CA) -> None:
    async def either(talk: Conversation, stream: int, asked: dict[str, str]) -> None:
        await (endless if asked[":path"] == "/endless" else feed)(talk, stream, asked)

    async with http2_serving(either, authority) as server, fetcher(authority) as client:
        for _ in range(5):
            with pytest.raises(FetchError, match="larger"):
                await get(server, "endless", client)
            assert (await get(server, "feed", client)).data == b"<rss/>" * 9999
