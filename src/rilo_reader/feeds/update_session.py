"""One feed of a refresh, from its address to its articles, and what all feeds share meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Self, TypeVar

from rilo_reader.feeds.article_writer import written
from rilo_reader.feeds.feed_book import FeedRecords
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.progress import FeedProgress, State
from rilo_reader.feeds.saving import SAVED_TOGETHER, WriteBatcher
from rilo_reader.feeds.schedule import Wait
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update_feed import FeedUpdate
from rilo_reader.fetch.addresses import without_login
from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.text import clean_line
from rilo_reader.workers import WorkerDiedError, WorkerPool, WorkTimeoutError

if TYPE_CHECKING:
    from rilo_reader.feeds.article_writer import Written
    from rilo_reader.feeds.collection import Collection
    from rilo_reader.feeds.progress import Gets, UpdateRequest

PRELOAD = ("feeds.drafting", "parsers.rss", "parsers.xml", "parsers.tree", "html.tree")
"""What most feeds take to be read."""

T = TypeVar("T")


class UpdateSession:
    """What the feeds of one refresh share: the shelf, threads to read in, the time.

    Attributes:
        orders: what is to be done.
        fetcher: what fetches.
        now: tells the time, in UTC.
        on_surprise: is given what should not have happened.
        book: what is known of the feeds.
        saver: carries plans out.
    """

    def __init__(
        self,
        shelf: Collection,
        orders: UpdateRequest,
        fetcher: Gets,
        now: Callable[[], datetime],
        on_surprise: Callable[[Exception], object],
    ) -> None:
        self.orders = orders
        self.on_surprise = on_surprise
        self.fetcher = fetcher
        self.now = now
        self._shelf = shelf
        self._pool = WorkerPool(preload=[f"rilo_reader.{name}" for name in PRELOAD])
        self._keeper = ThreadPoolExecutor(1, "keeping")
        self.book = FeedRecords(orders, self.keeping, now, fetcher.public_hosts)
        many = len(orders.feeds) >= SAVED_TOGETHER
        self.saver = WriteBatcher(self.keeping, self._written, many=many, dry_run=orders.dry_run)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.close()
        self._keeper.shutdown()

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Call something costly that touches nothing in a worker.

        Raises:
            FetchError: it takes longer than the orders allow, or ends the worker.
        """
        seconds = self.orders.reading_seconds
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

        return await read_in_worker(self._pool, work, seconds=self.orders.page_seconds)

    async def _written(self, texts: Mapping[str, str]) -> Written:
        return await asyncio.to_thread(written, self._shelf.folder, texts)

    async def keeping(self, work: Callable[[Collection], T]) -> T:
        """Do something with the shelf, in its thread, in turn.

        Raises:
            CollectingError: the ledger failed.
        """

        def surely() -> T:
            try:
                return work(self._shelf)
            except sqlite3.Error as error:
                raise CollectingError(f"What was collected cannot be noted: {error}.") from error

        # What has begun is finished: it may be in the middle of writing.
        return await asyncio.shield(
            asyncio.get_running_loop().run_in_executor(self._keeper, surely)
        )

    # -- the refresh -----------------------------------------------------------------------------

    async def begin(self) -> list[tuple[Subscription, Wait | None]]:
        """Look every feed up; which of them are to be left alone."""
        return await self.book.begin()


async def one_feed(
    workshop: UpdateSession,
    subscription: Subscription,
    said: asyncio.Queue[FeedProgress],
    room: asyncio.Semaphore,
) -> None:
    """Refresh one feed; its last word is an end, whatever happens."""
    so_far = FeedProgress(
        without_login(subscription.url), workshop.book.name_of(subscription), State.WAITING
    )
    said.put_nowait(so_far)
    async with room:
        begun = monotonic()

        def say(state: State) -> None:
            said.put_nowait(so_far._replace(state=state))

        try:
            try:
                end = await FeedUpdate(workshop, subscription, so_far, say).run()
            except FetchError as error:
                await workshop.book.keep_failure(workshop.book.record(subscription), error)
                end = _failed(so_far, error.reason, str(error.failure))
        except CollectingError as error:
            end = _failed(so_far, str(error), "disk")
        except Exception as error:
            # One feed's surprise must not stop the others; whoever listens keeps its traceback.
            workshop.on_surprise(error)
            reason = f"Something went wrong that should not have ({type(error).__name__}: {error})."
            end = _failed(so_far, reason, "unforeseen")
        said.put_nowait(end._replace(seconds=monotonic() - begun))


def _failed(so_far: FeedProgress, reason: str, failure: str) -> FeedProgress:
    sentence = clean_line(reason)
    sentence = sentence[:1].upper() + sentence[1:]
    if not sentence.endswith((".", "!", "?", "…")):
        sentence += "."
    return so_far._replace(state=State.FAILED, reason=sentence, failure=failure)
