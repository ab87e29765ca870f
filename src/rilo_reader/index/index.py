"""`SearchIndex`: the index of one library. Search, count, statistics; write and reload.

`Answers` has what is asked of an index, and `SearchIndex` adds opening, following the folder and
writing. tantivy releases the GIL while it searches, commits and waits for merges, so searches in a
thread do not block the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import Article, ArticleId, Fault
from rilo_reader.index import schema as fields
from rilo_reader.index import snapshot
from rilo_reader.index.cache import QueryCache
from rilo_reader.index.compiler import NOTHING_MARKED, ArticleFlags
from rilo_reader.index.directory import META, open_home
from rilo_reader.index.duplicates import BELOW_TOP, is_near_top, top_page, top_place
from rilo_reader.index.errors import IndexBusy, IndexDamaged, SearchIndexError, as_damage
from rilo_reader.index.results import ResultSet
from rilo_reader.index.schema import Hit, file_key, file_stamp
from rilo_reader.index.snapshot import Recent, ResultCursor, Snapshot, row_of
from rilo_reader.query.tree import Field, Query

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.index.stats import Facets, Timeline, Value
    from rilo_reader.index.writer import Writer


# -- queries --------------------------------------------------------------------------------------


class Hits(NamedTuple):
    """A part of a query's results.

    Attributes:
        total: the number of results.
        offset: the index of the first of these rows.
        rows: the articles.
        copies: for each row, the number of duplicates left out for it; empty if the results were
            not folded.
        left_out: the number of articles left out of all results as duplicates.
        is_whole: whether `copies` and `left_out` are of all results, and not only of those near
            the top; `total + left_out` is exact in either case.
        is_counted: False if there may be more results; `count` returns the exact number.
    """

    total: int
    offset: int
    rows: tuple[Hit, ...]
    copies: tuple[int, ...] = ()
    left_out: int = 0
    is_whole: bool = True
    is_counted: bool = True


class Answers:
    """Queries of an index. Safe to use from several threads.

    Every method may raise IndexDamaged.
    """

    _asking: QueryCache

    @property
    def size(self) -> int:
        """The number of articles."""
        return self._asking.commit.searcher.num_docs

    def search(
        self,
        query: Query,
        offset: int = 0,
        limit: int = 50,
        *,
        marked: ArticleFlags = NOTHING_MARKED,
        fold: bool = False,
    ) -> Hits:
        """Return results `offset` … `offset + limit`, and the exact total.

        Args:
            query: the query.
            offset: index of the first result.
            limit: number of results at most.
            marked: the user's marks.
            fold: whether to show only one of several duplicates.
        """
        with as_damage("searched"):
            reading, copies = self._asking.asked(query, marked, fold)
            total, hits = reading.window(offset, limit, self._asking.track(query, reading, fold))
            rows = tuple(reading.row(address) for _, address in hits)
            if not fold:
                return Hits(total, offset, rows)
            return Hits(total, offset, rows, copies.of(rows), len(copies.left_out))

    def top_page(
        self, query: Query, offset: int, limit: int, *, marked: ArticleFlags = NOTHING_MARKED
    ) -> Hits:
        """As `search` with `fold`, but faster near the top of a list, while the user types.

        The rows are the same, but results further down may not be folded yet (`is_whole`), and
        the total of a query for a state may be unknown (`is_counted`).
        """
        with as_damage("searched"):
            top_results = self._asking.top_results(query, marked, offset + limit)
            if top_results is not None:
                return _top_hits(*top_results, offset, limit)
            if is_near_top(query.sort, offset + limit):
                return self._first(query, offset, limit, marked)
        return self.search(query, offset, limit, marked=marked, fold=True)

    def _first(self, query: Query, offset: int, limit: int, marked: ArticleFlags) -> Hits:
        """Results near the top whose duplicates are known."""
        reading, copies = self._asking.asked(query, marked, fold=True)
        total, hits = reading.first(offset, limit)
        if total is not None:
            self._asking.track(query, reading, fold=True).total = total
        rows = tuple(reading.row(address) for _, address in hits)
        return Hits(
            offset + len(rows) if total is None else total,
            offset,
            rows,
            copies.of(rows),
            len(copies.left_out),
            is_counted=total is not None,
        )

    def top_place(
        self, query: Query, article: ArticleId, *, marked: ArticleFlags = NOTHING_MARKED
    ) -> int | None:
        """As `place` with `fold`, but faster near the top of a list."""
        with as_damage("searched"):
            top_results = self._asking.top_results(query, marked, 0)
            if top_results is not None:
                place = top_place(top_results[0], fields.hash64(article))
                if place != BELOW_TOP:
                    return place
        return self.place(query, article, marked=marked, fold=True)

    def count(
        self, query: Query, *, marked: ArticleFlags = NOTHING_MARKED, fold: bool = False
    ) -> int:
        """The exact number of matching articles; with `fold`, without duplicates."""
        with as_damage("searched"):
            reading = self._asking.asked(query, marked, fold)[0]
            track = self._asking.track(query, reading, fold)
            if track.total is None:
                track.total = reading.count()
            return track.total

    def place(
        self,
        query: Query,
        article: ArticleId,
        *,
        marked: ArticleFlags = NOTHING_MARKED,
        fold: bool = False,
    ) -> int | None:
        """The index of an article in the results, None if it does not match.

        With `fold`, a duplicate has the index of the article that represents it.
        """
        key = fields.hash64(article)
        with as_damage("searched"):
            reading, copies = self._asking.asked(query, marked, fold)
            return reading.place(copies.left_out.get(key, key))

    def ids(self, query: Query, *, marked: ArticleFlags = NOTHING_MARKED) -> Iterator[ArticleId]:
        """All matching articles in order, as of this call, read in batches."""
        with as_damage("searched"):
            reading = self._asking.reading(query, marked)
            for address in reading.addresses():
                yield reading.row(address).id

    def prepare(self, marked: ArticleFlags, quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles, in the background.

        Args:
            marked: the user's marks.
            quiet: called every few milliseconds, and returns whether to go on. Queries for unread
                articles meanwhile take precedence. If it raises, the next call continues.
        """
        with as_damage("searched"):
            self._asking.prepare(marked, quiet)

    # -- statistics and suggestions -----------------------------------------------------------

    def timeline(
        self, query: Query, *, marked: ArticleFlags = NOTHING_MARKED, now: datetime | None = None
    ) -> Timeline:
        """Numbers of results by day, month or year, in the time zone of `now` or the system's."""
        from rilo_reader.index.stats import timeline

        with as_damage("searched"):
            reading = self._asking.reading(query, marked)
            return timeline(reading.commit, reading.compiled, now)

    def facets(
        self,
        query: Query,
        limit: int = 20,
        *,
        marked: ArticleFlags = NOTHING_MARKED,
        now: datetime | None = None,
    ) -> Facets:
        """Numbers of results by source, tag, author, language and year; at most `limit` each."""
        from rilo_reader.index.stats import facets

        with as_damage("searched"):
            reading = self._asking.reading(query, marked)
            return facets(reading.commit, reading.compiled, limit, now)

    def suggest(
        self, start: str, field: Field = Field.ANYWHERE, limit: int = 8
    ) -> tuple[Value, ...]:
        """Words with a prefix, or values of SOURCE, TAG, AUTHOR or LANG that contain one."""
        with as_damage("searched"):
            return self._asking.suggested(start, field, limit)

    def did_you_mean(self, query: Query) -> Query | None:
        """The query with unknown words replaced by similar ones, None if none are."""
        from rilo_reader.index.suggestions import did_you_mean

        with as_damage("searched"):
            return did_you_mean(self._asking.commit, query)

    def related(self, article: Article, limit: int = 8) -> tuple[Hit, ...]:
        """Articles with the same rare words, the most similar first."""
        from rilo_reader.index.suggestions import related

        with as_damage("searched"):
            return related(self._asking.commit, article, limit)

    def copies(self, article: ArticleId, limit: int = 100) -> tuple[Hit, ...]:
        """The duplicates of an article, newest first."""
        from rilo_reader.index.suggestions import copies

        with as_damage("searched"):
            return copies(self._asking.commit, article, limit)

    def by_id(self, article: ArticleId) -> Hit | None:
        """The article with this id."""
        hit = self._one(fields.KEY, fields.hash64(article))
        return hit if hit is not None and hit.id == article else None

    def by_path(self, path: str) -> Hit | None:
        """The article in this file (a path relative to the library)."""
        hit = self._one(fields.FILE_KEY, file_key(path))
        return hit if hit is not None and hit.path == path else None

    def _one(self, field: str, key: int) -> Hit | None:
        commit = self._asking.commit
        with as_damage("read"):
            addresses = snapshot.having(commit, field, key)
            return row_of(commit.searcher, addresses[0]) if addresses else None


