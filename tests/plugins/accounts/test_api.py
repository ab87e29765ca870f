"""Calls to the API of a feed service, and what its replies become."""

from __future__ import annotations

import json
import tracemalloc
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import ApiReply, Failure, FetchError, FetchLimits
from rilo_reader.plugins.accounts.json_api import (
    MESSAGE_LIMIT,
    Endpoint,
    JsonApi,
    JsonValue,
    make_form_body,
    make_json_body,
    read_server_time,
    remove_secrets,
    root_of_api,
)
from tests.support.for_each import for_each
from tests.support.servers import Page, Server, serving

SECRET = "s3cret-key"


@for_each(
    "date, seconds",
    [
        ("Thu, 07 Mar 2019 10:00:00 GMT", 1551952800),
        ("Thu, 07 Mar 2019 11:00:00 +0100" + " " * 68, 1551952800),
        ("Thu, 07 Mar 2019 11:00:00 +0100" + " " * 69, 0),
        ("Thu, 01 Jan 1960 00:00:00 GMT", 0),
        ("yesterday", 0),
        ("", 0),
    ],
)
def test_the_clock_of_a_server_is_read_or_unknown(date: str, seconds: int) -> None:
    assert read_server_time(ApiReply(200, {"date": date}, b"")) == seconds


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@asynccontextmanager
async def api_of(server: Server, limits: FetchLimits = FetchLimits()) -> AsyncIterator[JsonApi]:  # noqa: B008
    async with HttpClient(limits, proxies={}) as client:
        endpoint = Endpoint("Miniflux", root_of_api(server.url("/reader/")))
        yield JsonApi(client, endpoint, headers={"X-Auth-Token": SECRET}, secrets=(SECRET,))


async def refused(server: Server, page: Page, limits: FetchLimits = FetchLimits()) -> FetchError:  # noqa: B008
    """The error of a call that is answered so; whatever it is, it holds no secret."""
    server.answer(lambda asked: page)
    async with api_of(server, limits) as api:
        with pytest.raises(FetchError) as caught:
            api.decode_reply(await api.call_api("/v1/me"))
    error = caught.value
    assert SECRET not in repr(error) + error.reason + error.moved_to
    assert error.__cause__ is error.__context__ is None
    assert error.reason.isprintable()
    assert len(error.reason) < 500
    return error


@for_each("path", ["", "/", "/v1", "/v1/", "//", "/v1?x=1", "/#top"])
def test_an_address_may_end_as_people_type_it(path: str) -> None:
    assert root_of_api(f"https://News.Example{path}") == "https://news.example"
    root = root_of_api(f"https://u:p@news.example:8080/rss{path}")
    assert root == "https://news.example:8080/rss"
    with pytest.raises(FetchError) as caught:
        root_of_api(f"news.example{path}")
    assert caught.value.failure is Failure.ADDRESS


async def test_query_json_form_and_headers_are_sent(server: Server) -> None:
    server.answer(lambda asked: Page(b"{}"))
    async with api_of(server) as api:
        await api.call_api("/v1/entries", [("status", "read"), ("status", "un read"), ("limit", 5)])
        await api.call_api("/v1/entries", method="PUT", body=make_json_body({"entry_ids": [1]}))
        form = make_form_body([("Email", "a"), ("Passwd", "b&c")])
        await api.call_api("/login", body=form, headers={"X-More": "1"})
    first, second, third = server.asked
    path = "/reader/v1/entries?status=read&status=un+read&limit=5"
    assert (first.method, first.path) == ("GET", path)
    assert first.headers["x-auth-token"] == SECRET
    assert (second.method, json.loads(second.body)) == ("PUT", {"entry_ids": [1]})
    assert second.headers["content-type"] == "application/json"
    assert (third.method, third.body) == ("POST", b"Email=a&Passwd=b%26c")
    assert third.headers["content-type"] == "application/x-www-form-urlencoded"
    assert third.headers["x-more"] == "1"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_login_that_is_refused(server: Server, status: int) -> None:
    error = await refused(server, Page(b'{"error_message": "access unauthorized"}', status))
    assert (error.failure, error.status) == (Failure.LOGIN, status)
    assert "access unauthorized; check the user and the password or API key" in error.reason


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_says_when(server: Server, status: int) -> None:
    error = await refused(server, Page(b"<html>later", status, {"Retry-After": "120"}))
    assert error.failure is Failure.BUSY
    assert error.retry_after is not None
    assert error.reason.endswith("try again later")


