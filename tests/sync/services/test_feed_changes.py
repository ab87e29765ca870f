"""Feeds of an account: changed on its server and in the records, and changed back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rilo_reader.sync.services.feeds import (
    Add,
    Change,
    FeedChangeError,
    FeedChanges,
    Move,
    Remove,
    Rename,
)
from rilo_reader.sync.services.records import open_records
from rilo_reader.sync.services.service import Account, Api, ServerFeed
from tests.support.fake_service import OFFLINE, REFUSED, FakeServer, FakeService

ONE = ServerFeed("7", "https://one.example.org/feed", "One", ("News",))
TWO = ServerFeed("8", "https://two.example.org/feed", "Two", ("News",))


class Home:
    """An account with two feeds, in step with its server."""

    def __init__(self, folder: Path, api: Api = Api.GREADER) -> None:
        self.server = FakeServer(ONE, TWO)
        self.service = FakeService(self.server)
        self.records = open_records(folder / "accounts.db")
        self.records.put_feeds("home", [ONE, TWO])
        self.renamed: list[tuple[str, str]] = []
        self._account = Account("home", api, "https://home.example.org")

    def apply(self, *changes: Change) -> list[Change | None]:
        """Apply changes in one session."""

        def renamed(url: str, title: str) -> None:
            self.renamed.append((url, title))

        session = FeedChanges(self._account, self.service, self.records, renamed)

        async def work() -> list[Change | None]:
            await session.load()
            return [await session.apply(change) for change in changes]

        return asyncio.run(work())

    @property
    def titles(self) -> list[tuple[str, tuple[str, ...]]]:
        """What both sides have."""
        here = self.records.feeds("home")
        assert {each.id: each for each in here} == self.server.data.feeds
        return [(each.title, each.categories) for each in self.server.data.feeds.values()]


CHANGES = (
    Add("https://three.example.org/feed", "Three", ("Far",)),
    Add("https://three.example.org/feed"),
    Rename(ONE.url, "Uno"),
    Move(ONE.url, ("Far",)),
    Remove(ONE.url),
)


@pytest.mark.parametrize("api", Api)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_on_both_sides_and_can_be_undone(
    tmp_path: Path, change: Change, api: Api
) -> None:
    home = Home(tmp_path, api)
    before = sorted(home.titles)
    [undo] = home.apply(change)
    assert undo is not None
    assert sorted(home.titles) != before
    [redo] = home.apply(undo)
    assert sorted(home.titles) == before
    assert redo is not None
    home.apply(redo)
    assert sorted(home.titles) != before


def test_articles_have_the_new_title_as_their_source(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.apply(Move(TWO.url, ("Far",)), Rename(ONE.url, "Uno"))
    assert home.renamed == [(ONE.url, "Uno")]


@pytest.mark.parametrize(
    "change", [Add(ONE.url, "Else"), Rename(ONE.url, "One"), Move(ONE.url, ("News",))]
)
def test_what_is_so_already_is_left_alone(tmp_path: Path, change: Change) -> None:
    home = Home(tmp_path)
    assert home.apply(change) == [None]
    assert home.server.calls == ["feeds"]


def test_a_feed_that_was_added_elsewhere_is_not_added_and_would_not_be_removed(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    home.server.data.feeds["9"] = other = ServerFeed("9", "https://three.example.org/", "Three")
    assert home.apply(Add("http://three.example.org", "Mine")) == [None]
    assert other in home.records.feeds("home")


def test_a_feed_that_was_removed_elsewhere_goes_from_the_records(tmp_path: Path) -> None:
    home = Home(tmp_path)
    del home.server.data.feeds["7"]
    assert home.apply(Remove(ONE.url)) == [None]
    assert home.titles == [("Two", ("News",))]
    del home.server.data.feeds["8"]
    with pytest.raises(FeedChangeError, match=r"home does not follow https://two\.example"):
        home.apply(Rename(TWO.url, "Due"))
    assert home.titles == []


@pytest.mark.parametrize("patience", [0, 1])
@pytest.mark.parametrize("change", CHANGES)
def test_a_failure_changes_nothing_here_and_says_why(
    tmp_path: Path, change: Change, patience: int
) -> None:
    home = Home(tmp_path)
    home.server.error, home.server.patience = REFUSED, patience
    before = home.records.feeds("home")
    with pytest.raises(FeedChangeError) as raised:
        home.apply(change)
    assert str(raised.value) == "home: The server answered 500. Nothing was changed here."
    assert home.records.feeds("home") == before
    assert home.renamed == []


def test_without_a_network_it_says_to_try_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.server.error = OFFLINE
    with pytest.raises(FeedChangeError, match="once it can be reached"):
        home.apply(Remove(ONE.url))


@pytest.mark.parametrize("categories", [(), ("A", "B")])
def test_miniflux_has_exactly_one_category(tmp_path: Path, categories: tuple[str, ...]) -> None:
    home = Home(tmp_path, Api.MINIFLUX)
    with pytest.raises(FeedChangeError, match="exactly one category"):
        home.apply(Move(ONE.url, categories))
    if categories:
        with pytest.raises(FeedChangeError, match="exactly one category"):
            home.apply(Add("https://three.example.org/feed", "", categories))
    assert home.server.calls == ["feeds", "feeds"][: 1 + len(categories[:1])]


def test_elsewhere_a_feed_may_be_in_several_categories(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.apply(Add("https://three.example.org/feed", "", ("A", "B"))) == [
        Remove("https://three.example.org/feed")
    ]
    assert home.titles[-1][1] == ("A", "B")
    home.apply(Move("https://three.example.org/feed", ()))
    assert not home.titles[-1][1]


def test_a_feed_cannot_be_without_a_title(tmp_path: Path) -> None:
    with pytest.raises(FeedChangeError, match="needs a title on home"):
        Home(tmp_path).apply(Rename(ONE.url, ""))


def test_the_server_is_asked_once_for_many_changes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    urls = [f"https://{number}.example.org/feed" for number in range(5)]
    home.apply(*map(Add, urls), *map(Add, urls))
    assert home.server.calls == ["feeds", *["add_feed"] * 5]
