"""`SearchIndex`: the index of one library, opened, written, and asked through its `searcher`.

It follows the commits of other processes, and replaces a damaged index. tantivy releases the GIL
while it searches, commits and waits for merges, so searches in a thread do not block the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, TypeVar

from rilo_reader.errors import IndexDamaged
from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags
from rilo_reader.index.damage import META, damage_errors
from rilo_reader.index.directory import (
    OpenedIndex,
    check_changed,
    check_files,
    delete_index,
    hold_current,
    is_kept_current,
    make_in_memory,
    note_files,
    open_home,
    read_ahead,
    read_commit,
    read_date_order,
    read_listing,
    write_date_order,
    write_listing,
)
from rilo_reader.index.searcher import Searcher
from rilo_reader.index.snapshot import DEFAULT_LIMITS, ResultLimits, Snapshot

if TYPE_CHECKING:
    from rilo_reader.index.writer import Writer

Answer = TypeVar("Answer")


class SearchIndex:
    """The index below a directory, opened; safe to read from several threads.

    A missing one is created, and a damaged one replaced: see `notice` and `is_fresh`.
    """

    searcher: Searcher
    snapshot: Snapshot  # the newest commit that was loaded
    is_fresh: bool  # whether it was created empty and must be filled from the folder
    notice: str  # a message for the user about opening it, or ""
    unsaved: str  # why it is in memory, a clause; "" if it is not

    def __init__(
        self,
        directory: Path,
        limits: ResultLimits = DEFAULT_LIMITS,
        refill: Callable[[], None] = lambda: None,
        flags: ArticleFlags | None = None,
    ) -> None:
        self.directory = directory  # of all the library's indexes
        self._limits = limits  # sizes from which on it is asked in another way
        self._refill = refill  # called with a new, empty index in place of a damaged one
        self._flags = flags or ArticleFlags()
        self.reopen()

    @property
    def is_large(self) -> bool:
        """True if it was built for many articles, with prefix terms."""
        return self.snapshot.with_prefixes

    @property
    def size(self) -> int:
        """The number of articles."""
        return self.snapshot.searcher.num_docs

    def ask(self, question: Callable[[Searcher], Answer]) -> Answer:
        """The answer of the newest commit; a damaged index is replaced, filled and asked again.

        Raises:
            IndexDamaged: it cannot be read, although its files are as they were written.
        """
        answer = damage_errors("searched")(question)
        try:
            return answer(self.searcher)
        except IndexDamaged:
            if not self.replace_and_refill():
                raise
            return answer(self.searcher)

    def replace_and_refill(self) -> bool:
        """Replace and fill a damaged index; False if its files are as they were written."""
        if not self.replace_if_damaged():
            return False
        self._refill()
        return True

    # -- write ----------------------------------------------------------------------------------

    @contextmanager
    def hold_writer(
        self, wait: float = 5.0, is_bulk: bool = False, article_count: int = 0
    ) -> Iterator[Writer]:
        """Hold the writer's lock for a block.

        Uncommitted changes are dropped at its end. If the directory was deleted, a new index is
        created and `is_fresh` is True, so read stamps of files inside the block. `wait` is seconds
        to wait for another process, `is_bulk` whether thousands of articles will be added. A very
        large `article_count` gets an index with prefix terms.

        Raises:
            LibraryBusy: another process kept the lock.
            IndexDamaged: the index cannot be written, or a file has changed since it was written.
        """
        from rilo_reader.index.writer import Writer, open_writer  # heavy, and a reader writes none

        if self.is_lost():
            self.reopen()
        with damage_errors("written"):
            engine = open_writer(self._engine, wait, is_bulk, article_count)
            writer = Writer(engine, self._load_newest, self._files_of_story)
            try:
                self.reload()
                if self._home is not None:
                    # A thread of tantivy that reads a damaged file would abort the process.
                    check_changed(self._home)
                writer.knows_empty = self.size == 0
                is_large = writer.knows_empty and article_count >= self._limits.large_index
                writer.with_prefixes = is_large or (self.size > 0 and self.is_large)
                yield writer
            except BaseException:
                writer.abandon()
                raise
            writer.finish()
        if self._home is not None:
            note_files(self._home)

    def _files_of_story(self, story: int) -> list[int]:
        return self.snapshot.file_keys_of(story)  # of the newest commit

    # -- commits --------------------------------------------------------------------------------

    def reopen(self, *, thorough: bool = False) -> None:
        """Open the directory again, which never raises; `thorough` verifies all files first."""
        self._set_opened(open_home(self.directory, thorough=thorough))

    def _set_opened(self, opened_index: OpenedIndex) -> None:
        self._engine, self._home, self._is_suspended = opened_index.engine, opened_index.home, False
        self.is_fresh, self.notice = opened_index.is_fresh, opened_index.notice
        self.unsaved = opened_index.unsaved
        self._loaded_identity = self._read_identity()
        self.snapshot = self._make_snapshot()
        self.searcher = Searcher(self._home, self.snapshot, self._flags)

    def reload(self) -> bool:
        """Load the newest commit; True if results may have changed.

        Without a new commit it takes one `stat`. If the index was deleted, a new one is created
        and `is_fresh` is True.
        """
        if self._is_suspended or self.is_lost():
            self.reopen()
            return True
        if self._read_identity() == self._loaded_identity:
            return False
        try:
            with damage_errors("read"):
                self._load_newest()
        except IndexDamaged:
            self.replace_if_damaged()
        return True

    def _load_newest(self) -> None:
        """Load the newest commit."""
        # Noted first, so that a commit in between is seen by the next reload.
        self._loaded_identity = self._read_identity()
        self._engine.reload()
        self.snapshot = self.searcher.snapshot = self._make_snapshot()

    def _make_snapshot(self) -> Snapshot:
        searcher, schema = self._engine.searcher(), self._engine.schema
        # Writers give prefix terms to all articles or to none. This counts deleted articles too;
        # an exact count would add 8 ms to each launch with a million articles.
        marked = searcher.doc_freq(fields.STARTS, fields.HAS_PREFIXES)
        with_starts = marked >= searcher.num_docs > 0
        return Snapshot(searcher, schema, with_starts, self._limits)

    def _read_identity(self) -> tuple[int, int, int] | None:
        """A value that changes with each commit; None if the index is deleted or in memory."""
        if self._home is None:
            return None
        try:
            status = (self._home / META).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    def is_lost(self) -> bool:
        """Return whether the index was deleted while it is open; it can still be queried."""
        return self._home is not None and self._read_identity() is None

    def delete_all(self) -> None:
        """Delete all that is in the directory, and begin with an empty index."""
        if self._home is not None:
            delete_index(self._home)
        rmtree(self.directory, ignore_errors=True)
        self.reopen()

    def replace_if_damaged(self) -> bool:
        """After IndexDamaged, verify all files, and replace the index if one is damaged.

        Whether the index is a new one; if not, repeating the query would fail again.
        """
        self.reopen(thorough=True)
        return self.is_fresh

    @property
    def is_in_memory(self) -> bool:
        """True if it ends with the process, as its directory cannot be written."""
        return self._home is None

    def move_to_memory(self, error: Exception) -> bool:
        """Begin with an empty index in memory, as the directory cannot be written.

        False if it is in memory already.
        """
        if self._home is None:
            return False
        self._set_opened(make_in_memory(self.directory, error))
        return True

    def hold_current(self) -> AbstractContextManager[None]:
        """Say to other processes, for a block, that the index has what its folder has."""
        return nullcontext() if self._home is None else hold_current(self._home)

    def is_kept_current(self) -> bool:
        """Return whether another process says so."""
        return self._home is not None and is_kept_current(self._home)

    def read_listing(self, settings: str) -> dict[str, str]:
        """Return the digests of the folders of which it has all files; see `write_listing`."""
        return {} if self._home is None else read_listing(self._home, settings)

    def read_date_order(self) -> bool | None:
        """Return whether the day comes first in the library's dates, None if that is open."""
        return None if self._home is None else read_date_order(self._home)

    def write_date_order(self, *, day_first: bool) -> None:
        """Record whether the day comes first; from now on that stays, for every process."""
        if self._home is not None:
            write_date_order(self._home, day_first=day_first)

    def write_listing(self, settings: str, folders: Mapping[str, str]) -> None:
        """Record that it has what was listed of folders, each by the digest of its listing."""
        if self._home is not None:
            write_listing(self._home, settings, folders)

    def find_damage(self) -> str:
        """Verify all files; return what is damaged, or "" if they are as they were written."""
        if self._home is not None:
            try:
                check_files(self._home)
            except IndexDamaged as error:
                return str(error)
        return ""

    def read_ahead(self, is_wanted: Callable[[], bool]) -> None:
        """Read what queries need into the system's page cache; takes a second at most.

        `is_wanted` is asked about every millisecond whether to go on.
        """
        if self._home is not None:
            with suppress(OSError, IndexDamaged):  # which the queries themselves report
                read_ahead(self._home, read_commit(self._home).files, is_wanted)

    def suspend(self) -> None:
        """Close the files until the next `reload`, for a process that only waits.

        It then has the memory of none, and no thread of tantivy that looks for commits.
        """
        if self._home is not None and not self._is_suspended:
            self.close()
            self._is_suspended = True

    def close(self) -> None:
        """Close the files; the index cannot be used afterwards."""
        if not self._is_suspended:
            del self._engine, self.searcher, self.snapshot
