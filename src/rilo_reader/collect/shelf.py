"""A library that articles are put into: the one place that writes what was collected.

Killed at any moment it leaves whole files only, and the ledger says which were meant: first it
keeps what is meant, then files are written, then that they are, together with the feed's marks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.collect.articles import Origin
from rilo_reader.collect.decisions import Fate, decide, digest
from rilo_reader.collect.entry import Entry
from rilo_reader.collect.finding import Finder
from rilo_reader.collect.identity import feed_key
from rilo_reader.collect.ledger import Ledger, open_ledger
from rilo_reader.collect.ledger_file import CollectingError, is_damage, locked, set_aside
from rilo_reader.collect.ledger_records import FeedRecord
from rilo_reader.collect.planning import Answer, Job, Plan, plan
from rilo_reader.paths import Paths
from rilo_reader.store.batch import remove_leftovers, write_all
from rilo_reader.store.folder import Unreadable, file_of

Marks = Callable[[FeedRecord], FeedRecord]
"""What a feed's record becomes once everything of an answer is on the disk."""


class Saved(NamedTuple):
    """What became of the entries of one answer.

    Attributes:
        ids: for each entry its article, in order; entries that are one have one.
        new: paths of the articles that were not there before.
        updated: paths of those whose entry had changed.
        kept: paths of those whose entry had changed, but so had the user their text: that stays.
        unchanged: how many were as they are.
    """

    ids: tuple[ArticleId, ...] = ()
    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unchanged: int = 0


