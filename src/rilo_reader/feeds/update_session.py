"""What the feeds of one update share: workers, the collection's thread, records, and writing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from rilo_reader.feeds.article_writer import written
from rilo_reader.feeds.feed_records import FeedRecords
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.reading import feed_in_worker, page_in_worker
from rilo_reader.workers import WorkerPool

if TYPE_CHECKING:
    from rilo_reader.feeds.article_writer import Marks, Saved, Written
    from rilo_reader.feeds.collection import Collection
    from rilo_reader.feeds.feed_records import InCollection
    from rilo_reader.feeds.plan import Plan
    from rilo_reader.feeds.progress import UpdateRequest
    from rilo_reader.fetch.values import Client

PRELOAD = tuple(
    f"rilo_reader.{name}"
    for name in ("feeds.drafting", "parsers.rss", "parsers.xml", "parsers.tree", "html.tree")
)
"""Modules that most feeds are read with."""

BATCH = 64
"""Plans that are applied with a single sync to disk."""

BATCH_SECONDS = 0.05
"""How long more plans are waited for if many come: each batch waits for the disk four times."""

BATCHES_AT_ONCE = 2
"""Batches applied at a time: one is written while another is planned and recorded."""

T = TypeVar("T")


class UpdateSession:
    """What the feeds of one update share.

    Attributes:
        request: what is updated.
        followed: the keys of all subscriptions, see `UpdateRequest`; updates may add some.
        client: the HTTP client.
        now: returns the time, in UTC.
        on_surprise: called with unexpected exceptions.
        records: the records of the feeds.
        writes: applies plans, those of several feeds together.
    """

    def __init__(
        self,
        collection: Collection,
        request: UpdateRequest,
        client: Client,
        now: Callable[[], datetime],
        on_surprise: Callable[[Exception], object],
    ) -> None:
        self.request = request
        self.followed = request.followed
        self.on_surprise = on_surprise
        self.client = client
        self.now = now
        self._collection = collection
        self._pool = request.pool or WorkerPool(preload=PRELOAD)
        self._thread = ThreadPoolExecutor(1, "collection")
        self.records = FeedRecords(request, self.in_collection, now, client.public_hosts)
        self._locks: dict[str, asyncio.Lock] = {}
        many = len(request.feeds) >= BATCH
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
