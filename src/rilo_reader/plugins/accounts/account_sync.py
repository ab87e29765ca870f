"""`AccountSync`: bring an account and this library together.

    feeds = service.feeds()                        renamed there: renamed here
    if the ids have started again: forget them     the server was restored from a backup
    for changes in service.changes(known):
        receive(changes.entries)                   new and changed articles
    differences = compare(entries, here, agreed, there)    of the marks of all articles; pure
    apply the pulls                                one gesture, in no history
    push in batches                                of each is kept that it is sent, then that it is
                                                   agreed
    the new cursor                                 once nothing is left to do

All of it can be done again: after an interruption at any moment the next sync finds both sides
equal, or goes on. What was marked here needs no queue: it differs from what was agreed.
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
from rilo_reader.plugins.accounts.agreements import Agreements
from rilo_reader.plugins.accounts.compare import Differences, MarkSetting, compare
from rilo_reader.plugins.accounts.receiving import EntryReceiver, Received, origin_of
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

SAMPLE = 3  # entries of which is looked up whether their ids still mean them
AGAIN = 100
"""Entries that come again with each sync, and as many others in turns, see `KnownEntries.again`."""

PUSHED_TOGETHER = 1_000  # entries whose marks are pushed in one call
ASKED_TOGETHER = 100  # entries that are asked for in one call
COUNTED_FROM = 100
"""Entries from which it takes long enough that somebody wants to know how far it is."""


class SyncLimits(NamedTuple):
    """How much one sync may bring."""

    # new entries beside as many as the window has; what is left comes with the next sync
    more: int = 10_000
    reserve: int = 100_000_000  # bytes that stay free on the disk of the library


DEFAULT_LIMITS = SyncLimits()

PERHAPS_FORGOTTEN = frozenset((Failure.STATUS, Failure.MISSING, Failure.GONE, Failure.BROKEN))
"""Failures of a push that may mean that the server has forgotten some of its entries."""

JOINED = "this library is new to the account, so the marks of both sides were merged"

MORE = "the server has more; the next refresh fetches it"

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
        self._agreements = Agreements(account, marks)
        self._place = f"{self._agreements.account}:{account.name}"
        self._receiver = EntryReceiver(
            session, account.name, records, self._agreements, limits.reserve
        )
        self._is_dry = session.request.dry_run
        self._feeds: dict[str, ServerFeed] = {}
        self._remote: dict[EntryId, ServerMarks] = {}
        self._is_anew = self._is_restored = self._is_joined = False
        self._notes: list[str] = []
        self._sent = self._pulled = self._waiting = 0
        self._cursor: str | None = None  # as the marks have it, None if they have none

    @property
    def received(self) -> Received:
        """The articles that were received."""
        return self._receiver.received

    @property
    def remark(self) -> str:
        """What happened to marks, for the user: "3 marks sent, 5 received", or ""."""
        parts = []
        if self._sent:
            parts.append(f"{format_count(self._sent, 'mark')} sent")
        if self._pulled:
            parts.append(
                f"{self._pulled:,} received"
                if parts
                else f"{format_count(self._pulled, 'mark')} received"
            )
        cut = self._receiver.cut
        too_long = f"{format_count(cut, 'article')} cut, as too long" if cut else ""
        return "; ".join(filter(None, (", ".join(parts), too_long, *self._notes)))

    @property
    def kept(self) -> str:
        """A sentence on what is kept of a sync that failed, or ""."""
        came = ", ".join(filter(None, (self.received.words, self.remark)))
        parts = [f"Before that: {came}."] if came else []
        if self._waiting:
            parts.append(f"{format_count(self._waiting, 'mark')} will be sent later.")
        return " ".join(parts)

    async def run(self, service: Service, report: Callable[[str], None]) -> None:
        """Sync; report how far it is, such as "500 of 10,000 articles".

        Raises:
            FetchError: the server cannot be used; what came so far is kept.
            LibraryError: something cannot be written here.
        """
        await self._call(self._know_marks)
        await self._update_feeds(service)
        if not await self._means_the_same(service):
            self._is_anew = True
            await self._agree_on_nothing()
            if not self._is_dry:
                await self._call(lambda: self._records.start_anew(self._name))
        cursor = await self._receive_all(service, report)
        await self._exchange(service, report)
        if not self._is_dry:
            await self._call(lambda: self._keep(cursor))

    def _know_marks(self) -> None:
        """Read up to where these marks were compared with the server.

        Where they never were, they are new or restored: what they lack has been lost, and was not
        taken away. Where no entry is known, entries may be others than those of which something was
        agreed, unless another device did so.
        """
        has_entries = bool(self._records.newest(self._name, 1))
        self._cursor = self._marks.read_cursor(self._place)
        self._is_joined = self._cursor is None and has_entries
        if self._is_dry:
            return
        travels = self._marks.journals.sync_folder() is not None
        if not has_entries and not (travels and self._cursor is None):
            self._agreements.forget()
        if not has_entries:
            self._keep("")

    def _keep(self, cursor: str) -> None:
        """Keep up to where these marks are compared; raises StateError if they are others now."""
        self._marks.set_cursor(self._place, self._cursor, cursor)
        self._cursor = cursor

    async def _receive_all(self, service: Service, report: Callable[[str], None]) -> str:
        """Receive what has changed; return the new cursor."""
        count, total, known = 0, 0, await self._known()
        cursor = known.cursor
        left = known.window + self._limits.more
        receiving: asyncio.Task[None] | None = None
        try:
            async for changes in service.changes(known):
                new = sum(each.id not in known.ids for each in changes.entries)
                if new and left <= 0:
                    self._notes.append(MORE)
                    return self._cursor or ""
                left -= new
                # What comes again is not counted.
                count += len(changes.entries) if changes.total else 0
                total = max(total, changes.total)
                report(how_far(count, total))
                if changes.is_restored:
                    self._is_restored = True
                    await self._agree_on_nothing()
                self._remote.update(changes.marks)
                self._remote.update((each.id, each.marks) for each in changes.entries)
                cursor = changes.cursor or cursor
                # A batch is written while the next one comes; more are not held in memory.
                if receiving is not None:
                    await receiving
                receiving = asyncio.create_task(self._receive(service, changes.entries))
        finally:
            # What came before an error is kept.
            if receiving is not None:
                await receiving
        return cursor

    # -- feeds and entries ----------------------------------------------------------------------

    async def _update_feeds(self, service: Service) -> None:
        """Ask for the feeds, and take over changed titles."""
        feeds = await service.feeds()
        self._feeds = {feed.id: feed for feed in feeds}

        def update(collection: Collection) -> list[ServerFeed]:
            before = self._records.feeds(self._name)
            if not self._is_dry:
                titles = {feed.id: feed.title for feed in before}
                for feed in feeds:
                    if feed.title and titles.get(feed.id, feed.title) != feed.title:
                        rename_source(collection, origin_of(feed).feed, feed.title)
                # On most servers entries go with their feed, and come back as others.
                self._agreements.forget(self._records.left_behind(self._name, feeds))
                self._records.put_feeds(self._name, feeds)
            return before

        before = await self._session.run_in_collection(update)
        own = {feed_key(each.url) for each in self._session.request.feeds}
        left = {feed_key(feed.url) for feed in before} - own
        self._session.followed_keys -= left
        self._session.followed_keys |= {feed_key(feed.url) for feed in feeds}

    async def _means_the_same(self, service: Service) -> bool:
        """Return whether the ids of the newest entries here still mean these entries.

        They do not after the server was restored from a backup: it gives the same ids again, or it
        has not come that far yet, so the newest is gone. Nor if the address is that of another
        server. And of articles that no ledger knows, the library was begun again.
        """
        sample = await self._call(lambda: self._records.newest(self._name, SAMPLE))
        if not sample:
            return True
        articles = [each.article for each in sample]
        if not await self._session.run_in_collection(
            lambda found: found.ledger.numbers_by_id(articles)
        ):
            return False
        there = await service.entries([each.id for each in sample])
        found = {each.id: each.fingerprint for each in there}
        return sample[0].id in found and all(
            found.get(each.id, each.fingerprint) == each.fingerprint for each in sample
        )

    async def _agree_on_nothing(self) -> None:
        """Let the marks of both sides be joined as at a first contact: the server has forgotten."""
        if not self._is_dry:
            await self._call(self._agreements.forget)
            await self._call(lambda: self._keep(""))

    async def _known(self) -> KnownEntries:
        name, window = self._name, self._account.window
        if self._is_anew or not await self._call(lambda: self._records.newest(name, 1)):
            # The cursor would leave out what is not here.
            return KnownEntries(window=window, watched=frozenset())
        settled = await self._call(self._agreements.settled)
        ids, watched, batches = set[EntryId](), set[EntryId](), self._records.articles(name)
        while batch := await self._call(lambda: next(batches, {})):
            ids.update(*batch.values())
            watched.update(*(its for article, its in batch.items() if article not in settled))
        # Whoever insists wants all of the window again, unless it is for a feed or two.
        request = self._session.request
        again = window if request.force and not request.user_urls else AGAIN
        return KnownEntries(self._cursor or "", ids, window, watched, again)

    async def _receive(self, service: Service, entries: Sequence[ServerEntry]) -> None:
        if any(each.feed not in self._feeds for each in entries):
            # Subscribed to a moment ago. What is not even now, has been unsubscribed from.
            await self._update_feeds(service)
        if entries:
            await self._receiver.receive(entries, self._feeds, is_known=not self._is_anew)

    # -- marks ----------------------------------------------------------------------------------

    async def _exchange(self, service: Service, report: Callable[[str], None]) -> None:
        """Bring the marks of both sides together."""
        if self._is_dry and (self._is_anew or self._is_restored or self._is_joined):
            return
        differences = await self._compare()
        self._notes += [JOINED] if self._is_joined else []
        await self._pull(differences)
        self._waiting = _count(differences)
        for setting, pushed in differences.push.items():
            articles = list(pushed.items())
            for start in range(0, len(articles), PUSHED_TOGETHER):
                report(f"{format_count(self._waiting, 'mark')} to send")
                await self._push(service, setting, dict(articles[start : start + PUSHED_TOGETHER]))

    async def count_waiting(self) -> None:
        """Count the marks that are to be sent, after a failure."""
        if not (self._is_anew or self._is_joined):
            self._waiting = _count(await self._compare())

    async def _compare(self) -> Differences:
        """Compare the marks of all entries."""
        found = Differences({}, {}, {})

        def compare_some(batch: dict[ArticleId, list[EntryId]]) -> None:
            here, agreed = self._marks.marks(batch), self._agreements.of(batch)
            compare(batch, here, agreed, self._remote, found)

        batches = self._records.articles(self._name)
        while batch := await self._call(lambda: next(batches, {})):
            await self._call(partial(compare_some, batch))
        return found

    async def _pull(self, differences: Differences) -> None:
        """Apply what was changed on the server, and say in the same gesture what is agreed.

        What was changed here since the comparison needs no look: a mark is set or not, so then it
        is as the server has it already.
        """
        pulled = [
            Assignment(mark.value, "1" if value else "0", Ids(articles))
            for (mark, value), articles in differences.pull.items()
        ]
        if self._is_dry:
            self._pulled = sum(map(len, differences.pull.values()))
            return

        def apply() -> Gesture | None:
            assignments = [*pulled, *self._agreements.assignments(differences.agreed)]
            return (
                self._marks.apply_assignments(assignments, in_history=False)
                if assignments
                else None
            )

        gesture = await self._call(apply)
        done = gesture.assignments if gesture else ()
        self._pulled = sum(len(each.ids) for each in done if each.field in {*ServerMark})

    async def _push(
        self, service: Service, setting: MarkSetting, entries: dict[ArticleId, list[EntryId]]
    ) -> None:
        """Push a mark of some articles; keep before that it is sent, then that it is agreed."""
        ids = [id_ for some in entries.values() for id_ in some]
        forgotten = set[EntryId]()
        if not self._is_dry:
            await self._call(lambda: self._agreements.send(setting.mark, entries))
            forgotten = await self._push_to(service, setting, ids)
            lost = [each for each, some in entries.items() if not forgotten.isdisjoint(some)]
            agreed = [each for each in entries if each not in lost]
            await self._call(lambda: self._agreements.agree({setting: agreed}))
            await self._call(lambda: self._agreements.forget(lost))
            await self._call(lambda: self._records.forget(self._name, forgotten))
        self._sent += len(ids) - len(forgotten)
        self._waiting -= len(ids)

    async def _push_to(
        self, service: Service, setting: MarkSetting, ids: Sequence[EntryId]
    ) -> set[EntryId]:
        """Push a mark of some entries; return those that the server has forgotten."""
        mark, value = setting
        try:
            await service.push(mark, value, ids)
        except FetchError as error:
            if error.failure not in PERHAPS_FORGOTTEN:
                raise
            there: dict[EntryId, ServerMarks] = {}
            for start in range(0, len(ids), ASKED_TOGETHER):
                some = await service.entries(ids[start : start + ASKED_TOGETHER])
                there |= {each.id: each.marks for each in some}
            if len(there) == len(ids):
                raise
            left = [each for each in there if there[each].of(mark) is not value]
            if left:
                await service.push(mark, value, left)
            return set(ids) - there.keys()
        return set()

    async def _call(self, work: Callable[[], T]) -> T:
        return await self._session.run_in_collection(lambda _: work())


def how_far(count: int, total: int, what: str = "articles") -> str:
    """Describe how many entries have come of a total, 0 if unknown; "" for few (pure)."""
    if max(count, total) < COUNTED_FROM or not count:
        return ""
    return f"{count:,} of {total:,} {what}" if count <= total else f"{count:,} {what}"


def _count(differences: Differences) -> int:
    return sum(len(ids) for pushed in differences.push.values() for ids in pushed.values())
