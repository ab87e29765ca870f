"""Import any path: copy or convert each file by its kind, and count it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shlex import quote
from typing import IO, Self

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry, NotReadableError, readable
from rilo_reader.exporters.jsonl import LINE_LIMIT, Record, records
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.reading import PAGE_SECONDS, page_in_worker
from rilo_reader.fetch.addresses import without_login
from rilo_reader.importers.entries import EntryImporter, StateImporter
from rilo_reader.importers.file_copier import FileCopier
from rilo_reader.importers.files import NESTED_LIMIT, Budget, Found, files_of, members_of
from rilo_reader.importers.highlights import HighlightImporter
from rilo_reader.importers.kinds import HEAD, kind_of
from rilo_reader.importers.mail import Letter, letters
from rilo_reader.importers.report import Kind, Report, Tally
from rilo_reader.library import Library
from rilo_reader.text import clean_line
from rilo_reader.workers import WorkerPool

FILE_LIMIT = 50_000_000
"""Maximum size of a page, a feed or a list, in bytes."""

ENTRIES_WAITING = 500
"""Mails and pages that are added together."""


class Importer:
    """Imports paths one after another; call `finish` at the end."""

    def __init__(
        self,
        library: Library,
        collection: Collection,
        feeds_file: Path,
        *,
        dry_run: bool = False,
        watch: Callable[[int], None] = lambda done: None,
    ) -> None:
        """Import into a library whose index is up to date, and its collection.

        Args:
            library: for the marks that come with articles.
            collection: the collection of the same folder.
            feeds_file: feeds.toml.
            dry_run: whether nothing is written.
            watch: called now and then with the number of things processed.
        """
        self.report = Report()  # what was imported, or would be
        # those of the files; to be finished when new articles are in the index
        self.highlights = HighlightImporter(library)
        self._library = library
        self._collection = collection
        self._feeds_file = feeds_file
        self._dry_run = dry_run
        self._on_progress = watch
        self._copier = FileCopier(library, dry_run=dry_run, watch=self._watch)
        self._importer = EntryImporter(collection, datetime.now(UTC), dry_run=dry_run)
        self._marker = StateImporter(library, dry_run=dry_run)
        self._pending: dict[tuple[Kind, str, float | None], list[Entry]] = {}
        self._runner = asyncio.Runner()
        # limit of processor time for a page; to be set before the first is read
        self.page_seconds = PAGE_SECONDS
        self.pool: WorkerPool | None = None
        """Workers to read pages in, which stay open; None for an own one."""
        self._own_pool: WorkerPool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._own_pool is not None:
            self._own_pool.close()
        self._runner.close()

    def take(self, path: Path) -> None:
        """Import a path.

        Raises:
            OSError: the path does not exist or cannot be read.
            LibraryError: something cannot be written; what was imported stays.
        """
        real, folder = path.resolve(), self._library.folder
        if real == folder or folder in real.parents:
            self.report.of(Kind.OTHER).leave_out(str(path), "it is in the library already")
            return
        for found in files_of(path, self._pass_over, folder):
            self._take_one(found, Budget(), 0)

    def finish(self) -> Report:
        """Write what is pending, set the marks, and return the report."""
        self._put_down()
        self._copier.finish()
        self._marker.finish()
        return self.report

    def _watch(self) -> None:
        self._on_progress(self.report.done)

    def _pass_over(self, name: str, reason: str) -> None:
        self.report.of(Kind.OTHER).leave_out(name, reason)

    def _skip(self, name: str, reason: str) -> None:
        self.report.of(Kind.UNREADABLE).leave_out(name, reason)

    def _take_one(self, found: Found, budget: Budget, depth: int) -> None:
        try:
            with found.open() as stream:
                head = stream.read(HEAD)
                stream.seek(0)
                with readable():
                    kind, reason = kind_of(found.path, head)
                if reason:
                    self.report.of(Kind.OTHER).leave_out(found.name, reason)
                elif kind is Kind.ARCHIVE:
                    self._archive(stream, found, budget, depth)
                else:
                    self._read(kind, stream, found)
        except NotReadableError as error:
            self._skip(found.name, error.reason)
        except OSError as error:
            self._skip(found.name, error.strerror or "it cannot be read")
        self._watch()

    def _archive(self, stream: IO[bytes], found: Found, budget: Budget, depth: int) -> None:
        if depth >= NESTED_LIMIT:
            raise NotReadableError("it is an archive within archives, too deep")
        for member in members_of(stream, found, self._skip, budget):
            self._take_one(member, budget, depth + 1)

    def _read(self, kind: Kind, stream: IO[bytes], found: Found) -> None:
        tally = self.report.of(kind)
        if kind is Kind.MAIL:
            self._letters(letters(stream), found, tally)
        elif kind is Kind.RECORDS:
            with io.TextIOWrapper(stream, "utf-8", errors="replace") as text:
                lines = iter(partial(text.readline, LINE_LIMIT + 1), "")
                self._records(records(lines), found, tally)
        else:
            data = stream.read(FILE_LIMIT + 1)
            if len(data) > FILE_LIMIT:
                raise NotReadableError(f"it is larger than {FILE_LIMIT // 1_000_000} MB")
            if kind is Kind.HIGHLIGHT:
                self.highlights.read(data)
            elif kind is Kind.MARKDOWN:
                self._copier.add(found.path, data, tally, modified=found.modified)
            elif kind is Kind.PAGE:
                self._page(data, found)
            elif kind is Kind.FEED:
                self._feed(data, found, tally)
            else:
                self._opml(data, found, tally)

    # -- kinds ----------------------------------------------------------------------------------

    def _page(self, data: bytes, found: Found, url: str = "") -> None:
        from rilo_reader.pages import read_page

        if self.pool is None:
            self.pool = self._own_pool = WorkerPool(1)
        work = partial(read_page, data, url)
        entry = self._runner.run(page_in_worker(self.pool, work, seconds=self.page_seconds))
        source = entry.site or _host(entry.url) or _name(found)
        self._wait(Kind.PAGE, source, entry, found.modified)

    def _letters(self, found_letters: Iterator[Letter | str], found: Found, tally: Tally) -> None:
        for letter in found_letters:
            if isinstance(letter, str):
                tally.leave_out(found.name, letter)
            elif letter.page:
                try:
                    self._page(letter.page, found, letter.entry.url)
                except NotReadableError as error:
                    tally.leave_out(found.name, error.reason)
            else:
                source = letter.source or _name(found)
                self._wait(Kind.MAIL, source, letter.entry, found.modified)

    def _feed(self, data: bytes, found: Found, tally: Tally) -> None:
        from rilo_reader.parsers import read_feed

        with readable():
            feed = read_feed(data, "", "")
        origin = Origin(feed.address, feed.title or _name(found), feed.lang)
        put = self._importer.put(origin, feed.entries)
        tally.add(len(feed.entries), len(put.new))

    def _opml(self, data: bytes, found: Found, tally: Tally) -> None:
        from rilo_reader.feeds.opml import read_opml
        from rilo_reader.importers.entries import follow_list, is_private

        with readable():
            listed = read_opml(data)
        new = follow_list(
            self._feeds_file, self._collection, listed.subscriptions, dry_run=self._dry_run
        )
        tally.add(len(listed.subscriptions), len(new))
        for each in filter(is_private, new):
            url = without_login(each.url)
            why = "is on a private network or this computer and was not typed by you: it is paused"
            tally.remark(
                found.name, f"{url} {why}; to fetch it: rilo-reader feeds allow {quote(url)}"
            )
        for fault in listed.faults:
            tally.remark(found.name, fault)

    def _records(self, lines: Iterator[Record | str], found: Found, tally: Tally) -> None:
        for record in lines:
            if isinstance(record, str):
                tally.leave_out(found.name, record)
                continue
            data = record.text.encode(errors="replace")
            path = record.path or record.id
            identity = ArticleId(record.id)
            placed = self._copier.add(path, data, tally, identity=identity, modified=record.date)
            if placed is not None:
                self._marker.mark(placed.id, record.read, record.starred, record.own_tags)
                self._marker.highlight(placed.id, record.highlights)

    # -- entries --------------------------------------------------------------------------------

    def _wait(self, kind: Kind, source: str, entry: Entry, modified: float | None) -> None:
        """Queue an entry; one without a date gets the date of its file."""
        when = modified if entry.date is None else None
        self._pending.setdefault((kind, source, when), []).append(entry)
        if sum(map(len, self._pending.values())) >= ENTRIES_WAITING:
            self._put_down()

    def _put_down(self) -> None:
        pending, self._pending = self._pending, {}
        for (kind, source, when), entries in pending.items():
            now = datetime.fromtimestamp(when, UTC) if when is not None else None
            put = self._importer.put(Origin("", source), entries, now)
            self.report.of(kind).add(len(entries), len(put.new))
            self._watch()


def _name(found: Found) -> str:
    """Return the name of a file as that of an unnamed source."""
    return clean_line(found.path.rpartition("/")[2].rpartition(".")[0], 100) or "imported"


def _host(url: str) -> str:
    """Return the host of an address without "www.", or ""."""
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    return clean_line(host.removeprefix("www."), 100)
