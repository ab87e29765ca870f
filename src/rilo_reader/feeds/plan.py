"""Plan an update: which articles the fetched entries are, and what to write.

    known = _KnownArticles(ledger, entries …)     by their keys; the ledger is only read
    found = match_known(entries, known)           which article each entry is        pure
    for each entry: new, changed, or unchanged    jobs for files, further keys, moves
    plan.add_texts()                              the files' texts, in a worker      pure

Paths and identities follow from the entries. So what was written by an update that was killed is
planned again alike; `collection.add_unrecorded` has given the ledger its identities and paths.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin, make_article, make_file_text
from rilo_reader.feeds.feed_reader import FetchedEntries, Fingerprints, make_fingerprints
from rilo_reader.feeds.identity import (
    ABSENT,
    KEYS_OF_TEXT,
    ArticlesByKey,
    KeyPart,
    Keys,
    Matches,
    guid_kind,
    hash_guid,
    hash_key,
    match_known,
    new_id,
)
from rilo_reader.feeds.ledger import Ledger
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.store.folder import new_path


class FileJob(NamedTuple):
    """An article whose file is to be created or updated."""

    entry: Entry  # empty once its text is written out
    record: ArticleRecord  # what is known of the article; number 0 if it is new
    keys: Keys
    content_hash: bytes  # a digest of the entry; empty if the article is to be compared again
    path: str = ""  # the path of its file; "" until it is written out
    text: str = ""  # the text of its file
    # whether somebody has changed what was collected, so that no later update replaces it
    is_edited: bool = False
    is_own: bool = False  # whether the user wrote what is replaced; then a copy stays beside it

    @property
    def is_new(self) -> bool:
        """True if the article is new, or was never completely written."""
        return not self.record.number or (not self.record.done and not self.record.content_hash)


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that fetched entries cause."""

    origin: Origin  # the origin of the entries; its source is that of the articles
    feed: int  # the number of the feed in the ledger, 0 if it is new
    ids: tuple[ArticleId, ...] = ()  # the article of each entry
    jobs: tuple[FileJob, ...] = ()  # the files to write
    unchanged: int = 0  # the number of unchanged articles
    more_keys: tuple[tuple[int, Keys], ...] = ()  # further keys of unchanged articles
    # articles taken over from unsubscribed feeds: number of the article, number of that feed
    moves: tuple[tuple[int, int], ...] = ()
    newest_date: datetime | None = None  # the date of the newest new article, once it has texts
    # whether texts may differ for other reasons than an edit, as after a change of options
    is_made_otherwise: bool = False

    def add_pages(self, pages: Sequence[tuple[Entry, bool]]) -> Plan:
        """Return the plan with entries from pages: that of each job, and whether it is final."""
        jobs = (
            job._replace(entry=entry, content_hash=job.content_hash if is_final else b"")
            for job, (entry, is_final) in zip(self.jobs, pages, strict=True)
        )
        return replace(self, jobs=tuple(jobs))

    def remove_pages(self) -> Plan:
        """Return the plan where pages cannot be read: articles that have theirs stay as they are.

        Others are written as the feed has them, and compared again when pages can be read.
        """
        jobs = [job for job in self.jobs if job.is_new or not job.record.content_hash]
        unchanged = self.unchanged + len(self.jobs) - len(jobs)
        later = tuple(job._replace(content_hash=b"") for job in jobs)
        return replace(self, jobs=later, unchanged=unchanged)

    def add_texts(self) -> Plan:
        """Return the plan with the text of all files: the slow part, which needs no ledger."""
        jobs = []
        dates = [self.newest_date] if self.newest_date else []
        for job in self.jobs:
            article = make_article(job.entry, job.record.id, self.origin, job.record.seen)
            dates += [article.date] * job.is_new
            text = make_file_text(article, job.entry, self.origin)
            path = job.record.path or new_path(article)
            jobs.append(job._replace(entry=Entry(), path=path, text=text))
        return replace(self, jobs=tuple(jobs), newest_date=max(dates, default=None))


