"""`Batches`: write a `Difference` between folder and index, a commit now and then."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rilo_reader.article import ArticleId
from rilo_reader.index.schema import file_stamp
from rilo_reader.library.values import Progress, SyncLimits
from rilo_reader.query.tree import Query
from rilo_reader.store.folder import FileEntry

if TYPE_CHECKING:
    from rilo_reader.index.index import SearchIndex
    from rilo_reader.index.writer import Prepared, Writer
    from rilo_reader.store.state import State

BULK = 1_000
"""Files from which on the writer gets the memory of a large build."""

ALL_SHARE = 5
"""All identities are read at once from one file in this many articles on; looking one up costs as
much as reading five."""

YOUNG_NS = 50_000_000
"""Age in ns below which a file may change again without a new mtime; it is read again later."""

UNTRUSTED = 0
"""The stamp of a file that was too young, different from that of any file."""


@dataclass(slots=True)
class Difference:
    """The difference between a folder and its index.

    Attributes:
        new: files that are not in the index.
        changed: files whose size or mtime changed since they were indexed.
        young: files that were too young to be trusted when they were indexed.
        gone: keys of files that are in the index but not in the folder.
        gone_from: the folders of the files that are gone.
        gone_folders: folders whose files are all gone.
        files: number of article files in the folder.
        left_out: numbers of other files by kind; None if the folder was not listed.
    """

    new: list[FileEntry] = field(default_factory=list)
    changed: list[FileEntry] = field(default_factory=list)
    young: list[FileEntry] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    gone_from: set[str] = field(default_factory=set)
    gone_folders: list[str] = field(default_factory=list)
    files: int = 0
    left_out: dict[str, int] | None = None

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.young or self.gone or self.gone_folders)

    def with_files(self, progress: Progress) -> Progress:
        """The last report, with the numbers of files if the whole folder was listed."""
        if self.left_out is None:
            return progress
        return progress._replace(files=self.files, left_out=self.left_out)


class Batches:
    """Writes a difference into the index in batches; opens the writer only when needed."""

    def __init__(
        self, index: SearchIndex, difference: Difference, limits: SyncLimits, state: State
    ) -> None:
        from rilo_reader.library.moves import Moves

        self._index = index
        self._moves = Moves(index, difference, state)
        self._limits = limits
        self._difference = difference
        self._files = len(difference.new) + len(difference.changed)
        self._bulk = self._files >= BULK
        self._stack = ExitStack()
        self._writer: Writer | None = None
        self._claimed: set[ArticleId] | None = None
        self._uncommitted: dict[ArticleId, str] = {}
        self._pending = False
        self._pending_characters = 0
        self._begun_at = self._committed_at = self._reported_at = limits.clock()
        self._new = {entry.path for entry in difference.new}
        self._young = {entry.path for entry in difference.young}
        self._commits = 0
        self.added = self.changed = self.removed = self.skipped = 0

    def __enter__(self) -> Batches:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            if kind in {KeyboardInterrupt, GeneratorExit}:
                self.commit()  # the next reconciliation continues from here
        finally:
            self._stack.close()

    def _open(self) -> Writer:
        if self._writer is None:
            self._writer = self._stack.enter_context(
                self._index.writing(
                    wait=self._limits.writer_wait,
                    bulk=self._bulk,
                    articles=len(self._difference.new),
                )
            )
            self._writer.leaving = self._moves.leaving
        self._pending = True
        return self._writer

    def remove(self) -> bool:
        """Remove files that are gone, and commit; False if there were none.

        Those that may have moved are removed by `finish`.
        """
        leaving, folders = self._moves.leaving, self._moves.leaving_folders
        for folder in self._difference.gone_folders:
            if folder not in folders:
                self._open().remove_folder(folder)
        staying = (key for folder in folders for key in self._index.snapshot.folder_stamps(folder))
        for key in (*self._difference.gone, *staying):
            if key not in leaving:
                self._open().remove_key(key)
        self.removed = len(self._difference.gone) + len(self._difference.gone_folders)
        return self.commit()

    def leave_out(self, entry: FileEntry) -> None:
        """Remove a file that is no longer an article, if it was one."""
        self.skipped += 1
        if entry.path not in self._new:
            self._open().remove_path(entry.path)

    def with_starts(self) -> bool:
        """Whether the writer, which this opens, needs articles with prefix terms."""
        return self._open().with_starts

    def add(self, ready: Prepared, entry: FileEntry) -> None:
        """Add an article, in place of its previous version."""
        young = time.time_ns() - entry.mtime_ns < YOUNG_NS
        stamp = UNTRUSTED if young else file_stamp(entry.size, entry.mtime_ns)
        self._moves.add(ready, entry)
        self._open().add_prepared(ready, stamp)
        self._uncommitted[ready.id] = ready.path
        self._pending_characters += len(ready.document)
        if entry.path in self._new:
            self.added += 1
        elif entry.path not in self._young:
            self.changed += 1

    def holder(self, ready: Prepared) -> str | None:
        """The path of another file with the same identity, None if there is none."""
        self._open()
        uncommitted = self._uncommitted.get(ready.id)
        if uncommitted is not None:
            return uncommitted if uncommitted != ready.path else None
        if self._claimed is None and self._files * ALL_SHARE >= self._index.size:
            # One pass over all identities instead of a lookup for each.
            self._claimed = set(self._index.searcher.ids(Query()))
        if self._claimed is not None and ready.id not in self._claimed:
            self._claimed.add(ready.id)
            return None
        hit = self._index.snapshot.by_id(ready.id)
        return hit.path if hit is not None and hit.path != ready.path else None

    def is_due(self, done: int, total: int) -> bool:
        """Whether it is time for a commit.

        Not shortly before the end: the final commit will follow soon, and each commit costs time
        and leaves another segment to merge.
        """
        if not self._pending:
            return False
        if self._pending_characters > self._limits.most_waiting:
            return True
        if self._commits == 0:
            return done >= self._limits.first_batch
        now = self._limits.clock()
        spent = now - self._begun_at
        pause = max(self._limits.batch_seconds, self._limits.batch_share * spent)
        return now - self._committed_at > pause and spent * (total - done) > pause * done

    def is_time_to_report(self) -> bool:
        """Whether another report of progress is due."""
        return self._limits.clock() - self._reported_at > self._limits.report_seconds

    def commit(self) -> bool:
        """Commit, so that readers see what was written; False if there was nothing."""
        if self._writer is None or not self._pending:
            return False
        self._moves.keep()
        self._writer.commit()
        self._pending = False
        self._pending_characters = 0
        self._uncommitted.clear()
        self._commits += 1
        self._committed_at = self._limits.clock()
        return True

    def finish(self) -> bool:
        """Keep all moves, remove what is left of files that are gone, and commit."""
        self._moves.finish()
        for key in self._moves.leaving:
            self._open().remove_key(key)
        return self.commit()

    def progress(
        self, done: int, total: int, *, committed: bool = False, finished: bool = False
    ) -> Progress:
        """A report of progress."""
        self._reported_at = self._limits.clock()
        numbers = (self.added, self.changed, self.removed, self.skipped)
        progress = Progress(done, total, *numbers, committed, finished)
        return self._difference.with_files(progress) if finished else progress
