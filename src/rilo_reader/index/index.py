"""The index of one library: search, count, place; starts anew where it is damaged.

tantivy lets go of the interpreter while it searches, commits and waits for merges, so a search
in a thread never stops the screen.
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
from rilo_reader.index.directory import (
    META,
    IndexBusy,
    IndexDamaged,
    SearchIndexError,
    as_damage,
    open_home,
)
from rilo_reader.index.duplicates import FAR, can_glance, glance_place, top_page
from rilo_reader.index.results import ResultSet
from rilo_reader.index.schema import Hit, file_key, file_stamp
from rilo_reader.index.snapshot import Recent, ResultCursor, Snapshot, row_of
from rilo_reader.query.tree import Field, Query

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.index.stats import Facets, Timeline, Value
    from rilo_reader.index.writer import Writer


# What an index answers: articles, counts and places, and what results have in common.


class Hits(NamedTuple):
    """A part of a query's results: the exact total, where the part begins, its articles.

    Attributes:
        total: the exact number of results.
        offset: how many come before these.
        rows: the articles.
        copies: for each of them how many that tell the same story are left out for it; empty
            where the results were not folded.
        left_out: how many articles are left out of all results for others of their story.
        is_whole: whether `copies` and `left_out` are of all results, not only of those near the
            top. `total + left_out` is exact in either case.
        is_counted: whether that is so; else there may be more results than these, and `count`
            tells how many.
    """

    total: int
    offset: int
    rows: tuple[Hit, ...]
    copies: tuple[int, ...] = ()
    left_out: int = 0
    is_whole: bool = True
    is_counted: bool = True


class Answers:
    """The part of an index that is asked. Safe to use from several threads.

    Every method may raise IndexDamaged when the files are broken while it is open.
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
        """Articles `offset` … `offset + limit` of the results, and the exact total.

        Args:
            query: what is asked.
            offset: how many results come before.
            limit: how many are wanted.
            marked: the reader's state.
            fold: whether only one of the articles that tell one story stays among the results.
        """
        with as_damage("searched"):
            reading, copies = self._asking.asked(query, marked, fold)
            total, hits = reading.window(offset, limit, self._asking.track(query, reading, fold))
            rows = tuple(reading.row(address) for _, address in hits)
            if not fold:
                return Hits(total, offset, rows)
            return Hits(total, offset, rows, copies.of(rows), len(copies.left_out))

    def glance(
        self, query: Query, offset: int, limit: int, *, marked: ArticleFlags = NOTHING_MARKED
    ) -> Hits:
        """As `search` with `fold`, for whoever types.

        The rows are the same, but near the top of a list only what is near the top was folded
        (`is_whole`), which costs nothing; elsewhere it is that search. Where only articles of a
        state are asked for, what is near the top may come without the total (`is_counted`).
        """
        with as_damage("searched"):
            glancing = self._asking.glancing(query, marked, offset + limit)
            if glancing is not None:
                return _glanced(*glancing, offset, limit)
            if can_glance(query.sort, offset + limit):
                return self._first(query, offset, limit, marked)
        return self.search(query, offset, limit, marked=marked, fold=True)

    def _first(self, query: Query, offset: int, limit: int, marked: ArticleFlags) -> Hits:
        """Results near the top, of which it is known what is folded away."""
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

    def glance_place(
        self, query: Query, article: ArticleId, *, marked: ArticleFlags = NOTHING_MARKED
    ) -> int | None:
        """As `place` with `fold`, at the cost of a place without it near the top of a list."""
        with as_damage("searched"):
            glancing = self._asking.glancing(query, marked, 0)
            if glancing is not None:
                place = glance_place(glancing[0], fields.hash64(article))
                if place != FAR:
                    return place
        return self.place(query, article, marked=marked, fold=True)

    def count(
        self, query: Query, *, marked: ArticleFlags = NOTHING_MARKED, fold: bool = False
    ) -> int:
        """The exact number of articles that match; of stories with `fold`."""
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
        """How many results come before an article; None where it does not match.

        With `fold` an article that is left out has the place of the one that stays for it.
        """
        key = fields.hash64(article)
        with as_damage("searched"):
            reading, copies = self._asking.asked(query, marked, fold)
            return reading.place(copies.left_out.get(key, key))

    def ids(self, query: Query, *, marked: ArticleFlags = NOTHING_MARKED) -> Iterator[ArticleId]:
        """Every matching article in order, as of this call; holds a batch of them at a time."""
        with as_damage("searched"):
            reading = self._asking.reading(query, marked)
            for address in reading.addresses():
                yield reading.row(address).id

    def prepare(self, marked: ArticleFlags, quiet: Callable[[], bool]) -> None:
        """Have ready what the first question for unread articles needs, off everybody's path.

        Args:
            marked: the reader's state.
            quiet: whether to go on, asked every few milliseconds; whoever asks for unread articles
                meanwhile comes first all the same. What it raises ends it; another call goes on.
        """
        with as_damage("searched"):
            self._asking.prepare(marked, quiet)

    # -- think along --------------------------------------------------------------------------

    def timeline(
        self, query: Query, *, marked: ArticleFlags = NOTHING_MARKED, now: datetime | None = None
    ) -> Timeline:
        """The results by day, month or year; `now` gives the time zone, None asks the system."""
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
        """What the results are by source, tag, author, language and year; at most `limit` each."""
        from rilo_reader.index.stats import facets

        with as_damage("searched"):
            reading = self._asking.reading(query, marked)
            return facets(reading.commit, reading.compiled, limit, now)

    def suggest(
        self, start: str, field: Field = Field.ANYWHERE, limit: int = 8
    ) -> tuple[Value, ...]:
        """Words that begin so, or whole values of SOURCE, TAG, AUTHOR or LANG with such a word."""
        with as_damage("searched"):
            return self._asking.suggested(start, field, limit)

    def did_you_mean(self, query: Query) -> Query | None:
        """The query with unknown words replaced by known ones, None where that changes nothing."""
        from rilo_reader.index.stats import did_you_mean

        with as_damage("searched"):
            return did_you_mean(self._asking.commit, query)

    def related(self, article: Article, limit: int = 8) -> tuple[Hit, ...]:
        """Articles with the same rare words, the nearest first; each story once."""
        from rilo_reader.index.stats import related

        with as_damage("searched"):
            return related(self._asking.commit, article, limit)

    def copies(self, article: ArticleId, limit: int = 100) -> tuple[Hit, ...]:
        """The same story in other files, newest first."""
        from rilo_reader.index.stats import copies

        with as_damage("searched"):
            return copies(self._asking.commit, article, limit)

    def by_id(self, article: ArticleId) -> Hit | None:
        """The article of an identity."""
        hit = self._one(fields.KEY, fields.hash64(article))
        return hit if hit is not None and hit.id == article else None

    def by_path(self, path: str) -> Hit | None:
        """The article of a file (a path relative to the library)."""
        hit = self._one(fields.FILE_KEY, file_key(path))
        return hit if hit is not None and hit.path == path else None

    def _one(self, field: str, key: int) -> Hit | None:
        commit = self._asking.commit
        with as_damage("read"):
            addresses = snapshot.having(commit, field, key)
            return row_of(commit.searcher, addresses[0]) if addresses else None


