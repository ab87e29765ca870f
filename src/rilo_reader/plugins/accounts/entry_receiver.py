"""`EntryReceiver`: turns entries of a server into articles, each once, and records which is which.

known = records of these entries
per feed: plan(new entries)          articles that are here already are only found
          plan(changed entries)      their files are written again
write records                        after the files: after an interruption it is all done again
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from shutil import disk_usage
from typing import NamedTuple
from urllib.parse import urlsplit

from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.article_text import Origin, content_hash, is_cut
from rilo_reader.feeds.article_writer import SaveResult
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.feed_reader import FetchedEntries
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.update_session import UpdateSession
from rilo_reader.plugins.accounts.merge_base import MergeBase
from rilo_reader.plugins.accounts.records import AccountRecords, EntryRecord
from rilo_reader.plugins.accounts.service import EntryId, ServerEntry, ServerFeed
from rilo_reader.text import redact_address

ENTRIES_TOGETHER = 500  # entries of a feed that are planned and written together at most


class ReceiveResult(NamedTuple):
    """The articles that were received, as in `FeedProgress`."""

    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    unchanged: int = 0

    @property
    def summary(self) -> str:
        """The numbers of new and updated articles in words, or ""."""
        counts = ((len(self.new), "new"), (len(self.updated), "updated"))
        return ", ".join(f"{count:,} {what}" for count, what in counts if count)

    def merge(self, saved: SaveResult) -> ReceiveResult:
        """Return it with what was written for some entries."""
        return ReceiveResult(
            self.new + saved.new,
            self.updated + saved.updated,
            self.kept + saved.edited,
            self.outside + saved.outside,
            self.unchanged + saved.unchanged,
        )


class EntryReceiver:
    """Turns entries of one account into articles; in a dry run nothing is written.

    The records are used in the collection's thread; `reserve` bytes stay free on the disk.
    """

    def __init__(
        self,
        session: UpdateSession,
        account: str,
        records: AccountRecords,
        base: MergeBase,
        reserve: int = 0,
    ) -> None:
        self._session = session
        self._base = base
        self._account = account
        self._records = records
        self._reserve = reserve
        self.received = ReceiveResult()  # so far
        self.cut_count = 0  # articles of which only the beginning was kept

    async def receive_entries(
        self,
        entries: Sequence[ServerEntry],
        feeds: Mapping[str, ServerFeed],
        *,
        is_known: bool = True,
    ) -> None:
        """Write the articles of entries, and record them; pass over those of other feeds.

        With `is_known` entries of the records are known; without, the server's ids are new.

        Raises:
            FetchError: entries cannot be read.
            LibraryError: some cannot be written. Those of other feeds are.
        """
        ids = [entry.id for entry in entries] if is_known else []
        session, account = self._session, self._account
        known = await session.run_in_collection(lambda _: self._records.read_entries(account, ids))
        by_feed: dict[str, list[ServerEntry]] = {}
        for entry in entries:
            record = known.get(entry.id)
            seen = record and (record.feed, record.fingerprint, record.digest)
            if entry.feed in feeds and seen != (entry.feed, entry.fingerprint, _digest_of(entry)):
                by_feed.setdefault(entry.feed, []).append(entry)
        if by_feed and not session.request.dry_run:
            await session.run_in_collection(self._check_disk_space)
        results = await asyncio.gather(
            *(self._receive_feed(feeds[feed], some, known) for feed, some in by_feed.items()),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def _check_disk_space(self, collection: Collection) -> None:
        """Raise CollectingError if the disk has no room for more."""
        with suppress(OSError):  # where the folder is not made yet
            free = disk_usage(collection.folder).free
            if free < self._reserve:
                raise CollectingError(
                    f"The disk of {collection.folder} has only {free // 1_000_000:,} MB left, so "
                    "nothing more was fetched for it. Free some space, then refresh again."
                )

    async def _receive_feed(
        self, feed: ServerFeed, entries: Sequence[ServerEntry], known: Mapping[EntryId, EntryRecord]
    ) -> None:
        """Write the articles of entries of one feed."""
        new, changed = list[ServerEntry](), list[ServerEntry]()
        for each in entries:
            # The id may have been another entry's before.
            is_known = each.id in known and known[each.id].fingerprint == each.fingerprint
            (changed if is_known else new).append(each)
        for some, keep_known in ((new, True), (changed, False)):
            for start in range(0, len(some), ENTRIES_TOGETHER):
                part = some[start : start + ENTRIES_TOGETHER]
                async with self._session.feed_lock(make_origin(feed).key):
                    articles = await self._write_articles(feed, part, keep_known=keep_known)
                if not self._session.request.dry_run:
                    before = known if keep_known else None
                    record = partial(self._record_entries, part, articles, before)
                    await self._session.run_in_collection(record)

    def _record_entries(
        self,
        entries: Sequence[ServerEntry],
        articles: Sequence[ArticleId],
        known: Mapping[EntryId, EntryRecord] | None,
        _: Collection,
    ) -> None:
        """Record entries; `known` are those whose ids were of others before, None if none was."""
        if known is not None:
            before = {known[each.id].article for each in entries if each.id in known}
            # Articles that had another entry have no base: the new one has no marks.
            if others := self._records.articles_with_entry(self._account, {*articles, *before}):
                self._base.clear_base(others)
        records = [
            EntryRecord(each.id, article, each.feed, each.fingerprint, _digest_of(each))
            for each, article in zip(entries, articles, strict=True)
        ]
        self._records.write_entries(self._account, records)

    async def _write_articles(
        self, feed: ServerFeed, entries: Sequence[ServerEntry], *, keep_known: bool
    ) -> Sequence[ArticleId]:
        """Write the articles of entries of one feed; return the article of each."""
        session, now = self._session, self._session.clock()
        fetched = FetchedEntries(
            make_origin(feed),
            [each.entry for each in entries],
            feed.site,
            guid_hashes=[each.guid_hash for each in entries],
            keep_known=keep_known,
        )
        plan = await session.run_in_collection(
            lambda collection: collection.make_plan(fetched, now, session.followed_keys)
        )
        self.cut_count += sum(is_cut(job.entry) for job in plan.jobs)
        if plan.jobs:
            plan = await session.run_in_worker(plan.add_texts)
        is_new, has_new = not plan.feed, any(job.is_new for job in plan.jobs)

        def update_record(record: FeedRecord) -> FeedRecord:
            if is_new:
                # The user has not typed the address, even if they follow it later.
                record = record._replace(title=feed.title, site=feed.site, public_only=True)
            return record._replace(last_new=now) if has_new else record

        saved = await session.write_plan(plan, update_record)
        self.received = self.received.merge(saved)
        return plan.ids


def make_origin(feed: ServerFeed) -> Origin:
    """Return the origin of the entries of a feed."""
    url = redact_address(feed.url)
    return Origin(url, feed.title or urlsplit(url).hostname or url)


def _digest_of(entry: ServerEntry) -> bytes:
    return content_hash(entry.entry, "")