class Shelf:
    """Where articles are put; not for several threads at one time.

    Attributes:
        folder: the library.
        ledger: what was collected.
    """

    def __init__(self, folder: Path, ledger: Ledger, paths: Paths) -> None:
        """Over a ledger that is open; see `open_shelf`."""
        self.folder = folder
        self.ledger = ledger
        self._finder = Finder(folder, paths)

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
        answer = Answer(origin, entries)
        planned = self.plan(answer, now or datetime.now(UTC)).written_out()
        return self.carry_out(planned, dry_run=dry_run)

    def plan(self, answer: Answer, now: datetime, followed: Collection[str] | None = None) -> Plan:
        """See `planning.plan`."""
        return plan(self.ledger, answer, now, followed)

    def carry_out(
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
        outcome = [self._decided(job) for job in planned.jobs]
        if not dry_run:
            try:
                self._write(planned, outcome, marks)
            except Unreadable as error:
                raise CollectingError(f"{error.path} cannot be written: {error.reason}") from error
            except sqlite3.Error as error:
                raise CollectingError(f"What was collected cannot be noted: {error}.") from error
        return _saved(planned, outcome)

    def _write(self, planned: Plan, outcome: Sequence[_Outcome], marks: Marks) -> None:
        feed = self._mean(planned, outcome)
        texts = {each.path: each.text for each in outcome if each.fate is Fate.WRITE}
        failed = write_all(self.folder, texts) if texts else {}
        with self.ledger.transaction():
            self._finish([each for each in outcome if each.path not in failed])
            after = marks(feed)
            if after != feed and not failed:
                self.ledger.put_feed(after)
        if failed:
            path, error = next(iter(failed.items()))
            more = f" ({len(failed):,} articles in all)" if len(failed) > 1 else ""
            reason = error.strerror or str(error)
            raise CollectingError(f"{path} cannot be written: {reason}{more}.") from error

    def notices(self) -> list[str]:
        """What the user should know of the ledger, each told once."""
        with self.ledger.transaction():
            return self.ledger.take_notices()

    def note_move(self, old: str, new: str) -> None:
        """Note that a feed has moved for good, before its subscription says so."""
        if feed_key(old) != feed_key(new):
            with self.ledger.transaction():
                self.ledger.put_feed(self.ledger.feed(old)._replace(moved_to=new))

    def settle_moves(self, followed: Collection[str]) -> None:
        """Call feeds that have moved by their new address, where that is what is followed now."""
        for record in list(self.ledger.feeds()):
            new = feed_key(record.moved_to)
            if new in followed and record.key not in followed:
                with self.ledger.transaction():
                    self.ledger.rename_feed(record, new)

    # -- one article ----------------------------------------------------------------------------

    def _decided(self, job: Job) -> _Outcome:
        """What is done with the file of one article."""
        record, path = job.record, job.path
        current = self.text(path)
        if current is None and record.done:
            # Moved by the user: the identity in the file is the article's, wherever it lies.
            path = self._finder.path_of(record.id) or path
            current = self.text(path)
        fate, text = decide(record, current, job.text)
        return _Outcome(job, fate, path, text if fate is Fate.WRITE else current or "")

    def text(self, path: str) -> str | None:
        """The text of an article's file, None where there is none.

        Raises:
            CollectingError: it cannot be read.
        """
        # What is not UTF-8 is not ours, and has a digest of its own in any reading.
        try:
            return file_of(self.folder, path).read_bytes().decode(errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise CollectingError(f"{path} cannot be read: {error.strerror or error}.") from error

    # -- the ledger -----------------------------------------------------------------------------

    def _mean(self, planned: Plan, outcome: Sequence[_Outcome]) -> FeedRecord:
        """Keep what is meant, before anything is written."""
        ledger = self.ledger
        with ledger.transaction():
            feed = ledger.feed(planned.origin.feed)
            if not feed.number or (feed.source != planned.origin.source and planned.origin.feed):
                feed = ledger.put_feed(feed._replace(source=planned.origin.source))
            for number, old in planned.moved:
                ledger.move_article(number, old, feed.number)
            for number, keys in planned.more_keys:
                ledger.put_keys(feed.number, number, keys)
            for each in outcome:
                record = each.job.record._replace(feed=feed.number, path=each.path)
                if each.fate is Fate.WRITE:
                    # Killed from here on, the file has the old text or the new one: both are ours.
                    whole = digest(each.text) if each.is_as_planned else b""
                    body = digest(_body(each.text))
                    record = record._replace(
                        file=record.file + whole, body=record.body + body, done=False
                    )
                number = ledger.put_article(record)
                ledger.put_keys(feed.number, number, each.job.keys)
        return feed

    def _finish(self, outcome: Sequence[_Outcome]) -> None:
        """Keep what was written."""
        for each in outcome:
            record = self.ledger.find(each.job.record.id)
            if record is None:
                continue
            record = record._replace(said=each.job.said, done=True)
            if each.fate in (Fate.WRITE, Fate.SAME):
                # A file with front matter of the user is ours in its body only.
                whole = digest(each.text) if each.is_as_planned else b""
                record = record._replace(file=whole, body=digest(_body(each.text)))
            self.ledger.put_article(record)


class _Outcome(NamedTuple):
    """What was decided for one article; `text` is its file's when that is done."""

    job: Job
    fate: Fate
    path: str
    text: str

    @property
    def is_as_planned(self) -> bool:
        """Whether the file has just the text that the entry makes, without the user's part."""
        return self.text == self.job.text


def _saved(planned: Plan, outcome: Sequence[_Outcome]) -> Saved:
    def paths(fate: Fate, *, new: bool) -> tuple[str, ...]:
        return tuple(o.path for o in outcome if o.fate is fate and o.job.is_new is new)

    settled = sum(each.fate in (Fate.SAME, Fate.GONE) for each in outcome)
    return Saved(
        planned.ids,
        paths(Fate.WRITE, new=True),
        paths(Fate.WRITE, new=False),
        paths(Fate.KEEP, new=False) + paths(Fate.KEEP, new=True),
        planned.unchanged + settled,
    )


def _body(text: str) -> str:
    """The body of a file's text."""
    # Our own front matter has no text of several lines, so its end is where such a line stands.
    if text.startswith("+++\n") and '"""' not in text and "'''" not in text:
        return text.partition("\n+++\n\n")[2].lstrip("\n")
    from rilo_reader.store.front_matter import parse

    return parse(text).body


def ledger_file(folder: Path, paths: Paths) -> Path:
    """Where the ledger of a library is kept."""
    from rilo_reader.library.door import library_name

    return paths.state / f"{library_name(folder.expanduser().resolve())}.collected.db"


@contextmanager
def open_shelf(folder: Path, paths: Paths) -> Iterator[Shelf]:
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
            yield Shelf(folder, ledger, paths)
    except sqlite3.Error as error:
        raise CollectingError(f"What was collected cannot be kept in {file}: {error}.") from error


def _opened(file: Path, folder: Path) -> Ledger:
    from rilo_reader.collect.rebuilding import rebuild

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
    for name in {path.rpartition("/")[0] for path in ledger.meant_paths()}:
        remove_leftovers(folder / name)
