"""Decide what the entries of one answer mean for a library; nothing is written here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.drafting import Draft, Fingerprints, draft, signs_of
from rilo_reader.feeds.identity import Keys, Known, Matches, match_known, new_id
from rilo_reader.feeds.ledger import ArticleRecord, FeedRecord, Ledger


class Job(NamedTuple):
    """One article whose file is to be made or brought up to date.

    Attributes:
        entry: what came.
        record: what is known of the article; number 0 where it is new.
        keys: what the entry can be known by.
        said: a digest of what the feed says; empty where the article is to be looked at again.
        place: of the entry in its answer.
        draft: its file, None until that is written out.
    """

    entry: Entry
    record: ArticleRecord
    keys: Keys
    said: bytes
    place: int = 0
    draft: Draft | None = None

    @property
    def path(self) -> str:
        """Where its file is, or belongs; "" until that is written out."""
        return self.record.path or (self.draft.path if self.draft else "")

    @property
    def is_new(self) -> bool:
        """Whether the article was not there before, or its first writing did not come to an end."""
        return not self.record.number or (not self.record.done and not self.record.said)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one answer means.

    Attributes:
        origin: where it came from; its source is the name that the articles get.
        feed: the number of the feed in the ledger, 0 where it is not there yet.
        ids: for each entry of the answer its article.
        jobs: what is to be written.
        unchanged: how many articles are as they were.
        more_keys: further keys of articles that are as they were.
    """

    origin: Origin
    feed: int
    ids: tuple[ArticleId, ...] = ()
    jobs: tuple[Job, ...] = ()
    unchanged: int = 0
    more_keys: tuple[tuple[int, Keys], ...] = ()
    moved: tuple[tuple[int, int], ...] = field(default=())
    """Articles that belonged to a feed which nobody follows any more: number, that feed's."""

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to keep but the feed's marks."""
        return bool(self.feed) and not (self.jobs or self.more_keys or self.moved)

    def with_pages(self, pages: Sequence[tuple[Entry, bool]]) -> Plan:
        """The plan with fuller entries in the place of those that its jobs have.

        Args:
            pages: for each job its entry, and whether that is the last word.
        """
        jobs = zip(self.jobs, pages, strict=True)
        return replace(
            self,
            jobs=tuple(
                job._replace(entry=entry, said=job.said if settled else b"")
                for job, (entry, settled) in jobs
            ),
        )

    def written_out(self) -> Plan:
        """The plan with the text of every file: the costly part, which needs no ledger."""
        return self._with_drafts([_drafted(job, self.origin) for job in self.jobs])

    def with_drafts(self, drafts: Sequence[Draft | None], source: str) -> Plan | None:
        """The plan with texts that were written before anybody knew what is planned.

        Args:
            drafts: for each entry of the answer its file as that of a new article.
            source: the name that the articles have in them.

        Returns:
            None where any of them turned out to be another article, or to be called otherwise.
        """
        fitting = [
            drafted
            for job in self.jobs
            if (drafted := drafts[job.place]) is not None
            and not job.record.number
            and drafted.id == job.record.id
        ]
        if source != self.origin.source or len(fitting) != len(self.jobs):
            return None
        return self._with_drafts(fitting)

    def _with_drafts(self, drafts: Sequence[Draft]) -> Plan:
        jobs = zip(self.jobs, drafts, strict=True)
        # As a whole: `_replace` takes three times as long, for each article that comes.
        return replace(self, jobs=tuple(Job(*job[:-1], drafted) for job, drafted in jobs))


def _drafted(job: Job, origin: Origin) -> Draft:
    return draft(job.entry, job.record.id, origin, job.record.seen)


class FetchedEntries(NamedTuple):
    """What a feed, a page or a file has brought.

    Attributes:
        origin: where the entries come from; a feed that is known keeps the name that it has.
        entries: as they came.
        site: the page of the feed, which is the address of no entry.
        full_text: whether the pages of the entries are part of what they say.
        signs: what the entries can be known by and what they say, where that was found out before.
    """

    origin: Origin
    entries: Sequence[Entry]
    site: str = ""
    full_text: bool = False
    signs: Fingerprints | None = None


