"""A library that articles are put into: the one place that writes what was collected.

Killed at any moment it leaves whole files only, and the ledger says which were meant: first it
keeps what is meant, then files are written, then that they are, together with the feed's marks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from rilo_reader.entry import Entry
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.article_writer import (
    ArticleWriter,
    Marks,
    Saved,
    UnderWay,
    Written,
    text_of_file,
)
from rilo_reader.feeds.finding import Finder
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.ledger import Ledger, open_ledger
from rilo_reader.feeds.ledger_file import CollectingError, is_damage, locked, set_aside
from rilo_reader.feeds.plan import FetchedEntries, Plan, plan
from rilo_reader.fetch.addresses import without_login
from rilo_reader.paths import Paths
from rilo_reader.store.write import remove_leftovers

__all__ = ["Collection", "Origin", "Saved", "ledger_file", "open_shelf"]


class Collection:
    """Where articles are put; not for several threads at one time.

    Attributes:
        folder: the library.
        ledger: what was collected.
    """

    def __init__(self, folder: Path, ledger: Ledger, paths: Paths) -> None:
        """Over a ledger that is open; see `open_shelf`."""
        self.folder = folder
        self.ledger = ledger
        self._paths = paths
        self._carrier = ArticleWriter(folder, ledger, Finder(folder, paths))
        self._names: dict[str, str] = {}

    def save(
        self,
        origin: Origin,
        entries: Sequence[Entry],
        *,
        now: datetime | None = None,
        dry_run: bool = False,
    ) -> Saved:
        """Make articles of entries: new ones, and those that say something else than before.

        Args:
            origin: where they come from.
            entries: of one answer, one list, one database.
            now: the time of articles without a date, and the latest that any can have.
            dry_run: say what would be done, and do nothing.

        Raises:
            CollectingError: not everything could be kept; what was is whole, the rest absent.
        """
        answer = FetchedEntries(origin, entries)
        planned = self.plan(answer, now or datetime.now(UTC)).written_out()
        return self.apply(planned, dry_run=dry_run)

    def plan(
        self, answer: FetchedEntries, now: datetime, followed: AbstractSet[str] | None = None
    ) -> Plan:
        """See `planning.plan`; names that were given in plans not carried out yet are taken."""
        planned = plan(self.ledger, answer, now, followed, self._names)
        if planned.origin.feed:
            self._names[planned.origin.source.casefold()] = planned.origin.key
        return planned

    def apply(
        self, planned: Plan, marks: Marks = lambda feed: feed, *, dry_run: bool = False
    ) -> Saved:
        """Write what a plan says.

        Args:
            planned: a plan that is written out.
            marks: makes the feed's record of the old one when all is on the disk.
            dry_run: say what would be done, and do nothing.

        Raises:
            CollectingError: not everything could be kept; what was is whole, the rest absent, and
                the feed's record is as it was.
        """
        [outcome] = self.carry_out_all([(planned, marks)], dry_run=dry_run)
        if isinstance(outcome, CollectingError):
            raise outcome
        return outcome

    def carry_out_all(
        self, plans: Sequence[tuple[Plan, Marks]], *, dry_run: bool = False
    ) -> list[Saved | CollectingError]:
        """Write what several plans say in one go, so that the disk is waited for once.

        Returns:
            For each what became of it, or why not everything of it could be kept; see `carry_out`.
        """
        return self._carrier.apply(plans, dry_run=dry_run)

    def begin(self, plans: Sequence[tuple[Plan, Marks]], *, dry_run: bool = False) -> UnderWay:
        """See `carry_out_all`, whose first step this is; `carrying_out.written` is the second."""
        return self._carrier.begin(plans, dry_run=dry_run)

    def end(self, under_way: UnderWay, written: Written) -> list[Saved | CollectingError]:
        """See `carry_out_all`, whose last step this is."""
        return self._carrier.end(under_way, written)

    def text(self, path: str) -> str | None:
        """The text of an article's file, None where there is none.

        Raises:
            CollectingError: it cannot be read.
        """
        return text_of_file(self.folder, path)

    def notices(self) -> list[str]:
        """What the user should know of the ledger, each told once."""
        with self.ledger.transaction():
            return self.ledger.take_notices()

    def note_move(self, old: str, new: str) -> None:
        """Note that a feed has moved for good, before its subscription says so."""
        if feed_key(old) != feed_key(new):
            with self.ledger.transaction():
                self.ledger.put_feed(self.ledger.feed(old)._replace(moved_to=new))

    def note_named(self, urls: Iterable[str]) -> None:
        """Note that somebody else than the user named some feeds; see `FeedRecord.public_only`."""
        with self.ledger.transaction():
            for url in urls:
                self.ledger.put_feed(self.ledger.feed(url)._replace(public_only=True))

    def call_by(self, names: Mapping[str, str]) -> None:
        """Let saved searches and mutes ask for feeds by other names: old name -> new one.

        Where they cannot be changed, the user is told.
        """
        from rilo_reader.feeds.maintenance import ask_by_other_names

        file = self._paths.settings_file
        try:
            ask_by_other_names(file, names)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            said = f"{file} cannot be changed: {reason}."
            self.ledger.tell(f"Saved searches still ask for feeds by old names: {said}")

    def settle_names(self, feeds: Sequence[str]) -> None:
        """Let saved searches that ask for feeds by their addresses, see `call_by`, ask by name."""
        from rilo_reader.feeds.maintenance import asked_names

        if not asked_names(self._paths.settings_file):
            return
        named = {without_login(url): self.ledger.feed(url).source for url in feeds}
        self.call_by({url: name for url, name in named.items() if name and name != url})

    def settle_moves(self, followed: AbstractSet[str]) -> None:
        """Call feeds that have moved by their new address, where that is what is followed now."""
        for record in list(self.ledger.feeds()):
            new = feed_key(record.moved_to)
            if new in followed and record.key not in followed:
                with self.ledger.transaction():
                    self.ledger.rename_feed(record, new)


def ledger_file(folder: Path, paths: Paths) -> Path:
    """Where the ledger of a library is kept."""
    from rilo_reader.library.library import library_name

    return paths.state / f"{library_name(folder.expanduser().resolve())}.collected.db"


@contextmanager
def open_shelf(folder: Path, paths: Paths) -> Iterator[Collection]:
    """Be the one that collects into a library; the folder is made where it is not there.

    A ledger that is lost or damaged is made again from the articles' files.

    Raises:
        ShelfBusyError: another process collects into it.
        CollectingError: the ledger cannot be opened.
        OSError: a folder cannot be made.
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
    from rilo_reader.feeds.maintenance import rebuild

    is_new = not file.exists()
    notice = ""
    try:
        ledger = open_ledger(file)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        aside = set_aside(file, datetime.now(UTC))
        notice = f"The list of what was collected was damaged and is made anew; it is in {aside}."
        ledger, is_new = open_ledger(file), True
    if is_new:
        rebuild(ledger, folder)
    if notice:
        ledger.tell(notice)
    return ledger


def _clean_up(ledger: Ledger, folder: Path) -> None:
    """Delete what a killed refresh left half written, where the ledger says it wrote."""
    folders = {above for path in ledger.meant_paths() for above in PurePosixPath(path).parents}
    for name in folders:
        remove_leftovers(folder / name)
