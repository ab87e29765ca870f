"""One feed of a refresh, from its address to its articles, and what all feeds share meanwhile."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from rilo_reader.article import clean_line
from rilo_reader.collect.carrying_out import written
from rilo_reader.collect.errand import Errand
from rilo_reader.collect.fetching import Failure, FetchError
from rilo_reader.collect.helpers import LostHelperError, NoHelperError
from rilo_reader.collect.ledger_file import CollectingError
from rilo_reader.collect.ledger_records import FeedRecord
from rilo_reader.collect.net.addresses import without_login
from rilo_reader.collect.progress import FeedProgress, State
from rilo_reader.collect.readers import Readers
from rilo_reader.collect.schedule import (
    NOT_ITS_FAULT,
    Wait,
    after_failure,
    wait_of,
)
from rilo_reader.collect.subscription import Subscription
from rilo_reader.search.cores import cores

if TYPE_CHECKING:
    from rilo_reader.collect.carrying_out import Marks, Saved, Written
    from rilo_reader.collect.helpers import Helpers
    from rilo_reader.collect.planning import Plan
    from rilo_reader.collect.refresh import Gets, Orders
    from rilo_reader.collect.shelf import Shelf

READERS = 2
"""Threads that read and write out: parsing holds the interpreter, so more would not help."""

MANY_WAIT = 8
"""Answers that wait for a thread from which on processes are worth what starting them takes."""

MANY_NEW = 32
"""Feeds never read before from which on processes are started at once: all they bring is new."""

MOST_HELPERS = 3

SAVED_TOGETHER = 64
"""Plans that are carried out in one go: the disk is waited for once for all of them."""

GATHERED_SECONDS = 0.05
"""That are waited for more plans where many come: each group waits for the disk four times."""

SAVERS = 2
"""Groups that are carried out at one time: one is written while another is decided and noted."""

TOGETHER = 64
"""Records of feeds without anything new that are kept in one go."""

P = ParamSpec("P")
T = TypeVar("T")


class Workshop:
    """What the feeds of one refresh share: the shelf, threads to read in, the time."""

    def __init__(
        self,
        shelf: Shelf,
        orders: Orders,
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
        self._records: dict[str, FeedRecord] = {}
        self._later: list[FeedRecord] = []
        self._unreached: list[tuple[FeedRecord, FetchError]] = []
        self._reached = False
        self._pending: list[tuple[Plan, Marks, asyncio.Future[Saved]]] = []
        self._savers: set[asyncio.Task[None]] = set()
        self._helpers: Helpers | None = None
        self._may_be_helped = cores() > 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._helpers is not None:
            self._helpers.close()
        self._readers.close()
        self._keeper.shutdown()

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
        from rilo_reader.collect.helpers import Helpers

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

    async def keeping(self, work: Callable[[Shelf], T]) -> T:
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

    async def saving(self, plan: Plan, marks: Marks) -> Saved:
        """Carry a plan out, together with those of other feeds that wait for the disk.

        Raises:
            CollectingError: not everything could be kept.
        """
        done: asyncio.Future[Saved] = asyncio.get_running_loop().create_future()
        self._pending.append((plan, marks, done))
        if not self._savers or (
            len(self._savers) < SAVERS and len(self._pending) >= SAVED_TOGETHER // 2
        ):
            saver = asyncio.create_task(self._save_pending())
            self._savers.add(saver)
            saver.add_done_callback(self._savers.discard)
        return await done

    async def _save_pending(self) -> None:
        """Carry out what waits, again and again until nothing does."""
        while self._pending:
            if self._help is not None and len(self._pending) < SAVED_TOGETHER // 2:
                await asyncio.sleep(GATHERED_SECONDS)
                if not self._pending:
                    break
            group, self._pending = self._pending[:SAVED_TOGETHER], self._pending[SAVED_TOGETHER:]
            try:
                outcomes = await self._carry_out([(plan, marks) for plan, marks, _ in group])
            except Exception as error:
                outcomes = [error] * len(group)
            for (_, _, done), outcome in zip(group, outcomes, strict=True):
                if done.cancelled():
                    continue
                if isinstance(outcome, Exception):
                    done.set_exception(outcome)
                else:
                    done.set_result(outcome)

    async def _carry_out(self, plans: list[tuple[Plan, Marks]]) -> Sequence[Saved | Exception]:
        """Carry plans out; while files are written the shelf is free for others."""
        dry_run = self.orders.dry_run
        under_way = await self.keeping(lambda shelf: shelf.begin(plans, dry_run=dry_run))
        failed = await self._written(under_way.texts) if under_way.texts else {}
        return await self.keeping(lambda shelf: shelf.end(under_way, failed))

    async def stop(self) -> None:
        """Begin nothing more to be kept, and wait for what has begun."""
        self._pending.clear()
        await asyncio.gather(*self._savers)

    # -- what is known of the feeds -------------------------------------------------------------

    async def begin(self) -> list[tuple[Subscription, Wait | None]]:
        """Look every feed up; which of them are to be left alone."""
        feeds, now = self.orders.feeds, self.now()

        def look_up(shelf: Shelf) -> None:
            shelf.settle_moves(self.orders.followed)
            for each in feeds:
                record = shelf.ledger.feed(each.url)
                if each.url in self.orders.untyped:
                    record = record._replace(moved_to=each.url)
                self._records[each.url] = record

        await self.keeping(look_up)
        if self._may_be_helped and sum(not r.number for r in self._records.values()) >= MANY_NEW:
            self._get_help()
        return [(each, wait_of(each, self.record(each), now)) for each in feeds]

    async def look_up(self, subscription: Subscription) -> None:
        """Look a feed up anew, since its record has changed."""
        url = subscription.url
        self._records[url] = await self.keeping(lambda shelf: shelf.ledger.feed(url))

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
        if self.orders.dry_run:
            return
        self._later.append(record)
        if len(self._later) >= TOGETHER:
            await self._keep_records()

    async def keep_failure(self, record: FeedRecord, error: FetchError) -> None:
        """Keep that a feed failed; where nothing at all is reached, that is not its fault."""
        if error.failure in NOT_ITS_FAULT:
            self._unreached.append((record, error))
        else:
            self.reached()
            await self.keep_later(after_failure(record, error, self.now()))

    async def end(self) -> None:
        """Keep what was put off."""
        counts = self._reached or len(self._unreached) < 2
        for record, error in self._unreached:
            failed = after_failure(record, error, self.now())
            await self.keep_later(failed if counts else _only_told(record, failed))
        await self._keep_records()
        if not self.orders.dry_run:
            await self.keeping(lambda shelf: shelf.settle_names([f.url for f in self.orders.feeds]))

    async def _keep_records(self) -> None:
        records, self._later = self._later, []

        def put(shelf: Shelf) -> None:
            with shelf.ledger.transaction():
                for record in records:
                    shelf.ledger.put_feed(record)

        if records:
            await self.keeping(put)


def _only_told(record: FeedRecord, failed: FeedRecord) -> FeedRecord:
    """A record that says what failed, but is due as before."""
    return record._replace(failure=failed.failure, reason=failed.reason)


async def one_feed(
    workshop: Workshop,
    subscription: Subscription,
    said: asyncio.Queue[FeedProgress],
    room: asyncio.Semaphore,
) -> None:
    """Refresh one feed; its last word is an end, whatever happens."""
    so_far = FeedProgress(
        without_login(subscription.url), workshop.name_of(subscription), State.WAITING
    )
    said.put_nowait(so_far)
    async with room:
        begun = monotonic()

        def say(state: State) -> None:
            said.put_nowait(so_far._replace(state=state))

        try:
            try:
                end = await Errand(workshop, subscription, so_far, say).run()
            except FetchError as error:
                await workshop.keep_failure(workshop.record(subscription), error)
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
