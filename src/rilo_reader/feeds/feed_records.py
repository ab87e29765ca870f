"""What is known of the feeds of one refresh: looked up when it begins, kept several at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from rilo_reader.feeds.ledger import FeedRecord
from rilo_reader.feeds.schedule import NOT_ITS_FAULT, Wait, after_failure, wait_of
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.addresses import without_login
from rilo_reader.fetch.values import FetchError

if TYPE_CHECKING:
    from rilo_reader.feeds.collection import Collection
    from rilo_reader.feeds.progress import UpdateRequest

TOGETHER = 64
"""Records of feeds without anything new that are kept in one go."""

T = TypeVar("T")


class Keeps(Protocol):
    """What does something with the shelf, in turn."""

    def __call__(self, work: Callable[[Collection], T]) -> Awaitable[T]:
        """What the work returns; raises CollectingError."""
        ...


class FeedRecords:
    """The records of the feeds of one refresh.

    Args:
        orders: what is to be done.
        keeping: does something with the shelf, in turn.
        now: tells the time, in UTC.
        public_hosts: see `fetch.HttpClient`; those known from before are added.
    """

    def __init__(
        self,
        orders: UpdateRequest,
        keeping: Keeps,
        now: Callable[[], datetime],
        public_hosts: set[str],
    ) -> None:
        self._orders = orders
        self._keeping = keeping
        self._now = now
        self._public_hosts = public_hosts
        self._kept_hosts: set[str] = set()
        self._records: dict[str, FeedRecord] = {}
        self._later: list[FeedRecord] = []
        self._unreached: list[tuple[FeedRecord, FetchError]] = []
        self._reached = False

    async def begin(self) -> list[tuple[Subscription, Wait | None]]:
        """Look every feed up; which of them are to be left alone."""
        feeds, now = self._orders.feeds, self._now()

        def look_up(shelf: Collection) -> None:
            shelf.settle_moves(self._orders.followed)
            self._kept_hosts = shelf.ledger.public_hosts()
            if not self._orders.dry_run:
                # At once: stopped before its first answer, it would pass for typed.
                shelf.note_named(self._orders.untyped)
            for each in feeds:
                record = shelf.ledger.feed(each.url)
                if each.url in self._orders.untyped | self._orders.typed:
                    record = record._replace(public_only=each.url in self._orders.untyped)
                self._records[each.url] = record

        await self._keeping(look_up)
        self._public_hosts |= self._kept_hosts | self._orders.public_hosts
        return [(each, wait_of(each, self.record(each), now)) for each in feeds]

    @property
    def never_read(self) -> int:
        """How many feeds have never answered."""
        return sum(not record.source for record in self._records.values())

    async def look_up(self, subscription: Subscription) -> None:
        """Look a feed up anew, since its record has changed."""
        url = subscription.url
        self._records[url] = await self._keeping(lambda shelf: shelf.ledger.feed(url))

    def record(self, subscription: Subscription) -> FeedRecord:
        """What was known of a feed when the refresh began."""
        return self._records[subscription.url]

    def name_of(self, subscription: Subscription) -> str:
        """What a feed is called: by the user, by itself, else its address."""
        record = self._records[subscription.url]
        return (
            subscription.title or record.source or record.title or without_login(subscription.url)
        )

    def reached(self) -> None:
        """Note that something answered: the network is there."""
        self._reached = True

    async def keep_later(self, record: FeedRecord) -> None:
        """Keep a record with which no articles came; several in one go."""
        if self._orders.dry_run:
            return
        self._later.append(record)
        if len(self._later) >= TOGETHER:
            await self.keep()

    async def keep_failure(self, record: FeedRecord, error: FetchError) -> None:
        """Keep that a feed failed; where nothing at all is reached, that is not its fault."""
        if error.failure in NOT_ITS_FAULT:
            self._unreached.append((record, error))
        else:
            self.reached()
            await self.keep_later(after_failure(record, error, self._now()))

    async def end(self) -> None:
        """Keep what was put off, and let saved searches ask for feeds by what they are called."""
        counts = self._reached or len(self._unreached) < 2
        for record, error in self._unreached:
            failed = after_failure(record, error, self._now())
            await self.keep_later(failed if counts else _only_told(record, failed))
        await self.keep()
        if not self._orders.dry_run:
            urls = [feed.url for feed in self._orders.feeds]
            await self._keeping(lambda shelf: shelf.settle_names(urls))

    async def keep(self) -> None:
        """Keep what was put off, and the hosts that were found on the public net."""
        if self._orders.dry_run:
            return
        records, self._later = self._later, []
        hosts = self._public_hosts - self._kept_hosts

        def put(shelf: Collection) -> None:
            with shelf.ledger.transaction():
                shelf.ledger.put_public_hosts(hosts)
                for record in records:
                    shelf.ledger.put_feed(record)

        if records or hosts:
            await self._keeping(put)
            self._kept_hosts |= hosts


def _only_told(record: FeedRecord, failed: FeedRecord) -> FeedRecord:
    """A record that says what failed, but is due as before."""
    return record._replace(failure=failed.failure, reason=failed.reason)
