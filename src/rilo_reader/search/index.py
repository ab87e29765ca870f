"""The index of one library: search, count, place; starts anew where it is damaged.

tantivy lets go of the interpreter while it searches, commits and waits for merges, so a search
in a thread never stops the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.article import Fault
from rilo_reader.search import manifest
from rilo_reader.search import schema as fields
from rilo_reader.search.answers import Answers, Hits
from rilo_reader.search.asking import Asking
from rilo_reader.search.commit import Commit
from rilo_reader.search.directory import META, open_home
from rilo_reader.search.document import Hit, file_key, file_stamp
from rilo_reader.search.errors import IndexBusy, IndexDamaged, SearchIndexError, as_damage
from rilo_reader.search.recent import Recent

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.search.writer import Writer

__all__ = [
    "Hit",
    "Hits",
    "IndexBusy",
    "IndexDamaged",
    "SearchIndex",
    "SearchIndexError",
    "file_key",
    "file_stamp",
    "open_index",
]


LARGE = 200_000
"""Articles from which on a first letter costs more than its budget without `starts`."""


class SearchIndex(Answers):
    """The index of one library. Safe to read from several threads.

    Every method may raise IndexDamaged when the files are broken while it is open.

    Attributes:
        directory: where it lives.
        notice: what happened on opening that the user should know, or "".
        is_fresh: whether the index began empty, so that it has to be filled from the folder.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._open()

    def _open(self, *, thorough: bool = False) -> None:
        opened = open_home(self.directory, thorough=thorough)
        self._index = opened.whole
        self._home = opened.home
        self.is_fresh = opened.is_fresh
        self.notice = opened.notice
        self._seen = self._meta()
        self._read_ahead: set[str] = set()
        self._asking = Asking(self._home, _commit(self._index))

    @property
    def is_large(self) -> bool:
        """Whether it was built for many articles, with the beginnings of all words."""
        return self._asking.commit.with_starts

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        """Let the system read what questions need, off everybody's path; each file once.

        Args:
            wanted: whether to go on, asked about every millisecond.
        """
        from rilo_reader.search.checksums import files_of
        from rilo_reader.search.page_cache import read_ahead

        # Whoever asks is told what is broken.
        with suppress(OSError, IndexDamaged):
            if self._home is not None:
                names = dict.fromkeys(files_of((self._home / META).read_bytes()))
                new = [name for name in names if name not in self._read_ahead]
                self._read_ahead = set(names)
                read_ahead(self._home, new, wanted)

    # -- follow the folder --------------------------------------------------------------------

    def folders(self) -> set[str]:
        """Every folder that holds an indexed file; "" is the library itself."""
        with as_damage("read"):
            return manifest.folders(self._asking.commit)

    def folder_stamps(self, folder: str) -> dict[int, int]:
        """The indexed files that lie in a folder: `file_key` -> `file_stamp`."""
        with as_damage("read"):
            return manifest.folder_stamps(self._asking.commit, folder)

    def stamp(self, path: str) -> int | None:
        """The `file_stamp` under which a file was indexed; None where it is not."""
        with as_damage("read"):
            return manifest.stamp_of(self._asking.commit, file_key(path))

    def faulty(self) -> Iterator[tuple[str, tuple[Fault, ...]]]:
        """The files whose articles have faults, with the faults."""
        with as_damage("read"):
            yield from manifest.faulty(self._asking.commit)

    def _has_story(self, story: int) -> bool:
        return bool(manifest.having(self._asking.commit, fields.STORY, story))

    # -- write ----------------------------------------------------------------------------------

    @contextmanager
    def writing(self, wait: float = 5.0, bulk: bool = False, articles: int = 0) -> Iterator[Writer]:
        """Take the writer's lock, and let it go when the block ends.

        What was not committed by then is dropped. If the directory was deleted meanwhile, a new
        index is made and `is_fresh` says so: read the manifest inside the block.

        Args:
            wait: how many seconds to wait for another process.
            bulk: whether thousands of articles are coming.
            articles: how many are coming, where that is known: many make an index for many.

        Raises:
            IndexBusy: another process kept the lock.
            IndexDamaged: the index cannot be written, or a file of it is not what was written.
        """
        from rilo_reader.search.writer import Writer, open_writer

        if self.is_lost():
            self.reopen()
        opened = open_writer(self._index, wait, bulk, articles)
        writer = Writer(opened, self._refresh, self._has_story)
        try:
            self.reload()
            if self._home is not None:
                from rilo_reader.search.checksums import check_changed

                # A thread of tantivy's that meets a broken file ends the whole process.
                check_changed(self._home, self._home / META)
            writer.knows_empty = self.size == 0
            large = writer.knows_empty and articles >= LARGE
            writer.with_starts = large or (self.size > 0 and self._asking.commit.with_starts)
            yield writer
        except BaseException:
            writer.abandon()
            raise
        writer.finish()
        if self._home is not None:
            from rilo_reader.search.checksums import note_files

            note_files(self._home, self._home / META)

    def reload(self) -> bool:
        """See what was committed since; True where the results may have changed.

        Costs one stat where nothing happened. Where the index was deleted a new one is made in
        its place, and `is_fresh` says so.
        """
        if self.is_lost():
            self.reopen()
            return True
        if self._meta() == self._seen:
            return False
        try:
            self._refresh()
        except IndexDamaged:
            self.mend()
        return True

    def is_lost(self) -> bool:
        """Whether the index was deleted while it is open; what was read of it still answers."""
        return self._home is not None and self._meta() is None

    def reopen(self) -> None:
        """Open the directory again as `open_index` would."""
        self._open()

    def mend(self) -> bool:
        """After IndexDamaged: read all of its files, and start anew where one is broken.

        Returns:
            Whether it began anew: where its files are whole, asking again would end as before.
        """
        self._open(thorough=True)
        return self.is_fresh

    def damage(self) -> str:
        """What is broken in its files, "" where they are as they were written; reads them all."""
        from rilo_reader.search.checksums import check_files

        if self._home is None:
            return ""
        try:
            check_files(self._home, self._home / META)
        except IndexDamaged as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Let the files go; the index cannot be used any more."""
        del self._asking, self._index

    def _refresh(self) -> None:
        # Looked at first: a commit between the two is then seen by the next reload.
        self._seen = self._meta()
        with as_damage("read"):
            self._index.reload()
            self._asking.commit = _commit(self._index)

    def _meta(self) -> tuple[int, int, int] | None:
        """What changes with each commit; None where the index is deleted or in memory."""
        if self._home is None:
            return None
        try:
            status = (self._home / META).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


def _commit(index: tantivy.Index) -> Commit:
    """What is committed now."""
    searcher, schema = index.searcher(), index.schema
    # Writers give the beginnings of words to all articles or to none. What was deleted since is
    # counted too; counting what is there would take 8 ms of each launch with a million articles.
    marked = searcher.doc_freq(fields.STARTS, fields.MARKED)
    with_starts = marked >= searcher.num_docs > 0
    return Commit(searcher, schema, with_starts, Recent(searcher, schema))


def open_index(directory: Path) -> SearchIndex:
    """Open the index that lives in a directory; make what is missing, start anew what is broken.

    Never raises: see `SearchIndex.notice` and `SearchIndex.is_fresh`.
    """
    return SearchIndex(directory)
