"""`MailSync`: the letters of a mailbox become articles of their senders; nothing goes back.

    until no letter is left, or the time is up:
        mailbox.fetch(after the newest that is here)
        letters that were unread there: those that are read there now are read here
        parse letters in a worker
        letters that are read there are read here
        write articles, then records of them

A record has the number of the letter as its id, the validity of numbers as its feed, and whether
the letter was read there as its fingerprint.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.feed_reader import FetchedEntries
from rilo_reader.feeds.ledger_records import FeedRecord
from rilo_reader.feeds.plan import Plan
from rilo_reader.feeds.update_session import UpdateSession
from rilo_reader.fetch.messages import FetchError
from rilo_reader.parsers.mail import Letter, read_letter
from rilo_reader.plugins.accounts.account_sync import MORE_NOTE, describe_progress
from rilo_reader.plugins.accounts.entry_receiver import ReceiveResult
from rilo_reader.plugins.accounts.mailbox import (
    FetchedLetter,
    MailAnswer,
    Mailbox,
    MailRequest,
)
from rilo_reader.plugins.accounts.records import AccountRecords, EntryRecord
from rilo_reader.plugins.accounts.service import Account, EntryId, ServerFeed, ServerMark
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.state import State
from rilo_reader.text import format_count

LETTERS_TOGETHER = 200  # letters that are written together
MOST_SECONDS = 300.0  # from which on a sync begins no other exchange; the next one goes on
_SEEN = "seen"

T = TypeVar("T")


class _KnownLetters(NamedTuple):
    """The letters that are here, before a sync."""

    request: MailRequest  # for those that are not
    unread: Mapping[int, EntryRecord]  # by number


class MailSync:
    """One sync of a mailbox; nothing is written in a dry run. Records are as for `AccountSync`."""

    def __init__(
        self,
        session: UpdateSession,
        account: Account,
        records: AccountRecords,
        marks: State,
        *,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._session = session
        self._account = account
        self._records = records
        self._marks = marks
        self._is_dry = session.request.dry_run
        self._is_first = False
        self._seconds = seconds
        self._notes: list[str] = []
        self._pulled_count = self._unreadable = self._cut = 0
        self.received = ReceiveResult()  # so far

    @property
    def marks_note(self) -> str:
        """News beside new articles: "3 marks received; 1 letter not readable", or ""."""
        counts = (
            (self._pulled_count, "mark", "received"),
            (self._cut, "letter", "cut, as too long"),
            (self._unreadable, "letter", "not readable"),
        )
        news = [f"{format_count(n, what)} {done}" for n, what, done in counts if n]
        return "; ".join([*news, *self._notes])

    @property
    def kept_note(self) -> str:
        """A sentence on what is kept of a sync that failed, or ""."""
        came = ", ".join(filter(None, (self.received.summary, self.marks_note)))
        return f"Before that: {came}." if came else ""

    async def count_waiting(self) -> None:
        """Do nothing: no mark waits to be sent."""

    async def run(self, mailbox: Mailbox, report: Callable[[str], None]) -> None:
        """Sync; report how far it is, such as "500 of 10,000 letters".

        Raises FetchError and LibraryError; what came before is kept.
        """
        until, known = monotonic() + self._seconds, await self._read_known()
        done, request = 0, known.request
        while True:
            answer = await mailbox.fetch(request)
            if request is known.request:
                await self._settle_known(known, answer)
            elif answer.validity != request.validity:
                return  # the next sync begins again
            total = done + len(answer.letters) + answer.left
            for start in range(0, len(answer.letters), LETTERS_TOGETHER):
                report(describe_progress(done + start, total, "letters"))
                some = answer.letters[start : start + LETTERS_TOGETHER]
                await self._receive_letters(some, answer.validity)
            done += len(answer.letters)
            if not answer.left:
                return
            if monotonic() > until:
                self._notes.append(MORE_NOTE)
                return
            validity, most = answer.validity, self._account.window
            request = MailRequest(answer.last, validity, most=most)

    async def _read_known(self) -> _KnownLetters:
        """Read what is known of the letters that are here."""
        name = self._account.name
        newest = await self._run_in_collection(lambda: self._records.newest_entries(name, 1))
        self._is_first = not newest
        if not newest:
            return _KnownLetters(MailRequest(most=self._account.window), {})
        ids = await self._run_in_collection(lambda: self._records.entry_ids(name))
        known = await self._run_in_collection(lambda: self._records.read_entries(name, ids))
        last, validity = int(newest[0].id), newest[0].feed
        records = (each for each in known.values() if each.feed == validity)
        unread = {int(each.id): each for each in records if each.fingerprint != _SEEN}
        request = MailRequest(last, validity, list(unread), self._account.window)
        return _KnownLetters(request, unread)

    async def _settle_known(self, known: _KnownLetters, answer: MailAnswer) -> None:
        """Mark letters as read that were read there since; forget those that are gone there."""
        if answer.validity != known.request.validity:  # numbers mean others now
            if not self._is_first and not self._is_dry:
                await self._run_in_collection(
                    lambda: self._records.reset_account(self._account.name)
                )
            return
        # Letters that are gone count as read: they are not asked for again.
        settled = [each for uid, each in known.unread.items() if answer.seen.get(uid, True)]
        read = [each.article for each in settled if int(each.id) in answer.seen]
        await self._record_letters(read, [each._replace(fingerprint=_SEEN) for each in settled])

    async def _receive_letters(self, letters: Sequence[FetchedLetter], validity: str) -> None:
        """Write the articles of letters, and record them."""
        self._cut += sum(letter.is_cut for letter in letters)
        entries = await self._parse_letters([letter.data for letter in letters])
        by_source: dict[str, list[tuple[FetchedLetter, Entry]]] = {}
        sources: dict[str, str] = {}  # by Message-ID: a letter to two lists is one article
        for fetched, letter in zip(letters, entries, strict=True):
            if letter is not None:
                source = letter.source or self._account.name
                source = sources.setdefault(letter.entry.key or str(fetched.uid), source)
                by_source.setdefault(source, []).append((fetched, letter.entry))
        # One that cannot be read is recorded as well, so that it does not come again.
        lost = [one for one, letter in zip(letters, entries, strict=True) if letter is None]
        self._unreadable += len(lost)
        records = [_make_record(letter, ArticleId(""), validity) for letter in lost]
        read = [letter for pairs in by_source.values() for letter, _ in pairs]
        articles = await self._write_articles(by_source)
        records += [_make_record(*pair, validity) for pair in zip(read, articles, strict=True)]
        await self._record_letters([], records)

    async def _write_articles(
        self, by_source: Mapping[str, Sequence[tuple[FetchedLetter, Entry]]]
    ) -> list[ArticleId]:
        """Write the articles of the letters of senders; return the article of each."""
        session, now = self._session, self._session.clock()

        def plan_all(collection: Collection) -> list[Plan]:
            # Letters that were imported from a file are found by their Message-ID, and stay.
            names = (self._find_sender(collection, source).source for source in by_source)
            every = (
                FetchedEntries(Origin("", name), [each for _, each in pairs], keep_known=True)
                for name, pairs in zip(names, by_source.values(), strict=True)
            )
            return [collection.make_plan(fetched, now) for fetched in every]

        async with session.feed_lock(""):
            plans = await session.run_in_collection(plan_all)
            plans = await asyncio.gather(*(session.run_in_worker(each.add_texts) for each in plans))
            new = {job.record.id for plan in plans for job in plan.jobs if job.is_new}
            letters = [letter for pairs in by_source.values() for letter, _ in pairs]
            articles = [article for plan in plans for article in plan.ids]
            seen = [one for letter, one in zip(letters, articles, strict=True) if letter.is_seen]
            # Before they are written: after an interruption they are not new any more.
            await self._record_letters([each for each in seen if self._is_first or each in new], [])
            writes = (session.write_plan(each, lambda record: record) for each in plans)
            for saved in await asyncio.gather(*writes):
                self.received = self.received.merge(saved)
            if not self._is_dry:
                news = [any(job.is_new for job in plan.jobs) for plan in plans]
                await session.run_in_collection(partial(self._record_senders, by_source, news))
        return articles

    def _make_sender_url(self, source: str) -> str:
        return f"{self._account.url}?from={quote(source, safe='')}"

    def _find_sender(self, collection: Collection, source: str) -> FeedRecord:
        """Return the record of a sender, with the name that the user gave it as its source."""
        record = collection.ledger.read_feed(self._make_sender_url(source))
        return record._replace(source=record.source or source)

    def _record_senders(
        self, sources: Iterable[str], news: Iterable[bool], collection: Collection
    ) -> None:
        """Record senders as feeds of the account, for lists of feeds."""
        name, now = self._account.name, self._session.clock()
        known = {sender.id for sender in self._records.list_feeds(name)}
        with collection.ledger.transaction():
            for source, has_new in zip(sources, news, strict=True):
                record = self._find_sender(collection, source)
                if has_new or not record.number:
                    collection.ledger.put_feed(record._replace(last_new=now))
                if source not in known:
                    sender = ServerFeed(source, self._make_sender_url(source), record.source)
                    self._records.write_feed(name, sender)

    async def _parse_letters(self, letters: Sequence[bytes]) -> list[Letter | None]:
        """Read letters in a worker; None for those that cannot be read."""
        try:
            return await self._session.run_in_worker(partial(parse_letters, letters))
        except FetchError:
            if len(letters) == 1:
                return [None]
        return [found for data in letters for found in await self._parse_letters([data])]

    async def _record_letters(
        self, read: Sequence[ArticleId], records: Sequence[EntryRecord]
    ) -> None:
        """Mark articles as read, then write records."""
        if self._is_dry:
            self._pulled_count += len(read)
            return

        def record_all() -> None:
            if read:
                assignment = Assignment(ServerMark.READ.value, "1", Ids(read))
                gesture = self._marks.apply_assignments([assignment], in_history=False)
                changed = gesture.assignments if gesture else ()
                self._pulled_count += sum(len(each.ids) for each in changed)
            if records:
                self._records.write_entries(self._account.name, records)

        await self._run_in_collection(record_all)

    async def _run_in_collection(self, job: Callable[[], T]) -> T:
        return await self._session.run_in_collection(lambda _: job())


def parse_letters(letters: Sequence[bytes]) -> list[Letter | None]:
    """Read letters, None for each that is not one (pure)."""
    found: list[Letter | None] = []
    for data in letters:
        try:
            with parser_errors():
                found.append(read_letter(data))
        except NotReadableError:
            found.append(None)
    return found


def _make_record(letter: FetchedLetter, article: ArticleId, validity: str) -> EntryRecord:
    seen = _SEEN if letter.is_seen or not article else ""
    return EntryRecord(EntryId(str(letter.uid)), article, validity, seen, b"")
