"""What the feeds of one update share: workers, the collection's thread, records, and writing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from rilo_reader.feeds.article_writer import written
from rilo_reader.feeds.ledger import CollectingError
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.parsed_feed import feed_in_worker, page_in_worker
from rilo_reader.feeds.schedule import NOT_ITS_FAULT, Wait, after_failure, wait_of
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.values import FetchError
from rilo_reader.workers import WorkerPool

if TYPE_CHECKING:
    from rilo_reader.feeds.article_writer import Marks, Saved, Written
    from rilo_reader.feeds.collection import Collection
    from rilo_reader.feeds.plan import Plan
    from rilo_reader.feeds.progress import UpdateRequest
    from rilo_reader.fetch.values import Client

PRELOAD = tuple(
    f"rilo_reader.{name}"
    for name in ("feeds.parsed_feed", "parsers.rss", "parsers.xml", "parsers.tree", "html.tree")
)
"""Modules that most feeds are read with."""

BATCH = 64
"""Plans, or records of feeds without new articles, that are written together."""

BATCH_SECONDS = 0.05
"""How long more plans are waited for if many come: each batch waits for the disk four times."""

BATCHES_AT_ONCE = 2
"""Batches applied at a time: one is written while another is planned and recorded."""

T = TypeVar("T")


class UpdateSession:
    """What the feeds of one update share."""

    def __init__(
        self,
        collection: Collection,
        request: UpdateRequest,
        client: Client,
        now: Callable[[], datetime],
        on_surprise: Callable[[Exception], object],
    ) -> None:
        self.request = request
        # the keys of all subscriptions, see `UpdateRequest`; updates may add some
        self.followed = request.followed
        self.on_surprise = on_surprise
        self.client = client
        self.now = now  # returns the time, in UTC
        self._collection = collection
        self._pool = request.pool or WorkerPool(preload=PRELOAD)
        self._thread = ThreadPoolExecutor(1, "collection")

        self.records = FeedRecords(request, self.in_collection, now, client.public_hosts)
        self._locks: dict[str, asyncio.Lock] = {}
        many = len(request.feeds) >= BATCH
        # applies plans, those of several feeds together
        self.writes = WriteBatcher(
            self.in_collection, self._write, many=many, dry_run=request.dry_run
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.request.pool is None:
            self._pool.close()
        self._thread.shutdown()

    def lock(self, feed: str) -> asyncio.Lock:
        """Return what is held from the plan for a feed, by its key, until that is written.

        So that entries which come both from the feed and from an account become articles once.
        """
        return self._locks.setdefault(feed, asyncio.Lock())

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Call a function on a feed, in a worker; see `reading.feed_in_worker`."""
        return await feed_in_worker(self._pool, work, seconds=self.request.reading_seconds)

    async def read_page(self, work: Callable[[], T]) -> T:
        """Call a function that reads a page, in a worker; see `reading.page_in_worker`."""
        return await page_in_worker(self._pool, work, seconds=self.request.page_seconds)

    async def _write(self, texts: Mapping[str, str]) -> Written:
        return await asyncio.to_thread(written, self._collection.folder, texts)

    async def in_collection(self, work: Callable[[Collection], T]) -> T:
        """Call a function on the collection, in the one thread that uses it.

        Raises:
            CollectingError: the ledger failed.
        """

        def call() -> T:
            try:
                return work(self._collection)
            except sqlite3.Error as error:
                raise CollectingError(f"What was collected cannot be noted: {error}.") from error

        # What has begun is finished: it may be in the middle of writing.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, call))


class WriteBatcher:
    """Applies plans of many feeds as they come, in batches.

    Args:
        in_collection: calls a function on the collection.
        write: writes files, as `written` does, while the collection is free for others.
        many: whether further plans are to be expected at any moment.
        dry_run: whether nothing is written.
    """

    def __init__(
        self,
        in_collection: InCollection,
        write: Callable[[Mapping[str, str]], Awaitable[Written]],
        *,
        many: bool,
        dry_run: bool,
    ) -> None:
        self._in_collection = in_collection
        self._write = write
        self._many = many
        self._dry_run = dry_run
        self._pending: list[tuple[Plan, Marks, asyncio.Future[Saved]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def apply(self, plan: Plan, marks: Marks) -> Saved:
        """Apply a plan, together with those of other feeds.

        Raises:
            CollectingError: some of it could not be written.
        """
        saved: asyncio.Future[Saved] = asyncio.get_running_loop().create_future()
        self._pending.append((plan, marks, saved))
        is_half_full = len(self._pending) >= BATCH // 2
        if not self._tasks or (len(self._tasks) < BATCHES_AT_ONCE and is_half_full):
            task = asyncio.create_task(self._apply_pending())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await saved

    async def stop(self) -> None:
        """Drop what is pending, and wait for what has begun."""
        self._pending.clear()
        await asyncio.gather(*self._tasks)

    async def _apply_pending(self) -> None:
        """Apply what is pending until nothing is."""
        while self._pending:
            if self._many and len(self._pending) < BATCH // 2:
                await asyncio.sleep(BATCH_SECONDS)
                if not self._pending:
                    break
            batch, self._pending = self._pending[:BATCH], self._pending[BATCH:]
            try:
                outcomes = await self._apply([(plan, marks) for plan, marks, _ in batch])
            except Exception as error:
                outcomes = [error] * len(batch)
            for (_, _, saved), outcome in zip(batch, outcomes, strict=True):
                if saved.cancelled():
                    continue
                if isinstance(outcome, Exception):
                    saved.set_exception(outcome)
                else:
                    saved.set_result(outcome)

    async def _apply(self, plans: list[tuple[Plan, Marks]]) -> Sequence[Saved | Exception]:
        pending = await self._in_collection(
            lambda opened: opened.begin(plans, dry_run=self._dry_run)
        )
        failed = await self._write(pending.texts) if pending.texts else {}
        return await self._in_collection(lambda opened: opened.end(pending, failed))


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