async def test_the_servers_own_message_is_shown_cleaned_bounded_and_without_secrets(
    server: Server,
) -> None:
    message = f"key {SECRET} of http://u:{SECRET}@db/x\x1b[2J\u202e " + "long " * 10_000
    page = Page(json.dumps({"error_message": message}).encode(), 500)
    error = await refused(server, page)
    assert error.failure is Failure.STATUS
    assert "(500 Internal Server Error): key … of http://db/x[2J long" in error.reason
    # It may be something that is always so.
    assert "try again" not in error.reason


LOGIN = "reader:Größe + 7&8"
"""A secret that looks otherwise in a form, in HTML, in a log and in a header."""

FORMS = (
    LOGIN,
    *(quote(LOGIN, safe=""), quote(LOGIN), quote_plus(LOGIN), quote_plus(LOGIN).lower()),
    *(escape(LOGIN), ascii(LOGIN)[1:-1], repr(LOGIN.encode())[2:-1]),
    *(b64encode(LOGIN.encode()).decode(), urlsafe_b64encode(LOGIN.encode()).decode().rstrip("=")),
)
BETWEEN = ("", "\0", "\x1b", "\x9b", "\u202e", "\u200b", "\u200d", "\n", "\r\n\t  ")


@for_each("form", FORMS)
def test_a_secret_is_hidden_however_it_is_written(form: str) -> None:
    for between in BETWEEN:
        text = between.join(form)
        assert remove_secrets(f"no entry for {text} here", [LOGIN]) == "no entry for … here"
        assert remove_secrets(f"{text}{form}, twice", [LOGIN]) == "……, twice"


def test_a_secret_at_the_end_of_what_is_shown_is_hidden_too() -> None:
    for size in range(MESSAGE_LIMIT - 2 * len(LOGIN), MESSAGE_LIMIT):
        assert "reader" not in remove_secrets(f"{'x' * size} {LOGIN}", [LOGIN])
    assert remove_secrets("all of \x1b[2J it", ["", " "]) == "all of [2J it"


async def test_a_redirect_names_the_address_to_use_instead(server: Server) -> None:
    location = {"Location": "https://news.example/new/v1/me?token=1"}
    error = await refused(server, Page(status=301, headers=location))
    assert error.failure is Failure.ADDRESS
    assert "its address is now https://news.example/new: write it into accounts" in error.reason
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        (
            "https://sso.example/login?rd=x",
            "it redirects to https://sso.example/login, where there is no",
        ),
        ("ftp://x/", "it redirects to an address that cannot be followed"),
        ("http://[", "it redirects to an address that cannot be followed"),
        (f"https://x.example/{SECRET}", "it redirects to https://x.example/…, where there is no"),
    ],
)
async def test_a_redirect_to_elsewhere(server: Server, location: str, reason: str) -> None:
    error = await refused(server, Page(status=302, headers={"Location": location}))
    assert error.reason.startswith(reason)


