"""Update feeds: fetch what is due and turn what is new into articles.

    for each subscription that is due:         schedule.find_wait: pure
        response = _fetch_response()           conditional, bounded
        feed, fetched = _read_response(…)      feed_reader, in a worker: entries, fingerprints
        plan = _make_plan(fetched)             plan: new, changed, moved; texts in a worker
        saved = _write_plan(plan)              article_writer: whole files, then one transaction
        report(progress)

Updates of accounts at feed services run beside them in the same session. Fetching runs in an event
loop, and everything that uses the ledger in one thread. After an interruption at any moment, all
files are complete, and the next update continues from there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Protocol
from urllib.parse import urlsplit

from rilo_reader.entry import Entry, Feed
from rilo_reader.errors import CollectingError, LibraryError, NotReadableError
from rilo_reader.extras import PAGES
from rilo_reader.feeds import programs, subscriptions
from rilo_reader.feeds.article_writer import SaveResult
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.feed_reader import FetchedEntries, parse_response
from rilo_reader.feeds.identity import feed_key, host_of
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.plan import Plan
from rilo_reader.feeds.progress import INCOMPLETE, FeedProgress, Phase
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.feeds.requests import PAGE_TYPES, make_headers, page_request
from rilo_reader.feeds.schedule import (
    Wait,
    after_response,
    after_success,
    describe_missing,
    describe_wait,
)
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update_request import UpdateRequest
from rilo_reader.feeds.update_session import UpdateSession
from rilo_reader.fetch.messages import Client, Failure, FetchError, Headers, Request, Response
from rilo_reader.pages import read_page
from rilo_reader.plugin_list import plugins_with
from rilo_reader.text import clean_line, redact_address

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, application/json;q=0.9, text/xml;q=0.9, */*;q=0.5"
)

PERHAPS_LATER = frozenset((Failure.OFFLINE, Failure.TIMEOUT, Failure.BUSY, Failure.BROKEN))
"""Failures after which the page of an entry is requested again."""

FEEDS_AT_ONCE = 128  # between request and last written article, to limit memory
HOSTS_IN_TURN, FEEDS_IN_TURN = 32, 8
"""Hosts that are requested in turn, and feeds of each, before the next hosts follow."""


Report = Callable[[FeedProgress], None]


Update = tuple[FeedProgress, Callable[[UpdateSession, Report], Awaitable[FeedProgress]]]
"""Its first progress, and what runs it: reports its progress, and returns the final one.

