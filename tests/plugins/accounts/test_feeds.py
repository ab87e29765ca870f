"""The feeds of accounts: listed, changed on the server and in articles here, and changed back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rilo_reader.errors import CollectionBusyError
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.sources import (
    FeedAddition,
    FeedChange,
    FeedChangeError,
    FeedMove,
    FeedRemoval,
    FeedRename,
    FeedSources,
)
from rilo_reader.feeds.status import AccountFeeds
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts import accounts
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.records import records_file
from rilo_reader.plugins.accounts.service import Account, Api, ServerFeed, Service
from rilo_reader.plugins.accounts.source import AccountSource, Connect
from tests.plugins.accounts.fake_service import OFFLINE, REFUSED
from tests.plugins.accounts.followed import Followed

ONE = ServerFeed("7", "https://one.example.org/feed", "One", ("News",), "https://one.example.org")
TWO = ServerFeed("8", "https://two.example.org/feed", "Two", ("News",))


class Home(Followed):
    """An account with two feeds."""

    def __init__(self, folder: Path, api: Api = Api.GREADER) -> None:
        paths = Paths(*(folder / name for name in ("config", "data", "state", "cache")))
        super().__init__(paths, folder / "library", (ONE, TWO), api)
        self.source = self.connected(self.connect)

    @property
    def here(self) -> AccountFeeds:
        """The feeds of the account, as lists show them."""
        return self.source.read_feeds()

    def connected(self, connect: Connect) -> AccountSource:
        """Their account, whose service is opened so."""
        [account] = accounts.load(accounts_file(self.paths))[0]
        return AccountSource(account, self.folder, self.paths, connect)

    def change(self, wanted: FeedChange) -> FeedChange | None:
        """Apply a change; return the one that undoes it. Raises FeedChangeError if it fails."""
        [outcome] = self.source.apply_changes([wanted])
        if outcome.error:
            raise FeedChangeError(outcome.error)
        return outcome.undo

    @property
    def both(self) -> list[tuple[str, tuple[str, ...]]]:
        """What both sides have."""
        there = self.server.data.feeds.values()
        here = {(each.url, each.title, each.tags) for each in self.here.feeds}
        assert here == {(each.url, each.title, each.categories) for each in there}
        return list(self.there.items())

    @property
    def titles(self) -> list[str]:
        return [each.title for each in self.here.feeds]

    @property
    def article(self) -> str:
        [file] = self.folder.rglob("*.md")
        return file.read_text("utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


CHANGES = (
    FeedAddition("https://three.example.org/feed", "Three", ("Far",)),
    FeedAddition("https://three.example.org/feed"),
    FeedRename(ONE.url, "Uno"),
    FeedMove(ONE.url, ("Far",)),
    FeedRemoval(ONE.url),
)


@pytest.mark.parametrize("api", [Api.MINIFLUX, Api.GREADER])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_on_both_sides_and_can_be_undone(
    tmp_path: Path, change: FeedChange, api: Api
) -> None:
    home = Home(tmp_path, api)
    before = sorted(home.both)
    undo = home.change(change)
    assert undo is not None
    assert sorted(home.both) != before
    redo = home.change(undo)
    assert sorted(home.both) == before
    assert redo is not None
    home.change(redo)
    assert sorted(home.both) != before


@pytest.mark.parametrize(
    "change",
    [FeedAddition(ONE.url, "Else"), FeedRename(ONE.url, "One"), FeedMove(ONE.url, ("News",))],
)
def test_what_is_so_already_is_left_alone(home: Home, change: FeedChange) -> None:
    assert home.change(change) is None
    assert home.server.calls == ["feeds"]


def test_a_feed_that_was_added_elsewhere_is_not_added_and_would_not_be_removed(home: Home) -> None:
    home.server.data.feeds["9"] = other = ServerFeed("9", "https://three.example.org/", "Three")
    assert home.change(FeedAddition("http://three.example.org", "Mine")) is None
    assert other.title in [each.title for each in home.here.feeds]


def test_a_feed_that_was_removed_elsewhere_goes_from_the_records(home: Home) -> None:
    del home.server.data.feeds["7"]
    assert home.change(FeedRemoval(ONE.url)) is None
    assert home.both == [("Two", ("News",))]
    del home.server.data.feeds["8"]
    with pytest.raises(FeedChangeError, match=r"home no longer follows https://two\.example"):
        home.change(FeedRename(TWO.url, "Due"))
    assert home.both == []


@pytest.mark.parametrize("patience", [0, 1])
@pytest.mark.parametrize("change", CHANGES)
def test_a_failure_changes_nothing_here_and_says_why(
    home: Home, change: FeedChange, patience: int
) -> None:
    home.server.error, home.server.patience = REFUSED, patience
    before, article = home.here, home.article
    with pytest.raises(FeedChangeError) as raised:
        home.change(change)
    assert str(raised.value) == "home: The server answered 500. Nothing was changed."
    assert (home.here, home.article) == (before, article)


@pytest.mark.parametrize("categories", [(), ("A", "B")])
def test_miniflux_has_exactly_one_category(tmp_path: Path, categories: tuple[str, ...]) -> None:
    home = Home(tmp_path, Api.MINIFLUX)
    with pytest.raises(FeedChangeError, match="exactly one category"):
        home.change(FeedMove(ONE.url, categories))
    if categories:
        with pytest.raises(FeedChangeError, match="exactly one category"):
            home.change(FeedAddition("https://three.example.org/feed", "", categories))
    assert home.server.calls == ["feeds", "feeds"][: 1 + len(categories[:1])]


def test_elsewhere_a_feed_may_be_in_several_categories(home: Home) -> None:
    three = "https://three.example.org/feed"
    assert home.change(FeedAddition(three, "", ("A", "B"))) == FeedRemoval(three)
    assert home.both[-1][1] == ("A", "B")
    home.change(FeedMove(three, ()))
    assert not home.both[-1][1]


def test_what_cannot_be_is_said(home: Home) -> None:
    with pytest.raises(FeedChangeError, match="needs a title on home"):
        home.change(FeedRename(ONE.url, ""))
    with pytest.raises(FeedChangeError, match="no longer an account work"):
        FeedSources((home.source,)).find_source("work")


def test_the_server_is_asked_once_for_many_changes(home: Home) -> None:
    urls = [f"https://{number}.example.org/feed" for number in range(5)]
    home.source.apply_changes([*map(FeedAddition, urls), *map(FeedAddition, urls)])
    assert home.server.calls == ["feeds", *["add_feed"] * 5]


def test_lists_show_a_change_at_once_and_articles_have_the_new_title(home: Home) -> None:
    undo = home.change(FeedRename(ONE.url, "Uno"))
    assert undo == FeedRename(ONE.url, "One")
    assert home.titles == ["Two", "Uno"]
    assert 'source = "Uno"' in home.article
    home.change(undo)
    assert home.titles == ["One", "Two"]
    assert 'source = "One"' in home.article


def test_a_list_has_categories_as_tags_and_nothing_of_an_account_that_was_never_synced(
    home: Home,
) -> None:
    assert (home.here.name, home.here.problem, home.here.last_success) == ("home", "", None)
    assert home.here.feeds[0][:4] == (ONE.url, "One", ("News",), "https://one.example.org")
    records_file(home.folder, home.paths).unlink()
    assert home.here == AccountFeeds("home")
    assert not records_file(home.folder, home.paths).exists()


def test_during_a_refresh_nothing_is_renamed(home: Home) -> None:
    with (
        open_collection(home.folder, home.paths),
        pytest.raises(CollectionBusyError, match="wait until it is done"),
    ):
        home.change(FeedRename(ONE.url, "Uno"))
    assert home.server.calls == []
    with open_collection(home.folder, home.paths):
        assert home.change(FeedMove(ONE.url, ("Far",))) is not None


def test_one_that_fails_stops_no_other(home: Home) -> None:
    done: list[int] = []
    changes: list[FeedChange] = [
        FeedAddition("https://broken.example.org"),
        FeedAddition("https://3.example.org"),
    ]
    changes.append(FeedRemoval(ONE.url))
    broken, added, removed = home.source.apply_changes(changes, done.append)
    assert "is no feed, says the server. Nothing was changed." in broken.error
    assert (added.undo, removed.undo) == (
        FeedRemoval("https://3.example.org"),
        FeedAddition(ONE.url, "One", ("News",)),
    )
    assert home.titles == ["Its own title", "Two"]
    assert done == [1, 2, 3]


def test_without_a_network_nobody_waits_for_each(home: Home) -> None:
    home.server.error = OFFLINE
    with pytest.raises(FeedChangeError, match=r"^home: .* when it can be reached"):
        home.source.apply_changes([FeedRemoval(ONE.url), FeedRemoval(TWO.url)])
    home.server.patience = 2
    urls = [f"https://{number}.example.org" for number in range(3)]
    outcomes = home.source.apply_changes(list(map(FeedAddition, urls)))
    assert outcomes[0].undo is not None
    assert ["could not be reached" in each.error for each in outcomes] == [False, True, True]
    assert home.server.calls == ["feeds", "add_feed"]


def test_a_login_that_is_missing_is_said(home: Home) -> None:

    @asynccontextmanager
    async def connect(account: Account) -> AsyncIterator[Service]:
        if account.name:
            raise FetchError(Failure.LOGIN, "There is no password.")
        yield home.service

    home.source = home.connected(connect)
    with pytest.raises(FeedChangeError, match=r"home: There is no password\. Nothing was changed"):
        home.change(FeedRemoval(ONE.url))
