"""The index follows the folder: compare the two, then read and write what differs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.article import ArticleId
from rilo_reader.index.schema import file_key, file_stamp
from rilo_reader.library.left_out import in_short
from rilo_reader.library.values import LibraryBusy, LibraryError, Progress
from rilo_reader.query.tree import Query
from rilo_reader.store.folder import FileEntry, entry_of, scan
from rilo_reader.workers.readers import MANY, ReadersAhead
from rilo_reader.workers.reading import DUPLICATE, ReadOptions

if TYPE_CHECKING:
    from rilo_reader.index.index import SearchIndex
    from rilo_reader.index.writer import Prepared, Writer


class Follower:
    """Keeps one index equal to one folder; the only writer of indexes."""

    def __init__(self, root: Path, index: SearchIndex, *, drafts: bool, wait: float) -> None:
        """`wait` is for how many seconds to wait while another process writes."""
        self._root = root
        self._index = index
        self._drafts = drafts
        self._wait = wait

    def reconcile(self) -> Iterator[Progress]:
        """Make the index equal to the folder; see Library.reconcile."""
        with ReadersAhead() as readers:
            difference = yield from self._compare(readers)
            if difference:
                yield from self._apply(difference, readers)
            else:
                files = difference.files
                yield difference.with_files(Progress(files, files, finished=True))

    def update(self, paths: Iterable[str]) -> Progress:
        """Make the index right for these files only."""
        with ReadersAhead() as readers:
            return list(self._apply(self._compare_files(paths), readers))[-1]

    def knows_folder(self, folder: str) -> bool:
        """Whether the index holds articles of a folder or of one below it."""
        return any(_below(name, [folder]) for name in self._index.folders())

    def index_is_lost(self) -> bool:
        """Whether somebody deleted the index: `reconcile` makes it again."""
        return self._index.is_lost()

    # -- compare --------------------------------------------------------------------------------

    def _compare(self, readers: ReadersAhead) -> Generator[Progress, None, Difference]:
        """List the folder and find what differs; reads no article.

        The readers are started as soon as it is plain that there is enough to read.
        """
        if not self._root.is_dir():
            raise LibraryError(f"The folder {self._root} is not there any more.")
        self._index.reload()
        difference = Difference()
        unread: list[str] = []
        others: Counter[str] = Counter()
        known = self._index.folders()
        unseen = set(known)
        reported = time.monotonic()

        def skip(path: str, reason: str) -> None:
            unread.append(path)

        for entries in scan(self._root, on_skip=skip, others=others):
            if not entries:
                continue
            folder = entries[0].path.rpartition("/")[0]
            unseen.discard(folder)
            if folder in known:
                self._compare_folder(folder, entries, difference)
            else:
                difference.new.extend(entries)
            difference.files += len(entries)
            if len(difference.new) + len(difference.changed) >= MANY:
                readers.start()
            if time.monotonic() - reported > REPORT_SECONDS:
                reported = time.monotonic()
                yield Progress(difference.files, None)
        difference.gone_folders = [name for name in unseen if not _below(name, unread)]
        difference.left_out = in_short(others)
        return difference

    def _compare_folder(
        self, folder: str, entries: Sequence[FileEntry], difference: Difference
    ) -> None:
        stamps = self._index.folder_stamps(folder)
        for entry in entries:
            self._compare_file(entry, stamps.pop(file_key(entry.path), None), difference)
        difference.gone.extend(stamps)

    def _compare_files(self, paths: Iterable[str]) -> Difference:
        self._index.reload()
        difference = Difference()
        for path in dict.fromkeys(paths):
            entry, stamp = entry_of(self._root, path), self._index.stamp(path)
            if entry is not None:
                self._compare_file(entry, stamp, difference)
            elif stamp is not None:
                difference.gone.append(file_key(path))
        difference.files = len(difference.changed) + len(difference.new) + len(difference.young)
        return difference

    def _compare_file(self, entry: FileEntry, stamp: int | None, difference: Difference) -> None:
        """Put a file where it belongs by the stamp under which the index knows it."""
        if stamp is None:
            difference.new.append(entry)
        elif stamp == UNTRUSTED:
            difference.young.append(entry)
        elif stamp != file_stamp(entry.size, entry.mtime_ns):
            difference.changed.append(entry)

    # -- apply ----------------------------------------------------------------------------------

    def _apply(self, difference: Difference, readers: ReadersAhead) -> Iterator[Progress]:
        """Write a difference into the index, in batches that can be seen one by one."""
        with Batches(self._index, self._wait, difference) as batches:
            removed = batches.remove()
            if batches.removed or difference.changed:
                self._retry_duplicates(difference)
            # Newest first, as far as paths tell: what people look at first is there first.
            waiting = difference.changed + difference.young + difference.new[::-1]
            total = len(waiting)
            # A big build asks the writer, which knows what kind of index it begins.
            starts = batches.with_starts() if len(waiting) >= MANY else self._index.is_large
            reading = ReadOptions(self._root, self._drafts, starts)
            for done, (entry, found) in enumerate(readers.read(reading, waiting), 1):
                ready = found
                if ready is not None and (holder := batches.holder(ready)) is not None:
                    ready = reading.read(entry.path, instead_of=holder)
                if ready is None:
                    batches.leave_out(entry)
                else:
                    batches.add(ready, entry)
                if batches.is_due(done, total):
                    batches.commit()
                    yield batches.progress(done, total, committed=True)
                elif batches.is_time_to_report():
                    yield batches.progress(done, total)
            committed = batches.commit() or removed
            yield batches.progress(total, total, committed=committed, finished=True)

    def _retry_duplicates(self, difference: Difference) -> None:
        """Read again the articles that gave way to an identity that may be free now."""
        known = {entry.path for entry in difference.changed + difference.young}
        for path, faults in self._index.faulty():
            if path not in known and any(fault.reason.startswith(DUPLICATE) for fault in faults):
                entry = entry_of(self._root, path)
                if entry is not None:
                    difference.changed.append(entry)


def _below(folder: str, tops: Sequence[str]) -> bool:
    """Whether a folder is one of `tops` or stands below one."""
    return any(not top or folder == top or folder.startswith(top + "/") for top in tops)


# One difference between a folder and its index, on its way into the index in batches.


FIRST_BATCH = 200
"""Articles before the first commit of a build: enough to fill a screen at once."""

BATCH_SECONDS = 2.0
"""Time between later commits: often enough to see it grow, seldom enough not to slow it."""

BATCH_SHARE = 0.2
"""The same as a part of the time so far: everybody waits for a commit, which has its price."""

MOST_WAITING = 200_000_000
"""Letters between two commits: what was handed over and is not written yet lies in memory."""

REPORT_SECONDS = 0.1
"""Time between two reports of progress."""

BULK = 1_000
"""From so many files on, the writer gets the memory of a big build."""

ALL_SHARE = 5
"""From one file in so many articles on, all identities are read at once: a question costs five."""

YOUNG_NS = 50_000_000
"""A file so young (in ns) could change again within one tick of its clock: it is read again."""

UNTRUSTED = 0
"""The stamp of a file that was too young: equal to none that a file has."""


@dataclass(slots=True)
class Difference:
    """What stands between a folder and its index.

    Attributes:
        new: files that the index does not know.
        changed: files whose size or time is another than when they were indexed.
        young: files that were too young to be trusted when they were indexed.
        gone: keys of files that the index knows and the folder does not have.
        gone_folders: the same for whole folders.
        files: how many article files the folder has.
        left_out: how many other files it has, by kind; None where it was not listed.
    """

    new: list[FileEntry] = field(default_factory=list)
    changed: list[FileEntry] = field(default_factory=list)
    young: list[FileEntry] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    gone_folders: list[str] = field(default_factory=list)
    files: int = 0
    left_out: dict[str, int] | None = None

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.young or self.gone or self.gone_folders)

    def with_files(self, progress: Progress) -> Progress:
        """The last report, with what the folder holds where all of it was listed."""
        if self.left_out is None:
            return progress
        return progress._replace(files=self.files, left_out=self.left_out)


class Batches:
    """One difference on its way into the index; opens the writer only when there is a need."""

    def __init__(self, index: SearchIndex, wait: float, difference: Difference) -> None:
        self._index = index
        self._wait = wait
        self._difference = difference
        self._files = len(difference.new) + len(difference.changed)
        self._bulk = self._files >= BULK
        self._stack = ExitStack()
        self._writer: Writer | None = None
        self._claimed: set[ArticleId] | None = None
        self._uncommitted: dict[ArticleId, str] = {}
        self._pending = False
        self._waiting = 0
        self._begun_at = self._committed_at = time.monotonic()
        self._reported_at = time.monotonic()
        self._new = {entry.path for entry in difference.new}
        self._young = {entry.path for entry in difference.young}
        self._commits = 0
        self.added = self.changed = self.removed = self.skipped = 0

    def __enter__(self) -> Batches:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            if kind in {KeyboardInterrupt, GeneratorExit}:
                self.commit()  # whoever stops us goes on later from here
        finally:
            self._stack.close()

    def _open(self) -> Writer:
        from rilo_reader.index.directory import IndexBusy

        if self._writer is None:
            try:
                self._writer = self._stack.enter_context(
                    self._index.writing(
                        wait=self._wait, bulk=self._bulk, articles=len(self._difference.new)
                    )
                )
            except IndexBusy as busy:
                raise LibraryBusy(str(busy)) from busy
        self._pending = True
        return self._writer

    def remove(self) -> bool:
        """Take out what the folder does not have any more, and commit that; False if nothing."""
        for key in self._difference.gone:
            self._open().remove_key(key)
        for folder in self._difference.gone_folders:
            self._open().remove_folder(folder)
        self.removed = len(self._difference.gone) + len(self._difference.gone_folders)
        return self.commit()

    def leave_out(self, entry: FileEntry) -> None:
        """Take a file out that is no article any more; one that never was costs nothing."""
        self.skipped += 1
        if entry.path not in self._new:
            self._open().remove_path(entry.path)

    def with_starts(self) -> bool:
        """How articles must be prepared for the writer (which this opens)."""
        return self._open().with_starts

    def add(self, ready: Prepared, entry: FileEntry) -> None:
        """Put an article in."""
        young = time.time_ns() - entry.mtime_ns < YOUNG_NS
        stamp = UNTRUSTED if young else file_stamp(entry.size, entry.mtime_ns)
        self._open().add_prepared(ready, stamp)
        self._uncommitted[ready.id] = ready.path
        self._waiting += len(ready.document)
        if entry.path in self._new:
            self.added += 1
        elif entry.path not in self._young:
            self.changed += 1

    def holder(self, ready: Prepared) -> str | None:
        """The path of another file that holds an article's identity, None where it is free."""
        self._open()
        uncommitted = self._uncommitted.get(ready.id)
        if uncommitted is not None:
            return uncommitted if uncommitted != ready.path else None
        if self._claimed is None and self._files * ALL_SHARE >= self._index.size:
            # One pass over the identities that the index holds, instead of a question for each.
            self._claimed = set(self._index.ids(Query()))
        if self._claimed is not None and ready.id not in self._claimed:
            self._claimed.add(ready.id)
            return None
        hit = self._index.by_id(ready.id)
        return hit.path if hit is not None and hit.path != ready.path else None

    def is_due(self, done: int, total: int) -> bool:
        """Whether it is time to let readers see what was written so far.

        Not where all will be there before a next one would be due: it costs what that one does,
        and leaves more parts to be merged.
        """
        if not self._pending:
            return False
        if self._waiting > MOST_WAITING:
            return True
        if self._commits == 0:
            return done >= FIRST_BATCH
        now = time.monotonic()
        spent = now - self._begun_at
        pause = max(BATCH_SECONDS, BATCH_SHARE * spent)
        return now - self._committed_at > pause and spent * (total - done) > pause * done

    def is_time_to_report(self) -> bool:
        """Whether the last report of progress is old enough for another."""
        return time.monotonic() - self._reported_at > REPORT_SECONDS

    def commit(self) -> bool:
        """Let readers see what was written; False where there was nothing."""
        if self._writer is None or not self._pending:
            return False
        self._writer.commit()
        self._pending = False
        self._waiting = 0
        self._uncommitted.clear()
        self._commits += 1
        self._committed_at = time.monotonic()
        return True

    def progress(
        self, done: int, total: int, *, committed: bool = False, finished: bool = False
    ) -> Progress:
        """How far it is."""
        self._reported_at = time.monotonic()
        numbers = (self.added, self.changed, self.removed, self.skipped)
        progress = Progress(done, total, *numbers, committed, finished)
        return self._difference.with_files(progress) if finished else progress
