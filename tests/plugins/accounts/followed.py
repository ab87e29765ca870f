"""Somebody with an account at a server in memory, whose feeds are known here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import open_collection
from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts import accounts
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.records import AccountRecords, open_records, records_file
from rilo_reader.plugins.accounts.service import Account, Api, ServerFeed, Service
from tests.plugins.accounts.fake_service import FakeServer, FakeService


class Followed:
    """An account called `home`; an article of the first of its feeds is here."""

    def __init__(
        self, paths: Paths, folder: Path, feeds: Sequence[ServerFeed], api: Api = Api.MINIFLUX
    ) -> None:
        self.paths, self.folder = paths, folder
        self.server = FakeServer(*feeds)
        self.service = FakeService(self.server)
        accounts.add(accounts_file(paths), Account("home", api, "https://home.example.org", "ann"))
        with open_collection(folder, paths) as collection:
            collection.save_entries(
                Origin(feeds[0].url, feeds[0].title), [Entry(key="1", title="First")]
            )
        with self.records() as records:
            records.write_feeds("home", feeds)

    @asynccontextmanager
    async def connect(self, account: Account) -> AsyncIterator[Service]:
        """Reach the server; see `source.Connect`."""
        yield self.service

    def records(self) -> AccountRecords:
        """What is kept of accounts."""
        return open_records(records_file(self.folder, self.paths))

    @property
    def there(self) -> dict[str, tuple[str, ...]]:
        """The titles and categories on the server."""
        return {each.title: each.categories for each in self.server.data.feeds.values()}
