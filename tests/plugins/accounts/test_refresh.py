"""`refresh` with accounts at feed services, as a person, a program and cron meet them."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from rilo_reader.config import Config, MarkRead
from rilo_reader.library import open_library
from rilo_reader.paths import marks_file, user_paths
from rilo_reader.plugins.accounts import accounts
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.query.parser import parse
from rilo_reader.store.sqlite import backup_path
from rilo_reader.store.state import open_state
from tests.feeds.world import rss
from tests.plugins.accounts.freshrss_server import FreshRss, freshrss
from tests.support.command_line import User
from tests.support.lost_marks import LOSSES, UNUSABLE
from tests.support.reader import reading
from tests.support.servers import Page
from tests.support.terminal import until


@pytest.fixture
def fresh() -> Iterator[FreshRss]:
    with freshrss() as server:
        yield server


def join(user: User, fresh: FreshRss, name: str = "Home", password: str = "") -> None:
    """Add an account at the server."""
    secret = f"echo '{password or fresh.password}'"
    accounts.add(accounts_file(user_paths()), fresh.account(name=name, password_command=secret))


def filled(fresh: FreshRss) -> int:
    """Let the server have a feed with entries; return the first of them."""
    feed = fresh.add_feed("https://news.example.org/feed", "News")
    first = fresh.add_entry(feed, "One")
    fresh.add_entry(feed, "Two")
    return first


@pytest.mark.slow
def test_an_account_is_synced_beside_feeds(user: User, fresh: FreshRss) -> None:
    one = filled(fresh)
    fresh.server.page("/own", rss("Three"))
    join(user, fresh)
    user.ask("add", fresh.server.url("/own"))
    fresh.mark(one, read=True)
    outcome = user.ask("refresh")
    assert outcome.code == 0
    assert "Home: 2 new. 1 mark received\n" in outcome.out
    assert outcome.out.endswith("2 new articles; 1 feed, 1 account (1 without news).\n")
    assert {path.name for path in user.library.iterdir()} >= {"news", "a-feed"}
    [two] = user.library.rglob("*-two-*.md")
    assert user.ask("mark", "read", str(two.relative_to(user.library))).code == 0
    outcome = user.ask("refresh")
    assert "Home: 1 mark sent\n" in outcome.out
    assert all(each.read for each in fresh.entries.values())
    assert user.ask("refresh", "--quiet").out == ""


@pytest.mark.slow
def test_a_look_at_an_episode_marks_no_other_at_the_server(user: User, fresh: FreshRss) -> None:
    feed = fresh.add_feed("https://cast.example.org/feed", "A podcast")
    same = "<p>" + "Made by the same people as ever. " * 20 + "</p>"
    for number in range(10):
        fresh.add_entry(feed, f"Episode {number}", content=same)
    join(user, fresh)
    assert user.ask("refresh").code == 0

    async def look() -> None:
        with open_library(user.library, user_paths()) as library:
            for _ in library.follower.reconcile():
                pass
            now = Config(mark_read=MarkRead.OPENED, mark_read_after=0)
            async with reading(library, now) as reader:
                assert reader.screen.widgets.articles.total == 10
                await reader.press("enter")
                while not library.search.count(parse("is:read")):
                    await reader.pilot.pause(0.01)

    asyncio.run(look())
    assert "Home: 1 mark sent\n" in user.ask("refresh").out
    assert sum(each.read for each in fresh.entries.values()) == 1


def test_a_refresh_with_an_account_is_for_programs(user: User, fresh: FreshRss) -> None:
    assert "You follow no feeds yet." in user.ask("refresh").err
    filled(fresh)
    join(user, fresh)
    assert "There would be 2 new articles; 1 account." in user.ask("refresh", "--dry-run").out
    assert list(user.library.iterdir()) == []
    outcome = user.ask("refresh", "--json")
    *reports, summary = outcome.objects
    assert [each["state"] for each in reports] == ["waiting", "fetching", *["reading"] * 2, "saved"]
    assert {each["name"] for each in reports} == {"Home"}
    assert {each["url"] for each in reports} == {fresh.url}
    assert len(reports[-1]["new"]) == 2
    assert (summary["feeds"], summary["done"], summary["new"]) == (1, 1, 2)
    assert summary["finished"]


@pytest.mark.slow
@pytest.mark.parametrize("how", LOSSES)
def test_lost_marks_are_told_and_not_taken_from_the_server(
    user: User, fresh: FreshRss, how: str
) -> None:
    feed = fresh.add_feed("https://news.example.org/feed", "News")
    for number in range(5):
        fresh.add_entry(feed, f"Number {number}")
    join(user, fresh)
    user.ask("refresh")
    file = marks_file(user.library, user_paths())
    with closing(open_state(file)) as marks:
        assert marks.backup()
    backup = backup_path(file).read_bytes()
    paths = [str(path.relative_to(user.library)) for path in user.library.rglob("*-number-*.md")]
    assert user.ask("mark", "star", *paths).code == 0
    assert "5 marks sent" in user.ask("refresh").out
    backup_path(file).write_bytes(backup)
    LOSSES[how](file)
    outcome = user.ask("refresh")
    assert [each.starred for each in fresh.entries.values()] == [True] * 5
    assert "sent" not in outcome.out
    if how in UNUSABLE:
        assert outcome.code == 1
        assert f"{file}" in outcome.err
        assert outcome.err.count("Your marks") == 1
        return
    assert outcome.code == 0
    assert "Home: 5 marks received" in outcome.out
    assert ("this library is new to the account, so" in outcome.out) == (how == "removed")
    if "with a backup" in how:
        assert f"The file of your marks, {file}, is" in outcome.err
    assert len(user.ask("search", "is:starred", "--json").objects) == 5


@pytest.mark.slow
def test_many_articles_are_counted_while_they_come(user: User, fresh: FreshRss) -> None:
    feed = fresh.add_feed("https://news.example.org/feed", "News")
    for number in range(120):
        fresh.add_entry(feed, f"Number {number}")
    join(user, fresh)
    *reports, _ = user.ask("refresh", "--json").objects
    reasons = [each["reason"] for each in reports if each["state"] == "reading"]
    assert reasons[-1] == "120 of 120 articles"


@pytest.mark.slow
def test_an_account_or_a_feed_of_it_can_be_named(user: User, fresh: FreshRss) -> None:
    filled(fresh)
    fresh.server.page("/own", rss("Three"), etag='"1"')
    join(user, fresh)
    user.ask("add", fresh.server.url("/own"))

    def names(*arguments: str) -> set[str]:
        return {each["name"] for each in user.ask("refresh", "--json", *arguments).objects[:-1]}

    assert names("home") == {"Home"}
    assert names("news") == {"Home"}
    assert names("https://news.example.org/feed") == {"Home"}
    assert names("/own") == {"A Feed"}
    assert names("/own", "HOME") == {"A Feed", "Home"}
    user.ask("refresh", "nonsense").failed(1, "you follow no feed called 'nonsense'")
    outcome = user.ask("refresh", "Newz")
    assert "Did you mean 'News'?" in outcome.err


def test_an_account_that_fails_says_what_to_do(user: User, fresh: FreshRss) -> None:
    filled(fresh)
    join(user, fresh, password="a wrong one")
    outcome = user.ask("refresh")
    assert (outcome.code, "Home: " in outcome.err) == (1, True)
    assert "a wrong one" not in outcome.out + outcome.err
    assert outcome.out.endswith("0 new articles; 1 account (1 failed).\n")


def test_a_busy_server_is_left_alone_unless_it_is_named(user: User, fresh: FreshRss) -> None:
    filled(fresh)
    join(user, fresh)
    fresh.fault(lambda _: Page(b"", 503, headers={"Retry-After": "600"}))
    assert user.ask("refresh").code == 1
    [*_, end, summary] = user.ask("refresh", "--json").objects
    assert (end["state"], end["failure"], summary["skipped"]) == ("skipped", "asked to wait", 1)
    [*_, end, _] = user.ask("refresh", "--json", "Home").objects
    assert end["state"] == "saved"


def test_marks_that_arrive_by_a_folder_are_sent_and_what_is_received_travels(
    user: User, fresh: FreshRss
) -> None:
    pytest.importorskip("rilo_reader.plugins.devices")
    one = filled(fresh)
    join(user, fresh)
    user.ask("refresh")
    user.ask("sync", "on")
    journals = user.library / ".rilo"
    before = {path: path.read_bytes() for path in journals.rglob("*.log")}
    fresh.mark(one, read=True)
    user.ask("refresh")
    assert {path: path.read_bytes() for path in journals.rglob("*.log")} != before


@pytest.mark.slow
def test_a_slow_server_is_left_at_once_and_what_came_stays(user: User, fresh: FreshRss) -> None:
    feed = fresh.add_feed("https://news.example.org/feed", "News")
    for number in range(600):
        fresh.add_entry(feed, f"Title {number}")
    join(user, fresh)
    contents = "/stream/items/contents"
    fresh.fault(lambda page: page, contents, calls=1, carried_out=True)
    fresh.fault(lambda page: page._replace(delay=50.0), contents, calls=9, carried_out=True)
    with user.running("refresh", "--json") as child:
        states = [json.loads(child.stdout.readline())["state"] for _ in range(3)]
        assert states == ["waiting", "fetching", "reading"]
        # Nobody else may collect meanwhile; that says so, and changes nothing.
        user.ask("refresh").failed(1, "Another refresh")
        until(lambda: len(list(user.library.rglob("*.md"))) >= 250)
        begun = time.monotonic()
        child.process.send_signal(signal.SIGINT)
        child.process.communicate(timeout=30)
        assert time.monotonic() - begun < 20  # it did not wait for the server
    came = {path: path.read_bytes() for path in user.library.rglob("*.md")}
    assert len(came) == 250
    fresh.calm()
    fresh.mark(*fresh.entries, read=True)
    assert user.ask("refresh").code == 0
    files = {path: path.read_bytes() for path in user.library.rglob("*.md")}
    assert len(files) == 600
    assert {path: files[path] for path in came} == came


GOALS = """
[[rules]]
name = "Goals"
query = "title:goal"
read = true
starred = true
"""


@pytest.mark.slow
def test_rules_are_applied_to_what_an_account_brings_and_marks_go_back(
    user: User, fresh: FreshRss
) -> None:
    user.settings(GOALS)
    entry = fresh.add_entry(fresh.add_feed("https://news.example.org/feed", "News"), "Goal")
    join(user, fresh)
    user.run("refresh").says("Rule Goals: 1 read, 1 starred.")
    user.run("refresh").says("2 marks sent")
    assert fresh.entries[entry].read
