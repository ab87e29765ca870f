"""A library that collected articles are written to, with its ledger.

The ledger can be derived from the articles' files: all of it if it is lost (`rebuild_ledger`), and
what an update that was killed has written but not recorded (`add_unrecorded`).
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Protocol

from rilo_reader.article import Article, ArticleId
from rilo_reader.config import load as load_settings
from rilo_reader.entry import Entry
from rilo_reader.errors import CollectingError, LibraryError
from rilo_reader.feeds.article_text import FEED_KEY, GUID_KEY, Origin
from rilo_reader.feeds.article_writer import (
    ArticleWriter,
    RecordUpdate,
    ReplacedText,
    SaveResult,
    text_of_file,
)
from rilo_reader.feeds.feed_reader import FetchedEntries
from rilo_reader.feeds.identity import KEYS_OF_TEXT, feed_key, make_entry_keys
from rilo_reader.feeds.ledger import (
    Ledger,
    hold_collection_lock,
    ledger_file,
    ledger_to_read,
    open_ledger,
)
from rilo_reader.feeds.ledger_records import ArticleRecord, FeedRecord
from rilo_reader.feeds.plan import Plan, make_plan
from rilo_reader.feeds.subscriptions import load as load_feeds
from rilo_reader.library import LibraryBusy, open_library
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.paths import Paths
from rilo_reader.plugin_list import plugins_with
from rilo_reader.store import front_matter
from rilo_reader.store.article_fields import to_article
from rilo_reader.store.encoding import decode
from rilo_reader.store.file_writer import remove_leftovers
from rilo_reader.store.folder import file_of, scan_folder
from rilo_reader.store.sqlite import is_damage, rename_damaged
from rilo_reader.text import clean_text, redact_address, safe_url

_BEGINNING = 16_384
"""Bytes that contain the mark of a collected article; other files are read no further."""

CLOCKS_APART = timedelta(minutes=1)  # how much the clock of a file system may differ from ours


class _KeepingPlugin(Protocol):
    def keep_replaced(
        self, texts: Sequence[ReplacedText], folder: Path, paths: Paths
    ) -> Sequence[ArticleId]: ...


class Collection:
    """The articles collected in a library (`open_collection`), for one thread."""

    def __init__(self, folder: Path, ledger: Ledger, paths: Paths) -> None:
        self.folder = folder
        self.ledger = ledger
        self.paths = paths
        self.writer = ArticleWriter(folder, ledger, self._path_of, self._keep_texts)
        self._is_indexed = False
        self._told_problems: set[str] = set()  # of plugins, each once
        self._planned_sources: dict[str, str] = {}  # sources of plans -> keys of feeds

    def save_entries(
        self,
        origin: Origin,
        entries: Sequence[Entry],
        *,
        now: datetime | None = None,
        dry_run: bool = False,
    ) -> SaveResult:
        """Write those articles of one feed, file or database that are new or changed.

        `now` is the default and the maximum of dates. Raises CollectingError if some could not be
        written; others are complete.
        """
        fetched = FetchedEntries(origin, entries)
        plan = self.make_plan(fetched, now or datetime.now(UTC)).add_texts()
        return self.write_plan(plan, dry_run=dry_run)

    def make_plan(
        self,
        fetched_entries: FetchedEntries,
        now: datetime,
        followed_keys: AbstractSet[str] | None = None,
    ) -> Plan:
        """Plan an update (see `plan.make_plan`); sources in plans not applied yet are taken."""
        plan = make_plan(self.ledger, fetched_entries, now, followed_keys, self._planned_sources)
        if plan.origin.feed:
            self._planned_sources[plan.origin.source.casefold()] = plan.origin.key
        return plan

    def write_plan(
        self, plan: Plan, update_record: RecordUpdate = lambda feed: feed, *, dry_run: bool = False
    ) -> SaveResult:
        """Write the files of a plan with texts; once all are on disk, update the feed's record.

        Raises CollectingError if some articles could not be written; others are complete, and the
        record of the feed is unchanged.
        """
        [outcome] = self.writer.write_plans([(plan, update_record)], dry_run=dry_run)
        if isinstance(outcome, CollectingError):
            raise outcome
        return outcome

    def _keep_texts(self, texts: Sequence[ReplacedText]) -> tuple[set[ArticleId], str]:
        """Give texts that are about to be replaced to plugins; see `article_writer.KeepTexts`."""
        edited, problems = set[ArticleId](), set[str]()
        for plugin in plugins_with(_KeepingPlugin):
            try:
                edited.update(plugin.keep_replaced(texts, self.folder, self.paths))
            except LibraryError as error:  # the articles are written nevertheless
                problems.add(str(error))
        new, self._told_problems = problems - self._told_problems, self._told_problems | problems
        return edited, " ".join(new)

    def take_notices(self) -> list[str]:
        """Return notices about the ledger, once each."""
        with self.ledger.transaction():
            return self.ledger.take_notices()

    def forget_missing(self, articles: Iterable[ArticleId]) -> None:
        """Delete the records of articles without a file in the library: they are new again."""
        found = filter(None, map(self.ledger.find_article, articles))
        missing = [
            record.number
            for record in found
            if text_of_file(self.folder, record.path) is None and self._path_of(record.id) is None
        ]
        with self.ledger.transaction():
            self.ledger.delete_articles(missing)

    def record_move(self, old: str, new: str) -> None:
        """Record that a feed has moved permanently, before its subscription is changed."""
        if feed_key(old) != feed_key(new):
            with self.ledger.transaction():
                self.ledger.put_feed(self.ledger.read_feed(old)._replace(moved_to=new))

    def record_untyped(self, urls: Iterable[str]) -> None:
        """Record that feeds were not named by the user; see `FeedRecord.public_only`."""
        with self.ledger.transaction():
            for url in urls:
                self.ledger.put_feed(self.ledger.read_feed(url)._replace(public_only=True))

    def apply_feed_moves(self, followed_keys: AbstractSet[str]) -> None:
        """Change the keys of feeds that have moved, if the new address is subscribed."""
        for record in self.ledger.list_feeds():
            new = feed_key(record.moved_to)
            if new in followed_keys and record.key not in followed_keys:
                with self.ledger.transaction():
                    self.ledger.rename_feed(record, new)

    def _path_of(self, article: ArticleId) -> str | None:
        """Return the path of an article that the user has moved; None if the library has none.

        The index is opened, and brought up to date once, only if an article is looked for.
        """
        limits = ReadingLimits(dialects=load_settings(self.paths.settings_file)[0].dialects)
        with open_library(self.folder, self.paths, limits=limits) as library:
            if not self._is_indexed:
                # If another process writes the index, only what it has committed is known; a file
                # that is not found is left alone, and looked for again when its entry changes.
                with suppress(LibraryBusy):
                    for _ in library.follower.reconcile():
                        pass
                    self._is_indexed = True
                library.index.reload()
            row = library.search.row(article)
        return row.path if row is not None else None


@contextmanager
def open_collection(folder: Path, paths: Paths) -> Iterator[Collection]:
    """Open a library for collecting, and create its folder if necessary.

    Holds the collection lock. A lost or damaged ledger is rebuilt from the articles' files. Raises
    CollectionBusyError if another process holds the lock, CollectingError, and OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths.state.mkdir(parents=True, exist_ok=True)
    file = ledger_file(folder, paths)
    try:
        with (
            hold_collection_lock(file.with_name(file.name + ".lock")),
            _open_complete_ledger(file, folder, paths.feeds_file) as ledger,
        ):
            collection = Collection(folder, ledger, paths)
            try:
                yield collection
            finally:
                collection.writer.finish()
    except sqlite3.Error as error:
        reason = f"The record of collected articles, {file}, cannot be saved: {error}."
        raise CollectingError(reason) from error


