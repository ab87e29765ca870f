"""Add imported entries, feeds and marks to a library; what is already there is kept."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry, Form
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.article_text import Origin, make_digest, text_to_markdown
from rilo_reader.feeds.article_writer import text_of_file
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.feed_reader import FetchedEntries
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.feeds.plan import Plan
from rilo_reader.feeds.subscriptions import Subscription, add_feeds, load
from rilo_reader.feeds.swapped_files import CreatedFiles, hash_file
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.feeds.whole_page import PagePlace, make_page_text, needs_text, strip_marks
from rilo_reader.fetch.addresses import parse_address
from rilo_reader.fetch.guard import names_private
from rilo_reader.fetch.messages import FetchError
from rilo_reader.library import Library, LibraryError
from rilo_reader.store import front_matter
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import is_outside_library, native_file
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT, NOTE, READ, STARRED, TAG
from rilo_reader.text import clean_line

AddedEntries = tuple[tuple[ArticleId, ...], set[ArticleId]]
"""The article of each entry, in order, and those of the articles that did not exist before."""


class AddedParagraphs(NamedTuple):
    """The result of adding paragraphs to articles."""

    described: set[ArticleId]  # those that had no text, and have all of it now
    filled_count: int  # articles that got some of it, without those of this import
    left_count: int  # descriptions that were left out, since their articles have another text


class EntryImporter:
    """Adds entries to a collection; existing articles stay, as their feeds may be newer."""

    def __init__(
        self,
        collection: Collection,
        now: datetime,
        *,
        dry_run: bool,
        recorder: StepRecorder | None = None,
    ) -> None:
        """Write to an open collection; `now` is the date of entries without one."""
        self.is_dry_run = dry_run
        self._recorder = recorder
        self._created = recorder.created if recorder is not None else CreatedFiles()
        self._collection = collection
        self._now = now
        self._counted_ids: set[ArticleId] = set()

    def add_entries(
        self, origin: Origin, entries: Sequence[Entry], now: datetime | None = None
    ) -> AddedEntries:
        """Add the entries that are not articles yet; `now` is the date of those without one.

        Raises CollectingError if some could not be written; others are complete.
        """
        return self.add_all([(origin, entries)], now)[0]

    def add_all(
        self, batches: Sequence[tuple[Origin, Sequence[Entry]]], now: datetime | None = None
    ) -> list[AddedEntries]:
        """Add the entries of several feeds, each at most once, with a single sync to disk."""
        plans = [plan.add_texts() for plan in self._plan_new(batches, now or self._now)]
        created = self._apply_plans(plans)
        added = []
        for plan in plans:
            new = {job.record.id for job in plan.jobs if job.path in created} - self._counted_ids
            self._counted_ids |= new
            added.append((plan.ids, new))
        return added

    def find_known(self, url: str, *, has_feed: bool) -> ArticleId | None:
        """Return the newest article with the link of an entry, or None; `has_feed` of the entry.

        Articles of feeds are looked for first. An entry without a feed is not looked for among
        articles without one: `add_all` finds those.
        """
        for way in (True, False) if has_feed else (True,):
            record = self._collection.ledger.find_by_link(url, has_feed=way) if url else None
            if record is not None and record.done:
                return record.id
        return None

    def fill_texts(
        self, found: Iterable[tuple[ArticleId, Entry]], copied: Mapping[ArticleId, str]
    ) -> int:
        """Give articles that are links without text that of their entries; return how many.

        What the user has edited is kept. `copied` has the paths of those that came as files, which
        the ledger does not have. Raises CollectingError if one cannot be written.
        """
        texts = dict[str, str]()
        for identity, entry in found:
            record, text = self._read_article(identity, copied.get(identity))
            if record is not None and needs_text(text):
                texts |= self._fill_text(record, text, entry)
        self._write_texts(texts)
        return len(texts)

    def add_paragraphs(
        self, found: Iterable[tuple[ArticleId, Entry, Sequence[str]]]
    ) -> AddedParagraphs:
        """Put what is said of links into those without a text.

        They still count as unedited, so that their text can come. Raises CollectingError.
        """
        described, left_count = set[ArticleId](), 0
        texts, records = dict[str, str](), list[ArticleRecord]()
        for identity, entry, paragraphs in found:
            record, text = self._read_article(identity)
            if record is None:
                continue
            body = front_matter.parse(text).body.strip()
            filled = dict[str, str]()
            if not body:
                page = entry._replace(content="\n\n".join(paragraphs), form=Form.MARKDOWN)
                filled = self._fill_text(record, text, page)
            for new in filled.values():
                digest = make_digest(front_matter.parse(new).body)
                records.append(record._replace(body=record.body + digest))
            summary = strip_marks(text_to_markdown(entry.summary))
            if filled:
                described.add(identity)
            elif summary not in strip_marks(body):
                left_count += record.path not in self._created
            texts |= filled
        count = sum(path not in self._created for path in texts)
        self._write_texts(texts)
        if records and not self.is_dry_run:
            with self._collection.ledger.transaction():
                self._collection.ledger.put_articles(records)
        return AddedParagraphs(described, count, left_count)

    def _read_article(
        self, identity: ArticleId, copied: str | None = None
    ) -> tuple[ArticleRecord | None, str]:
        """Return the record of an article and the text of its file; None without either.

        `copied` is the path of one that came as a file and has no record.
        """
        record = self._collection.ledger.find_article(identity)
        path = record.path if record is not None else copied
        text = text_of_file(self._collection.folder, path) if path is not None else None
        if path is None or text is None:
            return None, ""
        return record or ArticleRecord(identity, path=path, file=make_digest(text)), text

    def _fill_text(self, record: ArticleRecord, text: str, entry: Entry) -> dict[str, str]:
        """Return the new text of an article's file by its path, {} where it is kept; record it."""
        folder, path = self._collection.folder, record.path
        place = PagePlace(path, text, record, None)
        page = entry._replace(title="" if place.has_title else entry.title, tags=())
        try:
            new = make_page_text(place, page)
        except CollectingError:  # it was edited, or has as much text
            return {}
        if new == text or is_outside_library(folder, path):
            return {}
        if path in self._created:
            self._created.add({path: hash_file(new.encode(errors="replace"))})
        elif self._recorder is not None:
            self._recorder.replace_article(folder, path, text, new)
        return {path: new}

    def _write_texts(self, texts: dict[str, str]) -> None:
        written = {} if self.is_dry_run else write_all(self._collection.folder, texts)
        for path, error in written.items():
            raise CollectingError(f"{path} cannot be written: {error.strerror or error}.")

    def record_deleted(self, batches: Sequence[tuple[Origin, Sequence[Entry]]]) -> None:
        """Record entries that the user deleted elsewhere, so that no update creates them.

        Those that are articles here stay. Raises CollectingError.
        """
        plans = []
        for plan in self._plan_new(batches, self._now):
            # As after an article's file was deleted: known as written, and missing.
            jobs = (job._replace(record=job.record._replace(done=True)) for job in plan.jobs)
            plans.append(replace(plan, jobs=tuple(jobs)).add_texts())
        self._apply_plans(plans)

    def forget_deleted(self, batches: Sequence[tuple[Origin, Sequence[Entry]]]) -> None:
        """Forget those entries whose articles have no file, so that they can be added again."""
        ids = {
            identity
            for origin, entries in batches
            for identity in self._collection.make_plan(
                FetchedEntries(origin, entries), self._now
            ).ids
        }
        if not self.is_dry_run:
            self._collection.forget_missing(ids)

    def _plan_new(
        self, batches: Sequence[tuple[Origin, Sequence[Entry]]], now: datetime
    ) -> Iterator[Plan]:
        for origin, entries in batches:
            plan = self._collection.make_plan(FetchedEntries(origin, entries), now)
            yield replace(plan, jobs=tuple(job for job in plan.jobs if job.is_new))

    def _apply_plans(self, plans: Sequence[Plan]) -> AbstractSet[str]:
        """Write the files of plans; return the paths of those that were not there before."""
        writes = [(plan, lambda feed: feed) for plan in plans]
        folder = self._collection.folder
        created = {
            job.path: hash_file(job.text.encode(errors="replace"))
            for plan in plans
            for job in plan.jobs
            # A file that is there, such as a copied one that the ledger does not have, stays.
            if not job.record.done
            and (job.path in self._created or not os.path.lexists(native_file(folder, job.path)))
        }
        if not self.is_dry_run:  # before they are written, which may be stopped
            self._created.add(created)
        for saved in self._collection.writer.write_plans(writes, dry_run=self.is_dry_run):
            if isinstance(saved, CollectingError):
                raise saved
        return created.keys()


