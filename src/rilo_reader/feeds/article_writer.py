"""Write the articles of plans: whole files first, then one transaction.

    decide_action(record, current, text)    for each job of each plan             pure
    write_all(folder, texts)                whole files, all flushed together
    with ledger.transaction():              articles, their keys, the state of their feeds

This is the only place that writes collected articles. The ledger records since when files are
written that it does not have. If the process is killed, every file is complete or missing, and
`collection.add_unrecorded` finds those that the ledger does not have.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.article_text import FileAction, decide_action, make_digest, read_body
from rilo_reader.feeds.ledger import Ledger
from rilo_reader.feeds.ledger_records import ArticleRecord, FeedRecord
from rilo_reader.feeds.plan import FileJob, Plan
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import (
    UnreadableError,
    is_outside_library,
    native_file,
    read_own,
    resolve_inside,
)

RecordUpdate = Callable[[FeedRecord], FeedRecord]
"""Returns the record of a feed after all articles of a response are on disk."""

ResolvePath = Callable[[ArticleId], str | None]
"""Returns the path of an article that the user has moved, or None."""


class ReplacedText(NamedTuple):
    """An article whose file is about to get another text."""

    id: ArticleId
    path: str
    before: str  # the text of the file
    after: str


KeepTexts = Callable[[Sequence[ReplacedText]], tuple[Collection[ArticleId], str]]
"""Keeps texts; returns the articles that count as edited, and what failed, as a sentence, or ""."""


class SaveResult(NamedTuple):
    """The files that were written for the entries of one response."""

    # the article of each entry, in order; the same one for repeated entries
    ids: tuple[ArticleId, ...] = ()
    new: tuple[str, ...] = ()  # paths of new articles
    updated: tuple[str, ...] = ()  # paths of articles whose entries had changed
    # paths of articles whose entries had changed, but which the user has edited
    edited: tuple[str, ...] = ()
    # likewise, but whose files are links that lead out of the library
    outside: tuple[str, ...] = ()
    unchanged: int = 0
    # for the paths of files that were the user's own, the paths of the copies that were kept
    copies: Mapping[str, str] = MappingProxyType({})
    problem: str = ""  # what failed besides, as a sentence


class ArticleWriter:
    """Writes the articles of one library. Not thread-safe."""

    def __init__(
        self, folder: Path, ledger: Ledger, find: ResolvePath, keep_texts: KeepTexts
    ) -> None:
        """`keep_texts` is called before texts are replaced."""
        self._folder = folder
        self._keep_texts = keep_texts
        self._ledger = ledger
        self._find = find
        self._unrecorded_batches = 0  # batches of files that are written, but not in the ledger
        self._says_writing = False
        self.records_arrivals = False  # whether the ledger gets new articles for the user's rules

    def write_plans(
        self, plans: Sequence[tuple[Plan, RecordUpdate]], *, dry_run: bool = False
    ) -> list[SaveResult | CollectingError]:
        """Apply plans with one sync to disk and one transaction.

        Returns for each what was written, or the error if it is incomplete.
        """
        updates = [_PlanUpdate(plan, update_record) for plan, update_record in plans]
        for update in updates:
            try:
                update.outcomes = [self._decide_outcome(job) for job in update.plan.jobs]
            except CollectingError as error:
                update.error = error
        if not dry_run:
            try:
                self._write_updates(updates)
            except sqlite3.Error as error:
                reason = f"The record of collected articles cannot be saved: {error}."
                failure = CollectingError(reason)
                for update in updates:
                    update.error = update.error or failure
        return [update.error or update.make_result() for update in updates]

    def finish(self) -> None:
        """Record that the ledger has all files, unless something has failed."""
        if self._says_writing and not self._unrecorded_batches:
            with self._ledger.transaction():
                self._ledger.put_writing_since(None)

    def _decide_outcome(self, job: FileJob) -> _FileOutcome:
        record, path = job.record, job.path
        current = text_of_file(self._folder, path)
        if current is None and record.done and record.number:
            # Moved by the user: the identity in a file counts, wherever it is.
            path = self._find(record.id) or path
            current = text_of_file(self._folder, path)
        action, text = decide_action(record, current, job.text)
        is_to_change = action in (FileAction.WRITE, FileAction.KEEP) and current is not None
        if is_to_change and is_outside_library(self._folder, path):
            action = FileAction.OUTSIDE
        before = current or "" if action is FileAction.WRITE else ""
        return _FileOutcome(job, action, path, text, before)

    def _write_updates(self, updates: Sequence[_PlanUpdate]) -> None:
        if not self._says_writing and any(update.outcomes for update in updates):
            with self._ledger.transaction():
                self._ledger.put_writing_since(datetime.now(UTC))
            self._says_writing = True
        self._unrecorded_batches += 1
        failed = self._write_files(updates)
        with self._ledger.transaction():
            for update in updates:
                if update.outcomes or not update.error:
                    self._record_update(update)
        self._unrecorded_batches -= not failed

    def _write_files(self, updates: Sequence[_PlanUpdate]) -> Mapping[str, OSError]:
        """Write files, and flush them to disk; outcomes and errors say what could be written."""
        for update in updates:
            self._keep_own(update)
            if replaced := update.list_replaced():
                update.edited, update.problem = self._keep_texts(replaced)
        outcomes = (outcome for update in updates for outcome in update.outcomes)
        texts = {each.path: each.text for each in outcomes if each.action is FileAction.WRITE}
        try:
            failed = write_all(self._folder, texts) if texts else {}
        except UnreadableError as error:
            failure = CollectingError(f"The file {error.path} cannot be written: {error.reason}")
            for update in updates:
                update.outcomes, update.error = [], failure
            return {}
        for update in updates if failed else ():
            lost = [each.path for each in update.outcomes if each.path in failed]
            update.outcomes = [each for each in update.outcomes if each.path not in failed]
            if lost:
                what = (
                    f"{len(lost):,} files, such as {lost[0]},"
                    if lost[1:]
                    else f"The file {lost[0]}"
                )
                reason = failed[lost[0]].strerror or failed[lost[0]]
                update.error = CollectingError(f"{what} cannot be written: {reason}.")
        return failed

    def _keep_own(self, update: _PlanUpdate) -> None:
        """Copy what the user wrote before it is replaced; if that fails, nothing is replaced."""
        try:
            for outcome in update.outcomes:
                is_replaced = outcome.action is FileAction.WRITE and outcome.job.is_own
                if is_replaced and (copy := keep_copy(self._folder, outcome.path)):
                    update.copies[outcome.path] = copy
        except CollectingError as error:
            update.outcomes, update.error = [], error

    def _record_update(self, update: _PlanUpdate) -> None:
        """Record the articles of a plan and, if all could be written, the state of its feed."""
        ledger, plan = self._ledger, update.plan
        origin, feed = plan.origin, ledger.read_feed(plan.origin.feed)
        if not feed.number or (origin.feed and feed.source != origin.source):
            feed = ledger.put_feed(feed._replace(source=origin.source))
        for number, old in plan.moves:
            ledger.move_article(number, old, feed.number)
        numbers = ledger.put_articles([each.make_record(feed.number) for each in update.outcomes])
        keys = [outcome.job.keys for outcome in update.outcomes]
        ledger.put_keys(feed.number, [*plan.more_keys, *zip(numbers, keys, strict=True)])
        if self.records_arrivals:
            ids = [each.job.record.id for each in update.outcomes if each.job.is_new]
            ledger.put_arrived([*ids, *update.edited])
        if update.error:
            return
        after = feed
        if plan.newest_date and (feed.last_new is None or feed.last_new < plan.newest_date):
            after = feed._replace(last_new=plan.newest_date)  # imported articles may be years old
        after = update.update_record(after)
        if after != feed:
            ledger.put_feed(after)


class _FileOutcome(NamedTuple):
    """The decision on one article."""

    job: FileJob
    action: FileAction
    path: str
    text: str  # the text of the file after that
    before: str  # the text of the file now, "" if there is none

    def make_record(self, feed: int) -> ArticleRecord:
        """Return the record of the article once its file is written."""
        job, file, body = self.job, self.job.record.file, self.job.record.body
        if self.action in (FileAction.WRITE, FileAction.SAME):
            # With front matter of the user, the file is ours in its body only.
            file = make_digest(self.text) if self.text == job.text else b""
            body = make_digest(read_body(self.text))
        if job.is_edited:
            file = body = b""
        return job.record._replace(
            feed=feed,
            path=self.path,
            content_hash=job.content_hash,
            file=file,
            body=body,
            done=True,
        )


@dataclass(slots=True)
class _PlanUpdate:
    """One plan while it is applied."""

    plan: Plan
    update_record: RecordUpdate
    outcomes: list[_FileOutcome] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    error: CollectingError | None = None
    edited: Collection[ArticleId] = ()
    problem: str = ""

    def list_replaced(self) -> list[ReplacedText]:
        """Return the texts that it replaces by those of later versions of the same entries."""
        return [
            ReplacedText(each.job.record.id, each.path, each.before, each.text)
            for each in (() if self.plan.is_made_otherwise else self.outcomes)
            if each.action is FileAction.WRITE and each.before and not each.job.is_own
        ]

    def make_result(self) -> SaveResult:
        """Return what was written."""

        def paths(action: FileAction, *, new: bool) -> tuple[str, ...]:
            found = (outcome for outcome in self.outcomes if outcome.action is action)
            return tuple(outcome.path for outcome in found if outcome.job.is_new is new)

        untouched = (FileAction.SAME, FileAction.GONE)
        unchanged = sum(outcome.action in untouched for outcome in self.outcomes)
        return SaveResult(
            self.plan.ids,
            paths(FileAction.WRITE, new=True),
            paths(FileAction.WRITE, new=False),
            paths(FileAction.KEEP, new=False) + paths(FileAction.KEEP, new=True),
            paths(FileAction.OUTSIDE, new=False) + paths(FileAction.OUTSIDE, new=True),
            self.plan.unchanged + unchanged,
            self.copies,
            self.problem,
        )


def text_of_file(folder: Path, path: str) -> str | None:
    """Return the text of an article's file, None if it does not exist; raises CollectingError."""
    # A file that is not UTF-8 is not ours, and has another digest in any decoding.
    try:
        with open(native_file(folder, path), "rb") as file:  # noqa: PTH123  # of a text: most are not there
            return file.read().decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        reason = f"The file {path} cannot be read: {error.strerror or error}."
        raise CollectingError(reason) from error


def keep_copy(folder: Path, path: str) -> str:
    """Keep the text of a file beside it, of `a.md` as `a.md.yours`; return the path of the copy.

    It is not an article, and replaces no other copy. "" if there is no file. Raises
    CollectingError.
    """
    try:
        data, _ = read_own(folder, path)
        for number in count(1):
            copy = f"{path}.yours{f'-{number}' if number > 1 else ''}"
            file = Path(resolve_inside(folder, copy))
            if not os.path.lexists(file):
                break
            if file.is_file() and file.read_bytes() == data:
                return copy
        for error in write_all(folder, {copy: data}).values():
            raise error
    except FileNotFoundError:
        return ""
    except (UnreadableError, OSError) as error:
        reason = f"{path} was not replaced, because no copy of it could be saved: {error}"
        raise CollectingError(reason) from error
    return copy