def _glanced(reading: ResultSet, track: ResultCursor, offset: int, limit: int) -> Hits:
    """The results near the top, folded as far as they were looked at."""
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


# The index of one library: search, count, place; starts anew where it is damaged.


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
        self._asking = QueryCache(self._home, _commit(self._index))

    @property
    def is_large(self) -> bool:
        """Whether it was built for many articles, with the beginnings of all words."""
        return self._asking.commit.with_starts

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        """Read what queries need into the system's page cache; takes a second at most.

        Args:
            wanted: whether to go on, asked about every millisecond.
        """
        from rilo_reader.index.directory import files_of
        from rilo_reader.index.readahead import read_ahead

        # Damage is reported by the next query.
        with suppress(OSError, IndexDamaged):
            if self._home is not None:
                names = files_of((self._home / META).read_bytes())
                read_ahead(self._home, names, wanted)

    # -- follow the folder --------------------------------------------------------------------

    def folders(self) -> set[str]:
        """Every folder that holds an indexed file; "" is the library itself."""
        with as_damage("read"):
            return snapshot.folders(self._asking.commit)

    def folder_stamps(self, folder: str) -> dict[int, int]:
        """The indexed files that lie in a folder: `file_key` -> `file_stamp`."""
        with as_damage("read"):
            return snapshot.folder_stamps(self._asking.commit, folder)

    def stamp(self, path: str) -> int | None:
        """The `file_stamp` under which a file was indexed; None where it is not."""
        with as_damage("read"):
            return snapshot.stamp_of(self._asking.commit, file_key(path))

    def faulty(self) -> Iterator[tuple[str, tuple[Fault, ...]]]:
        """The files whose articles have faults, with the faults."""
        with as_damage("read"):
            yield from snapshot.faulty(self._asking.commit)

    def _has_story(self, story: int) -> bool:
        return bool(snapshot.having(self._asking.commit, fields.STORY, story))

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
        from rilo_reader.index.writer import Writer, open_writer

        if self.is_lost():
            self.reopen()
        opened = open_writer(self._index, wait, bulk, articles)
        writer = Writer(opened, self._refresh, self._has_story)
        try:
            self.reload()
            if self._home is not None:
                from rilo_reader.index.directory import check_changed

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
            from rilo_reader.index.directory import note_files

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
        from rilo_reader.index.directory import check_files

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


def _commit(index: tantivy.Index) -> Snapshot:
    """What is committed now."""
    searcher, schema = index.searcher(), index.schema
    # Writers give the beginnings of words to all articles or to none. What was deleted since is
    # counted too; counting what is there would take 8 ms of each launch with a million articles.
    marked = searcher.doc_freq(fields.STARTS, fields.MARKED)
    with_starts = marked >= searcher.num_docs > 0
    return Snapshot(searcher, schema, with_starts, Recent(searcher, schema))


def open_index(directory: Path) -> SearchIndex:
    """Open the index that lives in a directory; make what is missing, start anew what is broken.

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
