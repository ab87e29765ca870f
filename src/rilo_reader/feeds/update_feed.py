"""The update of one feed: fetch, parse, plan, write; see `update`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

from rilo_reader.entry import Entry, Feed, NotReadableError
from rilo_reader.feeds.article_writer import Saved
from rilo_reader.feeds.drafting import ParsedFeed, Raw, read
from rilo_reader.feeds.identity import feed_key, host_of
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.plan import FetchedEntries, Plan
from rilo_reader.feeds.progress import FeedProgress, State
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.feeds.schedule import after_answer, after_unchanged
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update_session import UpdateSession
from rilo_reader.fetch.addresses import without_login
from rilo_reader.fetch.values import Failure, FetchError, Request, Response

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, application/json;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.5"

PERHAPS_LATER = frozenset((Failure.OFFLINE, Failure.TIMEOUT, Failure.BUSY, Failure.BROKEN))
"""Failures of an entry's page after which it is asked for again."""


class FeedUpdate:
    """One feed of a refresh."""

    def __init__(
        self,
        session: UpdateSession,
        subscription: Subscription,
        progress: FeedProgress,
        report: Callable[[State], None],
    ) -> None:
        self._session = session
        self._records = session.records
        self._subscription = subscription
        self._progress = progress
        self._report = report
        self._asked_as = f"{subscription.limit} {subscription.full_text}"

    async def run(self) -> FeedProgress:
        """Update the feed; returns its last progress.

        Raises:
            FetchError: nothing came back, or what came is no feed.
            CollectingError: what came cannot be kept.
        """
        self._report(State.FETCHING)
        await self._rename()
        response = await self._fetch()
        self._records.note_online()
        if response.status == 304:
            return await self._unchanged(response)
        self._report(State.READING)
        now = self._session.now()
        plan, feed = await self._plan(response, now)
        saved = await self._write(plan, feed, response, now)
        note, moved_to = await self._move(response)
        changed = saved.new or saved.updated or saved.kept
        return self._progress._replace(
            name=self._subscription.title or plan.origin.source,
            state=State.SAVED if changed else State.UNCHANGED,
            new=saved.new,
            updated=saved.updated,
            kept=saved.kept,
            unchanged=saved.unchanged,
            reason=note,
            moved_to=moved_to,
        )

    # -- its steps ------------------------------------------------------------------------------

    async def _rename(self) -> None:
        """Let the feed's articles bear the name that feeds.toml has now."""
        record, title = self._records.record(self._subscription), self._subscription.title
        named = record.source == title or record.source.startswith(f"{title} (")
        if title and record.source and not named and not self._session.request.dry_run:
            url = self._subscription.url
            await self._session.in_collection(
                lambda collection: rename_source(collection, url, title)
            )
            await self._records.reload(self._subscription)

    async def _fetch(self) -> Response:
        record = self._records.record(self._subscription)
        # Marks of an answer that was cut to another limit say nothing of what one would get now.
        again = record.asked_as == self._asked_as
        url = self._subscription.url
        request = Request(
            url,
            trusted=self._subscription.private or not record.public_only,
            allowed=self._subscription.private,
            etag=record.etag if again else "",
            last_modified=record.last_modified if again else "",
            accept=FEED_TYPES,
        )
        return await self._session.client.get(request)

    async def _unchanged(self, response: Response) -> FeedProgress:
        record = self._records.record(self._subscription)
        await self._records.put(after_unchanged(record, response, self._session.now()))
        return self._progress._replace(state=State.UNCHANGED)

    async def _plan(self, response: Response, now: datetime) -> tuple[Plan, Feed]:
        """What the answer means, written out, and what it says of its feed."""
        subscription, session = self._subscription, self._session
        record = self._records.record(subscription)
        # Of a feed that was never read all is new, most often: one way less to a worker.
        in_advance = not record.source and not subscription.full_text
        raw = Raw(
            response.data,
            response.url,
            response.content_type,
            subscription.url,
            subscription.title,
            record.source,
            subscription.limit,
            subscription.full_text,
            now if in_advance else None,
        )
        parsed = await self._parse(raw, response.status)
        plan = await self._plan_entries(parsed, now)
        if parsed.drafts:
            drafted = plan.with_drafts(parsed.drafts, parsed.signs.source)
            if drafted is not None:
                return drafted, parsed.feed
            parsed = await self._parse(raw._replace(new_at=None), response.status)
            plan = await self._plan_entries(parsed, now)
        if subscription.full_text and plan.jobs:
            pages = await asyncio.gather(*(self._read_page(job.entry) for job in plan.jobs))
            plan = plan.with_pages(pages)
        return await session.in_worker(plan.written_out) if plan.jobs else plan, parsed.feed

    async def _plan_entries(self, parsed: ParsedFeed, now: datetime) -> Plan:
        """What the entries mean for the library."""
        full_text, followed = self._subscription.full_text, self._session.request.followed
        site = parsed.feed.url
        answer = FetchedEntries(parsed.origin, parsed.entries, site, full_text, parsed.signs)
        return await self._session.in_collection(
            lambda collection: collection.plan(answer, now, followed)
        )

    async def _parse(self, raw: Raw, status: int) -> ParsedFeed:
        """What the answer says.

        Raises:
            FetchError: it is no feed.
        """
        try:
            return await self._session.in_worker(partial(read, raw))
        except NotReadableError as error:
            raise FetchError(Failure.BROKEN, error.reason, status=status) from error

    async def _write(self, plan: Plan, feed: Feed, response: Response, now: datetime) -> Saved:
        new = sum(job.is_new for job in plan.jobs)
        public_only = self._records.record(self._subscription).public_only

        def marks(record: FeedRecord) -> FeedRecord:
            after = after_answer(record, response, feed, now, new=new)
            return after._replace(asked_as=self._asked_as, public_only=public_only)

        if plan.is_nothing:
            await self._records.put(marks(self._records.record(self._subscription)))
            return Saved(plan.ids, unchanged=plan.unchanged)
        return await self._session.writes.apply(plan, marks)

    async def _read_page(self, entry: Entry) -> tuple[Entry, bool]:
        """An entry with the text of its page where that is more, and whether that is settled."""
        if not entry.url:
            return entry, True
        from rilo_reader.pages import read_page

        try:
            # An entry's address is a stranger's: it may lead to nowhere private.
            request = Request(entry.url, trusted=False, accept=PAGE_TYPES)
            response = await self._session.client.get(request)
            work = partial(read_page, response.data, response.url, response.content_type)
            page = await self._session.read_page(work)
        except FetchError as error:
            return entry, error.failure not in PERHAPS_LATER
        except NotReadableError:
            return entry, True
        if len(page.content) <= len(entry.content):
            return entry, True
        whole = entry._replace(
            content=page.content,
            form=page.form,
            base=page.base or response.url,
            lang=entry.lang or page.lang,
            authors=entry.authors or page.authors,
        )
        return whole, True

    async def _move(self, response: Response) -> tuple[str, str]:
        """Follow a feed that moved for good: what to say, and its new address (or "").

        The ledger notes it first, then feeds.toml changes, then the ledger calls the feed by its
        new address; stopped in between, the next refresh does the rest (`Collection.settle_moves`).
        """
        old, new = self._subscription.url, response.moved_to
        update = self._session.request
        if not new or new == old or update.dry_run or update.feeds_file is None:
            return "", ""
        shown = without_login(new)
        if feed_key(new) != feed_key(old) and feed_key(new) in update.followed:
            return f"It has moved to {shown}, which you follow too: remove one of the two.", ""
        from rilo_reader.feeds import subscriptions

        file = update.feeds_file
        fields: dict[str, object] = {"url": new}
        same_host = host_of(feed_key(old)) == host_of(feed_key(new))
        if self._subscription.private and not same_host:
            # What the user allowed was the host that they knew.
            fields["private"] = False
        try:
            # A record that waits would be kept under the old address, and as it was before.
            await self._records.flush()
            await self._session.in_collection(lambda collection: collection.note_move(old, new))
            await asyncio.to_thread(partial(subscriptions.change, file, old, **fields))
            followed = (update.followed - {feed_key(old)}) | {feed_key(new)}
            await self._session.in_collection(lambda collection: collection.settle_moves(followed))
        except (OSError, ValueError, CollectingError) as error:
            return f"It has moved to {shown}, which cannot be noted: {error}.", ""
        return f"It has moved to {shown}; feeds.toml says so now.", shown