May raise LibraryError."""


async def update_feeds(  # noqa: PLR0913  # the last three are for some callers only
    collection: Collection,
    request: UpdateRequest,
    client: Client,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_unexpected_error: Callable[[Exception], object] = lambda error: None,
    *,
    account_tasks: Sequence[Update] = (),
) -> AsyncGenerator[FeedProgress, None]:
    """Update feeds, and accounts beside them; yield the progress of each, the final one once.

    Closing the generator stops the update once the files that are being written are complete.
    Nothing else uses the collection meanwhile. `on_unexpected_error` gets exceptions that nobody
    foresaw; their feeds fail, others continue.
    """
    events: asyncio.Queue[FeedProgress] = asyncio.Queue()
    semaphore = asyncio.Semaphore(FEEDS_AT_ONCE)
    with UpdateSession(collection, request, client, clock, on_unexpected_error) as session:
        waits = await session.read_records()
        unfinished = len(request.feeds) + len(account_tasks)
        report = events.put_nowait
        running = [
            _run_update(session, progress, partial(run, session), report, nullcontext())
            for progress, run in account_tasks
        ]
        for subscription, wait in interleave_hosts(waits):
            feed = FeedUpdate(session, subscription)
            if wait is not None and not request.force:
                report(feed.make_skipped(wait))
            else:
                running.append(_run_update(session, feed.progress, feed.run, report, semaphore))
        tasks = [asyncio.create_task(each) for each in running]
        try:
            while unfinished:
                progress = await events.get()
                unfinished -= progress.state.is_end
                yield progress
            await session.finish()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # The state of feeds that were requested is kept also if the rest is not.
            with suppress(CollectingError):
                await session.write_pending()


async def _run_update(
    session: UpdateSession,
    progress: FeedProgress,
    run: Callable[[Report], Awaitable[FeedProgress]],
    report: Report,
    turn: AbstractAsyncContextManager[object],
) -> None:
    """Run an update when it is its turn; whatever happens, the last report is final."""
    report(progress)
    async with turn:
        started = monotonic()
        try:
            end = await run(report)
        except LibraryError as error:
            end = make_failure(progress, str(error), "disk")
        except Exception as error:
            # An unexpected exception in one update must not stop the others.
            session.on_unexpected_error(error)
            reason = f"Something unexpected went wrong ({type(error).__name__}: {error})."
            end = make_failure(progress, reason, "unforeseen")
        report(end._replace(seconds=monotonic() - started))


def interleave_hosts(
    waits: Sequence[tuple[Subscription, Wait | None]],
) -> list[tuple[Subscription, Wait | None]]:
    """Order feeds so that those of one host, which wait for each other, are apart.

    But not so far apart that its connection is closed meanwhile: first some feeds of each of as
    many hosts as connections are kept for, then of the next hosts, and so on.
    """
    before: Counter[str] = Counter()
    hosts: dict[str, int] = {}
    turns = []
    for index, (subscription, _) in enumerate(waits):
        host = urlsplit(subscription.url).netloc.rpartition("@")[2]
        number = before[host]
        before[host] += 1
        block = hosts.setdefault(host, len(hosts)) // HOSTS_IN_TURN
        turns.append((number // FEEDS_IN_TURN, block, number, index))
    return [waits[turn[-1]] for turn in sorted(turns)]


def make_failure(progress: FeedProgress, reason: str, failure: str) -> FeedProgress:
    """Return the final progress of an update that failed, with its reason as a sentence."""
    sentence = clean_line(reason)
    sentence = sentence[:1].upper() + sentence[1:]
    if not sentence.endswith((".", "!", "?", "…")):
        sentence += "."
    return progress._replace(state=Phase.FAILED, reason=sentence, failure=failure)


class _UpdatePlugin(Protocol):
    async def feed_updated(
        self, feed: Subscription, texts: Sequence[str], session: UpdateSession
    ) -> str: ...


class FeedUpdate:
    """The update of one feed."""

    def __init__(self, session: UpdateSession, subscription: Subscription) -> None:
        self._session = session
        self._subscription = subscription
        # Once pages can be read, the feed is read again.
        self._reads_pages = subscription.full_text and not PAGES.install_advice
        options = (*subscription.headers, *(["…"] if subscription.header_command else []))
        if subscription.filter:
            options += (str(subscriptions.address_of_run(subscription.filter)),)
        options += tuple(subscription.page) if subscription.page.items else ()
        self._options = " ".join(map(str, (subscription.limit, self._reads_pages, *options)))
        self._headers = Headers()  # that go to the host of the feed, once they are known
        url, name = redact_address(subscription.url), self._feed_record.display_name(subscription)
        self.progress = FeedProgress(url, name, Phase.WAITING)

    @property
    def _feed_record(self) -> FeedRecord:
        return self._session.record_of(self._subscription)

    def make_skipped(self, wait: Wait) -> FeedProgress:
        """Return the progress of a feed that is not due."""
        reason = describe_wait(wait, self._session.clock())
        skipped = self.progress._replace(state=Phase.SKIPPED, reason=reason)
        return skipped._replace(failure=str(wait.reason), until=wait.until)

    async def run(self, report: Report) -> FeedProgress:
        """Update the feed; return its final progress; raises CollectingError."""
        try:
            return await self._fetch_and_write(report)
        except FetchError as error:
            await self._session.put_failure(self._feed_record, error)
            return make_failure(self.progress, error.reason, str(error.failure))

    async def _fetch_and_write(self, report: Report) -> FeedProgress:
        report(self.progress._replace(state=Phase.FETCHING))
        await self._rename_source()
        await self._session.wait_for_room()
        response = await self._fetch_response()
        if not self._subscription.run:
            self._session.record_online()
        now = self._session.clock()
        if response.status == 304:
            await self._session.put_record(after_success(self._feed_record, response, now))
            return self.progress._replace(state=Phase.UNCHANGED)
        if self._subscription.filter:
            async with self._session.program_slots:
                data = await programs.run_program(self._subscription.filter, response.data)
            response = response._replace(data=data, content_type="")
        report(self.progress._replace(state=Phase.READING))
        async with self._session.hold_bytes(len(response.data)):
            end, texts = await self._read_and_write(response, now)
        for plugin in plugins_with(_UpdatePlugin) if texts else ():
            problem = await plugin.feed_updated(self._subscription, texts, self._session)
            end = end._replace(reason=" ".join(filter(None, (end.reason, problem))))
        return end

    async def _read_and_write(
        self, response: Response, now: datetime
    ) -> tuple[FeedProgress, list[str]]:
        """Read a response, and write what is new; return the progress and the texts of files."""
        feed, fetched = await self._read_response(response)
        response = response._replace(data=b"")
        async with self._session.feed_lock(feed_key(self._subscription.url)):
            plan = await self._make_plan(fetched, now)
            saved = await self._write_plan(plan, feed, response, now)
        missing, (note, moved_to) = describe_missing(feed), await self._follow_move(response)
        _, new, updated, kept, outside, unchanged, _, problem = saved
        end = self.progress._replace(
            new=new, updated=updated, kept=kept, outside=outside, unchanged=unchanged
        )
        end = end._replace(
            name=self._subscription.title or plan.origin.source,
            state=Phase.SAVED if new or updated or kept or outside else Phase.UNCHANGED,
            reason=" ".join(filter(None, (missing, note, problem))),
            failure=INCOMPLETE if missing else "",
            moved_to=moved_to,
        )
        return end, [] if self._session.request.dry_run else [job.text for job in plan.jobs]

    # -- its steps ------------------------------------------------------------------------------

    async def _rename_source(self) -> None:
        """Rename the source of the articles if the title in feeds.toml has changed."""
        record, title = self._feed_record, self._subscription.title
        named = record.source == title or record.source.startswith(f"{title} (")
        if title and record.source and not named and not self._session.request.dry_run:
            renaming = partial(rename_source, url=self._subscription.url, title=title)
            await self._session.run_in_collection(renaming)
            await self._session.reload_record(self._subscription)

    async def _fetch_response(self) -> Response:
        record = self._feed_record
        if (answer := self._session.request.answers.get(self._subscription.url)) is not None:
            return answer
        feed = self._subscription
        if feed.run:
            async with self._session.program_slots:
                return Response(feed.site, data=await programs.run_program(feed.run))
        # After a response with other options (such as a limit), the request is not conditional.
        again = record.asked_as == self._options
        self._headers = await make_headers(feed)
        request = Request(
            feed.url,
            is_trusted=self._subscription.private or not record.public_only,
            is_private_allowed=self._subscription.private,
            etag=record.etag if again else "",
            last_modified=record.last_modified if again else "",
            accept=PAGE_TYPES if feed.page.items else FEED_TYPES,
            headers=self._headers,
        )
        return await self._session.client.get(request)

    async def _read_response(self, response: Response) -> tuple[Feed, FetchedEntries]:
        """Read a response in a worker; raise FetchError if it is not a feed, or takes too long."""
        work = partial(parse_response, response, self._subscription, self._feed_record.source)
        try:
            return await self._session.run_in_worker(work)
        except NotReadableError as error:
            raise FetchError(Failure.BROKEN, error.reason, status=response.status) from error

    async def _make_plan(self, fetched_entries: FetchedEntries, now: datetime) -> Plan:
        """Return the plan for the entries of a feed, with the texts of its files."""
        session = self._session
        plan = await session.run_in_collection(
            lambda collection: collection.make_plan(fetched_entries, now, session.followed_keys)
        )
        plan = replace(plan, is_made_otherwise=self._feed_record.asked_as != self._options)
        if self._subscription.full_text and not self._reads_pages:
            plan = plan.remove_pages()
        elif self._subscription.full_text and plan.jobs:
            pages = await asyncio.gather(*(self._read_page(job.entry) for job in plan.jobs))
            plan = plan.add_pages(pages)
        return await session.run_in_worker(plan.add_texts) if plan.jobs else plan

    async def _write_plan(
        self, plan: Plan, feed: Feed, response: Response, now: datetime
    ) -> SaveResult:
        new = sum(job.is_new for job in plan.jobs)
        public_only = self._feed_record.public_only

        def update_record(record: FeedRecord) -> FeedRecord:
            after = after_response(record, response, feed, now, new=new)
            return after._replace(asked_as=self._options, public_only=public_only)

        return await self._session.write_plan(plan, update_record)

    async def _read_page(self, entry: Entry) -> tuple[Entry, bool]:
        """Return an entry with the text of its page if that is longer, and whether it is final."""
        if not entry.url:
            return entry, True
        try:
            # The address is from the feed, so it may not be private.
            request = page_request(entry.url, self._subscription.url, self._headers)
            response = await self._session.client.get(request)
            work = partial(read_page, response.data, response.url, response.content_type)
            page = await self._session.read_page(work)
        except FetchError as error:
            return entry, error.failure not in PERHAPS_LATER
        except NotReadableError:
            return entry, True
        if len(page.content) > len(entry.content):
            entry = entry._replace(
                content=page.content,
                form=page.form,
                base=page.base or response.url,
                lang=entry.lang or page.lang,
                authors=entry.authors or page.authors,
            )
        return entry, True

    async def _follow_move(self, response: Response) -> tuple[str, str]:
        """Change the address of a feed that has moved permanently.

        First the move is recorded in the ledger, then feeds.toml is changed, then the key in the
        ledger; after an interruption the next update completes it (`Collection.apply_feed_moves`).
        Returns a remark for the user, and the new address; both "" if it has not moved.
        """
        old, new = self._subscription.url, response.moved_to
        update = self._session.request
        if not new or new == old or update.dry_run or update.feeds_file is None:
            return "", ""
        shown = redact_address(new)
        if feed_key(new) != feed_key(old) and feed_key(new) in self._session.followed_keys:
            return f"It has moved to {shown}, which you also follow: remove one of the two.", ""
        file = update.feeds_file
        fields: dict[str, object] = {"url": new}
        if host_of(feed_key(old)) != host_of(feed_key(new)):
            if self._subscription.headers or self._subscription.header_command:
                # They were given for the old host alone.
                reason = "which must not get your headers without your consent"
                advice = "change its url in feeds.toml"
                return f"It has moved to {shown}, {reason}: {advice}.", ""
            # The user may have allowed the old host, but not this one.
            fields["private"] = False
        try:
            # A pending record would be written under the old address, without the move.
            await self._session.write_pending()
            await self._session.run_in_collection(lambda it: it.record_move(old, new))
            await asyncio.to_thread(subscriptions.change, file, old, **fields)
            followed = (self._session.followed_keys - {feed_key(old)}) | {feed_key(new)}
            await self._session.run_in_collection(lambda it: it.apply_feed_moves(followed))
        except (OSError, ValueError, CollectingError) as error:
            return f"It has moved to {shown}, but feeds.toml cannot be changed: {error}.", ""
        return f"It has moved to {shown}; feeds.toml has the new address.", shown
