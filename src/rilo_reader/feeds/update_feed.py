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
from rilo_reader.feeds.schedule import after_response, after_unchanged
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
"""Failures after which the page of an entry is requested again."""


class FeedUpdate:
    """The update of one feed."""

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
        self._options = f"{subscription.limit} {subscription.full_text}"

    async def run(self) -> FeedProgress:
        """Update the feed; return its final progress.

        Raises:
            FetchError: there was no response, or it is not a feed.
            CollectingError: the articles cannot be written.
        """
        self._report(State.FETCHING)
        await self._rename()
        response = await self._fetch()
        self._records.note_online()
        if response.status == 304:
            return await self._unchanged(response)
        self._report(State.READING)
        now = self._session.now()
        async with self._session.lock(feed_key(self._subscription.url)):
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
        """Rename the source of the articles if the title in feeds.toml has changed."""
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
        # After a response with other options (such as a limit), the request is not conditional.
        again = record.asked_as == self._options
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
        """Return the plan for a response, written out, and the feed without its entries."""
        subscription, session = self._subscription, self._session
        record = self._records.record(subscription)
        # All entries of a new feed are usually new, so their files are drafted along.
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
            drafted = plan.with_drafts(parsed.drafts, parsed.fingerprints.source)
            if drafted is not None:
                return drafted, parsed.feed
            parsed = await self._parse(raw._replace(new_at=None), response.status)
            plan = await self._plan_entries(parsed, now)
        if subscription.full_text and plan.jobs:
            pages = await asyncio.gather(*(self._read_page(job.entry) for job in plan.jobs))
            plan = plan.with_pages(pages)
        return await session.in_worker(plan.written_out) if plan.jobs else plan, parsed.feed

    async def _plan_entries(self, parsed: ParsedFeed, now: datetime) -> Plan:
        """Return the plan for the entries of a feed."""
        full_text, followed = self._subscription.full_text, self._session.followed
        site = parsed.feed.url
        fetched = FetchedEntries(
            parsed.origin, parsed.entries, site, full_text, parsed.fingerprints
        )
        return await self._session.in_collection(
            lambda collection: collection.plan(fetched, now, followed)
        )

    async def _parse(self, raw: Raw, status: int) -> ParsedFeed:
        """Read a response in a worker.

        Raises:
            FetchError: it is not a feed, or takes too long.
        """
        try:
            return await self._session.in_worker(partial(read, raw))
        except NotReadableError as error:
            raise FetchError(Failure.BROKEN, error.reason, status=status) from error

    async def _write(self, plan: Plan, feed: Feed, response: Response, now: datetime) -> Saved:
        new = sum(job.is_new for job in plan.jobs)
        before = self._records.record(self._subscription)
        public_only = before.public_only
        if plan.feed and not before.number:
            # An account has had entries of it meanwhile.
            await self._records.reload(self._subscription)

        def marks(record: FeedRecord) -> FeedRecord:
            after = after_response(record, response, feed, now, new=new)
            return after._replace(asked_as=self._options, public_only=public_only)

        if plan.is_nothing:
            await self._records.put(marks(self._records.record(self._subscription)))
            return Saved(plan.ids, unchanged=plan.unchanged)
        return await self._session.writes.apply(plan, marks)

    async def _read_page(self, entry: Entry) -> tuple[Entry, bool]:
        """Return an entry with the text of its page if that is longer, and whether it is final."""
        if not entry.url:
            return entry, True
        from rilo_reader.pages import read_page

        try:
            # The address is from the feed, so it may not be private.
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
        """Change the address of a feed that has moved permanently.

        First the move is recorded in the ledger, then feeds.toml is changed, then the key in the
        ledger; after an interruption the next update completes it (`Collection.settle_moves`).

        Returns:
            A remark for the user, and the new address; both "" if it has not moved.
        """
        old, new = self._subscription.url, response.moved_to
        update = self._session.request
        if not new or new == old or update.dry_run or update.feeds_file is None:
            return "", ""
        shown = without_login(new)
        if feed_key(new) != feed_key(old) and feed_key(new) in self._session.followed:
            return f"It has moved to {shown}, which you follow too: remove one of the two.", ""
        from rilo_reader.feeds import subscriptions

        file = update.feeds_file
        fields: dict[str, object] = {"url": new}
        same_host = host_of(feed_key(old)) == host_of(feed_key(new))
        if self._subscription.private and not same_host:
            # The user has allowed the old host only.
            fields["private"] = False
        try:
            # A pending record would be written under the old address, without the move.
            await self._records.flush()
            await self._session.in_collection(lambda collection: collection.note_move(old, new))
            await asyncio.to_thread(partial(subscriptions.change, file, old, **fields))
            followed = (self._session.followed - {feed_key(old)}) | {feed_key(new)}
            await self._session.in_collection(lambda collection: collection.settle_moves(followed))
        except (OSError, ValueError, CollectingError) as error:
            return f"It has moved to {shown}, which cannot be noted: {error}.", ""
        return f"It has moved to {shown}; feeds.toml says so now.", shown