def follow_feeds(
    file: Path, subscriptions: Sequence[Subscription], *, dry_run: bool
) -> tuple[Subscription, ...]:
    """Subscribe to feeds that the user named; return the new subscriptions.

    Raises LibraryError if feeds.toml cannot be read or written; it is unchanged.
    """
    if dry_run or not subscriptions:
        return _filter_new(file, subscriptions)
    try:
        return add_feeds(file, subscriptions)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LibraryError(f"{file} cannot be changed: {reason}.") from error


def follow_list(
    file: Path, collection: Collection, subscriptions: Sequence[Subscription], *, dry_run: bool
) -> tuple[Subscription, ...]:
    """Subscribe to the feeds of a list of any origin; return the new subscriptions.

    The feeds may not use private addresses until the user allows it; those whose own address is
    private are paused. Raises LibraryError and sqlite3.Error; feeds.toml is unchanged then.
    """
    new = [
        each._replace(paused=True) if is_private(each) else each
        for each in _filter_new(file, subscriptions)
    ]
    if not dry_run:
        # Before they are added: if interrupted in between, they would count as typed by the user.
        collection.record_untyped([each.url for each in new])
    return follow_feeds(file, new, dry_run=dry_run)


def is_private(subscription: Subscription) -> bool:
    """Return whether the address of a feed is recognisably on a private network."""
    try:
        return names_private(parse_address(subscription.url).host)
    except FetchError:
        return False


