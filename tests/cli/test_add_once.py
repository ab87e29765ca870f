"""One `add` asks a server once for one file, and leaves nothing behind where it is stopped."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rilo_reader.feeds import subscriptions
from rilo_reader.store.file_writer import write_all
from tests.feeds.world import PAGE, rss
from tests.support.command_line import User
from tests.support.servers import Asked, Server, serving
from tests.support.terminal import ENTER, ESCAPE, Terminal, config_file, rilo, until

ONE = b"https://a.example/One"
HTML = {"Content-Type": "text/html; charset=utf-8"}
SITE = (
    b"<!DOCTYPE html><html><head><title>The Site</title>"
    b"<link rel='alternate' type='application/rss+xml' title='News' href='/feed'>"
    b"</head><body><p>Welcome.</p></body></html>"
)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/feed", rss("One", "Two"), etag='"1"')
        server.page("/moved", status=301, headers={"Location": "/feed"})
        server.page("/site", SITE, headers=HTML)
        server.page("/page", PAGE, headers=HTML)
        yield server


async def never(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Answer a request never."""
    await asyncio.sleep(3600)


def feeds_of(home: Path) -> str:
    file = config_file(home, "feeds.toml")
    return file.read_text() if file.exists() else ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "options", "asked"),
    [
        ("/feed", (), {"/feed": 1}),
        ("/feed", ("--dry-run",), {"/feed": 1}),
        ("/moved", (), {"/moved": 1, "/feed": 1}),
        ("/site", ("--feed",), {"/site": 1, "/feed": 1}),
        ("/page", ("--page",), {"/page": 1}),
    ],
)
@pytest.mark.parametrize("looks", [False, True])
def test_one_add_asks_once_for_one_file(
    user: User,
    server: Server,
    tmp_path: Path,
    path: str,
    options: tuple[str, ...],
    asked: dict[str, int],
    looks: bool,
) -> None:
    kept = ("--answers", str(tmp_path / "answers"))
    if looks:
        assert user.run("add", server.url(path), "--look", *kept).code == 0
    before = Counter(server.paths())
    assert before.total() == 0 or looks
    assert user.run("add", server.url(path), *options, *kept).code == 0
    paths = {name: count for name, count in Counter(server.paths()).items() if name in asked}
    assert paths == asked
    if "--dry-run" not in options and path != "/page":
        assert user.run("list", "--count").out == "2\n"
        assert server.url("/feed") in feeds_of(user.home)
        user.run("refresh", "--force")
        assert server.asked[-1].headers["if-none-match"] == '"1"'  # what came was kept as usual


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"hosts": 1, "answers": {"x": 2}}', "\0"])
def test_answers_that_cannot_be_read_are_asked_for_again(
    user: User, server: Server, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "answers"
    file.write_text(text)
    assert user.run("add", server.url("/feed"), "--answers", str(file)).code == 0
    assert server.paths() == ["/feed"]


@pytest.mark.slow
def test_ctrl_c_while_a_feed_is_added_leaves_nothing_behind(user: User, server: Server) -> None:
    server.page("/feed", rss(*map(str, range(3_000))))  # which takes seconds to read and write
    with user.running("add", "--json", server.url("/feed")) as child:
        child.wait_for(state="reading")
        child.process.send_signal(signal.SIGINT)
        assert child.ended() == (130, b"")
    assert server.url("/feed") not in feeds_of(user.home)
    assert not [*(user.home / "data").rglob("*.md")]


def stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        "feeds.update.describe_missing",  # as soon as the articles are written
        "cli.refresh.apply_rules_after",
        "cli.refresh.Summary._replace",  # when all are told
    ],
)
def test_what_is_followed_when_it_is_stopped_is_said_and_undone(
    user: User, server: Server, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(f"rilo_reader.{place}", stop)
        done = user.run("add", server.url("/feed"))
    assert done.code == 130
    follows = server.url("/feed") in feeds_of(user.home)
    assert follows == ("You now follow " in done.out) == ("Followed " in user.run("history").out)
    assert follows == (place != "cli.refresh.apply_rules_after")
    if follows:
        assert user.run("list", "--count").out == "2\n"
        assert user.run("undo").code == 0
        assert server.url("/feed") not in feeds_of(user.home)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_interrupts_following_waits_until_that_can_be_undone(
    user: User, server: Server, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    came: list[int] = []
    add_feeds = subscriptions.add_feeds

    def add(*arguments: Any) -> object:
        signal.raise_signal(number)
        assert came == []
        return add_feeds(*arguments)

    def receive(given: int, _: object) -> None:
        came.append(given)
        raise KeyboardInterrupt

    before = signal.signal(number, receive)
    try:
        monkeypatch.setattr("rilo_reader.feeds.subscriptions.add_feeds", add)
        assert user.run("add", server.url("/feed")).code == 130
    finally:
        signal.signal(number, before)
    assert came == [number]
    assert server.url("/feed") not in feeds_of(user.home)
    told = user.run("history")
    assert "Followed" not in told.out
    assert "damaged" not in told.err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("state", ["waiting", "fetching", "reading", "saved"])
def test_a_feed_that_is_stopped_at_any_time_is_not_followed_or_can_be_undone(
    user: User, server: Server, number: signal.Signals, state: str
) -> None:
    with user.running("add", "--json", server.url("/feed")) as child:
        child.wait_for(state=state)
        child.process.send_signal(number)
        child.ended()
    if server.url("/feed") in feeds_of(user.home):
        assert "Followed " in user.run("history").out
        assert user.run("undo").code == 0
        assert server.url("/feed") not in feeds_of(user.home)
    else:
        assert number == signal.SIGINT
        assert "Followed" not in user.run("history").out


@pytest.mark.slow
@pytest.mark.parametrize("has_teaser", [False, True])
def test_a_page_whose_saving_is_interrupted_is_undone(
    user: User, server: Server, monkeypatch: pytest.MonkeyPatch, has_teaser: bool
) -> None:
    """Ctrl-C comes as soon as its file is written."""
    if has_teaser:  # whose text it replaces
        user.run(
            "add", server.page("/teaser", rss("One").replace(ONE, server.url("/page").encode()))
        )
    before = {file: file.read_bytes() for file in user.library.rglob("*.md")}

    def write(*given: Any) -> object:
        failed = write_all(*given)
        signal.raise_signal(signal.SIGINT)
        return failed

    with monkeypatch.context() as patch:
        patch.setattr("rilo_reader.feeds.whole_page.write_all", write)
        patch.setattr("rilo_reader.feeds.article_writer.write_all", write)
        assert user.run("add", "--page", server.url("/page")).code == 130
    assert {file: file.read_bytes() for file in user.library.rglob("*.md")} != before
    assert user.run("undo").code == 0
    assert {file: file.read_bytes() for file in user.library.rglob("*.md")} == before


@pytest.mark.terminal
@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0, 1.5, 2.0])
def test_the_form_says_whether_a_slow_feed_is_followed_when_esc_came(
    tmp_path: Path, server: Server, seconds: float
) -> None:
    server.page("/slow", rss("One", "Two"), delay=0.5)
    with Terminal(rilo(), home=tmp_path) as terminal:
        terminal.wait_for("? help")
        terminal.send("a")
        terminal.wait_for("esc")
        terminal.send(server.url("/slow") + ENTER)
        terminal.wait_for("Fetching ")
        time.sleep(seconds)  # esc comes at another moment each time; what it hits is not the proof
        terminal.send(ESCAPE)
        # It may be too late, and the reader opened again with the first articles.
        ends = ("Stopped.", "You now follow", "Some words.")
        terminal.wait_for(lambda screen: any(end in screen for end in ends))
        if "Stopped." in terminal.screen():
            assert server.url("/slow") not in feeds_of(tmp_path)
            terminal.send(ESCAPE)
            terminal.wait_for(lambda screen: "Stopped." not in screen)
            assert server.url("/slow") not in feeds_of(tmp_path)
            return
        assert server.url("/slow") in feeds_of(tmp_path)
    with Terminal(rilo(), home=tmp_path) as terminal:  # after a restart
        terminal.wait_for("One")
        terminal.send("u")
        until(lambda: server.url("/slow") not in feeds_of(tmp_path))


@pytest.mark.terminal
def test_the_form_asks_once_and_leaves_nothing_behind(tmp_path: Path, server: Server) -> None:
    server.route("/slow", never)
    (tmp_path / "scratch").mkdir()
    variables = {"TMPDIR": str(tmp_path / "scratch")}
    with Terminal(rilo(), env=variables, home=tmp_path) as terminal:
        terminal.wait_for("? help")
        terminal.send("a")
        terminal.wait_for("esc")
        terminal.send(server.url("/slow") + ENTER)
        terminal.wait_for("Looking for feeds")
        until(lambda: bool(server.asked))
        terminal.send(ESCAPE)
        terminal.wait_for("Stopped.")
        terminal.send(ESCAPE)
        terminal.wait_for(lambda screen: "Stopped." not in screen)
        assert feeds_of(tmp_path) == ""
        terminal.send("a")
        terminal.wait_for("esc")
        terminal.send(server.url("/feed") + ENTER)
        terminal.wait_for("Some words.")  # which opens the library in place of the guide
        assert server.paths() == ["/slow", "/feed"]
        until(lambda: not [*(tmp_path / "scratch").glob("rilo-reader-*")])
