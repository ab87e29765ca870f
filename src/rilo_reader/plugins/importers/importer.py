"""Import any path: copy or convert each file by its kind, and count it; OPML also to an account."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from shlex import quote
from typing import IO, Self

from rilo_reader.article import ArticleId
from rilo_reader.dialects.sites import Sites
from rilo_reader.entry import Entry
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.extras import PAGES
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.feed_reader import page_in_worker
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.sources import FeedAddition, FeedSource
from rilo_reader.feeds.subscriptions import Subscription, load
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.feeds.update_request import PAGE_SECONDS
from rilo_reader.library import Library
from rilo_reader.pages import read_page
from rilo_reader.parsers import read_feed
from rilo_reader.parsers.mail import Letter, iter_letters
from rilo_reader.paths import Paths, library_name
from rilo_reader.plugins.exporters.jsonl import LINE_LIMIT, ExportRecord, parse_records
from rilo_reader.plugins.importers import files
from rilo_reader.plugins.importers.entries import (
    EntryImporter,
    StateImporter,
    follow_list,
    is_private,
)
from rilo_reader.plugins.importers.file_copier import FileCopier
from rilo_reader.plugins.importers.highlights import HighlightImporter
from rilo_reader.plugins.importers.opml import read_opml
from rilo_reader.plugins.importers.pictures import PictureCopier
from rilo_reader.plugins.importers.report import (
    ContentKind,
    ImportReason,
    ImportReport,
    KindTally,
    describe_error,
)
from rilo_reader.plugins.importers.saved import ExportFile
from rilo_reader.plugins.importers.saved_importer import SavedImporter
from rilo_reader.store.encoding import decode
from rilo_reader.text import clean_line, redact_address
from rilo_reader.workers import WorkerPool

FILE_LIMIT = 50_000_000  # maximum size of a page, a feed or a list, in bytes
ENTRIES_WAITING = 500  # mails and pages that are added together
_PARTS = ("annotations", "highlights", "content")  # folders that belong to tables and lists
WATCH_SECONDS = 0.5  # how often progress is shown while a page is read


class FileImporter:
    """Imports paths one after another; call `finish_import` at the end."""

    def __init__(
        self,
        library: Library,
        collection: Collection,
        feeds_file: Path,
        *,
        dry_run: bool = False,
        recorder: StepRecorder | None = None,
    ) -> None:
        """Import into a library whose index is up to date, its collection, and feeds.toml.

        What is written goes into the step of `recorder`.
        """
        self.report = ImportReport()  # what was imported, or would be
        # those of the files; to be finished when new articles are in the index
        self.highlights = HighlightImporter(library, recorder)
        self._recorder = recorder
        self._library = library
        self._collection = collection
        self._feeds_file = feeds_file
        self._dry_run = dry_run
        self._sites = Sites(self._library.folder)  # then those around each path
        # called now and then with the number of things processed
        self.on_progress: Callable[[int], None] = lambda done: None
        self._copier = FileCopier(
            library, dry_run=dry_run, on_progress=self._report_progress, recorder=recorder
        )
        self._pictures = PictureCopier(library, self.report, dry_run=dry_run, recorder=recorder)
        self._importer = EntryImporter(
            collection, datetime.now(UTC), dry_run=dry_run, recorder=recorder
        )
        self._marker = StateImporter(library, dry_run=dry_run)
        self.saved = SavedImporter(
            self._importer,
            self._marker,
            self.highlights,
            self._pictures,
            self._report_progress,
        )
        self._add_folders(load(feeds_file)[0])
        # with the digest of the page that each is from, b"" for a mail message
        self._pending: dict[tuple[ContentKind, str, float | None], list[tuple[Entry, bytes]]] = {}
        self._named: set[Path] = set()  # the paths that were imported
        self._texts: dict[bytes, ArticleId] = {}  # of files, by their digests
        self._runner = asyncio.Runner()
        # limit of processor time for a page; to be set before the first is read
        self.page_seconds = PAGE_SECONDS
        self.pool: WorkerPool | None = None  # to read pages in, and left open; None: one of ours
        self._own_pool: WorkerPool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *details: object) -> None:
        if error is not None:  # also of an import that was stopped: what is written is marked
            self._marker.write_collected(self._recorder)
        if self._own_pool is not None:
            self._own_pool.close()
        self._runner.close()

    def import_path(self, path: Path) -> None:
        """Import a path.

        Raises OSError if it cannot be read, LibraryError if something cannot be
        written; imported articles are kept.
        """
        real, folder = path.resolve(), self._library.folder

        def leave_out(name: str, why: str) -> None:
            self.report.tally_of(ContentKind.OTHER).skip(name, why)

        if real == folder or folder in real.parents:
            leave_out(str(path), "it is already in the library")
            return
        self._sites = Sites(real.parent)
        self._named.add(real)
        parts = files.FileSet(files.iter_files(path, leave_out, folder))
        for found in parts.take_all():
            self._import_file(found, parts, files.UnpackBudget(), 0)

    def finish_import(self) -> ImportReport:
        """Write what is pending, and return the report; marks wait for `highlights`."""
        self._write_queued()
        self.saved.finish()
        self._name_rest()
        self._copier.write_pending()
        if not self._dry_run:
            with self._collection.ledger.transaction():
                self._collection.ledger.put_pages(self._texts)
        self.highlights.marks = self._marker.take_assignments()
        return self.report

    def _name_rest(self) -> None:
        """Report the parts of an export that lie beside the files of it that were named."""
        named = self._named
        kinds = [kind for kind, _ in self.report.non_empty_tallies]
        folders = {each.parent for each in named if each.is_file()} - named
        for folder in sorted(folders) if ContentKind.SAVED in kinds else ():
            parts = (folder / part for part in _PARTS if folder / part not in named)
            if rest := [part.name for part in parts if {*part.glob("*.*")} - named]:
                command = f"rilo-reader import {quote(str(folder))}"
                why = f"lies beside these files; to import all of it: {command}"
                self.report.tally_of(ContentKind.SAVED).add_remark(" and ".join(rest), why)

    def _report_progress(self) -> None:
        self.on_progress(self.report.processed_count)

    def _skip_file(self, name: str, reason: str) -> None:
        tally = self.report.tally_of(ContentKind.UNREADABLE)
        if reason != PAGES.install_advice:
            tally.skip(name, reason)
        elif (whole := ImportReason("web pages", reason)) in tally.reasons:
            tally.left_out += 1
        else:  # said once for all of them
            tally.skip(*whole)

    def _import_file(
        self,
        found: files.FoundFile,
        parts: files.FileSet,
        budget: files.UnpackBudget,
        depth: int,
    ) -> None:
        if files.is_picture(found.path):
            self._pictures.copy_found(found)
            return
        try:
            with found.open() as stream:
                head = stream.read(files.HEAD)
                stream.seek(0)
                with parser_errors():
                    format_ = files.find_saved(found.path, head, stream)
                    stream.seek(0)
                    kind, reason = files.find_kind(found.path, head)
                if format_ is not None:
                    export = ExportFile(stream, partial(parts.read_beside, found))
                    self.saved.import_file(format_, found.name, export)
                elif reason:
                    self.report.tally_of(ContentKind.OTHER).skip(found.name, reason)
                elif kind is ContentKind.ARCHIVE and depth >= files.NESTED_LIMIT:
                    self._skip_file(found.name, "it is nested in too many archives")
                elif kind is ContentKind.ARCHIVE:
                    members = files.iter_members(stream, found, self._skip_file, budget)
                    inner = files.FileSet(members)
                    for member in inner.take_all():
                        self._import_file(member, inner, budget, depth + 1)
                else:
                    self._read_file(kind, stream, found)
        except (NotReadableError, OSError) as error:
            self._skip_file(found.name, describe_error(error))
        self._report_progress()

    def _read_file(self, kind: ContentKind, stream: IO[bytes], found: files.FoundFile) -> None:
        tally = self.report.tally_of(kind)
        if kind is ContentKind.MAIL:
            self._import_letters(iter_letters(stream), found, tally)
        elif kind is ContentKind.RECORDS:
            text = ExportFile(stream).open_text()
            lines = iter(partial(text.readline, LINE_LIMIT + 1), "")
            self._import_records(parse_records(lines), found, tally)
        else:
            data = stream.read(FILE_LIMIT + 1)
            if len(data) > FILE_LIMIT:
                raise NotReadableError(f"it is larger than {FILE_LIMIT // 1_000_000} MB")
            if kind is ContentKind.HIGHLIGHT:
                self.highlights.read_file(
                    data, lambda what, why: tally.skip(f"{found.name}: {what}", why)
                )
            elif kind is ContentKind.MARKDOWN:
                self._pictures.record_names(decode(data)[0])
                digest = blake2b(data, digest_size=16).digest()
                known = self._collection.ledger.find_text(digest)
                if known is not None and self._library.search.row(known) is not None:
                    tally.known += 1  # also where it was in a folder of another name
                    return
                dialect = self._sites.of(found.path).dialect
                data = self._copier.add_dialect(data, found.path, dialect)
                article = self._copier.add_text(found.path, data, tally, modified=found.modified)
                if article is not None:
                    self._texts[digest] = article
            elif kind is ContentKind.PAGE:
                self._import_page(data, found)
            elif kind is ContentKind.FEED:
                self._import_feed(data, found, tally)
            else:
                self._import_opml(data, found, tally)

    def _import_page(self, data: bytes, found: files.FoundFile, url: str = "") -> None:
        digest = blake2b(data, digest_size=16).digest()
        if self._collection.ledger.has_page(digest):
            self.report.tally_of(ContentKind.PAGE).known += 1
            return
        entry = self._runner.run(self._extract_page(partial(read_page, data, url)))
        host = entry.url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
        source = entry.site or clean_line(host.removeprefix("www."), 100) or _source_name(found)
        self._queue_entry(ContentKind.PAGE, source, entry, found.modified, digest)

    async def _extract_page(self, work: Callable[[], Entry]) -> Entry:
        """Read a page in a worker, showing progress: at low priority, that may take long."""
        if self.pool is None:
            self.pool = self._own_pool = WorkerPool(1)
        reading = asyncio.ensure_future(page_in_worker(self.pool, work, seconds=self.page_seconds))
        while not (await asyncio.wait([reading], timeout=WATCH_SECONDS))[0]:
            self._report_progress()
        return reading.result()

    def _import_letters(
        self, found_letters: Iterator[Letter | str], found: files.FoundFile, tally: KindTally
    ) -> None:
        for letter in found_letters:
            if isinstance(letter, str):
                tally.skip(found.name, letter)
            elif letter.page:
                try:
                    self._import_page(letter.page, found, letter.entry.url)
                except NotReadableError as error:
                    self._skip_file(found.name, error.reason)
            else:
                source = letter.source or _source_name(found)
                self._queue_entry(ContentKind.MAIL, source, letter.entry, found.modified)

    def _import_feed(self, data: bytes, found: files.FoundFile, tally: KindTally) -> None:
        with parser_errors():
            feed = read_feed(data, "", "")
        origin = Origin(feed.feed_url, feed.title or _source_name(found), feed.lang)
        _, new = self._importer.add_entries(origin, feed.entries)
        tally.add_counts(len(feed.entries), len(new))

    def _import_opml(self, data: bytes, found: files.FoundFile, tally: KindTally) -> None:
        with parser_errors():
            listed = read_opml(data)
        feeds, file = listed.subscriptions, self._feeds_file
        self._add_folders(feeds)
        new = follow_list(file, self._collection, feeds, dry_run=self._dry_run)
        tally.add_counts(len(feeds), len(new))
        for each in filter(is_private, new):
            url = redact_address(each.url)
            why = (
                "is on a private network or this computer, and you did not type it, so it is paused"
            )
            command = f"rilo-reader feeds allow {quote(url)}"
            tally.add_remark(found.name, f"{url} {why}; to fetch it: {command}")
        for fault in listed.faults:
            tally.add_remark(found.name, fault)

    def _add_folders(self, feeds: Iterable[Subscription]) -> None:
        self.saved.folders |= {feed_key(each.url): each.tags for each in feeds}

    def _import_records(
        self, lines: Iterator[ExportRecord | str], found: files.FoundFile, tally: KindTally
    ) -> None:
        for record in lines:
            if isinstance(record, str):
                tally.skip(found.name, record)
                continue
            article = self._copier.add_text(
                record.path or record.id,
                self._copier.add_dialect(
                    record.text.encode(errors="replace"), record.path, record.dialect
                ),
                tally,
                identity=ArticleId(record.id),
                modified=record.date,
            )
            if article is not None:
                self._marker.add_marks(article, record.read, record.starred, record.own_tags)
                self._marker.add_highlights(article, record.highlights)

    def _queue_entry(
        self,
        kind: ContentKind,
        source: str,
        entry: Entry,
        modified: float | None,
        page: bytes = b"",
    ) -> None:
        """Queue an entry; one without a date gets the date of its file."""
        when = modified if entry.date is None else None
        self._pending.setdefault((kind, source, when), []).append((entry, page))
        if sum(map(len, self._pending.values())) >= ENTRIES_WAITING:
            self._write_queued()

    def _write_queued(self) -> None:
        pending, self._pending = self._pending, {}
        for (kind, source, when), waiting in pending.items():
            now = datetime.fromtimestamp(when, UTC) if when is not None else None
            entries = [entry for entry, _ in waiting]
            ids, new = self._importer.add_entries(Origin("", source), entries, now)
            pages = {page: id_ for (_, page), id_ in zip(waiting, ids, strict=True) if page}
            if pages and not self._dry_run:
                with self._collection.ledger.transaction():
                    self._collection.ledger.put_pages(pages)
            self.report.tally_of(kind).add_counts(len(entries), len(new))
            self._report_progress()


def _source_name(found: files.FoundFile) -> str:
    """Return the name of a file as that of an unnamed source."""
    return clean_line(found.path.rpartition("/")[2].rpartition(".")[0], 100) or "imported"


@contextmanager
def open_dry_run(folder: Path, paths: Paths) -> Iterator[tuple[Path, Paths]]:
    """Provide a folder and paths for a run whose writes are discarded.

    Marks, ledger and index are copies in a temporary folder that is deleted at the end; articles
    and settings are read in place. A library that does not exist yet is replaced by an empty
    folder. Raises OSError if the copies do not fit on the disk.
    """
    # A thread of tantivy may still write into the copy of the index while it is removed.
    with tempfile.TemporaryDirectory(prefix="rilo-reader-", ignore_cleanup_errors=True) as name:
        temporary = Path(name)
        copies = paths._replace(state=temporary / "state", cache=temporary / "cache")
        whole = folder.expanduser().resolve()
        if not whole.is_dir():
            empty = temporary / "library"
            empty.mkdir()
            yield empty, copies
            return
        known = library_name(whole)
        copies.state.mkdir()
        for file in sorted(paths.state.glob(f"{known}*")):
            if file.is_file() and not file.name.endswith((".lock", "-shm")):
                shutil.copy2(file, copies.state / file.name)
        for index in sorted((paths.cache / "index").glob(f"{known}*")):
            if index.is_dir():
                shutil.copytree(index, copies.cache / "index" / index.name)
        yield whole, copies


class AccountImporter:
    """Subscribes to feeds on the server of an account; what is there already stays as it is."""

    def __init__(
        self, account: FeedSource, own: Iterable[Subscription] = (), *, dry_run: bool = False
    ) -> None:
        """Subscribe at `account`; `own` is what the user follows here.

        A private address of it that is not paused has been typed or allowed, so it may be taken
        along.
        """
        self._account = account
        self._known = {feed_key(each.url) for each in account.read_feeds().feeds}
        self._own = {feed_key(each.url) for each in own if not each.paused}
        self._dry_run = dry_run
        self._report = ImportReport()

    def import_lists(
        self, paths: Iterable[Path], on_progress: Callable[[int], object]
    ) -> ImportReport:
        """Subscribe to the feeds of OPML files, each once; return what came of it.

        `watch` is called with the number of feeds that are done. Raises LibraryError if the server
        cannot be asked at all.
        """
        tally = self._report.tally_of(ContentKind.OPML)
        found: dict[str, Subscription] = {}
        for path in paths:
            for each in self._read_list(path, tally):
                found.setdefault(feed_key(each.url), each)
        feeds = []
        for key, each in found.items():
            if is_private(each) and key not in self._known | self._own:
                url = redact_address(each.url)
                why = "is on a private network or this computer, and you did not type it"
                command = f"rilo-reader add {quote(url)} --account {quote(self._account.name)}"
                tally.skip(url, f"{why}; to follow it: {command}")
            else:
                feeds.append(each)
        if self._dry_run:
            new_count = sum(feed_key(each.url) not in self._known for each in feeds)
            tally.add_counts(len(feeds), new_count)
        elif feeds:
            self._subscribe_feeds(feeds, tally, on_progress)
        return self._report

    def _read_list(self, path: Path, tally: KindTally) -> Sequence[Subscription]:
        try:
            with path.open("rb") as stream:
                data = stream.read(FILE_LIMIT)
            with parser_errors():
                listed = read_opml(data)
        except (NotReadableError, OSError) as error:
            self._report.tally_of(ContentKind.UNREADABLE).skip(path.name, describe_error(error))
            return ()
        for fault in listed.faults:
            tally.add_remark(path.name, fault)
        return listed.subscriptions

    def _subscribe_feeds(
        self, feeds: Sequence[Subscription], tally: KindTally, on_progress: Callable[[int], object]
    ) -> None:
        most = 1 if self._account.has_one_category else None
        changes = [FeedAddition(each.url, each.title, each.tags[:most]) for each in feeds]
        outcomes = self._account.apply_changes(changes, on_progress)
        for feed, outcome in zip(feeds, outcomes, strict=True):
            url = redact_address(feed.url)
            if outcome.error:
                tally.skip(url, outcome.error)
                continue
            tally.add_counts(1, outcome.undo is not None)
            if most and len(feed.tags) > most and outcome.undo is not None:
                name = self._account.name
                why = f"is only in {feed.tags[0]}: {name} allows one category for each feed"
                tally.add_remark(url, why)
