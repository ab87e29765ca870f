"""One `add` asks a server once for one file, and leaves nothing behind where it is stopped."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feeds.world import PAGE, rss
from tests.support.command_line import User
from tests.support.servers import Asked, Server, serving
from tests.support.terminal import ENTER, ESCAPE, Terminal, config_file, rilo, until

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


def test_a_feed_whose_articles_are_saved_by_then_stays_followed(
    user: User, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    # It is called as soon as the articles are written.
    with monkeypatch.context() as patch:
        patch.setattr("rilo_reader.feeds.update.describe_missing", stop)
        assert user.run("add", server.url("/feed")).code == 130
    assert user.run("list", "--count").out == "2\n"
    assert server.url("/feed") in feeds_of(user.home)


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
