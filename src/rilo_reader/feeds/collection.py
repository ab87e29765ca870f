"""A library that collected articles are written to, with its ledger.

If the process is killed, no file is incomplete: first the intended writes are recorded in the
ledger, then the files are written, then their completion is recorded with the state of the feed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import Article, ArticleId
from rilo_reader.config import change_mute, load, save_search
from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import FEED_KEY, GUID_KEY, Origin, digest, is_ours
from rilo_reader.feeds.article_writer import (
    ArticleWriter,
    Marks,
    PendingPlans,
    Saved,
    Written,
    text_of_file,
)
from rilo_reader.feeds.identity import Kind, feed_key, keys_of
from rilo_reader.feeds.ledger import CollectingError, Ledger, locked, open_ledger
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.feeds.plan import FetchedEntries, Plan, plan
from rilo_reader.fetch.addresses import without_login
from rilo_reader.paths import Paths
from rilo_reader.store.sqlite import is_damage
from rilo_reader.store.sqlite_backup import set_aside
from rilo_reader.store.write import remove_leftovers, write_all
from rilo_reader.text import clean_text, safe_url

if TYPE_CHECKING:
    from rilo_reader.feeds.ledger import Ledger

__all__ = ["Collection", "Origin", "Saved", "ledger_file", "open_collection"]


class Collection:
    """The articles collected in a library. Not thread-safe."""

    def __init__(self, folder: Path, ledger: Ledger, paths: Paths) -> None:
        """Use an open ledger; see `open_collection`."""
        self.folder = folder
        self.ledger = ledger
        self._paths = paths
        self._writer = ArticleWriter(folder, ledger, Finder(folder, paths).path_of)
        self._names: dict[str, str] = {}

    def save(
        self,
        origin: Origin,
        entries: Sequence[Entry],
        *,
        now: datetime | None = None,
        dry_run: bool = False,
    ) -> Saved:
        """Write the articles of entries that are new or changed.

        Args:
            origin: where they come from.
            entries: the entries of one feed, file or database.
            now: the default and the maximum of dates.
            dry_run: whether nothing is written.

        Raises:
            CollectingError: some could not be written; others are complete.
        """
        fetched = FetchedEntries(origin, entries)
        planned = self.plan(fetched, now or datetime.now(UTC)).written_out()
        return self.apply(planned, dry_run=dry_run)

    def plan(
        self, fetched: FetchedEntries, now: datetime, followed: AbstractSet[str] | None = None
    ) -> Plan:
        """Plan an update (see `plan.plan`); sources in plans not applied yet are taken."""
        planned = plan(self.ledger, fetched, now, followed, self._names)
        if planned.origin.feed:
            self._names[planned.origin.source.casefold()] = planned.origin.key
        return planned

    def apply(
        self, planned: Plan, marks: Marks = lambda feed: feed, *, dry_run: bool = False
    ) -> Saved:
        """Apply a plan.

        Args:
            planned: a plan that is written out.
            marks: updates the record of the feed after all articles are on disk.
            dry_run: whether nothing is written.

        Raises:
            CollectingError: some could not be written; others are complete, and the record of the
                feed is unchanged.
        """
        [outcome] = self.apply_all([(planned, marks)], dry_run=dry_run)
        if isinstance(outcome, CollectingError):
            raise outcome
        return outcome

    def apply_all(
        self, plans: Sequence[tuple[Plan, Marks]], *, dry_run: bool = False
    ) -> list[Saved | CollectingError]:
        """Apply several plans with a single sync to disk.

        Returns:
            The result of each, or why it is incomplete; see `apply`.
        """
        return self._writer.apply(plans, dry_run=dry_run)

    def begin(self, plans: Sequence[tuple[Plan, Marks]], *, dry_run: bool = False) -> PendingPlans:
        """Start `apply_all`: record what is intended; next is `article_writer.written`."""
        return self._writer.begin(plans, dry_run=dry_run)

    def end(self, pending: PendingPlans, written: Written) -> list[Saved | CollectingError]:
        """Finish `apply_all`."""
        return self._writer.end(pending, written)

    def text(self, path: str) -> str | None:
        """Return the text of an article's file, None if it does not exist.

        Raises:
            CollectingError: it cannot be read.
        """
        return text_of_file(self.folder, path)

    def notices(self) -> list[str]:
        """Return notices about the ledger, once each."""
        with self.ledger.transaction():
            return self.ledger.take_notices()

    def note_move(self, old: str, new: str) -> None:
        """Record that a feed has moved permanently, before its subscription is changed."""
        if feed_key(old) != feed_key(new):
            with self.ledger.transaction():
                self.ledger.put_feed(self.ledger.feed(old)._replace(moved_to=new))

    def note_named(self, urls: Iterable[str]) -> None:
        """Record that feeds were not named by the user; see `FeedRecord.public_only`."""
        with self.ledger.transaction():
            for url in urls:
                self.ledger.put_feed(self.ledger.feed(url)._replace(public_only=True))

    def rename_sources(self, names: Mapping[str, str]) -> None:
        """Rename sources in saved searches and mutes: old source -> new source.

        If that fails, a notice tells the user.
        """
        from rilo_reader.feeds.collection import rename_in_queries

        file = self._paths.settings_file
        try:
            rename_in_queries(file, names)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            fault = f"{file} cannot be changed: {reason}."
            self.ledger.add_notice(f"Saved searches still ask for feeds by old names: {fault}")

    def settle_names(self, feeds: Sequence[str]) -> None:
        """Rename sources that saved searches have as addresses, see `rename_sources`."""
        from rilo_reader.feeds.collection import names_sources

        if not names_sources(self._paths.settings_file):
            return
        named = {without_login(url): self.ledger.feed(url).source for url in feeds}
        self.rename_sources({url: name for url, name in named.items() if name and name != url})

    def settle_moves(self, followed: AbstractSet[str]) -> None:
        """Change the keys of feeds that have moved, if the new address is subscribed."""
        for record in list(self.ledger.feeds()):
            new = feed_key(record.moved_to)
            if new in followed and record.key not in followed:
                with self.ledger.transaction():
                    self.ledger.rename_feed(record, new)


class Finder:
    """Finds articles that the user has moved or renamed, in the index of the library.

    The index is opened, and brought up to date once, only if an article is looked for.
    """

    def __init__(self, folder: Path, paths: Paths) -> None:
        self._folder = folder
        self._paths = paths
        self._current = False

    def path_of(self, article: ArticleId) -> str | None:
        """Return the path of the file with an identity, None if the library has none."""
        from rilo_reader.library import LibraryBusy, open_library

        with closing(open_library(self._folder, self._paths)) as library:
            if not self._current:
                try:
                    for _ in library.reconcile():
                        pass
                    self._current = True
                except LibraryBusy:
                    # Only what its writer has committed is known; a file that is not found is left
                    # alone, and looked for again when its entry changes.
                    pass
                library.reload()
            row = library.row(article)
        return row.path if row is not None else None


def ledger_file(folder: Path, paths: Paths) -> Path:
    """Return the path of a library's ledger."""
    from rilo_reader.library.library import library_name

    return paths.state / f"{library_name(folder.expanduser().resolve())}.collected.db"