def _filter_new(file: Path, subscriptions: Sequence[Subscription]) -> tuple[Subscription, ...]:
    known = {feed_key(each.url) for each in load(file)[0]}
    new: dict[str, Subscription] = {}
    for each in subscriptions:
        new.setdefault(feed_key(each.url), each)
    return tuple(each for key, each in new.items() if key not in known)


class StateImporter:
    """Adds marks as one gesture; never marks an article unread or removes a star."""

    def __init__(self, library: Library, *, dry_run: bool) -> None:
        """Mark articles of `library`."""
        # Numbers of articles to mark so.
        self.read_count = self.starred_count = self.tagged_count = 0
        self._library = library
        self._dry_run = dry_run
        self._marked: dict[str, dict[ArticleId, None]] = {}  # the articles to mark, by field
        self._highlights: dict[ArticleId, tuple[Highlight, ...]] = {}

    def add_marks(
        self, article: ArticleId, read: bool, starred: bool, tags: Sequence[str] = ()
    ) -> None:
        """Collect what is to be set of one article."""
        self.read_count += read
        self.starred_count += starred
        self.tagged_count += bool(tags)
        names = filter(None, map(clean_line, tags))
        given = {READ: read, STARRED: starred, **{TAG + name: True for name in names}}
        for field in (field for field, value in given.items() if value):
            self._marked.setdefault(field, {})[article] = None

    def add_highlights(self, article: ArticleId, highlights: tuple[Highlight, ...]) -> None:
        """Collect highlights of one article; those that are here or were removed stay so."""
        if highlights:
            self._highlights[article] = highlights

    def write_collected(self, recorder: StepRecorder | None) -> None:
        """Write the collected marks, those of a step; they are on disk when this returns.

        Raises LibraryError.
        """
        assignments = self.take_assignments()
        if not assignments or self._dry_run:
            return
        gesture = self._library.state.apply_assignments(assignments)
        if gesture is not None and recorder is not None:
            recorder.marked = gesture.id

    def take_assignments(self) -> list[Assignment]:
        """Return the collected marks, for the caller to write, and forget them."""
        marks = [Assignment(field, "1", Ids(ids)) for field, ids in self._marked.items()]
        assignments = [*marks, *self._make_highlights()]
        self._marked.clear()
        self._highlights.clear()
        return assignments

    def _make_highlights(self) -> Iterator[Assignment]:
        ever = self._library.state.annotations.ever_highlighted() if self._highlights else {}
        for article, highlights in self._highlights.items():
            ids = Ids([article])
            for each in highlights:
                if each.id not in ever.get(article, ()):
                    yield Assignment(HIGHLIGHT + each.id, to_json(each), ids)
                    if each.note:
                        yield Assignment(NOTE + each.id, each.note, ids)
