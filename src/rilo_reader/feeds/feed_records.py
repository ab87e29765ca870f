"""Records of the feeds of one update: read when it begins, written several at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.schedule import NOT_ITS_FAULT, Wait, after_failure, wait_of
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.values import FetchError

if TYPE_CHECKING:
    from rilo_reader.feeds.collection import Collection
    from rilo_reader.feeds.progress import UpdateRequest

BATCH = 64
"""Records of feeds without new articles that are written in one transaction."""

T = TypeVar("T")


class InCollection(Protocol):
    """Calls a function on the collection, in the one thread that uses it."""

    def __call__(self, work: Callable[[Collection], T]) -> Awaitable[T]:
        """Return what `work` returns; raises CollectingError if the ledger fails."""
        ...


class FeedRecords:
    """The records of the feeds of one update; nothing is written in a dry run.

    Args:
        request: what is updated.
        in_collection: calls a function on the collection.
        now: returns the time, in UTC.
        public_hosts: those of the HTTP client; hosts known from earlier updates are added.
    """

    def __init__(
        self,
        request: UpdateRequest,
        in_collection: InCollection,
        now: Callable[[], datetime],
        public_hosts: set[str],
    ) -> None:
        self._request = request
        self._in_collection = in_collection
        self._now = now
        self._public_hosts = public_hosts
        self._written_hosts: set[str] = set()
        self._records: dict[str, FeedRecord] = {}
        self._pending: list[FeedRecord] = []
        self._unreached: list[tuple[FeedRecord, FetchError]] = []
        self._is_online = False

    async def begin(self) -> list[tuple[Subscription, Wait | None]]:
        """Read the record of every feed; return why some are not due, None for those that are."""
        request, now = self._request, self._now()

        def read(collection: Collection) -> None:
            collection.settle_moves(request.followed)
            self._written_hosts = collection.ledger.public_hosts()
            if not request.dry_run:
                # At once: interrupted before its first response, it would pass for typed.
                collection.note_named(request.untyped)
            for each in request.feeds:
                record = collection.ledger.feed(each.url)
                if each.url in request.untyped | request.typed:
                    record = record._replace(public_only=each.url in request.untyped)
                self._records[each.url] = record

        await self._in_collection(read)
        self._public_hosts |= self._written_hosts | request.public_hosts
        return [(each, wait_of(each, self.record(each), now)) for each in request.feeds]

    async def reload(self, subscription: Subscription) -> None:
        """Read the record of a feed again, since the ledger has changed."""
        url = subscription.url
        self._records[url] = await self._in_collection(lambda opened: opened.ledger.feed(url))

    def record(self, subscription: Subscription) -> FeedRecord:
        """Return the record of a feed as it was when the update began."""
        return self._records[subscription.url]

    def name_of(self, subscription: Subscription) -> str:
        """Return the name of a feed: the user's, else its own, else its address."""
        return self.record(subscription).display_name(subscription)

    def note_online(self) -> None:
        """Note that a server has responded, so the network is available."""
        self._is_online = True

    async def put(self, record: FeedRecord) -> None:
        """Write a record of a feed without new articles, later, together with others."""
        if not self._request.dry_run:
            self._pending.append(record)
            if len(self._pending) >= BATCH:
                await self.flush()

    async def put_failure(self, record: FeedRecord, error: FetchError) -> None:
        """Write that a feed has failed; if nothing at all is reached, it is not its fault."""
        if error.failure in NOT_ITS_FAULT:
            self._unreached.append((record, error))
        else:
            self.note_online()
            await self.put(after_failure(record, error, self._now()))

    async def end(self) -> None:
        """Write what is pending, and rename sources in saved searches that name addresses."""
        is_their_fault = self._is_online or len(self._unreached) < 2
        for record, error in self._unreached:
            failed = after_failure(record, error, self._now())
            if not is_their_fault:
                # The reason is shown, but the feed is due as before.
                failed = record._replace(failure=failed.failure, reason=failed.reason)
            await self.put(failed)
        await self.flush()
        if not self._request.dry_run:
            urls = [feed.url for feed in self._request.feeds]
            await self._in_collection(lambda collection: collection.settle_names(urls))

    async def flush(self) -> None:
        """Write what is pending, and the hosts that were found to be public."""
        if self._request.dry_run:
            return
        records, self._pending = self._pending, []
        hosts = self._public_hosts - self._written_hosts

        def write(collection: Collection) -> None:
            with collection.ledger.transaction():
                collection.ledger.put_public_hosts(hosts)
                for record in records:
                    collection.ledger.put_feed(record)

        if records or hosts:
            await self._in_collection(write)
            self._written_hosts |= hosts
