"""Feeds of accounts on the command line: listed, changed on the server, added there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import open_collection
from rilo_reader.paths import Paths, user_paths
from rilo_reader.sync.services import accounts
from rilo_reader.sync.services.account import Account, Api
from rilo_reader.sync.services.records import AccountRecord, open_records, records_file
from rilo_reader.sync.services.service import ServerFeed, Service
from tests.support.command_line import User
from tests.support.fake_feed_service import OFFLINE, FakeFeedService

ONE = ServerFeed("7", "https://one.example.org/feed", "One", ("News",))
BOTH = ServerFeed("8", "https://both.example.org/feed", "Both", ("News",))
FEEDS = f"""\
[[feeds]]
url = "https://own.example.org/feed"
title = "Own"

[[feeds]]
url = "{BOTH.url}"
title = "Both"
"""


class Home:
    """Somebody with an account and feeds of their own; an article of a feed there is here."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.paths: Paths = user_paths()
        self.folder = self.paths.default_library
        self.service = FakeFeedService(ONE, BOTH)
        user.connect = self._connect
        accounts.add(self.paths, Account("home", Api.MINIFLUX, "https://home.example.org"))
        self.feeds_file.write_text(FEEDS)
        with open_collection(self.folder, self.paths) as collection:
            collection.save(Origin(ONE.url, "One"), [Entry(key="1", title="First")])
        with open_records(records_file(self.folder, self.paths)) as records:
            records.put_feeds("home", [ONE, BOTH])

    @asynccontextmanager
    async def _connect(self, account: Account) -> AsyncIterator[Service]:
        yield self.service

    @property
    def feeds_file(self) -> Path:
        return self.paths.config / "feeds.toml"

    def fail(self, reason: str) -> None:
        """Let the last sync have failed."""
        with open_records(records_file(self.folder, self.paths)) as records:
            records.put_account(AccountRecord("home", failures=1, failure="login", reason=reason))

    @property
    def there(self) -> list[tuple[str, tuple[str, ...]]]:
        """The feeds on the server."""
        return [(each.title, each.categories) for each in self.service.known.values()]


@pytest.fixture
def home(user: User) -> Home:
    return Home(user)


# -- list ---------------------------------------------------------------------------------------


def test_feeds_of_accounts_are_listed_once_each_with_whose_they_are(home: Home) -> None:
    lines = [line.split("\t") for line in home.user.run("feeds").out.splitlines()]
    assert [(line[2], line[4], line[-1]) for line in lines] == [
        ("Own", "", ""),
        ("Both", "", "home"),
        ("One", "News", "home"),
    ]
    objects = home.user.run("feeds", "--json").objects
    assert [(each["name"], each["account"], each["own"]) for each in objects] == [
        ("Own", "", True),
        ("Both", "home", True),
        ("One", "home", False),
    ]
    assert objects[2]["unread"] == 1
    assert [each["name"] for each in home.user.run("feeds", "News", "--json").objects] == ["One"]


def test_the_problem_of_an_account_is_that_of_its_feeds(home: Home) -> None:
    home.fail("The password is refused.")
    _, both, one = home.user.run("feeds", "--json").objects
    assert (one["standing"], one["sentence"]) == ("failing", "home: The password is refused.")
    assert both["standing"] == "never fetched"


# -- changes ------------------------------------------------------------------------------------


def test_feeds_of_accounts_are_changed_on_the_server_and_here_at_once(home: Home) -> None:
    run = home.user.run
    assert run("feeds", "rename", "one", "Uno") == (0, "One: Now called Uno, on home too.\n", "")
    assert run("feeds", "tag", "uno", "Far") == (0, "Uno: Tagged Far, on home too.\n", "")
    assert home.there[0] == ("Uno", ("Far",))
    [uno] = run("feeds", "uno", "--json").objects
    assert (uno["name"], uno["tags"], uno["source"]) == ("Uno", ["Far"], "Uno")
    assert run("search", 'source:="Uno"', "--count").out == "1\n"
    done = run("feeds", "remove", "uno")
    assert done == (0, "Uno: No longer followed, on home too; its articles stay.\n", "")
    assert [title for title, _ in home.there] == ["Both"]
    assert run("feeds", "uno").code == 2
    assert run("list", "--count").out == "1\n"


def test_one_that_is_in_both_places_is_changed_in_both(home: Home) -> None:
    home.user.run("feeds", "rename", "both", "Due")
    assert home.there[1][0] == "Due"
    assert 'title = "Due"' in home.feeds_file.read_text()
    home.user.run("feeds", "remove", "due")
    assert BOTH.url not in home.feeds_file.read_text()
    assert len(home.there) == 1


@pytest.mark.parametrize("action", [("rename", "both", "Due"), ("tag", "both", "Far")])
def test_offline_nothing_is_changed(home: Home, action: tuple[str, ...]) -> None:
    home.service.error = OFFLINE
    done = home.user.run("feeds", *action)
    assert (done.code, done.out) == (1, "")
    assert "home.example.org could not be reached. Nothing was changed; try again" in done.err
    assert home.feeds_file.read_text() == FEEDS


def test_miniflux_has_exactly_one_category(home: Home) -> None:
    for tags in ((), ("A", "B")):
        done = home.user.run("feeds", "tag", "both", *tags)
        assert done.code == 1
        assert "exactly one category; name one" in done.err
    assert home.feeds_file.read_text() == FEEDS


def test_the_others_are_changed_where_one_fails(home: Home) -> None:
    url = "https://gone.example.org"
    with open_records(records_file(home.folder, home.paths)) as records:
        records.put_feed("home", ServerFeed("9", url, "Gone", ("News",)))
    done = home.user.run("feeds", "tag", "example", "Far", "--all")
    assert done.code == 1
    assert "Gone: home does not follow https://gone.example.org any more." in done.err
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["Own", "Both", "One"]


def test_what_the_server_does_is_said(home: Home) -> None:
    for action in ("pause", "resume", "allow"):
        done = home.user.run("feeds", action, "one")
        assert done.code == 1
        assert "is fetched by the server of home" in done.err
    assert home.user.run("feeds", "pause", "both").out == (
        "Both: Paused; home goes on fetching it.\n"
    )


def test_a_feed_of_an_account_is_muted_here(home: Home) -> None:
    run = home.user.run
    assert run("feeds", "mute", "one") == (0, "One: Muted.\n", "")
    assert run("feeds", "mute", "one").code == 0
    assert run("list", "--count").out == "0\n"
    assert run("feeds", "one", "--json").objects[0]["muted"] is True
    run("feeds", "rename", "one", "Uno")
    assert run("list", "--count").out == "0\n"
    assert run("feeds", "unmute", "uno").code == 0
    assert run("list", "--count").out == "1\n"
    assert home.service.calls == ["feeds", "change_feed"]


def test_one_without_articles_cannot_be_muted_yet(home: Home) -> None:
    with open_records(records_file(home.folder, home.paths)) as records:
        records.put_feed("home", ServerFeed("9", "https://new.example.org", "New", ("News",)))
    done = home.user.run("feeds", "mute", "new.example")
    assert (done.code, "no article of New has come yet" in done.err) == (1, True)


def test_a_dry_run_asks_no_server(home: Home) -> None:
    assert "not done" in home.user.run("feeds", "remove", "one", "--dry-run").out
    assert home.service.calls == []
