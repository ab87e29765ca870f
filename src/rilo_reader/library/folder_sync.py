"""Synchronise the index with the folder: compare them, then read what differs and write it.

    difference = compare(folder, index)      paths, sizes and mtimes; reads no article
    remove what is gone, commit
    for each new or changed file:            read and prepared in worker processes
        resolve a duplicate identity, add to the writer
        commit now and then, report progress

The index is valid at any moment; a reconciliation that was stopped is completed by the next one.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.dialects.sites import Sites, markdown_suffixes
from rilo_reader.errors import LibraryError
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import file_key, file_stamps, folder_of, make_keys
from rilo_reader.index.writer import PreparedArticle, Writer
from rilo_reader.library.article_reader import DUPLICATE, MANY, FileReader, ReadOptions
from rilo_reader.library.difference import UNTRUSTED, Difference, MoveFinder
from rilo_reader.library.git_dates import GitDates
from rilo_reader.library.other_files import top_counts
from rilo_reader.library.progress import Progress
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.query.tree import Query
from rilo_reader.store.date_order import day_comes_first, has_short_date
from rilo_reader.store.file_kinds import may_be_article
from rilo_reader.store.folder import FileEntry, read_date_heads, read_entry, scan_folder
from rilo_reader.store.front_matter_dates import OPEN_ORDER
from rilo_reader.store.state import State

BULK = 1_000  # files from which on the writer gets the memory of a large build
COMPARED = 2_000  # files that are looked up in the index at once

# All identities are read at once from one file in this many articles on; looking one up costs as
# much as reading five.
ALL_SHARE = 5

# Age below which a file may change again without a new mtime; it is read again later.
YOUNG_NS = 50_000_000


@dataclass(frozen=True)
class FolderSync:
    """Keeps an index up to date with a folder; the only writer of the index."""

    root: Path  # the folder, absolute
    index: SearchIndex
    state: State  # keeps which articles have other ids now
    with_drafts: bool  # whether drafts are articles
    git_dates: GitDates
    limits: ReadingLimits

    def reconcile(self) -> Iterator[Progress]:
        """Bring the index up to date; see `FolderFollower.reconcile`."""
        with closing(FileReader()) as reader:
            difference = yield from self._list_and_compare(reader)
            if difference:
                yield from self._write_difference(difference, reader)
            else:
                files = difference.file_count
                yield difference.add_file_counts(Progress(files, files, finished=True))
            if difference or difference.folder_digests != difference.known_digests:
                self.index.write_listing(self._reading_settings, difference.folder_digests)

    def update(self, paths: Iterable[str]) -> Progress:
        """Bring the index up to date for these paths only."""
        with closing(FileReader()) as reader:
            return list(self._write_difference(self._compare_files(paths), reader))[-1]

    def knows_folder(self, folder: str) -> bool:
        """Return whether the index has articles in a folder or below it."""
        return any(_is_below(name, [folder]) for name in self.index.snapshot.list_folders())

    @property
    def _reading_settings(self) -> str:
        """The settings that decide which of the listed files are articles."""
        return f"{self.with_drafts}"

    @property
    def suffixes(self) -> frozenset[str]:
        """The suffixes that the user has set to be Markdown."""
        return markdown_suffixes(self.limits.dialects)

    def make_sites(self) -> Sites:
        """Return the sites of the folder as they are now."""
        return Sites(self.root, self.limits.dialects)

    # -- compare --------------------------------------------------------------------------------

    def _list_and_compare(self, reader: FileReader) -> Generator[Progress, None, Difference]:
        """List the folder and compare it with the index; reads no article.

        The reader is told how many files there will be, so that its workers can start meanwhile.
        """
        if not self.root.is_dir():
            raise LibraryError(f"The folder {self.root} no longer exists.")
        self.index.reload()
        difference = Difference(
            git_added=self.git_dates.read_dates(),
            sites=self.make_sites(),
            known_digests=self.index.read_listing(self._reading_settings),
        )
        unread: list[str] = []
        others: Counter[str] = Counter()
        indexed, seen = self.index.snapshot.list_folders(), set[str]()
        reported = self.limits.clock()

        def skip(path: str, reason: str) -> None:
            unread.append(path)
            if not may_be_article(path.rpartition("/")[2], self.suffixes):
                difference.unreadable_folders.append(f"{path} ({reason.rstrip('.')})")

        known: list[FileEntry] = []
        folders: list[str] = []
        for entries in scan_folder(
            self.root, on_skip=skip, other_kinds=others, sites=difference.sites
        ):
            folder = folder_of(entries[0].path)
            seen.add(folder)
            if difference.record_folder(entries):
                pass  # as it was when the index took it in
            elif folder in indexed:
                folders.append(folder)
                known += entries
            else:
                difference.new.extend(entries)
            difference.file_count += len(entries)
            reader.start_early(len(difference.new) + len(difference.changed))
            if len(known) >= COMPARED:
                self._compare_folders(folders, known, difference)
                folders, known = [], []
            if self.limits.clock() - reported > self.limits.report_seconds:
                reported = self.limits.clock()
                yield Progress(difference.file_count, None)
        if folders:
            self._compare_folders(folders, known, difference)
        gone = (name for name in indexed - seen if not _is_below(name, unread))
        # The index also names folders whose files were removed from it before.
        difference.gone_folders = [name for name in gone if self.index.snapshot.count_in(name)]
        difference.other_kinds = top_counts(others)
        return difference

    def _compare_folders(
        self, folders: Sequence[str], entries: Sequence[FileEntry], difference: Difference
    ) -> None:
        stamps = self.index.snapshot.folder_stamps(*folders)
        keys = make_keys(entry.path for entry in entries)
        now = file_stamps(
            (f"{entry.size}:{entry.mtime_ns}" for entry in entries),
            (difference.read_as(entry.path) for entry in entries),
        )
        for entry, key, stamp in zip(entries, keys, now, strict=True):
            before = stamps.pop(key, None)
            if before != stamp:
                self._compare_file(entry, before, difference)
        if stamps:
            difference.gone_keys.extend(stamps)
            paths = self.index.snapshot.list_paths(stamps)
            difference.gone_file_folders.update(map(folder_of, paths))

    def _compare_files(self, paths: Iterable[str]) -> Difference:
        self.index.reload()
        difference = Difference(git_added=self.git_dates.read_dates(), sites=self.make_sites())
        for path in dict.fromkeys(paths):
            entry, stamp = (
                read_entry(self.root, path, self.suffixes),
                self.index.snapshot.read_stamp(path),
            )
            if entry is not None:
                self._compare_file(entry, stamp, difference)
            elif stamp is not None:
                difference.gone_keys.append(file_key(path))
                difference.gone_file_folders.add(folder_of(path))
        files = (*difference.changed, *difference.new, *difference.young)
        difference.file_count = len(files)
        return difference

    def _compare_file(self, entry: FileEntry, stamp: int | None, difference: Difference) -> None:
        if stamp is None:
            difference.new.append(entry)
        elif stamp == UNTRUSTED:
            difference.young.append(entry)
        elif stamp != difference.stamp_of(entry):
            difference.changed.append(entry)

    # -- apply ----------------------------------------------------------------------------------

    def _write_difference(self, difference: Difference, reader: FileReader) -> Iterator[Progress]:
        """Write a difference into the index, in batches that become visible one by one."""
        with BatchWriter(self.index, difference, self.limits, self.state) as batches:
            removed = batches.remove_gone()
            day_first = self._decide_date_order(difference)
            if batches.removed or difference.changed or day_first is not None:
                self._retry_faulty(difference, is_decided=day_first is not None)
            # Newest first, judging by paths, since the newest are looked at first.
            pending = difference.changed + difference.young + difference.new[::-1]
            total = len(pending)
            # For a large build ask the writer, which decides on the kind of index.
            starts = batches.needs_prefixes() if len(pending) >= MANY else self.index.is_large
            options = ReadOptions(
                self.root,
                self.with_drafts,
                starts,
                difference.git_added,
                difference.list_sites(),
                day_first,
            )
            for done, (entry, found) in enumerate(reader.read_files(options, pending), 1):
                ready = found
                if ready is not None and (holder := batches.path_with_same_id(ready)) is not None:
                    ready = options.read_article(entry.path, instead_of=holder)
                is_young = time.time_ns() - entry.mtime_ns < YOUNG_NS
                if ready is None:
                    batches.remove_file(entry)
                    is_young = is_young or not os.access(self.root / entry.path, os.R_OK)
                else:
                    batches.add_article(
                        ready, entry, UNTRUSTED if is_young else difference.stamp_of(entry)
                    )
                if is_young:
                    difference.folder_digests.pop(folder_of(entry.path), None)
                if batches.is_due(done, total):
                    batches.commit()
                    yield batches.make_report(done, total, committed=True)
                elif batches.is_time_to_report():
                    yield batches.make_report(done, total)
            committed = batches.finish() or removed
            yield batches.make_report(total, total, committed=committed, finished=True)

    def _decide_date_order(self, difference: Difference) -> bool | None:
        """Return whether the day comes first in dates, decided once, by those of the whole folder.

        None if no date tells yet, or none has to be told.
        """
        found, files = self.index.read_date_order(), chain(difference.changed, difference.new)
        if found is None and has_short_date(read_date_heads(self.root, files)):
            found = day_comes_first(read_date_heads(self.root))
            if found is not None:
                self.index.write_date_order(day_first=found)
        return found

    def _retry_faulty(self, difference: Difference, *, is_decided: bool) -> None:
        """Read articles again whose fault may be gone.

        Their identity was taken by another file, or it was open which of day and month is first.
        """
        reasons = (DUPLICATE, OPEN_ORDER) if is_decided else (DUPLICATE,)
        included = {entry.path for entry in difference.changed + difference.young}
        for path, faults in self.index.snapshot.iter_faulty():
            said = " ".join(fault.reason for fault in faults)
            if path not in included and any(reason in said for reason in reasons):
                entry = read_entry(self.root, path, self.suffixes)
                if entry is not None:
                    difference.changed.append(entry)


def _is_below(folder: str, parents: Sequence[str]) -> bool:
    return any(not top or folder == top or folder.startswith(top + "/") for top in parents)


# -- write what differs ----------------------------------------------------------------------------


class BatchWriter:
    """Writes a difference into the index in batches; opens the writer only when needed."""

    def __init__(
        self, index: SearchIndex, difference: Difference, limits: ReadingLimits, state: State
    ) -> None:
        self._index = index
        self._moves = MoveFinder(index, difference, state)
        self._limits = limits
        self._difference = difference
        self._files = len(difference.new) + len(difference.changed)
        self._bulk = self._files >= BULK
        self._stack = ExitStack()
        self._writer: Writer | None = None
        self._claimed_ids: set[ArticleId] | None = None
        self._uncommitted_paths: dict[ArticleId, str] = {}
        self._has_pending = False
        self._pending_characters = 0
        self._started_at = self._committed_at = self._reported_at = limits.clock()
        self._new = {entry.path for entry in difference.new}
        self._young = {entry.path for entry in difference.young}
        self._commits = 0
        self.added = self.changed = self.removed = self.skipped = 0

    def __enter__(self) -> BatchWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            if kind in {KeyboardInterrupt, GeneratorExit}:
                self.commit()  # the next reconciliation continues from here
        finally:
            self._stack.close()

    def _open_writer(self) -> Writer:
        if self._writer is None:
            self._writer = self._stack.enter_context(
                self._index.hold_writer(
                    wait=self._limits.writer_wait,
                    is_bulk=self._bulk,
                    article_count=len(self._difference.new),
                )
            )
            self._writer.keys_kept_until_end = self._moves.keys_kept_until_end
        self._has_pending = True
        return self._writer

    def remove_gone(self) -> bool:
        """Remove files that are gone, and commit; False if there were none.

        Those that may have moved are removed by `finish`.
        """
        leaving, folders = self._moves.keys_kept_until_end, self._moves.folders_kept_until_end
        for folder in self._difference.gone_folders:
            if folder not in folders:
                self._open_writer().remove_folder(folder)
        staying = (key for folder in folders for key in self._index.snapshot.folder_stamps(folder))
        for key in (*self._difference.gone_keys, *staying):
            if key not in leaving:
                self._open_writer().remove_key(key)
        gone_folders = map(self._index.snapshot.count_in, self._difference.gone_folders)
        self.removed = len(self._difference.gone_keys) + sum(gone_folders)
        return self.commit()

    def remove_file(self, entry: FileEntry) -> None:
        """Remove a file that is no longer an article, if it was one."""
        self.skipped += 1
        if entry.path not in self._new:
            self._open_writer().remove_path(entry.path)

    def needs_prefixes(self) -> bool:
        """Return whether the writer, which this opens, needs articles with prefix terms."""
        return self._open_writer().with_prefixes

    def add_article(self, ready: PreparedArticle, entry: FileEntry, stamp: int) -> None:
        """Add an article, in place of its previous version."""
        self._moves.add_file(ready, entry)
        self._open_writer().add_prepared(ready, stamp)
        self._uncommitted_paths[ready.id] = ready.path
        self._pending_characters += len(ready.document)
        if entry.path in self._new:
            self.added += 1
        elif entry.path not in self._young:
            self.changed += 1

    def path_with_same_id(self, ready: PreparedArticle) -> str | None:
        """The path of another file with the same identity, None if there is none."""
        self._open_writer()
        uncommitted = self._uncommitted_paths.get(ready.id)
        if uncommitted is not None:
            return uncommitted if uncommitted != ready.path else None
        if self._claimed_ids is None and self._files * ALL_SHARE >= self._index.size:
            # One pass over all identities instead of a lookup for each.
            self._claimed_ids = set(self._index.searcher.ids(Query()))
        if self._claimed_ids is not None and ready.id not in self._claimed_ids:
            self._claimed_ids.add(ready.id)
            return None
        hit = self._index.snapshot.find_by_id(ready.id)
        return hit.path if hit is not None and hit.path != ready.path else None

    def is_due(self, done_count: int, total: int) -> bool:
        """Return whether it is time for a commit.

        Not shortly before the end: the final commit will follow soon, and each commit costs time
        and leaves another segment to merge.
        """
        if not self._has_pending:
            return False
        if self._pending_characters > self._limits.max_waiting:
            return True
        if self._commits == 0 and done_count >= self._limits.first_batch:
            return True
        now = self._limits.clock()
        spent = now - self._started_at
        pause = max(self._limits.batch_seconds, self._limits.batch_share * spent)
        left = total - done_count
        return now - self._committed_at > pause and spent * left > pause * done_count

    def is_time_to_report(self) -> bool:
        """Return whether another report of progress is due."""
        return self._limits.clock() - self._reported_at > self._limits.report_seconds

    def commit(self) -> bool:
        """Commit, so that readers see what was written; False if there was nothing."""
        if self._writer is None or not self._has_pending:
            return False
        self._moves.save_certain()
        self._writer.commit()
        self._has_pending = False
        self._pending_characters = 0
        self._uncommitted_paths.clear()
        self._commits += 1
        self._committed_at = self._limits.clock()
        return True

    def finish(self) -> bool:
        """Keep all moves, remove what is left of files that are gone, and commit."""
        self._moves.save_all()
        for key in self._moves.keys_kept_until_end:
            self._open_writer().remove_key(key)
        return self.commit()

    def make_report(
        self, done_count: int, total: int, *, committed: bool = False, finished: bool = False
    ) -> Progress:
        """A report of progress."""
        self._reported_at = self._limits.clock()
        moved = self._moves.moved_count
        numbers = (self.added - moved, self.changed, self.removed - moved, self.skipped)
        progress = Progress(done_count, total, *numbers, committed, finished, moved=moved)
        return self._difference.add_file_counts(progress) if finished else progress
