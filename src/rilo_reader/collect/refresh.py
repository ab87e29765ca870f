"""Fetch -> parse -> decide -> save, for many feeds at one time; says how far each is.

Fetching waits on the network in an event loop; reading and writing out happen in threads beside
it (in other processes where many answers wait), so that a large feed holds up no other; everything
that the ledger keeps goes through one thread, in turn. Stopped at any moment, what was saved is
whole, and the next refresh goes on from there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from rilo_reader.collect.identity import feed_key
from rilo_reader.collect.ledger_file import CollectingError
from rilo_reader.collect.progress import FeedProgress, State
from rilo_reader.collect.schedule import Wait, Why
from rilo_reader.collect.subscription import Subscription
from rilo_reader.fetch.values import Request, Response

if TYPE_CHECKING:
    from rilo_reader.collect.shelf import Shelf

AT_ONE_TIME = 128
"""Feeds between their first byte asked and their last article saved; bounds what is held."""

HOSTS_IN_TURN, FEEDS_IN_TURN = 32, 8
"""Hosts that are asked in turn, and feeds of each, before it is the next hosts' turn."""

READING_SECONDS = 30.0
"""That one feed may take to be read: five times what the worst of 20 MB take that were found."""

PAGE_SECONDS = 10.0
"""Processor time that one page may take to be read; of 724 real ones the worst takes four."""


class Gets(Protocol):
    """What fetches; `fetch.HttpClient` does.

    Attributes:
        public_hosts: names that led to the public net and must go on doing so.
    """

    public_hosts: set[str]

    async def get(self, request: Request) -> Response:
        """What is at an address; raises FetchError."""
        ...


class Orders(NamedTuple):
    """What a refresh is to do.

    Attributes:
        feeds: the subscriptions to look at.
        followed: the keys of all subscriptions, these and others.
        feeds_file: feeds.toml, where a feed that moved for good is changed; None to change none.
        force: ask also feeds that want to be left alone, are paused or dead.
        dry_run: fetch, and say what would come, but keep nothing.
        untyped: addresses among them that the user did not type but a page named: they lead to
            nowhere private, now and later.
        typed: addresses among them that the user typed just now, whoever named them before.
        public_hosts: hosts that the user named and that were found on the public net just now.
        reading_seconds: that one feed may take to read.
        page_seconds: of processor time that one page of an entry may take to read.
    """

    feeds: tuple[Subscription, ...]
    followed: frozenset[str]
    feeds_file: Path | None = None
    force: bool = False
    dry_run: bool = False
    untyped: frozenset[str] = frozenset()
    typed: frozenset[str] = frozenset()
    public_hosts: frozenset[str] = frozenset()
    reading_seconds: float = READING_SECONDS
    page_seconds: float = PAGE_SECONDS


def orders_for(
    feeds: Iterable[Subscription],
    subscriptions: Iterable[Subscription],
    feeds_file: Path | None = None,
    *,
    force: bool = False,
    dry_run: bool = False,
) -> Orders:
    """Orders to refresh some of one's subscriptions."""
    followed = frozenset(feed_key(each.url) for each in subscriptions)
    return Orders(tuple(feeds), followed, feeds_file, force, dry_run)


def _now() -> datetime:
    return datetime.now(UTC)


def _ignore(error: Exception) -> None:
    """What is done with a surprise by default: its feed says what it was."""


async def refresh(
    shelf: Shelf,
    orders: Orders,
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
    from rilo_reader.collect.refreshing import Workshop, one_feed

    said: asyncio.Queue[FeedProgress] = asyncio.Queue()
    room = asyncio.Semaphore(AT_ONE_TIME)
    with Workshop(shelf, orders, fetcher, now, on_surprise) as workshop:
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


_SENTENCES = {
    Why.PAUSED: "It is paused.",
    Why.DEAD: "It is not asked any more.",
    Why.BACK_OFF: "It failed before; it is asked again {when}.",
    Why.ASKED_TO_WAIT: "Its server asked to be left alone; it is asked again {when}.",
    Why.NOT_DUE: "Its last answer still holds; it is asked again {when}.",
    Why.QUIET_HOURS: "It has quiet hours; it is asked again {when}.",
}


def sentence_of(wait: Wait) -> str:
    """Why a feed is left alone, in words."""
    when = "later"
    if wait.until is not None:
        local = wait.until.astimezone()
        today = datetime.now().astimezone().date() == local.date()
        when = f"after {local:%H:%M}" if today else f"after {local:%Y-%m-%d %H:%M}"
    return _SENTENCES[wait.why].format(when=when)


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
