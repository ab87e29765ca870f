"""Entries from files and other readers onto the shelf: only what is new, each counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import Collection, Saved
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.plan import FetchedEntries, Plan
from rilo_reader.feeds.subscriptions import Subscription, add, load
from rilo_reader.fetch.addresses import parse_address
from rilo_reader.fetch.guard import names_private
from rilo_reader.fetch.values import FetchError
from rilo_reader.library import Library, LibraryError


class Put(NamedTuple):
    """What became of entries.

    Attributes:
        ids: for each its article, in order.
        new: which of those articles were not there before.
        paths: of the files that were written, or would be.
    """

    ids: tuple[ArticleId, ...]
    new: frozenset[ArticleId]
    paths: tuple[str, ...]


class EntryImporter:
    """Puts entries on a shelf. What is there already stays: its feed may know better since."""

    def __init__(self, shelf: Collection, now: datetime, *, dry_run: bool) -> None:
        """Over an open shelf; `now` is the time of what has no date."""
        self._shelf = shelf
        self._now = now
        self._dry_run = dry_run
        self._counted: set[ArticleId] = set()

    def put(self, origin: Origin, entries: Sequence[Entry], now: datetime | None = None) -> Put:
        """Make articles of the entries that are none yet.

        Args:
            origin: where they come from.
            entries: cleaned.
            now: the time of those that have no date, where that is not when this runs.

        Raises:
            CollectingError: not everything could be kept; what was is whole, the rest absent.
        """
        return self.put_all([(origin, entries)], now)[0]

    def put_all(
        self, answers: Sequence[tuple[Origin, Sequence[Entry]]], now: datetime | None = None
    ) -> list[Put]:
        """The same for entries of several feeds, so that the disk is waited for once.

        Args:
            answers: origins and their entries; no feed is among them twice.
            now: see `put`.

        Raises:
            CollectingError: see `put`.
        """
        plans = []
        for origin, entries in answers:
            plan = self._shelf.plan(FetchedEntries(origin, entries), now or self._now)
            jobs = tuple(job for job in plan.jobs if job.is_new)
            plans.append(replace(plan, jobs=jobs).written_out())
        outcomes = self._shelf.carry_out_all(
            [(plan, lambda feed: feed) for plan in plans], dry_run=self._dry_run
        )
        return [self._put(plan, saved) for plan, saved in zip(plans, outcomes, strict=True)]

    def _put(self, plan: Plan, saved: Saved | CollectingError) -> Put:
        if isinstance(saved, CollectingError):
            raise saved
        new = frozenset(job.record.id for job in plan.jobs) - self._counted
        self._counted |= new
        return Put(plan.ids, new, (*saved.new, *saved.updated))


# Feeds of a list into feeds.toml: those that are not followed yet.


def follow(
    file: Path, subscriptions: Sequence[Subscription], *, dry_run: bool
) -> tuple[Subscription, ...]:
    """Follow feeds that the user named; returns those not followed before, or that would be.

    Raises:
        LibraryError: feeds.toml cannot be read or written; it is as it was.
    """
    if dry_run:
        return _not_followed(file, subscriptions)
    if not subscriptions:
        return ()
    try:
        return add(file, subscriptions)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LibraryError(f"{file} cannot be changed: {reason}.") from error


def follow_list(
    file: Path, shelf: Collection, subscriptions: Sequence[Subscription], *, dry_run: bool
) -> tuple[Subscription, ...]:
    """Follow the feeds of a list that anybody may have written; returns as `follow`.

    None of them may lead to a private address until the user allows it, and those whose address
    says that it is one are paused.

    Raises:
        LibraryError: feeds.toml cannot be read or written; it is as it was.
        CollectingError, sqlite3.Error: what is known of them cannot be kept.
    """
    new = [
        each._replace(paused=True) if is_private(each) else each
        for each in _not_followed(file, subscriptions)
    ]
    if not dry_run:
        # Before they are followed: stopped in between, none would pass for typed.
        shelf.note_named([each.url for each in new])
    return follow(file, new, dry_run=dry_run)


def is_private(subscription: Subscription) -> bool:
    """Whether the address of a feed says by itself that it is on a private network."""
    try:
        return names_private(parse_address(subscription.url).host)
    except FetchError:
        return False


def _not_followed(file: Path, subscriptions: Sequence[Subscription]) -> tuple[Subscription, ...]:
    known = {feed_key(each.url) for each in load(file)[0]}
    new: dict[str, Subscription] = {}
    for each in subscriptions:
        if feed_key(each.url) not in known:
            new.setdefault(feed_key(each.url), each)
    return tuple(new.values())


# Marks that come with articles: set many at a time, and only ever added.


BATCH = 5000


class StateImporter:
    """Sets marks. What is marked already stays so: nothing is made unread or loses a star.

    Attributes:
        read: how many were to be read.
        starred: how many were to be starred.
        tagged: how many were to have tags of the user's.
    """

    def __init__(self, library: Library, *, dry_run: bool) -> None:
        """Over the library that has the articles."""
        self.read = 0
        self.starred = 0
        self.tagged = 0
        self._library = library
        self._dry_run = dry_run
        self._read: list[ArticleId] = []
        self._starred: list[ArticleId] = []
        self._tags: dict[ArticleId, tuple[str, ...]] = {}

    def mark(self, article: ArticleId, read: bool, starred: bool, tags: Sequence[str] = ()) -> None:
        """Note the marks of one article."""
        if read:
            self.read += 1
            self._read.append(article)
        if starred:
            self.starred += 1
            self._starred.append(article)
        if tags:
            self.tagged += 1
            known = self._tags.get(article, ())
            self._tags[article] = tuple(dict.fromkeys((*known, *tags)))
        if len(self._read) + len(self._starred) + len(self._tags) >= BATCH:
            self.finish()

    def finish(self) -> None:
        """Set what was noted; on the disk when it returns.

        Raises:
            LibraryError: the marks cannot be written.
        """
        if not self._dry_run:
            if self._read:
                self._library.set_read(self._read, read=True)
            if self._starred:
                self._library.set_starred(self._starred, starred=True)
            marks = self._library.marks(list(self._tags)) if self._tags else {}
            for article, tags in self._tags.items():
                own = marks[article].tags
                whole = tuple(dict.fromkeys((*own, *tags)))
                if whole != tuple(own):
                    self._library.set_tags(article, whole)
        self._read.clear()
        self._starred.clear()
        self._tags.clear()
