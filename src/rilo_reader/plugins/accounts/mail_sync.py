"""`MailSync`: the letters of a mailbox become articles of their senders; nothing goes back.

    uids = mailbox.uids(after the newest that is here)
    per batch: read letters in a worker
               what was read there is read here
               write articles, then records of them
    letters that were unread there: those that are read there now are read here

A record has the number of the letter as its id, what the numbers depend on as its feed, and
whether the letter was read there as its fingerprint.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.errors import NotReadableError, readable
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.parsed_feed import FetchedEntries
from rilo_reader.feeds.update_session import UpdateSession
from rilo_reader.fetch.values import FetchError
from rilo_reader.parsers.mail import Letter, read_letter
from rilo_reader.plugins.accounts.account_sync import how_far
from rilo_reader.plugins.accounts.mailbox import FetchedLetter, Mailbox
from rilo_reader.plugins.accounts.receiving import Received
from rilo_reader.plugins.accounts.records import AccountRecords, EntryRecord
from rilo_reader.plugins.accounts.service import Account, EntryId, ServerMark
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.state import State
from rilo_reader.text import counted

TOGETHER = 20  # letters that are fetched and written together, 100 MB at most
ASKED_TOGETHER = 1_000  # unread letters of which is asked whether they are read now
_SEEN = "seen"

T = TypeVar("T")


class MailSync:
    """One sync of a mailbox; nothing is written in a dry run. Records are as for `AccountSync`."""

    def __init__(
        self, session: UpdateSession, account: Account, records: AccountRecords, marks: State
    ) -> None:
        self._session = session
        self._account = account
        self._records = records
        self._marks = marks
        self._is_dry = session.request.dry_run
        self._is_first = False
        self._pulled = self._unreadable = self._cut = 0
        self.received = Received()  # what came so far

    @property
    def remark(self) -> str:
        """What happened beside new articles: "3 marks received; 1 letter cannot be read", or ""."""
        counts = (
            (self._pulled, "mark", "received"),
            (self._cut, "letter", "cut, as too long"),
            (self._unreadable, "letter", "not readable"),
        )
        return "; ".join(f"{counted(n, what)} {done}" for n, what, done in counts if n)

    @property
    def kept(self) -> str:
        """A sentence on what is kept of a sync that failed, or ""."""
        came = ", ".join(filter(None, (self.received.words, self.remark)))
        return f"Before that: {came}." if came else ""

    async def count_waiting(self) -> None:
        """Nothing waits to be sent."""

    async def run(self, mailbox: Mailbox, report: Callable[[str], None]) -> None:
        """Sync; report how far it is, such as "500 of 10,000 letters".

        Raises FetchError and LibraryError; what came before is kept.
        """
        try:
            await asyncio.to_thread(mailbox.open)
            after = await self._last(mailbox)
            uids = await asyncio.to_thread(mailbox.uids, after, self._account.window)
            await self._see_read(mailbox)
            for start in range(0, len(uids), TOGETHER):
                report(how_far(start, len(uids), "letters"))
                batch = uids[start : start + TOGETHER]
                letters = await asyncio.to_thread(mailbox.letters, batch)
                await self._receive(letters, mailbox.validity)
        finally:
            mailbox.close()

    async def _last(self, mailbox: Mailbox) -> int:
        """Return the number of the newest letter that is here, 0 if numbers mean others now."""
        name = self._account.name
        newest = await self._call(lambda: self._records.newest(name, 1))
        self._is_first = not newest
        if newest and newest[0].feed == mailbox.validity:
            return int(newest[0].id)
        if newest and not self._is_dry:
            await self._call(lambda: self._records.start_anew(name))
        return 0

    async def _see_read(self, mailbox: Mailbox) -> None:
        """Mark as read what was read there since; forget what is gone there."""
        name = self._account.name
        ids = await self._call(lambda: self._records.ids(name))
        known = await self._call(lambda: self._records.entries(name, ids))
        unread = {int(id_): each for id_, each in known.items() if each.fingerprint != _SEEN}
        if not unread or any(each.feed != mailbox.validity for each in unread.values()):
            return
        waiting = list(unread)
        for start in range(0, len(waiting), ASKED_TOGETHER):
            some = waiting[start : start + ASKED_TOGETHER]
            there = await asyncio.to_thread(mailbox.seen, some)
            # Of one that is gone nothing will be known any more.
            settled = [unread[uid] for uid in some if there.get(uid, True)]
            read = [each.article for each in settled if int(each.id) in there]
            records = [each._replace(fingerprint=_SEEN) for each in settled]
            await self._note(read, records)

    async def _receive(self, letters: Sequence[FetchedLetter], validity: str) -> None:
        """Write the articles of letters, and record them."""
        self._cut += sum(letter.is_cut for letter in letters)
        entries = await self._read([letter.data for letter in letters])
        by_source: dict[str, list[tuple[FetchedLetter, Entry]]] = {}
        for fetched, letter in zip(letters, entries, strict=True):
            if letter is not None:
                source = letter.source or self._account.name
                by_source.setdefault(source, []).append((fetched, letter.entry))
        # One that cannot be read is recorded as well, so that it does not come again.
        lost = [one for one, letter in zip(letters, entries, strict=True) if letter is None]
        self._unreadable += len(lost)
        records = [_record(letter, ArticleId(""), validity) for letter in lost]
        for source, pairs in by_source.items():
            articles = await self._write(source, pairs)
            records += [
                _record(letter, article, validity)
                for (letter, _), article in zip(pairs, articles, strict=True)
            ]
        await self._note([], records)

    async def _write(
        self, source: str, letters: Sequence[tuple[FetchedLetter, Entry]]
    ) -> Sequence[ArticleId]:
        """Write the articles of one sender's letters; return the article of each."""
        session = self._session
        # Letters that were imported from a file are found by their Message-ID, and stay.
        fetched = FetchedEntries(
            Origin("", source), [entry for _, entry in letters], keep_known=True
        )
        async with session.lock(""):
            plan = await session.in_collection(lambda it: it.plan(fetched, session.now()))
            if plan.jobs:
                plan = await session.in_worker(plan.written_out)
            new = {job.record.id for job in plan.jobs if job.is_new}
            pairs = zip(letters, plan.ids, strict=True)
            read = [
                id_ for (each, _), id_ in pairs if each.is_seen and (self._is_first or id_ in new)
            ]
            await self._note(read, [])  # before: after an interruption they are not new any more
            self.received = self.received.plus(await session.write(plan, lambda feed: feed))
        return plan.ids

    async def _read(self, letters: Sequence[bytes]) -> list[Letter | None]:
        """Read letters in a worker; None for those that cannot be read."""
        try:
            return await self._session.in_worker(partial(read_all, letters))
        except FetchError:
            if len(letters) == 1:
                return [None]
        return [found for data in letters for found in await self._read([data])]

    async def _note(self, read: Sequence[ArticleId], records: Sequence[EntryRecord]) -> None:
        """Mark articles as read, then put records."""
        if self._is_dry:
            self._pulled += len(read)
            return

        def note() -> None:
            if read:
                assignment = Assignment(ServerMark.READ.value, "1", Ids(read))
                gesture = self._marks.apply([assignment], in_history=False)
                self._pulled += sum(len(each.ids) for each in gesture.assignments) if gesture else 0
            if records:
                self._records.put_entries(self._account.name, records)

        await self._call(note)

    async def _call(self, work: Callable[[], T]) -> T:
        return await self._session.in_collection(lambda _: work())


def read_all(letters: Sequence[bytes]) -> list[Letter | None]:
    """Read letters, None for each that is not one (pure)."""
    found: list[Letter | None] = []
    for data in letters:
        try:
            with readable():
                found.append(read_letter(data))
        except NotReadableError:
            found.append(None)
    return found


def _record(letter: FetchedLetter, article: ArticleId, validity: str) -> EntryRecord:
    seen = _SEEN if letter.is_seen or not article else ""
    return EntryRecord(EntryId(str(letter.uid)), article, validity, seen, b"")