def plan(
    ledger: Ledger,
    answer: FetchedEntries,
    now: datetime,
    followed: Collection[str] | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """Find which articles entries are, and which of them are new or say something else now.

    Args:
        ledger: what was collected before; only read.
        answer: what came.
        now: when; timezone-aware.
        followed: the keys of all feeds that are followed, see `Ledger.known`.
        names: sources, folded, that other feeds are about to get: name -> the feed's key.
    """
    origin, entries, site, full_text, signs = answer
    record = ledger.feed(origin.feed)
    if origin.feed:
        source = record.source or ledger.free_source(origin.source, origin.feed, followed, names)
        origin = origin._replace(source=source)
    if signs is None or signs.source != origin.source:
        signs = signs_of(entries, origin, site, full_text=full_text)
    known = ledger.known(record.number, signs.keys, followed)
    found = match_known(entries, signs.alone, known)
    planner = _Planner(ledger, record, answer, signs, found)
    planner.expect_new()
    ids: list[ArticleId] = []
    is_first = bool(origin.feed) and not record.number
    for place, number in enumerate(found.numbers):
        if found.first[place] != place:
            ids.append(ids[found.first[place]])
        elif number is None:
            ids.append(planner.add(place, signs.first_seen(place, now) if is_first else now))
        else:
            ids.append(planner.look_at(place, number, known))
    return Plan(
        origin,
        record.number,
        tuple(ids),
        tuple(planner.jobs),
        planner.unchanged,
        tuple(planner.more_keys),
        tuple(planner.moved),
    )


class _Planner:
    """The entries of one answer, looked at one after the other."""

    def __init__(
        self,
        ledger: Ledger,
        feed: FeedRecord,
        answer: FetchedEntries,
        signs: Fingerprints,
        found: Matches,
    ) -> None:
        self._ledger = ledger
        self._feed = feed.number
        self._key = answer.origin.key
        self._entries = answer.entries
        self._signs = signs
        self._found = found
        self._new: set[ArticleId] = set()
        self._free: set[ArticleId] = set()
        self.jobs: list[Job] = []
        self.more_keys: list[tuple[int, Keys]] = []
        self.moved: list[tuple[int, int]] = []
        self.unchanged = 0

    def expect_new(self) -> None:
        """Find out in one question which of the identities that new articles want are free."""
        pairs = zip(self._signs.ids, self._found.numbers, strict=True)
        wanted = {identity for identity, number in pairs if number is None}
        self._free = wanted - self._ledger.taken(wanted).keys()

    def add(self, place: int, seen: datetime) -> ArticleId:
        """Note that an entry is a new article; returns which."""
        identity = self._free_id(place)
        self._new.add(identity)
        self._note(place, ArticleRecord(identity, feed=self._feed, seen=seen))
        return identity

    def look_at(self, place: int, number: int, known: Known) -> ArticleId:
        """Note what an entry means for an article that is known; returns which that is."""
        record = self._ledger.article(number)
        if record.feed != self._feed:
            self.moved.append((number, record.feed))
        if record.done and record.said == self._signs.said[place]:
            self.unchanged += 1
            keys = self._found.keys[place]
            if any(number not in known.get(key, ()) for key in keys.items()):
                self.more_keys.append((number, keys))
        else:
            self._note(place, record)
        return record.id

    def _note(self, place: int, record: ArticleRecord) -> None:
        entry, said = self._entries[place], self._signs.said[place]
        self.jobs.append(Job(entry, record, self._found.keys[place], said, place))

    def _free_id(self, place: int) -> ArticleId:
        """The identity of a new article, another where that belongs to an article already."""
        identity = self._signs.ids[place]
        attempt = 0
        while identity in self._new or self._is_taken(identity):
            attempt += 1
            identity = new_id(self._key, self._entries[place], self._found.keys[place], attempt)
        return identity

    def _is_taken(self, identity: ArticleId) -> bool:
        return identity not in self._free and self._ledger.find(identity) is not None
