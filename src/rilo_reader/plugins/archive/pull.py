"""Pull what is newer in the archive: rows of the log become files, as entries of a feed do.

    for rows in stream_rows_after(last):            bounded in number and bytes
        newest of each article, unless it is ours   pure
        Plan of a feed each, writer.write_plans     whole files, then the ledger
        records.write_agreed, last                  so after a kill it is all done again, alike

A text that the user has changed since it was agreed on stays, and is reported as kept. One that was
sent, and that somebody else has replaced, is kept beside. Nothing is written through a link that
leads out of the library.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import disk_usage
from typing import NamedTuple

from psycopg import Connection, Copy

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.errors import CollectingError, NotReadableError
from rilo_reader.feeds.article_text import Origin, is_ours, make_digest, read_body
from rilo_reader.feeds.article_writer import keep_copy, text_of_file
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.identity import KeyPart, Keys, make_entry_keys
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.feeds.plan import FileJob, Plan
from rilo_reader.plugins.archive.connection import NO_ARCHIVE, ShareError, Types, check_rows
from rilo_reader.plugins.archive.files import read_portable
from rilo_reader.plugins.archive.portable import PortableArticle, make_harmless, parse_portable
from rilo_reader.plugins.archive.records import (
    GONE_DIGEST,
    AgreedVersion,
    ArchiveExchangeResult,
    ArchiveRecords,
    KnownFile,
)
from rilo_reader.store.folder import is_outside_library, new_path, read_entry, resolve_inside
from rilo_reader.text import clean_line

AT_ONCE = 4_000  # rows that are asked for together: some 12 MB, in time also over a slow line
RESERVE = 200_000_000  # bytes that stay free on the disk

_COPY = """copy (select seq, id, writer, deleted, edited,
        (extract(epoch from added) * 1000000)::bigint, text
    from log where seq > {last} and (at >= {edge} or deleted)
    order by seq limit {limit}) to stdout (format binary)"""
_COPIED = ["int8", "text", "name", "bool", "bool", "int8", "text"]
TYPES: Types = (int, str, str, bool, bool, int, str)
"""The types of the values of a `LogRow`."""


class LogRow(NamedTuple):
    """A version of an article."""

    seq: int
    id: ArticleId
    writer: str
    deleted: bool
    edited: bool
    added: int  # microseconds since 1970, by the server's clock
    text: str


def stream_rows_after(connection: Connection, last: int, *, edge: int = 0) -> Iterator[LogRow]:
    """Stream the rows of the log after a number, from a sort key on if there is one.

    Raises psycopg.Error.
    """
    count = AT_ONCE
    while count == AT_ONCE:
        count = 0
        statement = _COPY.format(last=int(last), limit=AT_ONCE, edge=edge or -(1 << 63))
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(_COPIED)
            for row in _read_rows(copy):
                yield row
                last, count = row.seq, count + 1


def _read_rows(copy: Copy) -> Iterator[LogRow]:
    try:
        for row in copy.rows():
            yield LogRow._make(*check_rows([row], TYPES))
    except (ValueError, struct.error) as error:  # a wrong number of bytes, or not UTF-8
        raise ShareError(NO_ARCHIVE) from error


class Puller:
    """Writes the rows of a log into one library."""

    def __init__(
        self,
        collection: Collection,
        records: ArchiveRecords,
        result: ArchiveExchangeResult,
        user: str,
    ) -> None:
        """Count in `result` what is done; `user` is the login."""
        self._user = user
        self._collection = collection
        self._records = records
        self._done = result
        self._now = datetime.now(UTC)
        self._folder = collection.folder
        self._present_paths: set[str] = set()  # paths of files that were there before
        self.confirmed: set[ArticleId] = set()  # the archive has their base, or a later version

    def write_rows(self, rows: Sequence[LogRow], *, in_order: bool = True) -> None:
        """Write some rows, and record how far the log is read, if they come in its order.

        Raises CollectingError: some cannot be written; they are taken again the next time.
        """
        with suppress(OSError):
            free = disk_usage(self._folder).free
            if free < RESERVE:
                raise CollectingError(
                    f"The disk of {self._folder} has only {free // 1_000_000:,} MB left, so "
                    f"nothing more was fetched from the archive. Free some space, then run "
                    f"rilo-reader share now"
                )
        newest = {row.id: row for row in rows}
        agreed = self._records.agreed_versions(newest)
        is_restored = bool(self._records.read_setting("restored"))
        found: dict[ArticleId, tuple[LogRow, PortableArticle]] = {}
        deleted: list[LogRow] = []
        for row in newest.values():
            before = agreed.get(row.id)
            # Of what was sent from here older versions may come; where the log was restored from a
            # backup, numbers were given again.
            if before and (row.added < before.added if is_restored else row.seq < before.seq):
                continue
            self.confirmed.add(row.id)
            if row.deleted:
                deleted.append(row)
            elif (one := parse_portable(row.id, row.text)) is None:
                self._done.refused += 1
            elif before is None or before[1:3] != (one.digest, row.added):
                found[row.id] = row, one
        notes = self._write_articles(found, agreed)
        gone = (self._delete_article(row, agreed.get(row.id)) for row in deleted)
        notes += filter(None, gone)
        with self._records.transaction():
            self._records.write_agreed(notes)
            if in_order:
                self._records.write_settings(last=rows[-1].seq)
                self._records.write_top(rows[-1].seq, rows[-1].added)

    def _write_articles(
        self,
        found: Mapping[ArticleId, tuple[LogRow, PortableArticle]],
        agreed: Mapping[ArticleId, AgreedVersion],
    ) -> list[AgreedVersion]:
        """Write articles; return their new base."""
        plans: dict[str, tuple[Origin, int, list[FileJob]]] = {}
        ledger = self._collection.ledger
        for row, one in found.values():
            known, path = self._find_record_and_path(row.id)
            path = self._choose_path(path, one)
            if not path:
                self._done.outside += 1
                continue
            if one.feed not in plans:
                record = ledger.read_feed(one.feed)
                source = record.source or (one.article.source if one.feed else "")
                plans[one.feed] = Origin(one.feed, source), record.number, []
            _, number, jobs = plans[one.feed]
            seen = min(one.article.date, self._now)
            known = (known or ArticleRecord(row.id, feed=number, seen=seen))._replace(path=path)
            jobs.append(self._make_job(row, one, known, agreed.get(row.id)))
        planned = [
            Plan(origin, number, tuple(job.record.id for job in jobs), tuple(jobs))
            for origin, number, jobs in plans.values()
        ]
        writes = [(plan, lambda record: record) for plan in planned]
        stayed: set[str] = set()
        new: set[str] = set()
        copies: dict[str, str] = {}
        for outcome in self._collection.writer.write_plans(writes):
            if isinstance(outcome, CollectingError):
                raise outcome
            # The user's own files are not in the ledger, so they count as new there.
            replaced = self._present_paths.intersection(outcome.new)
            self._done.new += len(outcome.new) - len(replaced)
            self._done.updated += len(outcome.updated) + len(replaced)
            self._done.kept += len(outcome.edited)
            self._done.outside += len(outcome.outside)
            stayed.update(outcome.edited, outcome.outside)
            new.update(outcome.new)
            copies.update(outcome.copies)
        notes: list[AgreedVersion] = []
        written: list[KnownFile] = []
        for plan in planned:
            for job in plan.jobs:
                row, one = found[job.record.id]
                mine = self._read_portable(job.path, row.id) if job.path in stayed else None
                kept = mine.digest if mine is not None else None
                note = AgreedVersion(row.id, one.digest, row.added, row.edited, kept, row.seq)
                notes.append(note._replace(own=row.writer == self._user))
                if copy := copies.get(job.path):
                    self._record_replaced(job.path, row, copy)
                if job.path in new and (entry := read_entry(self._folder, job.path)) is not None:
                    written.append(KnownFile(entry, row.id, one.digest))
        with self._records.transaction():
            self._records.write_files(written)
        return notes

    def _choose_path(self, path: str, one: PortableArticle) -> str:
        """Return the path to write an article to; "" if links lead out wherever it could be."""
        if path:
            is_gone = text_of_file(self._folder, path) is None
            return "" if is_gone and is_outside_library(self._folder, path) else path
        # Its own place, or that of articles without a source.
        places = map(new_path, (one.article, one.article._replace(source="")))
        return next((path for path in places if not is_outside_library(self._folder, path)), "")

    def _record_replaced(self, path: str, row: LogRow, copy: str) -> None:
        self._done.replaced.append({"path": path, "by": clean_line(row.writer), "copy": copy})

    def _make_job(
        self,
        row: LogRow,
        one: PortableArticle,
        record: ArticleRecord,
        previous: AgreedVersion | None,
    ) -> FileJob:
        """Return the write of an article, whose record says which texts may be replaced."""
        path, was_here = record.path, record.done or previous is not None
        is_back = previous is not None and previous.digest == GONE_DIGEST
        record = record._replace(done=was_here and not is_back)
        current = text_of_file(self._folder, path)
        if current is not None:
            self._present_paths.add(path)
        mine = self._read_portable(path, row.id) if previous is not None else None
        if current is not None and mine and previous and mine.digest == previous.digest:
            record = record._replace(
                file=record.file + make_digest(current),
                body=record.body + make_digest(read_body(current)),
            )
        article = one.article
        text = one.text if row.writer == self._user else make_harmless(one)
        entry = Entry(key=one.guid, url=article.url, title=article.title, date=article.date)
        keys: Keys = {
            kind: key
            for kind, key in make_entry_keys(entry).items()
            if kind not in (KeyPart.CONTENT, KeyPart.WHOLE)
        }
        is_own = mine is not None and _is_lost(previous, mine, row, self._user)
        return FileJob(Entry(), record, keys, record.content_hash, path, text, row.edited, is_own)

    def _find_record_and_path(self, article: ArticleId) -> tuple[ArticleRecord | None, str]:
        """Return the ledger's record of an article, and where its file is or was, if it was."""
        record = self._collection.ledger.find_article(article)
        file = self._records.find_file(article)
        return record, file.entry.path if file else record.path if record else ""

    def _read_portable(self, path: str, article: ArticleId) -> PortableArticle | None:
        try:
            return read_portable(self._folder, path, by_path=article == path)
        except NotReadableError:
            return None

    def _delete_article(self, row: LogRow, previous: AgreedVersion | None) -> AgreedVersion | None:
        """Delete the file of an article that is gone in the archive, unless it was changed here."""
        known, path = self._find_record_and_path(row.id)
        if not path:
            return None
        current, kept = text_of_file(self._folder, path), None
        if current is not None:
            mine = self._read_portable(path, row.id)
            ours = known is not None and is_ours(make_digest(current), known.file)
            agreed = mine is not None and previous is not None and mine.digest == previous.digest
            if mine is not None and (ours or agreed):
                if _is_lost(previous, mine, row, self._user):
                    self._record_replaced(path, row, keep_copy(self._folder, path))
                Path(resolve_inside(self._folder, path)).unlink(missing_ok=True)
                self._done.deleted += 1
            else:
                kept = mine.digest if mine is not None else None
                is_outside = is_outside_library(self._folder, path)
                self._done.outside += is_outside
                self._done.kept += not is_outside
        return AgreedVersion(row.id, GONE_DIGEST, row.added, row.edited, kept, row.seq)


def _is_lost(previous: AgreedVersion | None, text: PortableArticle, row: LogRow, user: str) -> bool:
    """Return whether somebody else's version leaves out text that this person wrote.

    Collected text that nobody edited is not theirs.
    """
    is_own = previous is not None and previous.own and (previous.edited or not text.feed)
    lines = iter(row.text.splitlines())
    is_whole = all(line in lines for line in text.text.splitlines())
    return is_own and row.writer != user and not is_whole
