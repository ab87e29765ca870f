"""An account at a real Miniflux, all the way as its user goes it: on the train and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rilo_reader.plugins.accounts.service import Api, ServerMarks
from tests.plugins.accounts.homes import Home
from tests.plugins.accounts.miniflux_devices import APIS, fill, numbers, there
from tests.support.miniflux_server import MinifluxUser
from tests.support.servers import serving
from tests.support.terminal import Terminal, config_file, rilo, until

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.terminal]

ONE, TWO, THREE, FOUR = (f"F0 Item {number}" for number in range(1, 5))


@pytest.fixture
def user(miniflux: MinifluxUser) -> MinifluxUser:
    """Somebody who follows a feed of six entries."""
    with serving() as web:
        fill(miniflux, web, feeds=1, entries=6)
    return miniflux


@pytest.mark.parametrize("api", APIS)
def test_what_is_read_on_the_train_is_read_on_the_phone(
    tmp_path: Path, user: MinifluxUser, api: Api
) -> None:
    home = Home(tmp_path, user, api)
    assert "home" in home.join()
    assert home.ok("refresh").endswith("6 new articles; 1 account.\n")
    ids, files = home.ids(), home.files()
    with user.server.stopped():
        for _ in range(2):
            offline = home.run("refresh")
            assert offline.returncode == 1
            assert "home: " in offline.stderr
            assert "The connection to" in offline.stderr
            assert offline.stdout.endswith("0 new articles; 1 account (1 failed).\n")
            home.ok("mark", "read", ids[ONE], ids[TWO])
            home.ok("mark", "star", ids[TWO])
        assert "Some text. 1" in home.ok("show", ids[ONE])
        assert home.files() == files
        assert home.ok("search", "--count", "is:unread") == "4\n"
    assert there(user)[ONE] == there(user)[TWO] == ServerMarks()
    assert home.ok("refresh").endswith("0 new articles; 1 account (1 without news).\n")
    marks = dict.fromkeys(ids, ServerMarks())
    marks |= {ONE: ServerMarks(read=True), TWO: ServerMarks(read=True, starred=True)}
    assert there(user) == home.marks() == marks
    # And the other way.
    user.toggle_star([numbers(user)[THREE]])
    user.set_read([numbers(user)[TWO]], read=False)
    home.ok("refresh")
    found = map(json.loads, home.ok("search", "--json", "is:starred").splitlines())
    assert {row["title"]: row["read"] for row in found} == {TWO: False, THREE: False}
    assert home.files() == files


@pytest.mark.parametrize("api", APIS)
def test_a_mark_of_the_phone_comes_while_the_reader_is_open(
    tmp_path: Path, user: MinifluxUser, api: Api
) -> None:
    home = Home(tmp_path, user, api)
    home.join()
    home.ok("refresh")
    # However long it is open, nothing else is marked.
    config_file(tmp_path, "settings.toml").write_text('mark_read = "by hand"\n', encoding="utf-8")

    def is_starred(screen: str, title: str) -> bool:
        return any(title in row and "★" in row for row in screen.splitlines())

    with Terminal(rilo(), (110, 30), home=tmp_path) as terminal:
        before = terminal.wait_for(lambda screen: all(each in screen for each in (ONE, FOUR)))
        assert "★" not in before
        user.toggle_star([numbers(user)[FOUR]])
        user.set_read([numbers(user)[ONE]])
        terminal.send("R")
        after = terminal.wait_for(lambda screen: is_starred(screen, FOUR))
        # In place: no row has moved.
        assert rows_of(after) == rows_of(before)
        assert not is_starred(after, ONE)
        terminal.wait_for("Nothing new")
        # What is marked in the reader goes back with the next one.
        terminal.send("s")
        newest = "F0 Item 5"
        terminal.wait_for(lambda screen: is_starred(screen, newest))
        terminal.send("R")
        until(lambda: there(user)[newest].starred)
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert home.marks() == there(user)
    assert home.marks()[ONE].read


def rows_of(screen: str) -> list[int]:
    """The lines on which the titles are first."""
    lines = screen.splitlines()
    titles = [f"F0 Item {number}" for number in range(6)]
    return [next(n for n, line in enumerate(lines) if title in line) for title in titles]
