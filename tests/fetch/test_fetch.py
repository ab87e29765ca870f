"""What is asked for and what comes back: marks, redirects, logins, statuses, encodings."""

from __future__ import annotations

import asyncio
import gzip
import logging
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from rilo_reader import __version__
from rilo_reader.fetch.messages import (
    ApiReply,
    ApiRequest,
    Failure,
    FetchError,
    FetchLimits,
    Request,
    Response,
)
from tests.fetch.clients import get, get_error, local_client, remote_client
from tests.support.far_network import Names
from tests.support.servers import Asked, Page, Server, send, serving

LOGIN = "Basic dXNlcjpzM2NyZXQ="


async def test_a_page_comes_with_what_is_known_of_it(server: Server) -> None:
    url = server.page(
        "/feed?x=1",
        b"<rss/>",
        etag='W/"1"',
        last_modified="Tue, 24 Nov 2026 12:00:00 GMT",
        headers={"Content-Type": "application/rss+xml", "Cache-Control": "max-age=600"},
    )
    before = datetime.now(UTC)
    accept = "application/rss+xml, */*;q=0.1"
    got = await get(Request(url + "#part", is_trusted=True, accept=accept))
    assert got.fresh_until is not None
    assert before + timedelta(seconds=600) <= got.fresh_until
    assert got._replace(fresh_until=None) == Response(
        url,
        data=b"<rss/>",
        content_type="application/rss+xml",
        etag='W/"1"',
        last_modified="Tue, 24 Nov 2026 12:00:00 GMT",
    )
    headers = dict(server.asked[0].headers)
    assert headers.pop("host") == f"127.0.0.1:{server.port}"
    assert headers == {
        "user-agent": f"rilo-reader/{__version__}",
        "accept": "application/rss+xml, */*;q=0.1",
        "accept-encoding": "gzip, deflate",
    }


async def test_a_part_is_asked_for_also_behind_a_redirect(server: Server) -> None:
    said = {"Content-Range": "bytes 2-4/9"}
    there = server.page("/there", b"cde", status=206, headers=said, etag='"1"')
    here = Request(server.page("/", status=302, headers={"Location": there}), is_trusted=True)
    got = await get(here._replace(part=(2, 5)))
    assert (got.status, got.data, got.size, got.etag) == (206, b"cde", 9, '"1"')
    for asked in server.asked:
        assert (asked.headers["range"], asked.headers["accept-encoding"]) == (
            "bytes=2-4",
            "identity",
        )
    assert (await get_error(here)).status == 206  # which nobody asked for
    server.page("/there", b"abcdefghi", headers={"Content-Range": "nonsense"})
    whole = await get(here._replace(part=(2, 5)))
    assert (whole.status, whole.data, whole.size) == (200, b"abcdefghi", 0)


async def test_what_one_has_is_not_sent_again(server: Server) -> None:
    tuesday, monday, sunday = (
        f"{day} Nov 2026 12:00:00 GMT" for day in ("Tue, 24", "Mon, 23", "Sun, 22")
    )
    feed = Request(server.page("/feed", b"x" * 99, etag='"1"'), is_trusted=True)
    got = await get(feed._replace(etag='"1"', last_modified=tuesday))
    assert (got.status, got.data, got.etag) == (304, b"", '"1"')
    asked = server.asked[0].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"1"', tuesday)
    dated = Request(server.page("/dated", b"y", last_modified=monday), is_trusted=True)
    assert (await get(dated._replace(last_modified=monday))).status == 304
    assert (await get(dated._replace(last_modified=sunday))).data == b"y"


async def test_marks_that_cannot_be_sent_are_not(server: Server) -> None:
    url = server.page("/feed", b"x")
    await get(Request(url, is_trusted=True, etag='"1"\r\nX-Evil: 1', last_modified="é"))
    assert not {"x-evil", "if-none-match", "if-modified-since"} & set(server.asked[0].headers)


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ((301,), "/1"),
        ((308,), "/1"),
        ((301, 308, 301), "/3"),
        ((301, 302, 301), "/1"),
        ((302, 301), ""),
        ((303,), ""),
        ((307, 308), ""),
    ],
)
async def test_permanent_redirects_move_and_others_do_not(
    server: Server, statuses: tuple[int, ...], moved: str
) -> None:
    for number, status in enumerate(statuses):
        server.page(f"/{number}", status=status, headers={"Location": f"/{number + 1}"})
    last = server.page(f"/{len(statuses)}", b"<rss/>")
    got = await get(server.url("/0"))
    assert got == Response(last, moved_to=server.url(moved) if moved else "", data=b"<rss/>")


async def test_a_move_is_reported_also_with_a_failure(server: Server) -> None:
    server.page("/old", status=301, headers={"Location": "/gone"})
    server.page("/gone", status=410)
    error = await get_error(server.url("/old"))
    assert (error.failure, error.moved_to) == (Failure.GONE, server.url("/gone"))