async def test_nothing_at_the_address_or_too_much(server: Server) -> None:
    error = await refused(
        server, Page(b'["' + b"x" * 100_000 + b'"]'), FetchLimits(max_bytes=50_000)
    )
    assert error.failure is Failure.TOO_LARGE
    error = await refused(server, Page(b"404 page not found", 404))
    assert (error.failure, error.status) == (Failure.ADDRESS, 404)
    assert f"there is no Miniflux at {server.url('/reader')} (404)" in error.reason
    error = await refused(server, Page(b'{"error_message": "resource not found"}', 404))
    assert error.failure is Failure.MISSING
    assert error.reason.endswith("(404 Not Found): resource not found")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "nothing"),
        (b"\n<!DOCTYPE html><title>Login</title>", "a web page: check that http://127.0.0.1"),
        (b'{"entries": [{"title": "so', "an answer that breaks off after 26 bytes"),
        (b"[1, 2", "an answer that breaks off after 5 bytes"),
        (b"OK", "something that is not JSON"),
        (b"\xff\xfe\xfd", "something that is not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "something that is not JSON"),
        (b"[" + b"9" * 10_000 + b"]", "something that is not JSON"),
    ],
)
async def test_what_is_not_json_is_named(server: Server, data: bytes, found: str) -> None:
    error = await refused(server, Page(data))
    assert error.failure is Failure.BROKEN
    assert error.reason.startswith(f"the server sent {found}")


@pytest.mark.slow
@pytest.mark.parametrize("piece", [b"{},", b'"\\"",', b"1,"])
async def test_a_reply_of_very_many_values_takes_no_memory(server: Server, piece: bytes) -> None:
    data = b"[" + piece * (19_000_000 // len(piece)) + b"0]"
    server.answer(lambda asked: Page(data))
    async with api_of(server) as api:
        reply = await api.call_api("/v1/entries")
        tracemalloc.start()
        try:
            with pytest.raises(FetchError, match="more than 500,000 values"):
                api.decode_reply(reply)
            assert tracemalloc.get_traced_memory()[1] < 3 * len(data)
        finally:
            tracemalloc.stop()


@pytest.mark.slow
async def test_a_long_text_is_not_many_values(server: Server) -> None:
    text = 'a, [b] and {c}: \\"' * 1_000_000
    server.answer(lambda asked: Page(json.dumps([text]).encode()))
    async with api_of(server, FetchLimits(max_bytes=40_000_000)) as api:
        reply = await api.call_api("/v1/entries")
        assert api.decode_reply(reply).value == [text]
        # Nor does a text without an end take long.
        with pytest.raises(FetchError, match="breaks off"):
            api.decode_reply(
                reply._replace(data=b"[1," + b'"' + b'\\"' * 9_000_000 + b"[" * 600_000)
            )


# -- values ----------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(ANYTHING)
def test_any_value_is_read_or_is_a_fetch_error(value: object) -> None:
    found = JsonValue(value)
    assert isinstance(found.text_of("a"), str)
    assert all(isinstance(text, str) for text in found.texts_of("a"))
    assert isinstance(found.object_of("a").value, dict)
    readers: list[Callable[[], object]] = [
        lambda: found.number_of("a"),
        lambda: found.flag_of("a"),
        lambda: found.objects_of("a"),
        found.objects_of,
    ]
    for read in readers:
        try:
            read()
        except FetchError as error:
            assert error.failure is Failure.BROKEN
            assert error.reason.startswith("the server's answer has ")


def test_values_of_the_right_type_are_read() -> None:
    found = JsonValue(
        {"t": "x", "l": ["a", 1, "b"], "n": 7, "f": False, "o": [{"n": 1}, 2], "d": {}}
    )
    assert (found.text_of("t"), found.texts_of("l")) == ("x", ["a", "b"])
    assert (found.number_of("n"), found.flag_of("f")) == (7, False)
    assert [item.number_of("n") for item in found.objects_of("o")] == [1]
    assert [item.value for item in JsonValue([{}]).objects_of()] == [{}]
    assert [item.value for item in JsonValue({"o": [1, {}]}).objects_or_empty("o")] == [{}]
    assert (
        JsonValue({"o": 1}).objects_or_empty("o")
        == JsonValue({"o": [1]}).objects_or_empty("o")
        == JsonValue([]).objects_of()
        == []
    )
    with pytest.raises(FetchError, match="has a list as “o” of a number instead of objects"):
        JsonValue({"o": [1, 2]}).objects_of("o")


@for_each("value", [-1, 2**63, 1.5, True, "7", None, 10**4000])
def test_no_number(value: object) -> None:
    with pytest.raises(FetchError, match="as “id” instead of a whole number: check the address"):
        JsonValue({"id": value}).number_of("id")
