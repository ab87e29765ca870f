"""Servers that misbehave: each has its own error, none holds others up, none is left open."""

from __future__ import annotations

import asyncio
import gzip
import socket
import tracemalloc
from contextlib import suppress

import pytest

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import Failure, FetchError, FetchLimits, Request, Response
from tests.fetch.clients import get, get_error, local_client, run_server
from tests.support.servers import Asked, Handler, Server, serving

SHORT = FetchLimits(max_bytes=100_000, connect_seconds=5, silence_seconds=0.5, total_seconds=1.5)
HEAD = b"HTTP/1.1 200 OK\r\n"
ENTRY = b"<rss><item><title>One</title></item><item><title>Tw"


def saying(*parts: bytes | float) -> Handler:
    """A handler that writes parts, and pauses where a part is a number of seconds."""

    async def handler(asked: Asked, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            if isinstance(part, bytes):
                writer.write(part)
                await writer.drain()
            else:
                await asyncio.sleep(part)

    return handler


def endlessly(head: bytes, part: bytes, pause: float = 0.0) -> Handler:
    """A handler that never ends."""

    async def handler(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return handler


async def outcome(handler: Handler, limits: FetchLimits = SHORT) -> Response | FetchError:
    """What comes of a server that answers so; nothing of it stays open."""
    with serving() as server:
        server.route("/", handler)
        async with local_client(limits) as client:
            try:
                return await get(server.url(), client)
            except FetchError as error:
                return error


NEVER = 30.0
BODY = HEAD + b"\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = HEAD + b"Content-Length: "
PACKED = HEAD + b"Content-Encoding: gzip\r\n\r\n"
FLOOD = endlessly(CHUNKS, b"1000\r\n" + b"x" * 4096 + b"\r\n")
REASONS: dict[tuple[Failure, str], dict[str, Handler]] = {
    (Failure.TIMEOUT, "was silent for 0.5 seconds"): {
        "silent from the start": saying(NEVER),
        "silent in its head": saying(HEAD, NEVER),
        "silent in the middle of an entry": saying(LENGTH + b"999\r\n\r\n" + ENTRY, NEVER),
    },
    (Failure.TIMEOUT, "did not finish within 1.5 seconds"): {
        "a drip in its head": endlessly(HEAD, b"X", 0.1),
        "a drip in its body": endlessly(BODY, b"x", 0.1),
        "endless answers that announce another": endlessly(
            b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.001
        ),
    },
    (Failure.TOO_LARGE, "larger than 100,000 bytes"): {
        "endless": endlessly(BODY, b"x" * 65_536),
        "endless in chunks": FLOOD,
        "larger by its own word": saying(LENGTH + b"100001\r\n\r\n", NEVER),
        "absurdly large by its own word": saying(LENGTH + b"9" * 18 + b"\r\n\r\n", NEVER),
    },
    (Failure.TOO_LARGE, "larger than 100,000 bytes when unpacked"): {
        "a bomb": saying(PACKED + gzip.compress(bytes(5_000_000)))
    },
    (Failure.BROKEN, "its headers do not end"): {
        "one endless header": endlessly(HEAD + b"X: ", b"x" * 65_536),
        "endless headers": endlessly(HEAD, b"X-Header: some value\r\n" * 1000),
        "a flood of small headers": saying(HEAD + b"A: b\r\n" * 5000 + b"\r\n" + ENTRY),
    },
    (Failure.BROKEN, "it was cut off"): {
        "cut in the middle of an entry": saying(LENGTH + b"999\r\n\r\n" + ENTRY),
        "cut in the middle of a chunk": saying(CHUNKS + b"100\r\n" + ENTRY),
        "cut before the last chunk": saying(CHUNKS + b"3\r\nabc\r\n"),
    },
    (Failure.BROKEN, "it closed the connection"): {
        "cut in its head": saying(HEAD + b"Content-"),
        "gone at once": saying(),
    },
    (Failure.BROKEN, "the compressed answer is cut off"): {
        "packed and cut": saying(PACKED + gzip.compress(ENTRY)[:-9])
    },
    (Failure.BROKEN, "sent an invalid answer"): {
        "a chunk that lies about its length": saying(CHUNKS + b"3\r\nabcdef\r\n0\r\n\r\n"),
        "a chunk of no length": saying(CHUNKS + b"-5\r\nabcdef\r\n"),
        "two lengths": saying(LENGTH + b"3\r\nContent-Length: 5\r\n\r\nabcde"),
        "a length that is none": saying(LENGTH + b"-3\r\n\r\nabc"),
        "no HTTP": saying(b"<rss><channel/></rss>\r\n\r\n"),
        "another protocol": saying(b"SSH-2.0-OpenSSH_9.6\r\n"),
        "radio": saying(b"ICY 200 OK\r\n\r\n" + bytes(99)),
        "random bytes": saying(bytes(range(256)) * 9),
    },
    (Failure.BROKEN, "the server uses another protocol"): {
        "an unasked upgrade": saying(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", NEVER
        ),
    },
}
CASES = {
    name: (handler, *reason) for reason, named in REASONS.items() for name, handler in named.items()
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.slow
async def test_the_reason_says_what_the_server_does(name: str) -> None:
    handler, failure, reason = CASES[name]
    error = await asyncio.wait_for(outcome(handler), 10)
    assert isinstance(error, FetchError), error
    assert (error.failure, error.moved_to) == (failure, "")
    assert reason in error.reason
    assert error.reason.isprintable()
    assert "\n" not in error.reason


@pytest.mark.slow
async def test_the_time_of_all_redirects_together_is_bounded(server: Server) -> None:
    for number in range(10):
        leads_on = b"HTTP/1.1 302 On\r\nContent-Length: 0\r\nLocation: /%d\r\n\r\n" % (number + 1)
        server.route(f"/{number}", saying(0.4, leads_on))
    async with local_client(SHORT) as client:
        error = await get_error(server.url("/0"), client)
    assert "did not finish within 1.5 seconds" in error.reason
    assert 2 <= len(server.asked) <= 5


@pytest.mark.slow
async def test_a_redirect_with_an_endless_body_is_followed() -> None:
    head = b"HTTP/1.1 301 On\r\nLocation: /feed\r\n\r\n"
    for handler in (endlessly(head, b"x" * 65_536), saying(head, NEVER)):
        with serving() as server:
            server.route("/", handler)
            server.page("/feed", b"here")
            got = await get(server.url())
            assert (got.data, got.moved_to) == (b"here", server.url("/feed"))


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    got = await outcome(saying(b"HTTP/1.0 200 OK\r\n\r\n", ENTRY))
    assert isinstance(got, Response)
    assert got.data == ENTRY


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_length_that_is_too_small_spoils_no_other_answer(at_once: bool) -> None:
    """What is left of one answer stands where the next would begin: that is asked for anew.

    An answer that comes with what is too much of it in one piece is refused altogether.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                good = b"/feed" in await reader.readuntil(b"\r\n\r\n")
                data = b"good" if good else b"a and much more than it said"
                length = b"4" if good else b"1"
                writer.write(HEAD + b"Content-Length: " + length + b"\r\n\r\n" + data[:1])
                await asyncio.sleep(0 if at_once else 0.05)
                writer.write(data[1:])
        writer.close()

    async with run_server(connected) as port, local_client() as client:
        url = f"http://127.0.0.1:{port}/"
        for _ in range(3):
            if at_once:
                assert (await get_error(url, client)).failure is Failure.BROKEN
            else:
                assert (await get(url, client)).data == b"a"
            assert (await get(url + "feed", client)).data == b"good"


async def test_a_kept_connection_that_was_closed_is_made_anew(server: Server) -> None:
    server.page("/feed", b"x")
    async with local_client() as client:
        for _ in range(5):
            await get(server.url("/feed"), client)
            server.drop_connections()
    assert len(server.asked) == 5


async def test_a_server_that_closes_as_it_is_asked_again_is_asked_anew() -> None:
    """It keeps the connection, reads the next question and hangs up: the question is asked anew."""
    questions = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal questions
        for turn in range(2):
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            questions += 1
            if turn == 0:
                writer.write(HEAD + b"Content-Length: 2\r\n\r\nok")
        writer.close()

    async with run_server(connected) as port, local_client() as client:
        for _ in range(4):
            assert (await get(f"http://127.0.0.1:{port}/", client)).data == b"ok"
    assert questions == 7


async def test_a_host_that_takes_no_connection_times_out() -> None:
    """A listener whose queue is full answers no greeting: as a firewall that drops."""
    with socket.socket() as full, socket.socket() as one, socket.socket() as two:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for greeting in (one, two):
            greeting.setblocking(False)
            greeting.connect_ex(full.getsockname())
        async with local_client(SHORT._replace(connect_seconds=0.3, total_seconds=5)) as client:
            error = await get_error(f"http://127.0.0.1:{full.getsockname()[1]}/", client)
    assert error.failure is Failure.TIMEOUT
    assert "could not be reached within 0.3 s" in error.reason


async def test_a_name_server_that_does_not_answer_times_out() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.sleep(NEVER)
        return []

    limits = SHORT._replace(connect_seconds=0.2)
    async with HttpClient(limits, proxies={}, resolve=never) as client:
        error = await get_error(Request("http://slow.example/"), client)
    assert "slow.example could not be reached within 0.2" in error.reason


async def test_an_endless_answer_is_held_in_bounded_memory() -> None:
    handler = endlessly(HEAD + b"\r\n", b"x" * 65_536)
    tracemalloc.start()
    try:
        error = await outcome(
            handler, FetchLimits(max_bytes=1_000_000, silence_seconds=5, total_seconds=10)
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, FetchError)
    assert peak < 12_000_000