@contextmanager
def open_collection(folder: Path, paths: Paths) -> Iterator[Collection]:
    """Open a library for collecting, and create its folder if necessary.

    Holds the collection lock. A lost or damaged ledger is rebuilt from the articles' files.

    Raises:
        CollectionBusyError: another process holds the lock.
        CollectingError: the ledger cannot be opened.
        OSError: a folder cannot be created.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths.state.mkdir(parents=True, exist_ok=True)
    file = ledger_file(folder, paths)
    try:
        with (
            locked(file.with_name(file.name + ".lock")),
            closing(_opened(file, folder)) as ledger,
        ):
            _clean_up(ledger, folder)
            yield Collection(folder, ledger, paths)
    except sqlite3.Error as error:
        raise CollectingError(f"What was collected cannot be kept in {file}: {error}.") from error


def _opened(file: Path, folder: Path) -> Ledger:
    from rilo_reader.feeds.collection import rebuild

    is_new = not file.exists()
    notice = ""
    try:
        ledger = open_ledger(file)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        aside = set_aside(file)
        notice = f"The list of what was collected was damaged and is made anew; it is in {aside}."
        ledger, is_new = open_ledger(file), True
    if is_new:
        rebuild(ledger, folder)
    if notice:
        ledger.add_notice(notice)
    return ledger


def _clean_up(ledger: Ledger, folder: Path) -> None:
    """Delete incomplete files of a killed process at the paths that the ledger intended."""
    folders = {above for path in ledger.intended_paths() for above in PurePosixPath(path).parents}
    for name in folders:
        remove_leftovers(folder / name)


_BEGINNING = 16_384
"""Bytes that contain the mark of a collected article; other files are read no further."""


def rebuild(ledger: Ledger, folder: Path) -> int:
    """Add the collected articles of a folder to an empty ledger; return their number.

    The digest of the entry is unknown then, and whether the user has changed the text. At the next
    update, a file that equals its entry counts as unchanged, and any other is kept.
    """
    count = 0
    with ledger.transaction():
        for article, feed, guid, written in _collected(folder):
            if ledger.find(article.id) is not None:
                continue
            record = ledger.feed(feed)
            if not record.number or (feed and not record.source):
                record = ledger.put_feed(record._replace(source=article.source if feed else ""))
            collected = ArticleRecord(
                article.id, feed=record.number, path=article.path, seen=written, done=True
            )
            number = ledger.put_article(collected)
            entry = Entry(key=guid, url=article.url, title=article.title, date=article.date)
            keys = dict(keys_of(entry))
            for kind in (Kind.CONTENT, Kind.WHOLE):
                keys.pop(kind)
            ledger.put_keys([(record.number, number, keys)])
            count += 1
    return count


def _collected(folder: Path) -> Iterator[tuple[Article, str, str, datetime]]:
    """Yield the collected articles: article, feed, guid, and modification time of the file."""
    from rilo_reader.store.encoding import decode
    from rilo_reader.store.fields import to_article
    from rilo_reader.store.folder import file_of, scan
    from rilo_reader.store.front_matter import parse

    for entries in scan(folder, on_skip=lambda path, reason: None):
        for entry in entries:
            data = _if_collected(file_of(folder, entry.path))
            if data is None:
                continue
            document = parse(decode(data)[0])
            feed = safe_url(str(document.metadata.get(FEED_KEY, ""))) or ""
            written = datetime.fromtimestamp(entry.mtime_ns / 1e9, UTC)
            guid = clean_text(str(document.metadata.get(GUID_KEY, "")))
            article = to_article(document, entry.path, written)
            if feed and document.metadata.get("id"):
                yield article, feed, guid, max(article.date, written)


def _if_collected(file: Path) -> bytes | None:
    """Return the bytes of a collected article's file; None for others."""
    mark = f"\n{FEED_KEY} = ".encode()
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


