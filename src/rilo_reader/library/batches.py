"""One difference between a folder and its index, on its way into the index in batches."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rilo_reader.article import ArticleId
from rilo_reader.library.rows import LibraryBusy, Progress
from rilo_reader.search.document import file_stamp
from rilo_reader.search.query import Query
from rilo_reader.store.folder import FileEntry

if TYPE_CHECKING:
    from rilo_reader.search.index import SearchIndex
    from rilo_reader.search.preparing import Prepared
    from rilo_reader.search.writer import Writer

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
        from rilo_reader.search.index import IndexBusy

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
