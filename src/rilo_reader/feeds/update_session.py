"""What the feeds of one update share: workers, the collection's thread, records, and writing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from rilo_reader.feeds.article_writer import written
from rilo_reader.feeds.feed_records import FeedRecords
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.saving import SAVED_TOGETHER, WriteBatcher
from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.workers import WorkerDiedError, WorkerPool, WorkTimeoutError

if TYPE_CHECKING:
    from rilo_reader.feeds.article_writer import Written
    from rilo_reader.feeds.collection import Collection
    from rilo_reader.feeds.progress import Gets, UpdateRequest

PRELOAD = ("feeds.drafting", "parsers.rss", "parsers.xml", "parsers.tree", "html.tree")
"""What most feeds take to be read."""

T = TypeVar("T")


class UpdateSession:
    """What the feeds of one update share.

    Attributes:
        request: what is to be done.
        client: the HTTP client.
        now: returns the time, in UTC.
        on_surprise: called with exceptions that nothing expects.
        records: what is known of the feeds.
        writes: applies plans, those of several feeds together.
    """

    def __init__(
        self,
        collection: Collection,
        request: UpdateRequest,
        client: Gets,
        now: Callable[[], datetime],
        on_surprise: Callable[[Exception], object],
    ) -> None:
        self.request = request
        self.on_surprise = on_surprise
        self.client = client
        self.now = now
        self._collection = collection
        self._pool = WorkerPool(preload=[f"rilo_reader.{name}" for name in PRELOAD])
        self._thread = ThreadPoolExecutor(1, "collection")
        self.records = FeedRecords(request, self.in_collection, now, client.public_hosts)
        many = len(request.feeds) >= SAVED_TOGETHER
        self.writes = WriteBatcher(
            self.in_collection, self._written, many=many, dry_run=request.dry_run
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.close()
        self._thread.shutdown()

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Call a pure function in a worker.

        Raises:
            FetchError: it takes longer than the request allows, or ends the worker.
        """
        seconds = self.request.reading_seconds
        try:
            return await self._pool.run(work, seconds=seconds)
        except WorkTimeoutError as error:
            reason = f"it takes longer than {seconds:g} seconds to read"
            raise FetchError(Failure.TOO_LARGE, reason) from error
        except WorkerDiedError as error:
            reason = "reading it ends the process that reads it"
            raise FetchError(Failure.BROKEN, reason) from error

    async def read_page(self, work: Callable[[], T]) -> T:
        """Call what reads a page; see `page_reading.read_in_worker`."""
        from rilo_reader.feeds.page_reading import read_in_worker

        return await read_in_worker(self._pool, work, seconds=self.request.page_seconds)

    async def _written(self, texts: Mapping[str, str]) -> Written:
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