def make_plan(
    ledger: Ledger,
    fetched_entries: FetchedEntries,
    now: datetime,
    followed_keys: Collection[str] | None = None,
    planned_sources: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """Find the articles of entries, and which of them are new or changed; the ledger is only read.

    Args:
        ledger: the known articles.
        fetched_entries: the entries.
        now: the current time, timezone-aware.
        followed_keys: the keys of all subscriptions; None to look for articles of this feed only.
        planned_sources: sources that other feeds are about to get: casefolded -> key of the feed.
    """
    origin, record = fetched_entries.origin, ledger.read_feed(fetched_entries.origin.feed)
    if origin.feed:
        source = record.source or ledger.free_source(
            origin.source, origin.feed, followed_keys, planned_sources
        )
        origin = origin._replace(source=source)
    fingerprints = fetched_entries.fingerprints
    if fingerprints is None or fingerprints.source != origin.source:
        fingerprints = make_fingerprints(fetched_entries, origin)
    known = _KnownArticles(
        ledger, record.number, fetched_entries.entries, fingerprints, followed_keys
    ).articles_by_key
    found = match_known(
        fetched_entries.entries, fingerprints.matches, known, has_feed=bool(origin.feed)
    )
    planner = _Planner(ledger, record.number, fetched_entries, fingerprints, found)
    ids: list[ArticleId] = []
    is_first = bool(origin.feed) and not ledger.has_articles(record.number)
    for index, number in enumerate(found.numbers):
        if found.first_indexes[index] != index:
            ids.append(ids[found.first_indexes[index]])
        elif number is None:
            # All entries of a feed's first response are new to us, but not of today: one without
            # a date is placed next to its neighbours.
            near = fingerprints.neighbour_dates[index] if is_first else None
            ids.append(planner.plan_new(index, min(near or now, now)))
        else:
            ids.append(planner.plan_update(index, number, known))
    return Plan(
        origin,
        record.number,
        tuple(ids),
        tuple(planner.jobs),
        planner.unchanged,
        tuple(planner.more_keys),
        tuple(planner.moves),
    )


class _Planner:
    """Plans the entries of one feed one after another."""

    def __init__(
        self,
        ledger: Ledger,
        feed: int,
        fetched_entries: FetchedEntries,
        fingerprints: Fingerprints,
        matches: Matches,
    ) -> None:
        self._ledger = ledger
        self._feed = feed
        self._fetched_entries = fetched_entries
        self._fingerprints = fingerprints
        self._matches = matches
        self._new: set[ArticleId] = set()
        self.jobs: list[FileJob] = []
        self.more_keys: list[tuple[int, Keys]] = []
        self.moves: list[tuple[int, int]] = []
        self.unchanged = 0

    def plan_new(self, index: int, seen: datetime) -> ArticleId:
        """Plan a new article; return its identity."""
        identity, attempt = self._fingerprints.ids[index], 0
        entry, keys = self._fetched_entries.entries[index], self._matches.keys[index]
        while identity in self._new or (
            (record := self._ledger.find_article(identity)) and record.done
        ):
            attempt += 1
            identity = new_id(self._fetched_entries.origin.key, entry, keys, attempt)
        if record is None:
            record = ArticleRecord(identity, feed=self._feed, seen=seen)
        elif entry.date:
            # An update that was killed has written its file. What has no date keeps that.
            record = record._replace(seen=seen)
        self._new.add(identity)
        self._add_job(index, record)
        return identity

    def plan_update(self, index: int, number: int, known: ArticlesByKey) -> ArticleId:
        """Plan the update of a known article; return its identity."""
        record = self._ledger.read_article(number)
        if record.feed != self._feed:
            self.moves.append((number, record.feed))
        keys = self._matches.keys[index]
        if record.done and self._fetched_entries.keep_known:
            self.unchanged += 1
            # The text is that of another source, which may come again.
            self.more_keys.append((number, {k: keys[k] for k in keys if k not in KEYS_OF_TEXT}))
        elif record.done and record.content_hash == self._fingerprints.content_hashes[index]:
            self.unchanged += 1
            if any(number not in known.get(key, ()) for key in keys.items()):
                self.more_keys.append((number, keys))
        else:
            self._add_job(index, record)
        return record.id

    def _add_job(self, index: int, record: ArticleRecord) -> None:
        entry, keys = self._fetched_entries.entries[index], self._matches.keys[index]
        content_hash = self._fingerprints.content_hashes[index]
        self.jobs.append(FileJob(entry, record, keys, content_hash))


class _KnownArticles:
    """The articles of a feed that share a key with entries, also across a change of source.

    Includes articles of unsubscribed feeds whose guid, or link, and another key match: the feed has
    another address then, and the articles are the same.

    A feed's entries come with guids, a server's with hashes of guids. An article is known by the
    guid or the hash of an entry if either gives its identity, or if it has the other as a key.
    """

    def __init__(
        self,
        ledger: Ledger,
        feed: int,
        entries: Sequence[Entry],
        fingerprints: Fingerprints,
        followed_keys: Collection[str] | None,
    ) -> None:
        self._ledger = ledger
        self._feed = feed
        self._keys = fingerprints.keys
        self.articles_by_key = ledger.articles_by_shared_key(feed, self._keys) if feed else {}
        if followed_keys is not None:
            self._add_unfollowed_by_guid(followed_keys)
            self._add_unfollowed_by_link(followed_keys)
        if feed:
            self._add_by_other_guid(entries, fingerprints)

    def _add_unfollowed_by_guid(self, followed_keys: Collection[str]) -> None:
        """Add the articles of unsubscribed feeds that have the guid of an entry."""
        unknown: dict[int, list[Keys]] = {}
        for keys in self._keys:
            guid = keys.get(KeyPart.GUID)
            if guid is not None and (KeyPart.GUID, guid) not in self.articles_by_key:
                unknown.setdefault(guid, []).append(keys)
        for guid, feed, article, key in self._ledger.find_guids_in_others(self._feed, unknown):
            if key not in followed_keys:
                self._add_same(feed, article, unknown[guid])

    def _add_unfollowed_by_link(self, followed_keys: Collection[str]) -> None:
        """Add the articles of unsubscribed feeds whose guids are unknown, as servers hide them."""
        unsubscribed = self._ledger.list_unfollowed(followed_keys)
        if not unsubscribed:
            return
        new: dict[int, list[Keys]] = {}
        for keys in self._keys:
            kinds = (KeyPart.LINK, guid_kind(keys))
            is_known = any((kind, keys.get(kind)) in self.articles_by_key for kind in kinds)
            if KeyPart.LINK in keys and not is_known:
                new.setdefault(keys[KeyPart.LINK], []).append(keys)
        for feed in unsubscribed if new else ():
            for link, article in self._ledger.find_by_keys(feed, KeyPart.LINK, new):
                self._add_same(feed, article, new[link])

    def _add_same(self, feed: int, article: int, entries: Iterable[Keys]) -> None:
        """Add an article by the keys of entries that share two with it."""
        find = self._ledger.find_by_keys
        for keys in entries:
            shared = [k for k in keys if (keys[k], article) in find(feed, k, [keys[k]])]
            for kind in shared if len(shared) > 1 else ():
                self.articles_by_key.setdefault((kind, keys[kind]), set()).add(article)

    def _add_by_other_guid(self, entries: Sequence[Entry], fingerprints: Fingerprints) -> None:
        """Add articles by guids of entries that they came with as hashes, and the reverse."""
        before, new = set(self.articles_by_key), []
        triples = zip(entries, fingerprints.matches.keys, fingerprints.ids, strict=True)
        for entry, keys, identity in triples:
            kind = guid_kind(keys)
            if kind not in keys or (kind, keys[kind]) in before:
                continue
            new.append(keys)
            articles = set()
            record = self._ledger.find_article(identity)
            if record is not None and record.done and record.feed == self._feed:
                articles.add(record.number)
            if KeyPart.GUID in keys:
                value = hash_key(hash_guid(entry.key))
                found = self._ledger.find_by_keys(self._feed, KeyPart.HASH, [value])
                articles.update(article for _, article in found)
            if articles:
                self.articles_by_key.setdefault((kind, keys[kind]), set()).update(articles)
        self._add_absent(new)

    def _add_absent(self, new: Sequence[Keys]) -> None:
        """Add which articles that new entries may be have no guid, no link or no title."""
        kinds = (KeyPart.HASH, KeyPart.LINK, KeyPart.MOMENT, KeyPart.CONTENT)
        pairs = [(kind, keys[kind]) for keys in new for kind in kinds if kind in keys]
        articles = {article for pair in pairs for article in self.articles_by_key.get(pair, ())}
        for article, present in self._ledger.read_key_kinds(articles).items():
            absent = {KeyPart.HASH, KeyPart.LINK, KeyPart.TITLE} - present
            if not present & {KeyPart.GUID, KeyPart.HASH}:
                absent.add(KeyPart.GUID)
            for kind in absent:
                self.articles_by_key.setdefault((kind, ABSENT), set()).add(article)
