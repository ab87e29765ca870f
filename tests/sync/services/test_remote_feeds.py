"""The feeds of accounts: listed from the records, changed on a server and in the articles here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.ledger_file import CollectionBusyError
from rilo_reader.feeds.status import AccountFeeds
from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.paths import Paths
from rilo_reader.sync.services import accounts
from rilo_reader.sync.services.feeds import (
    Add,
    Change,
    FeedChangeError,
    Move,
    RemoteFeeds,
    Remove,
    Rename,
)
from rilo_reader.sync.services.records import open_records, records_file
from rilo_reader.sync.services.service import Account, Api, ServerFeed, Service
from rilo_reader.sync.services.status import feeds_of_accounts
from tests.support.fake_service import OFFLINE, FakeServer, FakeService
from tests.support.feed_changes import change

ONE = ServerFeed("7", "https://one.example.org/feed", "One", ("News",), "https://one.example.org")
TWO = ServerFeed("8", "https://two.example.org/feed", "Two", ("News",))


class Home:
    """An account with two feeds; an article of the first is here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "library"
        self.paths = Paths(*(folder / name for name in ("config", "data", "state", "cache")))
        accounts.add(
            self.paths.accounts_file,
            Account("home", Api.GREADER, "https://home.example.org", "ann"),
        )
        self.server = FakeServer(ONE, TWO)
        self.service = FakeService(self.server)
        with open_collection(self.folder, self.paths) as collection:
            collection.save(Origin(ONE.url, "One"), [Entry(key="1", title="First")])
        with open_records(records_file(self.folder, self.paths)) as records:
            records.put_feeds("home", [ONE, TWO])
        self.feeds = RemoteFeeds(self.folder, self.paths, self._connect)

    @asynccontextmanager
    async def _connect(self, account: Account) -> AsyncIterator[Service]:
        yield self.service

    @property
    def here(self) -> AccountFeeds:
        """The feeds of the account, as lists show them."""
        [home] = feeds_of_accounts(
            self.folder, self.paths, accounts.load(self.paths.accounts_file)[0]
        )
        return home

    @property
    def titles(self) -> list[str]:
        return [each.title for each in self.here.feeds]

    @property
    def article(self) -> str:
        [file] = self.folder.rglob("*.md")
        return file.read_text("utf-8")


def test_lists_show_a_change_at_once_and_articles_have_the_new_title(tmp_path: Path) -> None:
    home = Home(tmp_path)
    undo = change(home.feeds, "HOME", Rename(ONE.url, "Uno"))
    assert undo == Rename(ONE.url, "One")
    assert home.titles == ["Two", "Uno"]
    assert 'source = "Uno"' in home.article
    change(home.feeds, "home", undo)
    assert home.titles == ["One", "Two"]
    assert 'source = "One"' in home.article


def test_a_list_has_categories_as_tags(tmp_path: Path) -> None:
    home = Home(tmp_path).here
    assert (home.name, home.problem, home.last_success) == ("home", "", None)
    assert home.feeds[0][:4] == (ONE.url, "One", ("News",), "https://one.example.org")


def test_an_account_that_was_never_synced_has_no_feeds_yet(tmp_path: Path) -> None:
    home = Home(tmp_path)
    records_file(home.folder, home.paths).unlink()
    assert home.here == AccountFeeds("home")
    assert not records_file(home.folder, home.paths).exists()


def test_during_a_refresh_nothing_is_renamed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with (
        open_collection(home.folder, home.paths),
        pytest.raises(CollectionBusyError, match="wait until it is done"),
    ):
        change(home.feeds, "home", Rename(ONE.url, "Uno"))
    assert home.server.calls == []
    with open_collection(home.folder, home.paths):
        assert change(home.feeds, "home", Move(ONE.url, ("Far",))) is not None


def test_one_that_fails_stops_no_other(tmp_path: Path) -> None:
    home = Home(tmp_path)
    done: list[int] = []
    changes: list[Change] = [Add("https://broken.example.org"), Add("https://3.example.org")]
    changes.append(Remove(ONE.url))
    broken, added, removed = home.feeds.change_all("home", changes, done.append)
    assert "is no feed, says the server. Nothing was changed here." in broken.error
    assert (added.undo, removed.undo) == (
        Remove("https://3.example.org"),
        Add(ONE.url, "One", ("News",)),
    )
    assert home.titles == ["Its own title", "Two"]
    assert done == [1, 2, 3]


def test_without_a_network_nobody_waits_for_each(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.server.error = OFFLINE
    with pytest.raises(FeedChangeError, match=r"^home: .* once it can be reached"):
        home.feeds.change_all("home", [Remove(ONE.url), Remove(TWO.url)])
    home.server.patience = 2
    urls = [f"https://{number}.example.org" for number in range(3)]
    outcomes = home.feeds.change_all("home", list(map(Add, urls)))
    assert outcomes[0].undo is not None
    assert ["could not be reached" in each.error for each in outcomes] == [False, True, True]
    assert home.server.calls == ["feeds", "add_feed"]


def test_an_unknown_account_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedChangeError, match="no account work"):
        change(Home(tmp_path).feeds, "work", Remove(ONE.url))


def test_a_login_that_is_missing_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path)

    @asynccontextmanager
    async def connect(account: Account) -> AsyncIterator[Service]:
        if account.name:
            raise FetchError(Failure.LOGIN, "There is no password.")
        yield home.service

    feeds = RemoteFeeds(home.folder, home.paths, connect)
    with pytest.raises(FeedChangeError, match=r"home: There is no password\. Nothing was changed"):
        change(feeds, "home", Remove(ONE.url))