def _top_hits(reading: ResultSet, track: ResultCursor, offset: int, limit: int) -> Hits:
    """Results near the top, folded as far as they were examined."""
    found = top_page(reading, offset, limit)
    track.fold = found.fold
    rows = tuple(reading.row(address) for _, address in found.hits)
    return Hits(
        offset + len(rows) if found.total is None else found.total,
        offset,
        rows,
        found.copies,
        found.left_out,
        is_whole=found.fold is not None,
        is_counted=found.total is not None,
    )


# -- the index ------------------------------------------------------------------------------------

LARGE = 200_000
"""Articles from which on single letters are too slow to search without prefix terms."""


class SearchIndex(Answers):
    """The index of one library. Safe to read from several threads.

    Every method may raise IndexDamaged.

    Attributes:
        directory: the directory of the library's indexes.
        notice: a message for the user about opening it, or "".
        is_fresh: whether the index was created empty and must be filled from the folder.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._open()

    def _open(self, *, thorough: bool = False) -> None:
        opened = open_home(self.directory, thorough=thorough)
        self._index = opened.engine
        self._home = opened.home
        self.is_fresh = opened.is_fresh
        self.notice = opened.notice
        self._seen = self._meta()
        self._asking = QueryCache(self._home, _commit(self._index))

    @property
    def is_large(self) -> bool:
        """Whether it was built for many articles, with prefix terms."""
        return self._asking.commit.with_starts

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        """Read what queries need into the system's page cache; takes a second at most.

        Args:
            wanted: called about every millisecond, and returns whether to go on.
        """
        from rilo_reader.index.intact_files import files_of
        from rilo_reader.index.readahead import read_ahead

        # Errors are reported by the queries themselves.
        with suppress(OSError, IndexDamaged):
            if self._home is not None:
                names = files_of((self._home / META).read_bytes())
                read_ahead(self._home, names, wanted)

    # -- follow the folder --------------------------------------------------------------------

    def folders(self) -> set[str]:
        """All folders with indexed files; "" is the library itself."""
        with as_damage("read"):
            return snapshot.folders(self._asking.commit)

    def folder_stamps(self, folder: str) -> dict[int, int]:
        """The indexed files in a folder: `file_key` -> `file_stamp`."""
        with as_damage("read"):
            return snapshot.folder_stamps(self._asking.commit, folder)

    def stamp(self, path: str) -> int | None:
        """The `file_stamp` of an indexed file, None if it is not indexed."""
        with as_damage("read"):
            return snapshot.stamp_of(self._asking.commit, file_key(path))

    def faulty(self) -> Iterator[tuple[str, tuple[Fault, ...]]]:
        """The files whose articles have faults, with the faults."""
        with as_damage("read"):
            yield from snapshot.faulty(self._asking.commit)

    def _has_fingerprint(self, fingerprint: int) -> bool:
        return bool(snapshot.having(self._asking.commit, fields.FINGERPRINT, fingerprint))

    # -- write ----------------------------------------------------------------------------------

    @contextmanager
    def writing(self, wait: float = 5.0, bulk: bool = False, articles: int = 0) -> Iterator[Writer]:
        """Hold the writer's lock for a block.

        Uncommitted changes are dropped at its end. If the directory was deleted, a new index is
        created and `is_fresh` is True, so read stamps of files inside the block.

        Args:
            wait: seconds to wait for another process.
            bulk: whether thousands of articles will be added.
            articles: their number, if known; many of them get an index with prefix terms.

        Raises:
            IndexBusy: another process kept the lock.
            IndexDamaged: the index cannot be written, or a file is not as it was written.
        """
        from rilo_reader.index.writer import Writer, open_writer

        if self.is_lost():
            self.reopen()
        opened = open_writer(self._index, wait, bulk, articles)
        writer = Writer(opened, self._refresh, self._has_fingerprint)
        try:
            self.reload()
            if self._home is not None:
                from rilo_reader.index.intact_files import check_changed

                # A thread of tantivy that reads a damaged file would abort the process.
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
            from rilo_reader.index.intact_files import note_files

            note_files(self._home, self._home / META)

    def reload(self) -> bool:
        """Load the newest commit; True if results may have changed.

        Without a new commit it takes one `stat`. If the index was deleted, a new one is created
        and `is_fresh` is True.
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
        """Whether the index was deleted while it is open; it can still be queried."""
        return self._home is not None and self._meta() is None

    def reopen(self) -> None:
        """Open the directory again, as `open_index` does."""
        self._open()

    def mend(self) -> bool:
        """After IndexDamaged, verify all files, and replace the index if one is damaged.

        Returns:
            Whether the index is a new one; if not, repeating the query would fail again.
        """
        self._open(thorough=True)
        return self.is_fresh

    def damage(self) -> str:
        """Verify all files; return what is damaged, or "" if they are as they were written."""
        from rilo_reader.index.intact_files import check_files

        if self._home is None:
            return ""
        try:
            check_files(self._home, self._home / META)
        except IndexDamaged as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Close the files; the index cannot be used afterwards."""
        del self._asking, self._index

    def _refresh(self) -> None:
        # Noted first, so that a commit in between is seen by the next reload.
        self._seen = self._meta()
        with as_damage("read"):
            self._index.reload()
            self._asking.commit = _commit(self._index)

    def _meta(self) -> tuple[int, int, int] | None:
        """A value that changes with each commit; None if the index is deleted or in memory."""
        if self._home is None:
            return None
        try:
            status = (self._home / META).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


def _commit(index: tantivy.Index) -> Snapshot:
    """A snapshot of the newest commit."""
    searcher, schema = index.searcher(), index.schema
    # Writers give prefix terms to all articles or to none. This counts deleted articles too;
    # an exact count would add 8 ms to each launch with a million articles.
    marked = searcher.doc_freq(fields.STARTS, fields.MARKED)
    with_starts = marked >= searcher.num_docs > 0
    return Snapshot(searcher, schema, with_starts, Recent(searcher, schema))


def open_index(directory: Path) -> SearchIndex:
    """Open the index below a directory; create a missing one, and replace a damaged one.

    Never raises: see `SearchIndex.notice` and `SearchIndex.is_fresh`.
    """
    return SearchIndex(directory)


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