def _open_complete_ledger(file: Path, folder: Path, feeds_file: Path) -> Ledger:
    """Open a ledger that knows all articles of a folder."""
    is_new = not file.exists()
    try:
        ledger = open_ledger(file)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        renamed = rename_damaged(file)
        ledger, is_new = open_ledger(file), True
        notice = "The record of collected articles was damaged and is rebuilt"
        ledger.add_notice(f"{notice}; the old one is {renamed}.")
    if is_new:
        rebuild_ledger(ledger, folder, feeds_file)
    elif since := ledger.read_writing_since():
        add_unrecorded(ledger, folder, since, feeds_file)
    return ledger


def _secret_addresses(feeds_file: Path) -> dict[str, str]:
    """Return the addresses of feeds that have a secret, by how articles name them."""
    urls = [feed.url for feed in load_feeds(feeds_file)[0]]
    named = Counter(map(redact_address, urls))
    secret = [url for url in urls if redact_address(url) != url and named[redact_address(url)] == 1]
    return {safe_url(redact_address(url)) or "": url for url in secret}


def rebuild_ledger(ledger: Ledger, folder: Path, feeds_file: Path) -> None:
    """Add the collected articles of a folder to an empty ledger.

    The digest of the entry is unknown then, and whether the user has changed the text. At the next
    update, a file that equals its entry counts as unchanged, and any other is kept.
    """
    followed = _secret_addresses(feeds_file)
    with ledger.transaction():
        for article, feed, guid, written in _iter_collected(folder):
            if not feed or ledger.find_article(article.id) is not None:
                continue
            record = _update_feed_record(ledger, followed.get(feed, feed), article)
            seen = max(article.date, written)
            collected = ArticleRecord(article.id, 0, record.number, article.path, seen, done=True)
            [number] = ledger.put_articles([collected])
            entry = Entry(key=guid, url=article.url, title=article.title, date=article.date)
            keys = make_entry_keys(entry)
            known = {kind: keys[kind] for kind in keys if kind not in KEYS_OF_TEXT}
            ledger.put_keys(record.number, [(number, known)])


