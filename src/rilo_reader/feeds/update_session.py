"""`UpdateSession`, which the feeds of one update share, and their records."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Self, TypeVar

from rilo_reader.errors import CollectingError
from rilo_reader.feeds.article_writer import RecordUpdate, SaveResult
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.feed_reader import feed_in_worker, page_in_worker
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.plan import Plan
from rilo_reader.feeds.renaming import settle_names
from rilo_reader.feeds.schedule import NOT_ITS_FAULT, Wait, after_failure, find_wait
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update_request import UpdateRequest
from rilo_reader.fetch.messages import Client, FetchError
from rilo_reader.workers import WorkerPool

PRELOAD = (
    "rilo_reader.feeds.feed_reader",
    "rilo_reader.parsers.xml_feed",
    "rilo_reader.parsers.xml_reader",
    "rilo_reader.parsers.tree",
    "rilo_reader.html.tree",
)
"""Modules that most feeds are read with."""

MAX_HELD_BYTES = 50_000_000
"""Bytes of feeds that are being read or written, from which on no other is requested."""

PROGRAMS_AT_ONCE = 4
BATCH = 64  # records of feeds without new articles that are written together
T = TypeVar("T")


class UpdateSession:
    """The parts that the feeds of one update share: workers, one thread for the ledger, records.

    The records of feeds are read when it begins, and written several at a time; nothing is written
    in a dry run.
    """

    def __init__(
        self,
        collection: Collection,
        request: UpdateRequest,
        client: Client,
        clock: Callable[[], datetime],
        on_unexpected_error: Callable[[Exception], object],
    ) -> None:
        self.request = request
        self.followed_keys = request.followed_keys  # of all subscriptions; updates may add some
        self.client = client
        self.clock = clock  # returns the time, in UTC
        self.on_unexpected_error = on_unexpected_error
        self.folder, self.paths = collection.folder, collection.paths
        self._collection = collection
        self.pool = request.pool or WorkerPool(preload=PRELOAD)
        self._thread = ThreadPoolExecutor(1, "collection")
        self._waiting_plans = SimpleQueue[tuple[Plan, RecordUpdate, Future[SaveResult]]]()
        self._locks: dict[str, asyncio.Lock] = {}
        self._written_hosts: set[str] = set()
        self._records: dict[str, FeedRecord] = {}
        self._pending_records: list[FeedRecord] = []
        self._unreached_feeds: list[tuple[FeedRecord, FetchError]] = []
        self._is_online = False
        self._held_bytes = 0
        self._room_freed = asyncio.Condition()
        self.program_slots = asyncio.Semaphore(PROGRAMS_AT_ONCE)  # held by each that runs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.request.pool is None:
            self.pool.close()
        self._thread.shutdown()

    async def wait_for_room(self) -> None:
        """Wait until less than MAX_HELD_BYTES are held, so that feeds do not fill the memory."""
        async with self._room_freed:
            await self._room_freed.wait_for(lambda: self._held_bytes < MAX_HELD_BYTES)

    @asynccontextmanager
    async def hold_bytes(self, size: int) -> AsyncIterator[None]:
        """Count a response of that many bytes as held."""
        self._held_bytes += size
        try:
            yield
        finally:
            self._held_bytes -= size
            async with self._room_freed:
                self._room_freed.notify_all()

    def feed_lock(self, feed: str) -> asyncio.Lock:
        """Return the lock of a feed, by its key, which is held from planning to writing.

        So entries that come both from the feed and from an account become articles once.
        """
        return self._locks.setdefault(feed, asyncio.Lock())

    async def run_in_worker(self, work: Callable[[], T]) -> T:
        """Call a function on a feed, in a worker; see `feed_reader.feed_in_worker`."""
        return await feed_in_worker(self.pool, work, seconds=self.request.reading_seconds)

    async def read_page(self, work: Callable[[], T]) -> T:
        """Call a function that reads a page, in a worker; see `feed_reader.page_in_worker`."""
        return await page_in_worker(self.pool, work, seconds=self.request.page_seconds)

    async def run_in_collection(self, work: Callable[[Collection], T]) -> T:
        """Call a function on the collection, in the one thread that uses it.

        Raises CollectingError if the ledger fails.
        """

        def call() -> T:
            try:
                return work(self._collection)
            except sqlite3.Error as error:
                reason = f"The record of collected articles cannot be saved: {error}."
                raise CollectingError(reason) from error

        # A call that has begun is finished: it may be in the middle of writing.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, call))

    async def write_plan(self, plan: Plan, update_record: RecordUpdate) -> SaveResult:
        """Write a plan, together with those that wait for the collection by then.

        Raises CollectingError if some of it could not be written.
        """
        saved: Future[SaveResult] = Future()
        self._waiting_plans.put((plan, update_record, saved))
        self._thread.submit(self._write_waiting)
        return await asyncio.wrap_future(saved)

    def _write_waiting(self) -> None:
        """Write all plans that wait: the disk is waited for once."""
        plans, futures = [], []
        with suppress(Empty):
            while True:
                plan, update_record, saved = self._waiting_plans.get_nowait()
                if saved.set_running_or_notify_cancel():
                    plans.append((plan, update_record))
                    futures.append(saved)
        if not plans:
            return
        outcomes: list[SaveResult | Exception]
        try:
            outcomes = [*self._collection.writer.write_plans(plans, dry_run=self.request.dry_run)]
        except Exception as error:
            outcomes = [error] * len(plans)
        for saved, outcome in zip(futures, outcomes, strict=True):
            if isinstance(outcome, Exception):
                saved.set_exception(outcome)
            else:
                saved.set_result(outcome)

    # -- the records of feeds -------------------------------------------------------------------

    async def read_records(self) -> list[tuple[Subscription, Wait | None]]:
        """Read the record of every feed; return why some are not due, None for those that are."""
        request, now = self.request, self.clock()

        def read(collection: Collection) -> None:
            collection.apply_feed_moves(request.followed_keys)
            self._written_hosts = collection.ledger.public_hosts()
            if not request.dry_run:
                # At once: interrupted before its first response, it would pass for typed.
                collection.record_untyped(request.untyped_urls)
            for feed in request.feeds:
                record = collection.ledger.read_feed(feed.url)
                if feed.url in request.untyped_urls | request.typed_urls:
                    record = record._replace(public_only=feed.url in request.untyped_urls)
                self._records[feed.url] = record

        await self.run_in_collection(read)
        self.client.public_hosts.update(self._written_hosts, request.public_hosts)
        return [(feed, find_wait(feed, self.record_of(feed), now)) for feed in request.feeds]

    async def reload_record(self, subscription: Subscription) -> None:
        """Read the record of a feed again, since the ledger has changed."""
        url = subscription.url
        self._records[url] = await self.run_in_collection(lambda it: it.ledger.read_feed(url))

    def record_of(self, subscription: Subscription) -> FeedRecord:
        """Return the record of a feed as it was when the update began."""
        return self._records[subscription.url]

    def record_online(self) -> None:
        """Record that a server has responded, so the network is available."""
        self._is_online = True

    async def put_record(self, record: FeedRecord) -> None:
        """Write the record of a feed without new articles later, together with others."""
        if not self.request.dry_run:
            self._pending_records.append(record)
            if len(self._pending_records) >= BATCH:
                await self.write_pending()

    async def put_failure(self, record: FeedRecord, error: FetchError) -> None:
        """Record that a feed has failed; if no feed is reached, it is not its fault."""
        if error.failure in NOT_ITS_FAULT:
            self._unreached_feeds.append((record, error))
        else:
            self.record_online()
            await self.put_record(after_failure(record, error, self.clock()))

    async def finish(self) -> None:
        """Write what is pending, and rename sources in saved searches that name addresses."""
        is_their_fault = self._is_online or len(self._unreached_feeds) < 2
        for record, error in self._unreached_feeds:
            failed = after_failure(record, error, self.clock())
            if not is_their_fault:
                if record.last_success is not None:
                    continue  # said once for all
                # The reason is shown, but the feed is due as before.
                failed = record._replace(failure=failed.failure, reason=failed.reason)
            await self.put_record(failed)
        await self.write_pending()
        if not self.request.dry_run:
            urls = [feed.url for feed in self.request.feeds]
            await self.run_in_collection(lambda it: settle_names(it, urls))

    async def write_pending(self) -> None:
        """Write what is pending, and the hosts that were found to be public."""
        if self.request.dry_run:
            return
        records, self._pending_records = self._pending_records, []
        hosts = self.client.public_hosts - self._written_hosts

        def write(collection: Collection) -> None:
            with collection.ledger.transaction():
                collection.ledger.put_public_hosts(hosts)
                for record in records:
                    collection.ledger.put_feed(record)

        if records or hosts:
            await self.run_in_collection(write)
            self._written_hosts |= hosts