BATCH = 200
"""Files that are written together."""


class _Change(NamedTuple):
    """A file with another source, and whether it was as we wrote it."""

    record: ArticleRecord
    text: str
    ours: bool


def rename_source(collection: Collection, url: str, title: str) -> int:
    """Rename the source of a feed's articles; return the number of changed files.

    Only `source` in the front matter changes; a file in which the user has written another source
    is left alone. Saved searches and mutes by the old name are changed, too. After an interruption
    it can be repeated.

    Args:
        collection: the collection of the library.
        url: the address of the feed.
        title: the new name; "" for the title of the feed.

    Raises:
        CollectingError: a file cannot be written; the ledger has the old name then.
    """
    ledger = collection.ledger
    feed = ledger.feed(url)
    if not feed.number:
        return 0
    new = ledger.free_source(title or feed.title or feed.source, url)
    if new == feed.source:
        return 0
    collection.rename_sources({feed.source: new})
    records = ledger.articles(feed.number)
    changed = 0
    for start in range(0, len(records), BATCH):
        some = records[start : start + BATCH]
        changes = [
            change for each in some if (change := _change(collection, each, feed.source, new))
        ]
        _apply(collection, changes)
        changed += len(changes)
    with ledger.transaction():
        ledger.put_feed(feed._replace(source=new))
    return changed


def _change(collection: Collection, record: ArticleRecord, old: str, new: str) -> _Change | None:
    """Return the file of an article with another source; None if it has no or another one."""
    from rilo_reader.store.front_matter import parse, write

    text = collection.text(record.path)
    if text is None:
        return None
    document = parse(text)
    if document.faults or document.metadata.get("source") != old:
        return None
    metadata = {**document.metadata, "source": new}
    ours = is_ours(digest(text), record.file)
    return _Change(record, write(document._replace(metadata=metadata)), ours)


def _apply(collection: Collection, changes: Sequence[_Change]) -> None:
    ledger = collection.ledger
    with ledger.transaction():
        for record, text, ours in changes:
            if ours:
                ledger.put_article(record._replace(file=record.file + digest(text)))
    failed = write_all(collection.folder, {each.record.path: each.text for each in changes})
    if failed:
        path, error = next(iter(failed.items()))
        raise CollectingError(f"{path} cannot be written: {error.strerror or error}.") from error
    with ledger.transaction():
        for record, text, ours in changes:
            if ours:
                ledger.put_article(record._replace(file=digest(text)))


WHOLE_SOURCE = "source:="
"""Occurs in every query for a whole source."""


def names_sources(file: Path) -> bool:
    """Return whether a saved search or mute of a settings file names a source."""
    config = load(file)[0]
    searches = any(WHOLE_SOURCE in search.query for search in config.searches)
    return searches or any(WHOLE_SOURCE in mute.query for mute in config.mutes)


def rename_in_queries(file: Path, names: Mapping[str, str]) -> None:
    """Rename sources in all saved searches and mutes.

    Args:
        file: settings.toml.
        names: old source -> new source.

    Raises:
        OSError: the file cannot be read or written; each query is unchanged or renamed.
        ValueError: the file cannot be edited.
    """
    config = load(file)[0]
    for search in config.searches:
        query = _renamed(search.query, names)
        if query != search.query:
            save_search(file, search.name, query)
    for mute in config.mutes:
        query = _renamed(mute.query, names)
        if query != mute.query:
            change_mute(file, mute.query, query)


def _renamed(query: str, names: Mapping[str, str]) -> str:
    """Return a query with renamed sources."""
    from rilo_reader.query.edit import with_other_value
    from rilo_reader.query.tree import Field

    if WHOLE_SOURCE not in query:
        return query
    for old, new in names.items():
        if old in query:
            query = with_other_value(query, Field.SOURCE, old, new)
    return query