def add_unrecorded(ledger: Ledger, folder: Path, since: datetime, feeds_file: Path) -> None:
    """Add articles that a killed update wrote but did not record: their identities and paths.

    When their entries are planned again, their files are as they should be; if an entry has changed
    meanwhile, the file is kept as if the user had edited it. Files that were not complete are
    deleted.
    """
    for directory, _, _ in os.walk(folder):
        remove_leftovers(Path(directory))
    followed = _secret_addresses(feeds_file)
    with ledger.transaction():
        for article, feed, _, _ in _iter_collected(folder, since - CLOCKS_APART):
            if ledger.find_article(article.id) is None:
                number = _update_feed_record(ledger, followed.get(feed, feed), article).number
                record = ArticleRecord(article.id, 0, number, article.path, article.date)
                ledger.put_articles([record])
        ledger.put_writing_since(None)


def _update_feed_record(ledger: Ledger, feed: str, article: Article) -> FeedRecord:
    """Return the record of the feed of an article, with its source and the date of its newest."""
    old = new = ledger.read_feed(feed)
    if not old.number or (feed and not old.source):
        new = new._replace(source=article.source if feed else "")
    if feed and (old.last_new is None or old.last_new < article.date):
        new = new._replace(last_new=article.date)
    return old if new == old else ledger.put_feed(new)


def _iter_collected(
    folder: Path, since: datetime | None = None
) -> Iterator[tuple[Article, str, str, datetime]]:
    """Yield articles as we write them, with their feed, guid, and when their file was written.

    That is `since` at the earliest; None for all articles of feeds.
    """
    mark = f"\n{FEED_KEY} = ".encode() if since is None else b"+++\nid = "
    for entry in chain.from_iterable(scan_folder(folder, on_skip=lambda path, reason: None)):
        written = datetime.fromtimestamp(entry.mtime_ns / 1e9, UTC)
        if since is not None and written < since:
            continue
        data = _read_if_marked(file_of(folder, entry.path), mark)
        if data is None:
            continue
        document = front_matter.parse(decode(data)[0])
        feed = safe_url(str(document.metadata.get(FEED_KEY, ""))) or ""
        guid = clean_text(str(document.metadata.get(GUID_KEY, "")))
        if document.metadata.get("id"):
            yield to_article(document, entry.path, written), feed, guid, written


def _read_if_marked(file: Path, mark: bytes) -> bytes | None:
    """Return the bytes of a file whose front matter has a mark; None for others."""
    try:
        with file.open("rb") as opened:
            beginning = opened.read(_BEGINNING)
            if not beginning.startswith(b"+++") or mark not in beginning:
                return None
            rest = opened.read() if len(beginning) == _BEGINNING else b""
            return beginning + rest if os.fstat(opened.fileno()).st_size < 10_000_000 else None
    except OSError:
        # An unreadable file is not a collected article here; `doctor` reports it.
        return None


# -- hosts that were on the internet, kept to guard later requests ----------------------------


def read_public_hosts(folder: Path, paths: Paths) -> set[str]:
    """Return the hosts that were public before; raises CollectingError."""
    with ledger_to_read(folder, paths) as ledger:
        return ledger.public_hosts() if ledger is not None else set()


@contextmanager
def use_public_hosts(folder: Path, paths: Paths, hosts: set[str]) -> Iterator[set[str]]:
    """Add the known hosts to those of a client; save what it finds meanwhile, also if it fails.

    Raises CollectingError.
    """
    known = read_public_hosts(folder, paths)
    hosts |= known
    try:
        yield hosts
    finally:
        if hosts - known:
            file = ledger_file(folder, paths)
            if not file.exists():
                # A new one would hide that the old one was lost, so it is rebuilt.
                with open_collection(folder, paths):
                    pass
            try:
                with open_ledger(file) as ledger, ledger.transaction():
                    ledger.put_public_hosts(hosts - known)
            except sqlite3.Error as error:
                raise CollectingError(f"{file} cannot be written: {error}.") from error
