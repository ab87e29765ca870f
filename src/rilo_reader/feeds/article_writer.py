"""Carry plans out: mean, write, finish; the only place that writes what was collected.

First the ledger keeps what is meant, then files are written, then the ledger keeps that they are,
together with the feeds' marks. Stopped anywhere in between, files are whole or absent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.feeds.finding import Finder
from rilo_reader.feeds.ledger import ArticleRecord, FeedRecord, Finished, Ledger
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.merge import Action, body_in, decide, digest
from rilo_reader.feeds.plan import Job, Plan
from rilo_reader.store.folder import Unreadable, native_file
from rilo_reader.store.write import write_all

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


class ArticleWriter:
    """Carries plans out in one library; not for several threads at one time."""

    def __init__(self, folder: Path, ledger: Ledger, finder: Finder) -> None:
        self._folder = folder
        self._ledger = ledger
        self._finder = finder

    def apply(
        self, plans: Sequence[tuple[Plan, Marks]], *, dry_run: bool = False
    ) -> list[Saved | CollectingError]:
        """Write what several plans say in one go, so that the disk is waited for once.

        Returns:
            For each what became of it, or why not everything of it could be kept.
        """
        under_way = self.begin(plans, dry_run=dry_run)
        return self.end(under_way, written(self._folder, under_way.texts))

    def begin(self, plans: Sequence[tuple[Plan, Marks]], *, dry_run: bool = False) -> UnderWay:
        """Decide and mean: the first of three steps; the second is to write the files."""
        works = [_Work(planned, marks) for planned, marks in plans]
        there: dict[str, bool] = {}
        for work in works:
            try:
                work.outcome = [self._decided(job, there) for job in work.planned.jobs]
            except CollectingError as error:
                work.error = error
        going = [work for work in works if work.error is None]
        if dry_run:
            return UnderWay(works, {}, dry_run)
        try:
            with self._ledger.transaction():
                self._mean(going)
        except sqlite3.Error as error:
            _fail(works, error)
            return UnderWay(works, {}, dry_run)
        texts = {
            each.path: each.text
            for work in going
            for each in work.outcome
            if each.fate is Action.WRITE
        }
        return UnderWay(works, texts, dry_run)

    def end(self, under_way: UnderWay, written: Written) -> list[Saved | CollectingError]:
        """Finish: note what was written, and the feeds' marks with it.

        Returns:
            As `carry_out`.
        """
        works = under_way.works
        going = [] if under_way.dry_run else [work for work in works if work.error is None]
        if isinstance(written, CollectingError):
            for work in going:
                work.error = written
        elif going:
            try:
                with self._ledger.transaction():
                    for work in going:
                        self._finish(work, written)
            except sqlite3.Error as error:
                _fail(works, error)
        return [work.error or _saved(work.planned, work.outcome) for work in works]

    def _finish(self, work: _Work, failed: Mapping[str, OSError]) -> None:
        """Note one work; one that could not be written whole has its error then."""
        done = [each for each in work.outcome if each.path not in failed]
        self._ledger.finish([each.finished() for each in done])
        lost = [each.path for each in work.outcome if each.path in failed]
        if lost:
            work.error = _not_written(lost, failed[lost[0]])
            return
        feed = self._ledger.feed(work.planned.origin.feed)
        after = work.marks(feed)
        if after != feed:
            self._ledger.put_feed(after)

    # -- one article ----------------------------------------------------------------------------

    def _decided(self, job: Job, there: dict[str, bool]) -> _Outcome:
        """What is done with the file of one article; which folders are there is looked up once."""
        record, path, draft = job.record, job.path, job.draft
        if draft is None:
            raise ValueError("a plan is written out before it is carried out")
        current = None
        if record.number or self._is_there(path.rpartition("/")[0], there):
            current = text_of_file(self._folder, path)
        if current is None and record.done:
            # Moved by the user: the identity in the file is the article's, wherever it lies.
            path = self._finder.path_of(record.id) or path
            current = text_of_file(self._folder, path)
        fate, text = decide(record, current, draft.text)
        text = text if fate is Action.WRITE else current or ""
        if fate not in (Action.WRITE, Action.SAME):
            return _Outcome(job, fate, path, text)
        if text == draft.text:
            return _Outcome(job, fate, path, text, draft.whole, draft.body)
        return _Outcome(job, fate, path, text, b"", digest(body_in(text)))

    def _is_there(self, folder: str, there: dict[str, bool]) -> bool:
        """Whether the folder of a new article is there; that of a new feed is not."""
        if folder not in there:
            there[folder] = (self._folder / folder).exists()
        return there[folder]

    # -- the ledger -----------------------------------------------------------------------------

    def _mean(self, works: Sequence[_Work]) -> None:
        """Keep what is meant, before anything is written; all articles in one go."""
        ledger = self._ledger
        meant: list[ArticleRecord] = []
        for work in works:
            planned = work.planned
            feed = ledger.feed(planned.origin.feed)
            if not feed.number or (feed.source != planned.origin.source and planned.origin.feed):
                feed = ledger.put_feed(feed._replace(source=planned.origin.source))
            for number, old in planned.moved:
                ledger.move_article(number, old, feed.number)
            ledger.put_keys([(feed.number, number, keys) for number, keys in planned.more_keys])
            meant += [each.meant(feed.number) for each in work.outcome]
        keys = [each.job.keys for work in works for each in work.outcome]
        numbers = ledger.put_articles(meant)
        ledger.put_keys(
            [
                (record.feed, number, one)
                for record, number, one in zip(meant, numbers, keys, strict=True)
            ]
        )


class _Outcome(NamedTuple):
    """What was decided for one article.

    Attributes:
        job: what was planned.
        fate: what is done with its file.
        path: of the file.
        text: of the file when that is done.
        whole: a digest of the text; empty where the front matter is the user's, since then the file
            is ours in its body only.
        body: a digest of the text's body.
    """

    job: Job
    fate: Action
    path: str
    text: str
    whole: bytes = b""
    body: bytes = b""

    def meant(self, feed: int) -> ArticleRecord:
        """What the ledger keeps before anything is written."""
        id_, number, _, _, seen, content_hash, file, body, done = self.job.record
        if self.fate is Action.WRITE:
            # Killed from here on, the file has the old text or the new one: both are ours.
            file, body, done = file + self.whole, body + self.body, False
        return ArticleRecord(id_, number, feed, self.path, seen, content_hash, file, body, done)

    def finished(self) -> Finished:
        """What it keeps once the file is written."""
        record, content_hash = self.job.record, self.job.content_hash
        if self.fate in (Action.WRITE, Action.SAME):
            return Finished(record.id, content_hash, self.whole, self.body)
        return Finished(record.id, content_hash, record.file, record.body)


@dataclass(slots=True)
class _Work:
    """One plan while it is carried out."""

    planned: Plan
    marks: Marks
    outcome: list[_Outcome] = field(default_factory=list)
    error: CollectingError | None = None


class UnderWay(NamedTuple):
    """Plans that are carried out, once the ledger has what is meant.

    Attributes:
        works: one for each plan.
        texts: the files that are to be written: path -> text.
        dry_run: whether nothing is done.
    """

    works: Sequence[_Work]
    texts: Mapping[str, str]
    dry_run: bool


Written = Mapping[str, OSError] | CollectingError
"""The paths that could not be written, and why; or why none could."""


def written(folder: Path, texts: Mapping[str, str]) -> Written:
    """Write files, all of them on the disk when it returns: the second step, which knows no ledger.

    It can be done anywhere, also in another process.
    """
    try:
        return write_all(folder, texts) if texts else {}
    except Unreadable as error:
        return CollectingError(f"The file {error.path} cannot be written: {error.reason}")


def _fail(works: Sequence[_Work], error: sqlite3.Error) -> None:
    failure = CollectingError(f"What was collected cannot be noted: {error}.")
    for work in works:
        work.error = work.error or failure


def _not_written(paths: Sequence[str], error: OSError) -> CollectingError:
    more = f" ({len(paths):,} articles in all)" if len(paths) > 1 else ""
    reason = error.strerror or error
    return CollectingError(f"The file {paths[0]} cannot be written: {reason}{more}.")


def _saved(planned: Plan, outcome: Sequence[_Outcome]) -> Saved:
    def paths(fate: Action, *, new: bool) -> tuple[str, ...]:
        return tuple(o.path for o in outcome if o.fate is fate and o.job.is_new is new)

    settled = sum(each.fate in (Action.SAME, Action.GONE) for each in outcome)
    return Saved(
        planned.ids,
        paths(Action.WRITE, new=True),
        paths(Action.WRITE, new=False),
        paths(Action.KEEP, new=False) + paths(Action.KEEP, new=True),
        planned.unchanged + settled,
    )


def text_of_file(folder: Path, path: str) -> str | None:
    """The text of an article's file, None where there is none.

    Raises:
        CollectingError: it cannot be read.
    """
    # What is not UTF-8 is not ours, and has a digest of its own in any reading.
    try:
        with open(native_file(folder, path), "rb") as file:  # noqa: PTH123  # of a text: most are not there
            return file.read().decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CollectingError(
            f"The file {path} cannot be read: {error.strerror or error}."
        ) from error
