"""Fetch -> parse -> decide -> save, for many feeds at one time; says how far each is.

Fetching waits on the network in an event loop; reading and writing out happen in threads beside
it (in other processes where many answers wait), so that a large feed holds up no other; everything
that the ledger keeps goes through one thread, in turn. Stopped at any moment, what was saved is
whole, and the next refresh goes on from there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.progress import FeedProgress, State, sentence_of
from rilo_reader.feeds.schedule import Wait
from rilo_reader.feeds.subscriptions import Subscription

if TYPE_CHECKING:
    from rilo_reader.feeds.collection import Collection
    from rilo_reader.feeds.progress import Gets, UpdateRequest


AT_ONE_TIME = 128
"""Feeds between their first byte asked and their last article saved; bounds what is held."""

HOSTS_IN_TURN, FEEDS_IN_TURN = 32, 8
"""Hosts that are asked in turn, and feeds of each, before it is the next hosts' turn."""


def _now() -> datetime:
    return datetime.now(UTC)


def _ignore(error: Exception) -> None:
    """What is done with a surprise by default: its feed says what it was."""


async def refresh(
    shelf: Collection,
    orders: UpdateRequest,
    fetcher: Gets,
    now: Callable[[], datetime] = _now,
    on_surprise: Callable[[Exception], object] = _ignore,
) -> AsyncGenerator[FeedProgress, None]:
    """Do it; yields each feed's progress as it happens, each feed's end once.

    Closing the generator stops everything; what is being written is finished first.

    Args:
        shelf: where articles are put; nobody else may use it meanwhile.
        orders: what to do.
        fetcher: what fetches, entered already.
        now: tells the time, in UTC.
        on_surprise: is given what should not have happened; that feed has failed, others go on.
    """
    from rilo_reader.feeds.update_session import UpdateSession, one_feed

    said: asyncio.Queue[FeedProgress] = asyncio.Queue()
    room = asyncio.Semaphore(AT_ONE_TIME)
    with UpdateSession(shelf, orders, fetcher, now, on_surprise) as workshop:
        waiting = await workshop.begin()
        tasks = []
        left = len(orders.feeds)
        for subscription, wait in in_turns(waiting):
            if wait is not None and not orders.force:
                said.put_nowait(_skipped(subscription, workshop.book.name_of(subscription), wait))
                continue
            tasks.append(asyncio.create_task(one_feed(workshop, subscription, said, room)))
        try:
            while left:
                progress = await said.get()
                left -= progress.state.is_end
                yield progress
            await workshop.book.end()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await workshop.saver.stop()
            # What is known of feeds that were asked counts, also where the rest is given up.
            with suppress(CollectingError):
                await workshop.book.keep()


def in_turns(
    waiting: Sequence[tuple[Subscription, Wait | None]],
) -> list[tuple[Subscription, Wait | None]]:
    """The feeds, those of one host apart: they must wait for each other.

    But not so far apart that its connection is closed meanwhile: some feeds each of so many hosts
    as connections are kept for, then of the next so many; a host with hundreds comes again.
    """
    before: Counter[str] = Counter()
    hosts: dict[str, int] = {}
    turns = []
    for place, each in enumerate(waiting):
        host = urlsplit(each[0].url).netloc.rpartition("@")[2]
        number = before[host]
        before[host] += 1
        block = hosts.setdefault(host, len(hosts)) // HOSTS_IN_TURN
        turns.append((number // FEEDS_IN_TURN, block, number, place))
    return [waiting[turn[-1]] for turn in sorted(turns)]


def _skipped(subscription: Subscription, name: str, wait: Wait) -> FeedProgress:
    from rilo_reader.fetch.addresses import without_login

    return FeedProgress(
        without_login(subscription.url),
        name,
        State.SKIPPED,
        reason=sentence_of(wait),
        failure=str(wait.why),
        until=wait.until,
    )
