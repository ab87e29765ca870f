"""Feeds of an account on a real Miniflux, changed and changed back by both of its APIs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.values import Limits
from rilo_reader.paths import Paths
from rilo_reader.sync.services import accounts
from rilo_reader.sync.services.feeds import (
    Add,
    Change,
    Move,
    RemoteFeeds,
    Remove,
    Rename,
)
from rilo_reader.sync.services.greader import GoogleReader
from rilo_reader.sync.services.miniflux import Miniflux
from rilo_reader.sync.services.service import Account, Api, Service
from rilo_reader.sync.services.status import feeds_of_accounts
from tests.support.feed_changes import change
from tests.support.miniflux_server import MinifluxUser, items, rss
from tests.support.servers import serving

pytestmark = pytest.mark.service


def paths_in(folder: Path) -> Paths:
    return Paths(*(folder / name for name in ("config", "data", "state", "cache")))


def here(folder: Path) -> Sequence[Subscription]:
    """The feeds of the account, as lists show them."""
    paths = paths_in(folder)
    [home] = feeds_of_accounts(folder / "library", paths, accounts.load(paths.accounts_file)[0])
    return home.feeds


def feeds_of(user: MinifluxUser, folder: Path, api: Api) -> RemoteFeeds:
    """The feeds of an account, by one of the APIs of the server."""
    paths = paths_in(folder)
    name = user.name if api is Api.GREADER else ""
    accounts.add(paths.accounts_file, Account("home", api, user.url, name))

    @asynccontextmanager
    async def connect(account: Account) -> AsyncIterator[Service]:
        async with HttpClient(Limits(), proxies={}) as client:
            if account.api is Api.GREADER:
                yield GoogleReader(client, account, user.password)
            else:
                yield Miniflux(client, account, user.key)

    return RemoteFeeds(folder / "library", paths, connect)


def there(user: MinifluxUser) -> list[tuple[str, str, str]]:
    """The feeds on the server: address, title, category."""
    feeds = user.call("GET", "feeds")
    return sorted((each["feed_url"], each["title"], each["category"]["title"]) for each in feeds)


@pytest.mark.parametrize("api", Api)
def test_feeds_are_changed_on_the_server_and_back(
    miniflux: MinifluxUser, tmp_path: Path, api: Api
) -> None:
    feeds = feeds_of(miniflux, tmp_path, api)
    with serving() as web:
        a, b = (web.page(f"/{name}.xml", rss(name, items(2))) for name in "ab")
        done: list[Change] = []
        for each in (
            Add(a, "Alpha", ("Far",)),
            Add(b),
            Rename(a, "Alef"),
            Move(b, ("Near",)),
            Remove(a),
        ):
            undo = change(feeds, "home", each)
            assert undo is not None
            done.append(undo)
            shown = [(each.url, each.title, each.tags[0]) for each in here(tmp_path)]
            assert set(shown) <= set(there(miniflux))
        assert there(miniflux) == [(b, "b", "Near")]
        change(feeds, "home", done.pop())
        assert there(miniflux) == [(a, "Alef", "Far"), (b, "b", "Near")]
        assert change(feeds, "home", Add(a)) is None
        while done:
            change(feeds, "home", done.pop())
    assert there(miniflux) == []
    assert here(tmp_path) == ()
