"""Change the feeds of an account on its server, and at once in the records, for lists.

    known = service.list_feeds()                  as they are there now
    service.add_feed, change_feed, remove_feed
    rename_source(collection, url, title)         the source of its articles here
    records.write_feed, remove_feed               for lists
    return the change that undoes it

A change that fails changes nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.feeds.schedule import NOT_ITS_FAULT
from rilo_reader.feeds.sources import (
    ChangeOutcome,
    FeedAddition,
    FeedChange,
    FeedChangeError,
    FeedMove,
    FeedRemoval,
    FeedRename,
)
from rilo_reader.fetch.messages import FetchError
from rilo_reader.library import LibraryError
from rilo_reader.plugins.accounts.records import AccountRecords
from rilo_reader.plugins.accounts.service import Account, ServerFeed, Service
from rilo_reader.text import redact_address


class RemoteFeedEditor:
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
        self, changes: Iterable[FeedChange], on_progress: Callable[[int], object]
    ) -> list[ChangeOutcome]:
        """Ask which feeds the account has, then apply changes; see `FeedSource.apply_changes`."""
        self._known = {feed_key(each.url): each for each in await self._service.list_feeds()}
        outcomes: list[ChangeOutcome] = []
        offline = ""
        for change in changes:
            # While the network is away, only the first change waits for it.
            undo, error = None, offline
            try:
                undo = None if offline else await self.apply_change(change)
            except FetchError as reason:
                failure = make_change_error(self._account.name, reason)
                error = str(failure)
                offline = error if failure.is_offline else ""
            except LibraryError as reason:
                error = str(reason)
            outcomes.append(ChangeOutcome(undo, error))
            on_progress(len(outcomes))
        return outcomes

    async def apply_change(self, change: FeedChange) -> FeedChange | None:
        """Apply a change; return the one that undoes it, None if there was nothing to do.

        If articles cannot be renamed here (CollectingError), the next sync goes on.
        """
        feed = self._known.get(feed_key(change.url))
        if isinstance(change, FeedAddition):
            return await self._add_subscription(change)
        if feed is None:
            self._forget_feed(change.url)
            if isinstance(change, FeedRemoval):
                return None
            url = redact_address(change.url)
            raise FeedChangeError(f"{self._account.name} no longer follows {url}.")
        if isinstance(change, FeedRemoval):
            await self._service.remove_feed(feed)
            del self._known[feed_key(feed.url)]
            self._forget_feed(feed.url)
            return FeedAddition(feed.url, feed.title, feed.categories)
        undo: FeedChange
        changed = feed
        if isinstance(change, FeedMove):
            self._check_categories(change.categories)
            undo = FeedMove(feed.url, feed.categories)
            if set(change.categories) != set(feed.categories):
                changed = await self._service.change_feed(feed, categories=change.categories)
        else:
            if not change.title:
                message = f"{feed.title} needs a title on {self._account.name}; enter one."
                raise FeedChangeError(message)
            undo = FeedRename(feed.url, feed.title)
            if change.title != feed.title:
                changed = await self._service.change_feed(feed, title=change.title)
        if changed == feed:
            return None
        self._known[feed_key(feed.url)] = changed
        if self._collection is not None and changed.title != feed.title:
            # If that fails, the next sync still finds another title in the records.
            rename_source(self._collection, changed.url, changed.title)
        self._records.write_feed(self._account.name, changed)
        return undo

    async def _add_subscription(self, change: FeedAddition) -> FeedChange | None:
        known, categories = self._known, change.categories
        self._check_categories(categories or ("",))
        feed = known.get(feed_key(change.url))
        undo = None
        if feed is None:
            first = next(iter(categories), "")
            feed = await self._service.add_feed(change.url, first, change.title)
            # A server may know it by the address that it redirects to.
            undo = None if feed_key(feed.url) in known else FeedRemoval(feed.url)
            if undo is not None and len(categories) > 1:
                feed = await self._service.change_feed(feed, categories=categories)
        known[feed_key(feed.url)] = feed
        self._records.write_feed(self._account.name, feed)
        return undo

    def _check_categories(self, categories: Sequence[str]) -> None:
        if self._account.api.has_one_category and len(categories) != 1:
            name = self._account.name
            raise FeedChangeError(f"On {name} a feed has exactly one category; name one.")

    def _forget_feed(self, url: str) -> None:
        name = self._account.name
        for each in self._records.list_feeds(name):
            if feed_key(each.url) == feed_key(url):
                self._records.remove_feed(name, each.id)


def make_change_error(account: str, error: FetchError) -> FeedChangeError:
    """Return the error for the user of a call at an account that failed."""
    reason = f"{account}: {error.reason.rstrip('.')}."
    if error.failure in NOT_ITS_FAULT:
        advice = "Nothing was changed; try again when it can be reached."
        return FeedChangeError(f"{reason} {advice}", is_offline=True)
    return FeedChangeError(f"{reason} Nothing was changed.")