async def test_redirects_in_a_circle_are_named(server: Server) -> None:
    server.page("/a", status=302, headers={"Location": "/b"})
    server.page("/b", status=302, headers={"Location": "/a#again"})
    error = await get_error(server.url("/a"))
    assert error.failure is Failure.BROKEN
    assert "in a circle, back to " + server.url("/a") in error.reason
    assert server.paths() == ["/a", "/b"]


async def test_redirects_without_end_are_ended(server: Server) -> None:
    async def on(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await send(writer, Page(status=302, headers={"Location": asked.path + "x"}))

    server.route("*", on)
    error = await get_error(server.url("/"))
    assert error.failure is Failure.BROKEN
    assert "redirects more than 8 times" in error.reason
    assert len(server.asked) == 9


@pytest.mark.parametrize(
    ("location", "failure", "reason"),
    [
        ("", Failure.BROKEN, "redirects without an address"),
        ("file:///etc/passwd", Failure.REFUSED, "but with file:"),
        ("http://[", Failure.REFUSED, "redirect has no address"),
        ("http://10.0.0.1/", Failure.REFUSED, "10.0.0.1 is an address of a private network"),
        ("http://2130706433/", Failure.REFUSED, "disguised"),
        ("http://localhost/", Failure.REFUSED, "is this computer"),
        ("https://example.com:22/", Failure.REFUSED, "port 22"),
        ("http://\x1b[31mx/", Failure.REFUSED, "redirect has no address"),
    ],
)
async def test_a_redirect_to_where_it_may_not_lead(
    server: Server, location: str, failure: Failure, reason: str
) -> None:
    error = await get_error(server.page("/", status=301, headers={"Location": location}))
    assert error.failure is failure
    assert reason in error.reason
    assert error.reason.isprintable()
    assert error.moved_to == ""


@pytest.mark.parametrize("location", ["/é", "/Ã©"], ids=["latin-1", "utf-8"])
async def test_a_redirect_in_other_letters_is_followed(server: Server, location: str) -> None:
    # The server writes its headers in Latin-1: the second of these is "/é" in UTF-8.
    server.page("/old", status=301, headers={"Location": location})
    server.page("/%C3%A9", b"found")
    assert (await get(server.url("/old"))).data == b"found"


async def test_a_redirect_within_a_private_host_that_the_user_named_is_followed() -> None:
    with serving() as one, serving() as two:
        two.page("/feed", b"here")
        url = one.page("/", status=301, headers={"Location": two.url("/feed")})
        assert (await get(url)).data == b"here"
        # The same address is refused where the user did not name it.
        assert (await get_error(Request(url))).failure is Failure.REFUSED


async def test_a_login_is_sent_and_never_shown(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a log either, nor in the errors of the library below, which hold what was sent."""
    server.page("/feed", b"mine")
    server.page("/old", status=301, headers={"Location": "/feed"})
    server.page("/no", status=401)
    server.route("/broken", broken)
    base = server.url("", host="user:s3cret@127.0.0.1")
    with caplog.at_level(logging.DEBUG):
        got = await get(base + "/old")
        errors = [await get_error(base + path) for path in ("/no", "/broken")]
    assert (got.url, got.moved_to) == (server.url("/feed"), base + "/feed")
    assert [asked.headers["authorization"] for asked in server.asked[:2]] == [LOGIN, LOGIN]
    assert errors[0].failure is Failure.LOGIN
    assert {error.__cause__ or error.__context__ for error in errors} == {None}
    shown = [record.getMessage() for record in caplog.records]
    shown += [repr(error) + str(error) + error.reason for error in errors]
    assert not any(word in "".join(shown) for word in ("s3cret", "dXNlcj"))


async def broken(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"no HTTP\r\n\r\n")


async def test_a_login_does_not_travel_to_another_host(server: Server) -> None:
    other = server.url("/feed", host="other.example")
    server.page("/old", status=301, headers={"Location": other})
    server.page("/feed", b"public")
    async with remote_client() as client:
        got = await get(server.url("/old", host="user:s3cret@news.example"), client)
    assert (got.data, got.moved_to) == (b"public", other)
    first, second = server.asked
    assert first.headers["authorization"] == LOGIN
    assert "authorization" not in second.headers


async def test_cookies_are_neither_kept_nor_sent(server: Server) -> None:
    headers = {"Set-Cookie": "a=b; Path=/", "Location": "/2"}
    server.page("/1", status=302, headers=headers)
    server.page("/2", b"x", headers={"Set-Cookie": "a=c"})
    async with local_client() as client:
        for _ in range(2):
            await get(server.url("/1"), client)
    assert not any("cookie" in asked.headers for asked in server.asked)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        *((Failure.STATUS, status) for status in (204, 206, 300, 400, 451, 500, 599)),
        *((Failure.LOGIN, status) for status in (401, 403)),
        *((Failure.BUSY, status) for status in (429, 503)),
        *((Failure.BROKEN, 304), (Failure.MISSING, 404), (Failure.GONE, 410)),
    ],
)
async def test_each_status_is_a_failure_of_its_own(
    server: Server, status: int, failure: Failure
) -> None:
    body = b"" if status in (204, 304) else b"<rss>not a feed</rss>"
    error = await get_error(server.page("/", body, status=status))
    assert (error.failure, error.status) == (failure, status)
    assert str(status) in error.reason


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_reported(server: Server, status: int) -> None:
    before = datetime.now(UTC)
    headers = {"Retry-After": "3600"}
    error = await get_error(server.page("/", status=status, headers=headers))
    assert error.retry_after is not None
    assert 3600 <= (error.retry_after - before).total_seconds() < 3660


async def test_a_large_packed_answer_is_unpacked(server: Server) -> None:
    data = random.Random(1).randbytes(200_000)
    packed = gzip.compress(data, 1)
    got = await get(server.page("/", packed, headers={"Content-Encoding": "gzip"}))
    assert got.data == data


async def test_other_scripts_and_spaces_reach_the_server_encoded(server: Server) -> None:
    names = Names()
    server.page("/%C3%A9%20x?q=%E6%96%B0", b"found")
    async with remote_client(names=names) as client:
        url = f"http://bücher.example:{server.port}/é x?q=新#z"
        assert (await client.get(Request(url))).data == b"found"
    assert names.asked == ["xn--bcher-kva.example"]
    assert server.asked[0].headers["host"] == f"xn--bcher-kva.example:{server.port}"


async def test_a_name_that_nobody_knows() -> None:
    error = await get_error("http://nobody.invalid/")
    assert error.failure in (Failure.ADDRESS, Failure.OFFLINE)
    assert "nobody.invalid" in error.reason


async def test_nobody_listens() -> None:
    with serving() as server:
        url = server.url()
    error = await get_error(url)
    assert error.failure is Failure.OFFLINE
    assert "Connection refused" in error.reason


async def test_a_connection_serves_many_requests(server: Server) -> None:
    server.page("/old", b"moved", status=301, headers={"Location": "/feed"})
    server.page("/feed", b"x", etag='"1"')
    server.page("/none", b"not here", status=404)
    async with local_client() as client:
        for _ in range(5):
            await get(Request(server.url("/old"), is_trusted=True, etag='"1"'), client)
            await get(server.url("/feed"), client)
            await get_error(server.url("/none"), client)
    assert len(server.asked) == 20
    assert server.connections == 1


async def test_a_long_body_that_nobody_wants_is_not_read(server: Server) -> None:
    server.page("/old", bytes(3_000_000), status=302, headers={"Location": "/feed"})
    server.page("/feed", b"x")
    assert (await get(server.url("/old"))).data == b"x"
    assert server.connections == 2


@pytest.mark.slow
def test_the_client_is_not_imported_before_it_is_needed() -> None:
    code = (
        "import sys, rilo_reader.tui.reader.screen, rilo_reader.fetch.response;"
        "print([name for name in ('aiohttp', 'yarl', 'idna') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


# -- calls to the API of a server where the user has an account ---------------------------------


async def call(
    request: ApiRequest,
    limits: FetchLimits = FetchLimits(silence_seconds=5),  # noqa: B008
) -> ApiReply:
    async with local_client(limits) as client:
        return await client.call_api(request)


async def test_method_headers_and_body_are_sent_and_any_status_comes_with_its_body(
    server: Server,
) -> None:
    server.answer(lambda asked: Page(b'{"error_message": "no"}', 400))
    request = ApiRequest(
        server.url("/v1/entries?x=1"), "PUT", {"X-Auth-Token": "secret"}, b'{"status": "read"}'
    )
    reply = await call(request)
    assert (reply.status, reply.data) == (400, b'{"error_message": "no"}')
    [asked] = server.asked
    assert (asked.method, asked.path) == ("PUT", "/v1/entries?x=1")
    assert asked.body == b'{"status": "read"}'
    assert asked.headers["x-auth-token"] == "secret"


async def test_no_redirect_is_followed_so_no_secret_goes_elsewhere(server: Server) -> None:
    server.page("/old", status=301, headers={"Location": "/new"})
    reply = await call(ApiRequest(server.url("/old"), headers={"X-Auth-Token": "secret"}))
    assert (reply.status, reply.headers["location"]) == (301, "/new")
    assert server.paths() == ["/old"]


async def test_a_reply_is_decompressed_and_bounded(server: Server) -> None:
    packed = Page(gzip.compress(b"a" * 50_000), headers={"Content-Encoding": "gzip"})
    server.answer(lambda asked: packed)
    assert (await call(ApiRequest(server.url("/")))).data == b"a" * 50_000
    with pytest.raises(FetchError) as caught:
        await call(ApiRequest(server.url("/")), FetchLimits(max_bytes=40_000))
    assert caught.value.failure is Failure.TOO_LARGE


async def test_a_server_without_content_has_an_empty_body(server: Server) -> None:
    server.answer(lambda asked: Page(status=204))
    reply = await call(ApiRequest(server.url("/"), "DELETE"))
    assert reply == ApiReply(204, {"content-length": "0"})
