"""One feed of a refresh, from its address to its articles, and what all feeds share meanwhile."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from rilo_reader.feeds.article_writer import written
from rilo_reader.feeds.feed_book import FeedRecords
from rilo_reader.feeds.helpers import LostHelperError, NoHelperError
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.progress import FeedProgress, State
from rilo_reader.feeds.readers import Readers
from rilo_reader.feeds.saving import WriteBatcher
from rilo_reader.feeds.schedule import Wait
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update_feed import FeedUpdate
from rilo_reader.fetch.addresses import without_login
from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.index.cores import cores
from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from rilo_reader.feeds.article_writer import Written
    from rilo_reader.feeds.collection import Collection
    from rilo_reader.feeds.helpers import Helpers
    from rilo_reader.feeds.page_reading import PageReader
    from rilo_reader.feeds.progress import Gets, UpdateRequest

READERS = 2
"""Threads that read and write out: parsing holds the interpreter, so more would not help."""

MANY_WAIT = 8
"""Answers that wait for a thread from which on processes are worth what starting them takes."""

MANY_NEW = 32
"""Feeds never read before from which on processes are started at once: all they bring is new."""

MOST_HELPERS = 3

P = ParamSpec("P")
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
        self._readers = Readers(READERS, orders.reading_seconds)
        self._keeper = ThreadPoolExecutor(1, "keeping")
        self._helpers: Helpers | None = None
        self._pages: PageReader | None = None
        self._may_be_helped = cores() > 1
        self.book = FeedRecords(orders, self.keeping, now, fetcher.public_hosts)
        self.saver = WriteBatcher(
            self.keeping, self._written, lambda: self._help is not None, dry_run=orders.dry_run
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._helpers is not None:
            self._helpers.close()
        if self._pages is not None:
            self._pages.close()
        self._readers.close()
        self._keeper.shutdown()

    @property
    def pages(self) -> PageReader:
        """What reads the pages of entries; made when the first is to be read."""
        from rilo_reader.feeds.page_reading import PageReader

        if self._pages is None:
            self._pages = PageReader(min(cores(), MOST_HELPERS), self.orders.page_seconds)
        return self._pages

    @property
    def is_helped(self) -> bool:
        """Whether there are processes to read in, since there is much to read."""
        if self._helpers is None and self._may_be_helped and self._readers.waiting >= MANY_WAIT:
            self._get_help()
        return self._help is not None

    @property
    def _help(self) -> Helpers | None:
        """The processes to read in, where there are any."""
        return self._helpers if self._may_be_helped else None

    def _get_help(self) -> None:
        from rilo_reader.feeds.helpers import Helpers

        self._helpers = Helpers(min(cores(), MOST_HELPERS))
        self._helpers.start()

    async def reading(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Do something costly that touches nothing, in a thread or in another process.

        Raises:
            FetchError: it takes longer than the orders allow.
        """
        if self.is_helped and self._help is not None:
            try:
                return await self._helped(self._help, partial(work, *args, **named))
            except NoHelperError:
                self._may_be_helped = False
        return await self._readers.do(partial(work, *args, **named))

    async def _helped(self, helpers: Helpers, work: Callable[[], T]) -> T:
        """Do something in another process, once more where that ends by itself.

        Not here after that: what ends a helper would end all.
        """
        for _ in range(2):
            with suppress(LostHelperError):
                return await helpers.do(self.orders.reading_seconds, work)
        raise FetchError(Failure.BROKEN, "reading it ends the process that reads it")

    async def _written(self, texts: Mapping[str, str]) -> Written:
        """Write files, in another process where there are many."""
        if self._help is not None:
            with suppress(NoHelperError, LostHelperError):
                return await self._help.do(math.inf, written, self._shelf.folder, texts)
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
        waiting = await self.book.begin()
        if self._may_be_helped and self.book.never_read >= MANY_NEW:
            self._get_help()
        return waiting


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
