"""`AccountSync`: bring an account and this library together.

    feeds = service.list_feeds()                   renamed there: renamed here
    if the ids have started again: forget them     the server was restored from a backup
    for changes in service.iter_changes(known):
        receive_entries(changes.entries)           new and changed articles
    compare_marks(entries, here, base, there)      of all articles; pure
    apply the pulls                                one gesture, in no history
    push in batches                                each is recorded as in flight, then as base
    the new cursor                                 once nothing is left to do

All of it can be repeated: after an interruption at any moment the next sync finds both sides
equal, or goes on. Marks that were set here need no queue: they differ from the base.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from rilo_reader.article import ArticleId
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.feeds.update_session import UpdateSession
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.plugins.accounts.compare import Differences, MarkSetting, compare_marks
from rilo_reader.plugins.accounts.entry_receiver import EntryReceiver, ReceiveResult, make_origin
from rilo_reader.plugins.accounts.merge_base import MergeBase
from rilo_reader.plugins.accounts.records import AccountRecords
from rilo_reader.plugins.accounts.service import (
    Account,
    EntryId,
    KnownEntries,
    ServerEntry,
    ServerFeed,
    ServerMark,
    ServerMarks,
    Service,
)
from rilo_reader.store.gestures import Assignment, Gesture, Ids
from rilo_reader.store.state import State
from rilo_reader.text import format_count

SAMPLE = 3  # newest entries, which are checked for having the same ids still
RECHECKED_ENTRIES = 100
"""Entries asked for again at each sync, and as many in turns; see `KnownEntries.recheck_count`."""

PUSHED_TOGETHER = 1_000  # entries whose marks are pushed in one call
ASKED_TOGETHER = 100  # entries that are asked for in one call
PROGRESS_FROM = 100
"""Number of entries from which progress is shown."""


class SyncLimits(NamedTuple):
    """Limits of one sync."""

    # new entries beyond the window; the rest comes with the next sync
    max_new_entries: int = 10_000
    disk_reserve: int = 100_000_000  # bytes that stay free on the disk of the library


DEFAULT_LIMITS = SyncLimits()

PERHAPS_FORGOTTEN = frozenset((Failure.STATUS, Failure.MISSING, Failure.GONE, Failure.BROKEN))
"""Failures of a push that may mean that the server has forgotten some of its entries."""

JOINED_NOTE = "this library is new to the account, so the marks of both sides were merged"

MORE_NOTE = "the server has more; the next refresh fetches it"

T = TypeVar("T")


class AccountSync:
    """One sync of an account; nothing is written in a dry run, here or there.

    The records are used in the collection's thread.
    """

    def __init__(
        self,
        session: UpdateSession,
        account: Account,
        records: AccountRecords,
        marks: State,
        *,
        limits: SyncLimits = DEFAULT_LIMITS,
    ) -> None:
        self._session = session
        self._account = account
        self._name = account.name
        self._records = records
        self._marks = marks
        self._limits = limits
        self._base = MergeBase(account, marks)
        self._place = f"{self._base.account_key}:{account.name}"
        self._receiver = EntryReceiver(
            session, account.name, records, self._base, limits.disk_reserve
        )
        self._is_dry = session.request.dry_run
        self._feeds: dict[str, ServerFeed] = {}
        self._remote: dict[EntryId, ServerMarks] = {}
        self._has_new_ids = self._is_restored = self._is_joined = False
        self._notes: list[str] = []
        self._sent_count = self._pulled_count = self._waiting_count = 0
        self._cursor: str | None = None  # as the marks have it, None if they have none

    @property
    def received(self) -> ReceiveResult:
        """The articles that were received."""
        return self._receiver.received

    @property
    def marks_note(self) -> str:
        """Changes of marks, for the user: "3 marks sent, 5 received", or ""."""
        parts = []
        if self._sent_count:
            parts.append(f"{format_count(self._sent_count, 'mark')} sent")
        if self._pulled_count:
            marks = format_count(self._pulled_count, "mark")
            parts.append(f"{self._pulled_count:,} received" if parts else f"{marks} received")
        cut = self._receiver.cut_count
        too_long = f"{format_count(cut, 'article')} cut, as too long" if cut else ""
        return "; ".join(filter(None, (", ".join(parts), too_long, *self._notes)))

    @property
    def kept_note(self) -> str:
        """A sentence on what is kept of a sync that failed, or ""."""
        came = ", ".join(filter(None, (self.received.summary, self.marks_note)))
        parts = [f"Before that: {came}."] if came else []
        if self._waiting_count:
            parts.append(f"{format_count(self._waiting_count, 'mark')} will be sent later.")
        return " ".join(parts)

    async def run(self, service: Service, report: Callable[[str], None]) -> None:
        """Sync; report how far it is, such as "500 of 10,000 articles".

        Raises:
            FetchError: the server cannot be used; what came so far is kept.
            LibraryError: something cannot be written here.
        """
        await self._run_in_collection(self._read_cursor)
        await self._update_feeds(service)
        if not await self._has_same_entries(service):
            self._has_new_ids = True
            await self._clear_base()
            if not self._is_dry:
                await self._run_in_collection(lambda: self._records.reset_account(self._name))
        cursor = await self._receive_all(service, report)
        await self._merge_marks(service, report)
        if not self._is_dry:
            await self._run_in_collection(lambda: self._write_cursor(cursor))

    def _read_cursor(self) -> None:
        """Read the cursor up to which these marks were compared with the server.

        Marks without one are new or restored: what they lack was lost, not taken away. If no entry
        is known, the base may be of other entries, unless it is that of another device.
        """
        has_entries = bool(self._records.newest_entries(self._name, 1))
        self._cursor = self._marks.sync_base.read_cursor(self._place)
        self._is_joined = self._cursor is None and has_entries
        if self._is_dry:
            return
        travels = self._marks.journals.sync_folder() is not None
        if not has_entries and not (travels and self._cursor is None):
            self._base.clear_base()
        if not has_entries:
            self._write_cursor("")

    def _write_cursor(self, cursor: str) -> None:
        """Write the cursor of these marks; raise StateError if they are others now."""
        self._marks.sync_base.set_cursor(self._place, self._cursor, cursor)
        self._cursor = cursor

    async def _receive_all(self, service: Service, report: Callable[[str], None]) -> str:
        """Receive what has changed; return the new cursor."""
        count, total, known = 0, 0, await self._load_known()
        cursor = known.cursor
        left = known.window + self._limits.max_new_entries
        receive_task: asyncio.Task[None] | None = None
        try:
            async for changes in service.iter_changes(known):
                new = sum(each.id not in known.ids for each in changes.entries)
                if new and left <= 0:
                    self._notes.append(MORE_NOTE)
                    return self._cursor or ""
                left -= new
                # What comes again is not counted.
                count += len(changes.entries) if changes.total else 0
                total = max(total, changes.total)
                report(describe_progress(count, total))
                if changes.is_restored:
                    self._is_restored = True
                    await self._clear_base()
                self._remote.update(changes.marks)
                self._remote.update((each.id, each.marks) for each in changes.entries)
                cursor = changes.cursor or cursor
                # A batch is written while the next one comes; more are not held in memory.
                if receive_task is not None:
                    await receive_task
                receive_task = asyncio.create_task(self._receive_entries(service, changes.entries))
        finally:
            # What came before an error is kept.
            if receive_task is not None:
                await receive_task
        return cursor

    # -- feeds and entries ----------------------------------------------------------------------

    async def _update_feeds(self, service: Service) -> None:
        """Fetch the list of feeds, and apply changed titles."""
        feeds = await service.list_feeds()
        self._feeds = {feed.id: feed for feed in feeds}

        def update_records(collection: Collection) -> list[ServerFeed]:
            before = self._records.list_feeds(self._name)
            if not self._is_dry:
                titles = {feed.id: feed.title for feed in before}
                for feed in feeds:
                    if feed.title and titles.get(feed.id, feed.title) != feed.title:
                        rename_source(collection, make_origin(feed).feed, feed.title)
                # On most servers entries go with their feed, and come back as others.
                left = self._records.articles_of_other_feeds(self._name, feeds)
                self._base.clear_base(left)
                self._records.write_feeds(self._name, feeds)
            return before

        before = await self._session.run_in_collection(update_records)
        own = {feed_key(each.url) for each in self._session.request.feeds}
        left = {feed_key(feed.url) for feed in before} - own
        self._session.followed_keys -= left
        self._session.followed_keys |= {feed_key(feed.url) for feed in feeds}

    async def _has_same_entries(self, service: Service) -> bool:
        """Return whether the ids of the newest entries here still mean these entries.

        They do not after the server was restored from a backup: it gives the same ids again, or it
        has not come that far yet, so the newest is gone. Nor if the address is that of another
        server, or if the library was begun again, so that no ledger knows the articles.
        """
        newest = partial(self._records.newest_entries, self._name, SAMPLE)
        sample = await self._run_in_collection(newest)
        if not sample:
            return True
        articles = [each.article for each in sample]
        if not await self._session.run_in_collection(
            lambda collection: collection.ledger.numbers_by_id(articles)
        ):
            return False
        there = await service.fetch_entries([each.id for each in sample])
        found = {each.id: each.fingerprint for each in there}
        return sample[0].id in found and all(
            found.get(each.id, each.fingerprint) == each.fingerprint for each in sample
        )

    async def _clear_base(self) -> None:
        """Forget the base, so that both sides are merged as at first contact."""
        if not self._is_dry:
            await self._run_in_collection(self._base.clear_base)
            await self._run_in_collection(lambda: self._write_cursor(""))

    async def _load_known(self) -> KnownEntries:
        name, window = self._name, self._account.window
        newest = partial(self._records.newest_entries, name, 1)
        if self._has_new_ids or not await self._run_in_collection(newest):
            # The cursor would leave out entries that are not here.
            return KnownEntries(window=window, watched_ids=frozenset())
        read_articles = await self._run_in_collection(self._base.ids_read_and_unstarred)
        ids, watched, batches = set[EntryId](), set[EntryId](), self._records.iter_articles(name)
        while batch := await self._run_in_collection(lambda: next(batches, {})):
            ids.update(*batch.values())
            watched.update(*(its for article, its in batch.items() if article not in read_articles))
        # A forced refresh reads all of the window again, unless it is of named feeds.
        request = self._session.request
        again = window if request.force and not request.user_urls else RECHECKED_ENTRIES
        return KnownEntries(self._cursor or "", ids, window, watched, again)

    async def _receive_entries(self, service: Service, entries: Sequence[ServerEntry]) -> None:
        if any(each.feed not in self._feeds for each in entries):
            # Subscribed to a moment ago. Feeds that are still missing were unsubscribed from.
            await self._update_feeds(service)
        if entries:
            await self._receiver.receive_entries(
                entries, self._feeds, is_known=not self._has_new_ids
            )

    # -- marks ----------------------------------------------------------------------------------

    async def _merge_marks(self, service: Service, report: Callable[[str], None]) -> None:
        """Bring the marks of both sides together."""
        if self._is_dry and (self._has_new_ids or self._is_restored or self._is_joined):
            return
        differences = await self._compare_marks()
        self._notes += [JOINED_NOTE] if self._is_joined else []
        await self._pull_marks(differences)
        self._waiting_count = _count_pushed(differences)
        for setting, pushed in differences.push.items():
            articles = list(pushed.items())
            for start in range(0, len(articles), PUSHED_TOGETHER):
                report(f"{format_count(self._waiting_count, 'mark')} to send")
                some = dict(articles[start : start + PUSHED_TOGETHER])
                await self._push_mark(service, setting, some)

    async def count_waiting(self) -> None:
        """Count the marks that are to be sent, after a failure."""
        if not (self._has_new_ids or self._is_joined):
            self._waiting_count = _count_pushed(await self._compare_marks())

    async def _compare_marks(self) -> Differences:
        """Compare the marks of all entries."""
        found = Differences({}, {}, {})

        def compare_some(batch: dict[ArticleId, list[EntryId]]) -> None:
            here, agreed = self._marks.marks(batch), self._base.base_of(batch)
            compare_marks(batch, here, agreed, self._remote, found)

        batches = self._records.iter_articles(self._name)
        while batch := await self._run_in_collection(lambda: next(batches, {})):
            await self._run_in_collection(partial(compare_some, batch))
        return found

    async def _pull_marks(self, differences: Differences) -> None:
        """Apply the server's changes and the new base in one gesture.

        Changes here since the comparison need no look: a mark is set or not, so then it is as the
        server has it already.
        """
        pulled = [
            Assignment(mark.value, "1" if value else "0", Ids(articles))
            for (mark, value), articles in differences.pull.items()
        ]
        if self._is_dry:
            self._pulled_count = sum(map(len, differences.pull.values()))
            return

        def apply_marks() -> Gesture | None:
            assignments = [*pulled, *self._base.make_assignments(differences.new_base)]
            if not assignments:
                return None
            return self._marks.apply_assignments(assignments, in_history=False)

        gesture = await self._run_in_collection(apply_marks)
        done = gesture.assignments if gesture else ()
        self._pulled_count = sum(len(each.ids) for each in done if each.field in {*ServerMark})

    async def _push_mark(
        self, service: Service, setting: MarkSetting, entries: dict[ArticleId, list[EntryId]]
    ) -> None:
        """Push a mark of some articles; record it as in flight before, and as base afterwards."""
        ids = [id_ for some in entries.values() for id_ in some]
        forgotten = set[EntryId]()
        if not self._is_dry:
            record = partial(self._base.record_in_flight, setting.mark, entries)
            await self._run_in_collection(record)
            forgotten = await self._push_to(service, setting, ids)
            lost = [each for each, some in entries.items() if not forgotten.isdisjoint(some)]
            agreed = [each for each in entries if each not in lost]
            await self._run_in_collection(lambda: self._base.write_base({setting: agreed}))
            await self._run_in_collection(lambda: self._base.clear_base(lost))
            delete = partial(self._records.delete_entries, self._name, forgotten)
            await self._run_in_collection(delete)
        self._sent_count += len(ids) - len(forgotten)
        self._waiting_count -= len(ids)

    async def _push_to(
        self, service: Service, setting: MarkSetting, ids: Sequence[EntryId]
    ) -> set[EntryId]:
        """Push a mark of some entries; return those that the server has forgotten."""
        mark, value = setting
        try:
            await service.push_mark(mark, value, ids)
        except FetchError as error:
            if error.failure not in PERHAPS_FORGOTTEN:
                raise
            there: dict[EntryId, ServerMarks] = {}
            for start in range(0, len(ids), ASKED_TOGETHER):
                some = await service.fetch_entries(ids[start : start + ASKED_TOGETHER])
                there |= {each.id: each.marks for each in some}
            if len(there) == len(ids):
                raise
            left = [each for each in there if there[each].has_mark(mark) is not value]
            if left:
                await service.push_mark(mark, value, left)
            return set(ids) - there.keys()
        return set()

    async def _run_in_collection(self, job: Callable[[], T]) -> T:
        return await self._session.run_in_collection(lambda _: job())


def describe_progress(count: int, total: int, what: str = "articles") -> str:
    """Describe how many entries have come of a total, 0 if unknown; "" for few (pure)."""
    if max(count, total) < PROGRESS_FROM or not count:
        return ""
    return f"{count:,} of {total:,} {what}" if count <= total else f"{count:,} {what}"


def _count_pushed(differences: Differences) -> int:
    return sum(len(ids) for pushed in differences.push.values() for ids in pushed.values())
