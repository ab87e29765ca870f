"""`SearchIndex`: the index of one library. Search, count, statistics; write and reload.

`commits` opens, reloads and replaces it. tantivy releases the GIL while it searches, commits and
waits for merges, so searches in a thread do not block the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import Article, ArticleId, Fault
from rilo_reader.errors import IndexDamaged, LibraryBusy
from rilo_reader.index import schema as fields
from rilo_reader.index import snapshot
from rilo_reader.index.commits import Commits
from rilo_reader.index.compiler import NOTHING_MARKED, ArticleFlags
from rilo_reader.index.duplicates import BELOW_TOP, is_near_top, top_page, top_place
from rilo_reader.index.results import ResultSet
from rilo_reader.index.schema import Hit, file_key, file_stamp
from rilo_reader.index.snapshot import IndexedFile, Limits, ResultCursor, row_of
from rilo_reader.index.tantivy_files import as_damage
from rilo_reader.query.tree import Field, Query

if TYPE_CHECKING:
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


class SearchIndex:
    """The index of one library. Safe to read from several threads.

    Every method may raise IndexDamaged.

    Attributes:
        directory: the directory of the library's indexes.
    """

    def __init__(self, directory: Path, limits: Limits) -> None:
        self.directory = directory
        self._commits = Commits(directory, limits)

    @property
    def notice(self) -> str:
        """A message for the user about opening it, or ""."""
        return self._commits.notice

    @property
    def is_fresh(self) -> bool:
        """Whether it was created empty and must be filled from the folder."""
        return self._commits.is_fresh

    @property
    def is_large(self) -> bool:
        """Whether it was built for many articles, with prefix terms."""
        return self._commits.snapshot.with_starts

    @property
    def size(self) -> int:
        """The number of articles."""
        return self._commits.snapshot.searcher.num_docs

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
            results, copies = self._commits.cache.folded_results(query, marked, fold)
            total, hits = results.window(
                offset, limit, self._commits.cache.cursor(query, results, fold)
            )
            rows = tuple(results.row(address) for _, address in hits)
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
            top_results = self._commits.cache.top_results(query, marked, offset + limit)
            if top_results is not None:
                return _top_hits(*top_results, offset, limit)
            if is_near_top(self._commits.snapshot, query.sort, offset + limit):
                return self._first(query, offset, limit, marked)
        return self.search(query, offset, limit, marked=marked, fold=True)

    def _first(self, query: Query, offset: int, limit: int, marked: ArticleFlags) -> Hits:
        """Results near the top whose duplicates are known."""
        results, copies = self._commits.cache.folded_results(query, marked, fold=True)
        total, hits = results.first(offset, limit)
        if total is not None:
            self._commits.cache.cursor(query, results, fold=True).total = total
        rows = tuple(results.row(address) for _, address in hits)
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
            top_results = self._commits.cache.top_results(query, marked, 0)
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
            results = self._commits.cache.folded_results(query, marked, fold)[0]
            cursor = self._commits.cache.cursor(query, results, fold)
            if cursor.total is None:
                cursor.total = results.count()
            return cursor.total

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
            results, copies = self._commits.cache.folded_results(query, marked, fold)
            return results.place(copies.left_out.get(key, key))

    def ids(self, query: Query, *, marked: ArticleFlags = NOTHING_MARKED) -> Iterator[ArticleId]:
        """All matching articles in order, as of this call, read in batches."""
        with as_damage("searched"):
            results = self._commits.cache.results(query, marked)
            for address in results.addresses():
                yield results.row(address).id

    def prepare(self, marked: ArticleFlags, quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles, in the background.

        Args:
            marked: the user's marks.
            quiet: called every few milliseconds, and returns whether to go on. Queries for unread
                articles meanwhile take precedence. If it raises, the next call continues.
        """
        with as_damage("searched"):
            self._commits.cache.prepare(marked, quiet)

    # -- statistics and suggestions -----------------------------------------------------------

    def timeline(
        self, query: Query, *, marked: ArticleFlags = NOTHING_MARKED, now: datetime | None = None
    ) -> Timeline:
        """Numbers of results by day, month or year, in the time zone of `now` or the system's."""
        from rilo_reader.index.stats import timeline

        with as_damage("searched"):
            results = self._commits.cache.results(query, marked)
            return timeline(results.commit, results.compiled, now)

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
            results = self._commits.cache.results(query, marked)
            return facets(results.commit, results.compiled, limit, now)

    def suggest(
        self, start: str, field: Field = Field.ANYWHERE, limit: int = 8
    ) -> tuple[Value, ...]:
        """Words with a prefix, or values of SOURCE, TAG, AUTHOR or LANG that contain one."""
        with as_damage("searched"):
            return self._commits.cache.suggested(start, field, limit)

    def did_you_mean(self, query: Query) -> Query | None:
        """The query with unknown words replaced by similar ones, None if none are."""
        from rilo_reader.index.suggestions import did_you_mean

        with as_damage("searched"):
            return did_you_mean(self._commits.snapshot, query)

    def related(self, article: Article, limit: int = 8) -> tuple[Hit, ...]:
        """Articles with the same rare words, the most similar first."""
        from rilo_reader.index.suggestions import related

        with as_damage("searched"):
            return related(self._commits.snapshot, article, limit)

    def copies(self, article: ArticleId, limit: int = 100) -> tuple[Hit, ...]:
        """The duplicates of an article, newest first."""
        from rilo_reader.index.suggestions import copies

        with as_damage("searched"):
            return copies(self._commits.snapshot, article, limit)

    def by_id(self, article: ArticleId) -> Hit | None:
        """The article with this id."""
        hit = self._one(fields.KEY, fields.hash64(article))
        return hit if hit is not None and hit.id == article else None

    def by_path(self, path: str) -> Hit | None:
        """The article in this file (a path relative to the library)."""
        hit = self._one(fields.FILE_KEY, file_key(path))
        return hit if hit is not None and hit.path == path else None

    def _one(self, field: str, key: int) -> Hit | None:
        commit = self._commits.snapshot
        with as_damage("read"):
            addresses = snapshot.having(commit, field, key)
            return row_of(commit.searcher, addresses[0]) if addresses else None

    # -- follow the folder --------------------------------------------------------------------

    def folders(self) -> set[str]:
        """All folders with indexed files; "" is the library itself."""
        with as_damage("read"):
            return snapshot.folders(self._commits.snapshot)

    def folder_stamps(self, folder: str) -> dict[int, int]:
        """The indexed files in a folder: `file_key` -> `file_stamp`."""
        with as_damage("read"):
            return snapshot.folder_stamps(self._commits.snapshot, folder)

    def files_that_are_ids(self, folder: str) -> list[IndexedFile]:
        """The files in a folder whose paths are the ids of their articles."""
        with as_damage("read"):
            return snapshot.files_that_are_ids(self._commits.snapshot, folder)

    def stamp(self, path: str) -> int | None:
        """The `file_stamp` of an indexed file, None if it is not indexed."""
        with as_damage("read"):
            return snapshot.stamp_of(self._commits.snapshot, file_key(path))

    def faulty(self) -> Iterator[tuple[str, tuple[Fault, ...]]]:
        """The files whose articles have faults, with the faults."""
        with as_damage("read"):
            yield from snapshot.faulty(self._commits.snapshot)

    def _has_story(self, story: int, leaving: Collection[int]) -> bool:
        keys = snapshot.files_of_story(self._commits.snapshot, story)
        return any(key not in leaving for key in keys)

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
            LibraryBusy: another process kept the lock.
            IndexDamaged: the index cannot be written, or a file is not as it was written.
        """
        from rilo_reader.index.writer import Writer, open_writer

        commits = self._commits
        if commits.is_lost():
            commits.open()
        opened = open_writer(commits.engine, wait, bulk, articles)
        writer = Writer(opened, commits.refresh, self._has_story)
        try:
            commits.reload()
            # A thread of tantivy that reads a damaged file would abort the process.
            commits.check_changed()
            writer.knows_empty = self.size == 0
            is_large = writer.knows_empty and articles >= commits.snapshot.limits.large
            writer.with_starts = is_large or (self.size > 0 and self.is_large)
            yield writer
        except BaseException:
            writer.abandon()
            raise
        writer.finish()
        commits.note_files()

    # -- commits --------------------------------------------------------------------------------

    def reload(self) -> bool:
        """Load the newest commit; True if results may have changed.

        Without a new commit it takes one `stat`. If the index was deleted, a new one is created
        and `is_fresh` is True.
        """
        return self._commits.reload()

    def is_lost(self) -> bool:
        """Whether the index was deleted while it is open; it can still be queried."""
        return self._commits.is_lost()

    def reopen(self) -> None:
        """Open the directory again, as `open_index` does."""
        self._commits.open()

    def mend(self) -> bool:
        """After IndexDamaged, verify all files, and replace the index if one is damaged.

        Returns:
            Whether the index is a new one; if not, repeating the query would fail again.
        """
        return self._commits.mend()

    def damage(self) -> str:
        """Verify all files; return what is damaged, or "" if they are as they were written."""
        return self._commits.damage()

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        """Read what queries need into the system's page cache; takes a second at most.

        Args:
            wanted: called about every millisecond, and returns whether to go on.
        """
        self._commits.read_ahead(wanted)

    def close(self) -> None:
        """Close the files; the index cannot be used afterwards."""
        del self._commits


def _top_hits(results: ResultSet, cursor: ResultCursor, offset: int, limit: int) -> Hits:
    """Results near the top, folded as far as they were examined."""
    found = top_page(results, offset, limit)
    cursor.fold = found.fold
    rows = tuple(results.row(address) for _, address in found.hits)
    return Hits(
        offset + len(rows) if found.total is None else found.total,
        offset,
        rows,
        found.copies,
        found.left_out,
        is_whole=found.fold is not None,
        is_counted=found.total is not None,
    )


def open_index(directory: Path, limits: Limits | None = None) -> SearchIndex:
    """Open the index below a directory; create a missing one, and replace a damaged one.

    Never raises: see `SearchIndex.notice` and `SearchIndex.is_fresh`.

    Args:
        directory: the directory of a library's indexes.
        limits: sizes from which on it is asked in another way, None for the usual ones.
    """
    return SearchIndex(directory, limits or Limits())


__all__ = [
    "Hit",
    "Hits",
    "IndexDamaged",
    "LibraryBusy",
    "SearchIndex",
    "file_key",
    "file_stamp",
    "open_index",
]
