"""A library that collected articles are written to, with its ledger.

If the process is killed, no file is incomplete: first the intended writes are recorded in the
ledger, then the files are written, then their completion is recorded with the state of the feed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.article_writer import (
    ArticleWriter,
    Marks,
    PendingPlans,
    Saved,
    Written,
    text_of_file,
)
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.ledger import Ledger, open_ledger
from rilo_reader.feeds.ledger_file import CollectingError, locked
from rilo_reader.feeds.plan import FetchedEntries, Plan, plan
from rilo_reader.fetch.addresses import without_login
from rilo_reader.paths import Paths
from rilo_reader.store.sqlite import is_damage, set_aside
from rilo_reader.store.write import remove_leftovers

__all__ = ["Collection", "Origin", "Saved", "ledger_file", "open_collection"]


class Collection:
    """The articles collected in a library. Not thread-safe.

    Attributes:
        folder: the library.
        ledger: the ledger of the library.
    """

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
        from rilo_reader.feeds.saved_queries import rename_in_queries

        file = self._paths.settings_file
        try:
            rename_in_queries(file, names)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            fault = f"{file} cannot be changed: {reason}."
            self.ledger.add_notice(f"Saved searches still ask for feeds by old names: {fault}")

    def settle_names(self, feeds: Sequence[str]) -> None:
        """Rename sources that saved searches have as addresses, see `rename_sources`."""
        from rilo_reader.feeds.saved_queries import names_sources

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
    from rilo_reader.feeds.rebuild import rebuild

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
