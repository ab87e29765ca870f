"""Change the feeds of an account on its server, and at once in the records, for lists.

    known = service.feeds()                       as they are there now
    service.add_feed, change_feed, remove_feed
    rename_source(collection, url, title)         the source of its articles here
    records.put_feed, remove_feed                 what lists show
    return the change that undoes it

A change that fails changes nothing here.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from rilo_reader.accounts.accounts import find, load, service_of
from rilo_reader.accounts.records import AccountRecords, open_records, records_file
from rilo_reader.accounts.service import Account, ServerFeed, Service
from rilo_reader.config import Config
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.collection import Collection, kept_hosts, ledger_file, open_collection
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.feeds.schedule import NOT_ITS_FAULT
from rilo_reader.fetch.values import FetchError
from rilo_reader.library import LibraryError
from rilo_reader.paths import Paths
from rilo_reader.text import shown_address

# Feeds are named by their addresses: one that is added again has another id.


class Add(NamedTuple):
    """Subscribe to a feed; "" as its title is its own, no category is that of the server."""

    url: str
    title: str = ""
    categories: tuple[str, ...] = ()


class Rename(NamedTuple):
    """Give a feed another title."""

    url: str
    title: str


class Move(NamedTuple):
    """File a feed under other categories, instead of all it is filed under."""

    url: str
    categories: tuple[str, ...]


class Remove(NamedTuple):
    """Unsubscribe from a feed; its articles stay here."""

    url: str


Change = Add | Rename | Move | Remove


class FeedChangeError(LibraryError):
    """A feed of an account could not be changed; the message says why, and what to do."""

    def __init__(self, message: str, *, is_offline: bool = False) -> None:
        super().__init__(message)
        self.is_offline = is_offline  # whether the server could not be reached


class FeedChanges:
    """Changes feeds of one account; methods raise FetchError or LibraryError."""

    def __init__(
        self,
        account: Account,
        service: Service,
        records: AccountRecords,
        collection: Collection | None,
    ) -> None:
        self._account = account
        self._service = service
        self._records = records
        self._collection = collection  # whose articles have the titles; None if it has none
        self._known: dict[str, ServerFeed] = {}

    async def apply_all(
        self, changes: Iterable[Change], done: Callable[[int], object]
    ) -> list[Outcome]:
        """Ask which feeds the account has, then apply changes; see `RemoteFeeds.change_all`."""
        self._known = {feed_key(each.url): each for each in await self._service.feeds()}
        outcomes: list[Outcome] = []
        offline = ""
        for change in changes:
            # Nobody waits for each of many while the network is away.
            undo, error = None, offline
            try:
                undo = None if offline else await self.apply(change)
            except FetchError as reason:
                failure = failed(self._account.name, reason)
                error = str(failure)
                offline = error if failure.is_offline else ""
            except LibraryError as reason:
                error = str(reason)
            outcomes.append(Outcome(undo, error))
            done(len(outcomes))
        return outcomes

    async def apply(self, change: Change) -> Change | None:
        """Apply a change; return the one that undoes it, None if there was nothing to do.

        If articles cannot be renamed here (CollectingError), the next sync goes on.
        """
        feed = self._known.get(feed_key(change.url))
        if isinstance(change, Add):
            return await self._add(change)
        if feed is None:
            self._forget(change.url)
            if isinstance(change, Remove):
                return None
            url = shown_address(change.url)
            raise FeedChangeError(f"{self._account.name} no longer follows {url}.")
        if isinstance(change, Remove):
            await self._service.remove_feed(feed)
            del self._known[feed_key(feed.url)]
            self._forget(feed.url)
            return Add(feed.url, feed.title, feed.categories)
        undo: Change
        changed = feed
        if isinstance(change, Move):
            self._check(change.categories)
            undo = Move(feed.url, feed.categories)
            if set(change.categories) != set(feed.categories):
                changed = await self._service.change_feed(feed, categories=change.categories)
        else:
            if not change.title:
                message = f"{feed.title} needs a title on {self._account.name}; give one."
                raise FeedChangeError(message)
            undo = Rename(feed.url, feed.title)
            if change.title != feed.title:
                changed = await self._service.change_feed(feed, title=change.title)
        if changed == feed:
            return None
        self._known[feed_key(feed.url)] = changed
        if self._collection is not None and changed.title != feed.title:
            # If that fails, the next sync still finds another title in the records.
            rename_source(self._collection, changed.url, changed.title)
        self._records.put_feed(self._account.name, changed)
        return undo

    async def _add(self, change: Add) -> Change | None:
        known, categories = self._known, change.categories
        self._check(categories or ("",))
        feed = known.get(feed_key(change.url))
        undo = None
        if feed is None:
            first = next(iter(categories), "")
            feed = await self._service.add_feed(change.url, first, change.title)
            # A server may know it by the address that it redirects to.
            undo = None if feed_key(feed.url) in known else Remove(feed.url)
            if undo is not None and len(categories) > 1:
                feed = await self._service.change_feed(feed, categories=categories)
        known[feed_key(feed.url)] = feed
        self._records.put_feed(self._account.name, feed)
        return undo

    def _check(self, categories: Sequence[str]) -> None:
        if self._account.api.has_one_category and len(categories) != 1:
            raise FeedChangeError(
                f"On {self._account.name} a feed is in exactly one category; name one."
            )

    def _forget(self, url: str) -> None:
        name = self._account.name
        for each in self._records.feeds(name):
            if feed_key(each.url) == feed_key(url):
                self._records.remove_feed(name, each.id)


def failed(account: str, error: FetchError) -> FeedChangeError:
    """Return the error for the user of a call at an account that failed."""
    reason = f"{account}: {error.reason.rstrip('.')}."
    if error.failure in NOT_ITS_FAULT:
        advice = "Nothing was changed; try again once it can be reached."
        return FeedChangeError(f"{reason} {advice}", is_offline=True)
    return FeedChangeError(f"{reason} Nothing was changed here.")


# -- the door for the command line and the reader --------------------------------------------------


Connect = Callable[[Account], AbstractAsyncContextManager[Service]]
"""Opens the service of an account; raises FetchError if there is no secret to log in with."""


class Outcome(NamedTuple):
    """What became of a change."""

    undo: Change | None = None  # the change that undoes it, or None if there was nothing to do
    error: str = ""  # why it failed, or ""


class RemoteFeeds:
    """The feeds of the user's accounts. Every method raises LibraryError."""

    def __init__(self, folder: Path, paths: Paths, connect: Connect) -> None:
        self._folder = folder
        self._paths = paths
        self._connect = connect
        self._file = records_file(folder, paths)

    def change_all(
        self, name: str, changes: Sequence[Change], done: Callable[[int], object] = lambda _: None
    ) -> list[Outcome]:
        """Apply changes to the feeds of an account; one that fails stops no other.

        `done` is called with the number of changes that are done.
        """
        account = self._account(name)

        async def apply() -> list[Outcome]:
            async with self._connect(account) as service:
                found = FeedChanges(account, service, records, collection)
                return await found.apply_all(changes, done)

        try:
            with ExitStack() as stack:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                records = stack.enter_context(open_records(self._file))
                collection, folder = None, self._folder
                is_renaming = any(isinstance(change, Rename) for change in changes)
                if is_renaming and ledger_file(folder, self._paths).exists():
                    # The collection lock is held before the server is asked for anything.
                    collection = stack.enter_context(open_collection(folder, self._paths))
                return asyncio.run(apply())
        except FetchError as error:
            raise failed(account.name, error) from None
        except sqlite3.Error as error:
            raise CollectingError(f"Accounts cannot be saved in {self._file}: {error}.") from error

    def _account(self, name: str) -> Account:
        account = find(load(self._paths.accounts_file)[0], name)
        if account is None:
            raise FeedChangeError(
                f"there is no account {name} any more. To list them: rilo-reader account list"
            )
        return account


def connecting(folder: Path, paths: Paths, config: Config) -> Connect:
    """Return what calls the servers of accounts over the net, with the user's secrets."""

    @asynccontextmanager
    async def connect(account: Account) -> AsyncIterator[Service]:
        from rilo_reader.fetch.client import client_of  # aiohttp

        async with client_of(config) as client:
            with kept_hosts(folder, paths, client.public_hosts):
                yield service_of(account, paths, client)

    return connect
