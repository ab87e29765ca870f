"""Headers of the user's own: sent to the host of the feed, and nowhere else."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.config.checks import SettingError
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.progress import Phase
from rilo_reader.feeds.request_headers import check_headers, parse_headers
from rilo_reader.fetch.messages import Headers
from rilo_reader.workers import WorkerPool
from tests.feeds.world import PAGE, World, rss
from tests.support.far_network import FAR
from tests.support.for_each import for_each
from tests.support.servers import serving

SECRET = "session=a-secret-of-mine"
COOKIE = Headers({"Cookie": SECRET})


@pytest.fixture
def world(tmp_path: Path, pool: WorkerPool) -> Iterator[World]:
    with serving() as server:
        yield World(tmp_path, server, pool)


def sent(world: World, name: str) -> list[tuple[str, str]]:
    """The value of a header with each request, and the path that it asked for."""
    return [(asked.path, asked.headers.get(name, "")) for asked in world.server.asked]


def test_headers_go_to_the_host_of_the_feed(world: World) -> None:
    world.follow(page=rss("One"), headers=COOKIE, user_agent="Mine/1.0")
    [end] = world.refresh()
    assert end.state is Phase.SAVED
    assert sent(world, "cookie") == [("/feed", SECRET)]
    assert sent(world, "user-agent") == [("/feed", "Mine/1.0")]


def test_a_redirect_to_another_host_loses_them_for_good(world: World) -> None:
    names = {"a.example": FAR, "b.example": FAR}
    world.follow("/start", "a.example", headers=COOKIE)
    server = world.server
    server.page("/start", status=302, headers={"Location": server.url("/same", "a.example")})
    server.page("/same", status=302, headers={"Location": server.url("/other", "b.example")})
    server.page("/other", status=302, headers={"Location": server.url("/feed", "a.example")})
    server.page("/feed", rss("One"))
    [end] = world.refresh(names)
    assert end.state is Phase.SAVED
    assert sent(world, "cookie") == [
        *(("/start", SECRET), ("/same", SECRET), ("/other", ""), ("/feed", "")),
    ]


def test_a_feed_with_headers_that_has_moved_to_another_host_is_told(world: World) -> None:
    names = {"a.example": FAR, "b.example": FAR}
    feed = world.follow("/feed", "a.example", headers=COOKIE)
    world.server.page(
        "/feed", status=301, headers={"Location": world.server.url("/new", "b.example")}
    )
    world.server.page("/new", rss("One"))
    [end] = world.refresh(names)
    assert "which must not get your headers without your consent" in end.reason
    assert world.feeds == (feed,)


def test_the_pages_of_its_host_get_them_too(world: World) -> None:
    pytest.importorskip("trafilatura")
    server = world.server
    items = "".join(
        f"<item><title>{name}</title><guid>{name}</guid><link>{url}</link></item>"
        for name, url in (
            ("Own", server.url("/own", "a.example")),
            ("Other", server.url("/other", "b.example")),
        )
    )
    feed = f"<rss version='2.0'><channel><title>A</title>{items}</channel></rss>".encode()
    world.follow("/feed", "a.example", page=feed, headers=COOKIE, full_text=True)
    for path in ("/own", "/other"):
        server.page(path, PAGE)
    world.refresh({"a.example": FAR, "b.example": FAR})
    assert dict(sent(world, "cookie")) == {"/feed": SECRET, "/own": SECRET, "/other": ""}


def command(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


def test_a_command_prints_headers(world: World) -> None:
    printing = command(f"print('cookie: {SECRET}'); print(); print('X-Key: 2')")
    world.follow(page=rss("One"), header_command=printing)
    world.refresh()
    assert sent(world, "cookie") == [("/feed", SECRET)]
    assert sent(world, "x-key") == [("/feed", "2")]


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("print('a secret')", "must print headers, one a line"),
        ("import sys; sys.stdout.buffer.write(b'Cookie: \\xff')", "it is not UTF-8"),
        ("raise SystemExit(3)", "ended with status 3"),
        ("print('a: ' + 'x' * 100_000)", "prints more than"),
        ("print('x-key: 1\\n\\np@ss-secret(1):rest')", "line 3 is not a header"),
        ("print('my-secret: ' + 'x' * 8001)", "line 1 has more than 8,000 characters"),
        ("print('my-secret: \\1')", "line 1 is not a header"),
        ("import sys; print('a: b-secret'); sys.exit('denied: b-secret')", "status 1: denied: b-…"),
    ],
)
def test_a_command_that_fails_says_so_and_asks_nothing(
    world: World, program: str, reason: str
) -> None:
    world.follow(page=rss("One"), header_command=command(program))
    [end] = world.refresh()
    assert (end.state, end.failure) == (Phase.FAILED, "login")
    assert reason in end.reason
    assert "secret" not in end.reason
    assert world.server.asked == []


def test_a_feed_that_lets_nobody_in_says_what_to_give(world: World) -> None:
    world.follow()
    world.server.page("/feed", status=403)
    world.refresh()
    login, browser = 'headers = { Cookie = "…" }', 'user_agent = "Mozilla/5.0"'
    sentence = world.listed()[0].sentence
    assert login in sentence
    assert browser in sentence
    subscriptions.change(world.feeds_file, world.feeds[0].url, user_agent="M")
    assert browser not in world.listed()[0].sentence


def test_they_are_asked_for_again_where_they_have_changed(world: World) -> None:
    world.follow(page=rss("One"), etag='"1"')
    world.refresh()
    subscriptions.change(world.feeds_file, world.feeds[0].url, headers=COOKIE)
    world.refresh(force=True)
    assert sent(world, "if-none-match") == [("/feed", ""), ("/feed", "")]


def test_feeds_toml_keeps_them_for_its_user_alone(world: World) -> None:
    feed = world.follow(headers=COOKIE, header_command=("pass", "show", "a b"), user_agent="M")
    assert world.feeds == (feed,)
    text = world.feeds_file.read_text("utf-8")
    assert f'headers = {{ Cookie = "{SECRET}" }}' in text
    assert stat.S_IMODE(world.feeds_file.stat().st_mode) == 0o600


def test_no_text_about_a_feed_has_them(world: World) -> None:
    feed = world.follow(headers=COOKIE)
    assert SECRET not in repr(feed)


@for_each(
    "table",
    [
        {"": "x"},
        {"A B": "x"},
        {"Cookie:": "x"},
        {"Cookie": 1},
        {"Cookie": ""},
        {"Cookie": "a\nHost: evil.example"},
        {"host": "x"},
        {"Content-Length": "1"},
        {"Cookie": "x" * 8001},
        ["Cookie: x"],
    ],
)
def test_what_is_no_header_is_refused(table: object) -> None:
    with pytest.raises(SettingError):
        check_headers(table)


@given(st.lists(st.text(), min_size=1), st.data())
def test_no_message_about_what_a_command_prints_has_a_part_of_it(
    lines: list[str], data: st.DataObject
) -> None:
    secret = data.draw(st.text("abcdefghXYZ0123456789-_.:;=()/+ ", min_size=8, max_size=9_000))
    lines.insert(
        data.draw(st.integers(0, len(lines))), data.draw(st.sampled_from(["", "a: "])) + secret
    )
    table = dict.fromkeys(lines, secret)
    for check in (partial(parse_headers, lines), partial(check_headers, table)):
        try:
            check()
        except SettingError as error:
            parts = {secret[at : at + 8] for at in range(len(secret) - 7)}
            assert not [part for part in parts if part in str(error)]


@given(st.text() | st.dictionaries(st.text(), st.text() | st.integers()))
def test_headers_are_clean_or_refused(value: object) -> None:
    try:
        found = (
            parse_headers(value.splitlines()) if isinstance(value, str) else check_headers(value)
        )
    except SettingError:
        return
    for name, text in found.items():
        assert name.isascii()
        assert name.isprintable()
        assert text.isprintable()
        assert text
