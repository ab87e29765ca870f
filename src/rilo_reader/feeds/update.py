"""Update feeds: fetch what is due and turn what is new into articles.

    for each subscription that is due:              schedule.wait_of             pure
        response = client.get(request)              conditional, bounded
        parsed = parse(response)                    drafting.read in a worker    pure
        plan = plan(known, parsed.entries)          new, changed, moved          pure
        write(plan)                                 intent, whole files, done; many feeds at a time
        report(progress)

Other updates, such as those of accounts at feed services, run beside them in the same session.

Fetching runs in an event loop, and everything that uses the ledger in one thread. After an
interruption at any moment, all files are complete, and the next update continues from there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.progress import FeedProgress, State
from rilo_reader.feeds.schedule import Wait, describe_wait
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.addresses import without_login
from rilo_reader.fetch.values import FetchError
from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from rilo_reader.feeds.collection import Collection
    from rilo_reader.feeds.progress import UpdateRequest
    from rilo_reader.feeds.update_session import UpdateSession
    from rilo_reader.fetch.values import Client


FEEDS_AT_ONCE = 128
"""Maximum number of feeds between request and last written article, to limit memory."""

HOSTS_IN_TURN, FEEDS_IN_TURN = 32, 8
"""Hosts that are requested in turn, and feeds of each, before the next hosts follow."""


def _now() -> datetime:
    return datetime.now(UTC)


def _ignore(error: Exception) -> None:
    """Do nothing about an unexpected exception: the progress of its feed has the reason."""


class OtherUpdate(Protocol):
    """An update that runs beside those of feeds, in the same session, such as that of an account.

    Attributes:
        url: the address that its progress has, without user and password.
        name: its name.
    """

    @property
    def url(self) -> str: ...  # noqa: D102  # see above
    @property
    def name(self) -> str: ...  # noqa: D102

    async def run(
        self, session: UpdateSession, report: Callable[[FeedProgress], None]
    ) -> FeedProgress:
        """Run it; report its progress, and return the final one.

        Raises:
            CollectingError: something cannot be written.
        """
        ...


async def refresh(  # noqa: PLR0913  # the last three are for some callers only
    collection: Collection,
    request: UpdateRequest,
    client: Client,
    now: Callable[[], datetime] = _now,
    on_surprise: Callable[[Exception], object] = _ignore,
    *,
    accounts: Sequence[OtherUpdate] = (),
) -> AsyncGenerator[FeedProgress, None]:
    """Update feeds; yield the progress of each as it happens, the final one once.

    Closing the generator stops the update once the files that are being written are complete.

    Args:
        collection: the collection to write to, which is used by nothing else meanwhile.
        request: what to update.
        client: the HTTP client, already entered.
        now: returns the time, in UTC.
        on_surprise: called with an unexpected exception; its feed fails, others continue.
        accounts: updates to run beside those of the feeds.
    """
    from rilo_reader.feeds.update_session import UpdateSession

    events: asyncio.Queue[FeedProgress] = asyncio.Queue()
    semaphore = asyncio.Semaphore(FEEDS_AT_ONCE)
    with UpdateSession(collection, request, client, now, on_surprise) as session:
        waits = await session.records.begin()
        tasks = []
        left = len(request.feeds) + len(accounts)
        for other in accounts:
            update = _run_other(session, other, events.put_nowait)
            tasks.append(asyncio.create_task(update))
        for subscription, wait in in_turns(waits):
            if wait is not None and not request.force:
                events.put_nowait(_skipped(session, subscription, wait))
                continue
            update = _update_feed(session, subscription, events.put_nowait, semaphore)
            tasks.append(asyncio.create_task(update))
        try:
            while left:
                progress = await events.get()
                left -= progress.state.is_end
                yield progress
            await session.records.end()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await session.writes.stop()
            # The state of feeds that were requested is kept also if the rest is not.
            with suppress(CollectingError):
                await session.records.flush()


async def _update_feed(
    session: UpdateSession,
    subscription: Subscription,
    report: Callable[[FeedProgress], None],
    semaphore: asyncio.Semaphore,
) -> None:
    """Update one feed; whatever happens, the last report is final."""
    from rilo_reader.feeds.update_feed import FeedUpdate

    url, name = without_login(subscription.url), session.records.name_of(subscription)
    progress = FeedProgress(url, name, State.WAITING)
    report(progress)

    def report_state(state: State) -> None:
        report(progress._replace(state=state))

    async def run() -> FeedProgress:
        try:
            return await FeedUpdate(session, subscription, progress, report_state).run()
        except FetchError as error:
            await session.records.put_failure(session.records.record(subscription), error)
            return failed(progress, error.reason, str(error.failure))

    async with semaphore:
        report(await _ended(session, progress, run))


async def _run_other(
    session: UpdateSession, other: OtherUpdate, report: Callable[[FeedProgress], None]
) -> None:
    """Run another update; whatever happens, the last report is final."""
    progress = FeedProgress(other.url, other.name, State.WAITING)
    report(progress)
    report(await _ended(session, progress, lambda: other.run(session, report)))


async def _ended(
    session: UpdateSession, progress: FeedProgress, run: Callable[[], Awaitable[FeedProgress]]
) -> FeedProgress:
    """Return the final progress of an update, also if it raises an exception."""
    started = monotonic()
    try:
        end = await run()
    except CollectingError as error:
        end = failed(progress, str(error), "disk")
    except Exception as error:
        # An unexpected exception in one update must not stop the others.
        session.on_surprise(error)
        reason = f"Something went wrong that should not have ({type(error).__name__}: {error})."
        end = failed(progress, reason, "unforeseen")
    return end._replace(seconds=monotonic() - started)


def in_turns(
    waits: Sequence[tuple[Subscription, Wait | None]],
) -> list[tuple[Subscription, Wait | None]]:
    """Order feeds so that those of one host, which wait for each other, are apart.

    But not so far apart that its connection is closed meanwhile: first some feeds of each of as
    many hosts as connections are kept for, then of the next hosts, and so on.
    """
    before: Counter[str] = Counter()
    hosts: dict[str, int] = {}
    turns = []
    for place, each in enumerate(waits):
        host = urlsplit(each[0].url).netloc.rpartition("@")[2]
        number = before[host]
        before[host] += 1
        block = hosts.setdefault(host, len(hosts)) // HOSTS_IN_TURN
        turns.append((number // FEEDS_IN_TURN, block, number, place))
    return [waits[turn[-1]] for turn in sorted(turns)]


def _skipped(session: UpdateSession, subscription: Subscription, wait: Wait) -> FeedProgress:
    return FeedProgress(
        without_login(subscription.url),
        session.records.name_of(subscription),
        State.SKIPPED,
        reason=describe_wait(wait, session.now()),
        failure=str(wait.why),
        until=wait.until,
    )


def failed(progress: FeedProgress, reason: str, failure: str) -> FeedProgress:
    """Return the final progress of an update that failed, with its reason as a sentence."""
    sentence = clean_line(reason)
    sentence = sentence[:1].upper() + sentence[1:]
    if not sentence.endswith((".", "!", "?", "…")):
        sentence += "."
    return progress._replace(state=State.FAILED, reason=sentence, failure=failure)
