"""Write the articles of plans: record what is intended, write files, record what is done.

This is the only place that writes collected articles. First the ledger records the intended writes,
then files are written, then it records that they are complete, with the state of their feeds. If
the process is killed in between, every file is complete or missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.feeds.article_text import Action, body_in, decide, digest
from rilo_reader.feeds.ledger import CollectingError, Ledger
from rilo_reader.feeds.ledger_records import ArticleRecord, FeedRecord, Finished
from rilo_reader.feeds.plan import Job, Plan
from rilo_reader.store.folder import Unreadable, native_file
from rilo_reader.store.write import write_all

Marks = Callable[[FeedRecord], FeedRecord]
"""Returns the record of a feed after all articles of a response are on disk."""

Find = Callable[[ArticleId], str | None]
"""Returns the path of an article that the user has moved, or None."""


class Saved(NamedTuple):
    """What was written for the entries of one response."""

    # the article of each entry, in order; the same one for repeated entries
    ids: tuple[ArticleId, ...] = ()
    new: tuple[str, ...] = ()  # paths of new articles
    updated: tuple[str, ...] = ()  # paths of articles whose entries had changed
    # paths of articles whose entries had changed, but which the user has edited
    kept: tuple[str, ...] = ()
    unchanged: int = 0


class ArticleWriter:
    """Writes the articles of one library. Not thread-safe."""

    def __init__(self, folder: Path, ledger: Ledger, find: Find) -> None:
        self._folder = folder
        self._ledger = ledger
        self._find = find

    def apply(
        self, plans: Sequence[tuple[Plan, Marks]], *, dry_run: bool = False
    ) -> list[Saved | CollectingError]:
        """Apply several plans with a single sync to disk.

        Returns:
            The result of each, or why it is incomplete.
        """
        pending = self.begin(plans, dry_run=dry_run)
        return self.end(pending, written(self._folder, pending.texts))

    def begin(self, plans: Sequence[tuple[Plan, Marks]], *, dry_run: bool = False) -> PendingPlans:
        """Record what is intended: the first of three steps; the second is `written`."""
        updates = [_PlanUpdate(planned, marks) for planned, marks in plans]
        folders: dict[str, bool] = {}
        for update in updates:
            try:
                update.outcomes = [self._decide(job, folders) for job in update.planned.jobs]
            except CollectingError as error:
                update.error = error
        valid = [update for update in updates if update.error is None]
        if dry_run:
            return PendingPlans(updates, {}, dry_run)
        try:
            with self._ledger.transaction():
                self._record_intent(valid)
        except sqlite3.Error as error:
            _fail(updates, error)
            return PendingPlans(updates, {}, dry_run)
        texts = {
            outcome.path: outcome.text
            for update in valid
            for outcome in update.outcomes
            if outcome.action is Action.WRITE
        }
        return PendingPlans(updates, texts, dry_run)

    def end(self, pending: PendingPlans, written: Written) -> list[Saved | CollectingError]:
        """Record what was written, and the state of the feeds: the last step.

        Returns:
            As `apply`.
        """
        updates = pending.updates
        valid = [] if pending.dry_run else [each for each in updates if each.error is None]
        if isinstance(written, CollectingError):
            for update in valid:
                update.error = written
        elif valid:
            try:
                with self._ledger.transaction():
                    for update in valid:
                        self._finish(update, written)
            except sqlite3.Error as error:
                _fail(updates, error)
        return [update.error or _saved(update.planned, update.outcomes) for update in updates]

    def _finish(self, update: _PlanUpdate, failed: Mapping[str, OSError]) -> None:
        """Record one plan as done; if files of it failed, as an error."""
        done = [each for each in update.outcomes if each.path not in failed]
        self._ledger.finish([each.finished() for each in done])
        lost = [each.path for each in update.outcomes if each.path in failed]
        if lost:
            update.error = _not_written(lost, failed[lost[0]])
            return
        feed = self._ledger.feed(update.planned.origin.feed)
        after = update.marks(feed)
        if after != feed:
            self._ledger.put_feed(after)

    def _decide(self, job: Job, folders: dict[str, bool]) -> _Outcome:
        """Decide what to do with the file of one article.

        Args:
            job: the article.
            folders: which folders exist, as far as they were looked up.
        """
        record, path, draft = job.record, job.path, job.draft
        if draft is None:
            raise ValueError("a plan is written out before it is applied")
        folder = path.rpartition("/")[0]
        if folder not in folders:
            folders[folder] = (self._folder / folder).exists()
        current = None
        if record.number or folders[folder]:
            current = text_of_file(self._folder, path)
        if current is None and record.done:
            # Moved by the user: the identity in a file counts, wherever it is.
            path = self._find(record.id) or path
            current = text_of_file(self._folder, path)
        action, text = decide(record, current, draft.text)
        text = text if action is Action.WRITE else current or ""
        if action not in (Action.WRITE, Action.SAME):
            return _Outcome(job, action, path, text)
        if text == draft.text:
            return _Outcome(job, action, path, text, draft.whole, draft.body)
        return _Outcome(job, action, path, text, b"", digest(body_in(text)))

    def _record_intent(self, updates: Sequence[_PlanUpdate]) -> None:
        """Record the intended writes of all articles before the first of them."""
        ledger = self._ledger
        intended: list[ArticleRecord] = []
        for update in updates:
            planned = update.planned
            feed = ledger.feed(planned.origin.feed)
            if not feed.number or (feed.source != planned.origin.source and planned.origin.feed):
                feed = ledger.put_feed(feed._replace(source=planned.origin.source))
            for number, old in planned.moved:
                ledger.move_article(number, old, feed.number)
            ledger.put_keys([(feed.number, number, keys) for number, keys in planned.more_keys])
            intended += [each.intended(feed.number) for each in update.outcomes]
        keys = [each.job.keys for update in updates for each in update.outcomes]
        numbers = ledger.put_articles(intended)
        ledger.put_keys(
            [
                (record.feed, number, one)
                for record, number, one in zip(intended, numbers, keys, strict=True)
            ]
        )


class _Outcome(NamedTuple):
    """What was decided for one article."""

    job: Job
    action: Action
    path: str
    text: str  # the text of the file after that
    # a digest of the text; empty if the front matter is the user's, as the file then is ours in its
    # body only
    whole: bytes = b""
    body: bytes = b""

    def intended(self, feed: int) -> ArticleRecord:
        """Return the record of the article before its file is written."""
        id_, number, _, _, seen, content_hash, file, body, done = self.job.record
        if self.action is Action.WRITE:
            # If killed from here on, the file has the old text or the new one: both are ours.
            file, body, done = file + self.whole, body + self.body, False
        return ArticleRecord(id_, number, feed, self.path, seen, content_hash, file, body, done)

    def finished(self) -> Finished:
        """Return what changes in the record once the file is written."""
        record, content_hash = self.job.record, self.job.content_hash
        if self.action in (Action.WRITE, Action.SAME):
            return Finished(record.id, content_hash, self.whole, self.body)
        return Finished(record.id, content_hash, record.file, record.body)


@dataclass(slots=True)
class _PlanUpdate:
    """One plan while it is applied."""

    planned: Plan
    marks: Marks
    outcomes: list[_Outcome] = field(default_factory=list)
    error: CollectingError | None = None


class PendingPlans(NamedTuple):
    """Plans whose intended writes are recorded."""

    updates: Sequence[_PlanUpdate]  # one for each plan
    texts: Mapping[str, str]  # the files to write: path -> text
    dry_run: bool


Written = Mapping[str, OSError] | CollectingError
"""The paths that could not be written, and why; or why nothing could be written."""


def written(folder: Path, texts: Mapping[str, str]) -> Written:
    """Write files, which are on disk when it returns: the second step.

    It does not use the ledger, so it may run in another thread.
    """
    try:
        return write_all(folder, texts) if texts else {}
    except Unreadable as error:
        return CollectingError(f"The file {error.path} cannot be written: {error.reason}")


def _fail(updates: Sequence[_PlanUpdate], error: sqlite3.Error) -> None:
    failure = CollectingError(f"What was collected cannot be noted: {error}.")
    for update in updates:
        update.error = update.error or failure


def _not_written(paths: Sequence[str], error: OSError) -> CollectingError:
    more = f" ({len(paths):,} articles in all)" if len(paths) > 1 else ""
    reason = error.strerror or error
    return CollectingError(f"The file {paths[0]} cannot be written: {reason}{more}.")


def _saved(planned: Plan, outcomes: Sequence[_Outcome]) -> Saved:
    def paths(action: Action, *, new: bool) -> tuple[str, ...]:
        return tuple(o.path for o in outcomes if o.action is action and o.job.is_new is new)

    settled = sum(each.action in (Action.SAME, Action.GONE) for each in outcomes)
    return Saved(
        planned.ids,
        paths(Action.WRITE, new=True),
        paths(Action.WRITE, new=False),
        paths(Action.KEEP, new=False) + paths(Action.KEEP, new=True),
        planned.unchanged + settled,
    )


def text_of_file(folder: Path, path: str) -> str | None:
    """Return the text of an article's file, None if it does not exist.

    Raises:
        CollectingError: it cannot be read.
    """
    # What is not UTF-8 is not ours, and has a digest of its own in any decoding.
    try:
        with open(native_file(folder, path), "rb") as file:  # noqa: PTH123  # of a text: most are not there
            return file.read().decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CollectingError(
            f"The file {path} cannot be read: {error.strerror or error}."
        ) from error
