"""Results here and those that are only elsewhere, as one list.

A library may keep the newest of what a server has: the articles from
`Elsewhere.complete_from` on, and few older ones: the user's own, and those that they marked. The
rest is asked of the server.

    newest first:   rows here from then on | older ones here and elsewhere, merged by date
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter
from threading import RLock
from typing import NamedTuple, Protocol

from rilo_reader.article import WITHIN_DAY, Article, ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.index.schema import Hit, hash64, sort_key, to_seconds
from rilo_reader.library.rows import Row, Window
from rilo_reader.library.search import ArticleSearch
from rilo_reader.query.tree import (
    And,
    ArticleSelection,
    Dates,
    MarkedDuring,
    Minutes,
    Node,
    Not,
    Or,
    Query,
    Sort,
    restrict_query,
)

FIRST = 500
"""Results that are asked for at once; their dates, not their texts."""

MOST = 100_000
"""Results that can be reached by going on; of more the user sees only how many there are."""

_MERGED = 20_000  # older rows here that have their place among those elsewhere; more come last


class TooSlowError(LibraryError):
    """The server could not answer in time."""


class RemotePlace(NamedTuple):
    """An article elsewhere."""

    seq: int  # its number there
    order: int  # its sort key


class RemoteResults(NamedTuple):
    """Results elsewhere, in the order of the query."""

    total: int
    is_exact: bool  # whether there are no more than `total`
    places: tuple[RemotePlace, ...]  # the first of them


class RemoteArticles(Protocol):
    """Articles that are older than what is here, on a server.

    Its methods are called in threads, and raise LibraryError where the server is away.
    """

    name: str  # what it is called within a sentence: "the archive"
    complete_from: datetime  # from when on all articles are here
    local_span: str  # what is here, as a person says it: "from 2024-11-28 on"

    def find(self, query: Query, limit: int) -> Iterator[RemoteResults]:
        """Yield the first results that are not here, and again once their total is exact."""
        ...

    def read_hits(self, seqs: Sequence[int]) -> Sequence[Hit]:
        """Return what rows show of articles, one for each; their `path` is ""."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...

    def cancel(self) -> None:
        """End with an error what `find` is asking; this takes as long as the line."""
        ...

    def fetch_article(self, article: ArticleId) -> Article | None:
        """Fetch an article, unless it was lately; None if it is not there."""
        ...


def is_asked_elsewhere(query: Query) -> bool:
    """Return whether a query is asked elsewhere, where nothing is ranked, measured or timed."""
    return query.sort.is_by_date and not _has_minutes(query.node)


def _has_minutes(node: Node) -> bool:
    if isinstance(node, Not):
        return _has_minutes(node.node)
    if isinstance(node, And | Or):
        return any(map(_has_minutes, node.nodes))
    return isinstance(node, Minutes | ArticleSelection | MarkedDuring)


class CombinedResults:
    """The results of one query, here and elsewhere. Safe to use from several threads."""

    def __init__(
        self, search: ArticleSearch, remote: RemoteArticles, query: Query, *, fold: bool = False
    ) -> None:
        """`fold` makes one row of copies, of those that are here."""
        self.query = query
        self.remote_results = RemoteResults(0, False, ())
        self.local_count = 0  # rows here
        self._search = search
        self._remote = remote
        self._fold = fold
        self._lock = RLock()
        newer = Dates(remote.complete_from, None)
        self._newer, self._older = restrict_query(query, newer), restrict_query(query, Not(newer))
        self._newer_here = self._older_here = Window(0, 0, ())
        self._merged: list[tuple[int, Row | RemotePlace]] = []  # with their sort keys
        self._rows: dict[int, Row] = {}

    def ask_remote(self) -> Iterator[RemoteResults]:
        """Ask for the first results; there are better totals in each that is yielded.

        Raises LibraryError.
        """
        self.read_local()
        for found in self._remote.find(self._search.exclude_hidden(self.query), FIRST):
            with self._lock:
                self._merge_remote(found)
            yield found

    @property
    def total(self) -> int:
        """Rows here and articles elsewhere; at least so many unless `found.is_exact`."""
        return self.local_count + self.remote_results.total

    @property
    def _merged_total(self) -> int:
        """Rows that are merged with those elsewhere."""
        return len(self._older_here.rows) + min(self.remote_results.total, MOST)

    def window(self, offset: int, limit: int) -> Window:
        """Return rows from `offset` on, at most `limit`. Raises LibraryError."""
        with self._lock:
            newer, older = self._newer_here, self._older_here
            merged = self._merged_total
            rest = older.total - len(older.rows)
            parts = [
                (merged, self._read_merged),
                (rest, self._read_oldest_local),
                (newer.total, self._read_newest),
            ]
            if self.query.sort is not Sort.OLDEST:
                parts = [parts[2], *parts[:2]]
            rows: list[Row] = []
            start, total = offset, sum(size for size, _ in parts)
            for size, read in parts:
                if 0 <= start < size and len(rows) < limit:
                    rows += read(start, min(size, start + limit - len(rows)))
                start = max(0, start - size)
            left_out = newer.left_out + older.left_out
            return Window(total, offset, tuple(rows), left_out)

    def each(self) -> Iterator[Row]:
        """The rows of all results in order, each once. Raises LibraryError."""
        newest = self._search.each(self._newer)
        if self.query.sort is not Sort.OLDEST:
            yield from newest
        with self._lock:
            older, merged = self._older_here, self._merged_total
        for start in range(0, merged, FIRST):
            with self._lock:
                yield from self._read_merged(start, min(merged, start + FIRST))
        yield from islice(self._search.each(self._older), len(older.rows), None)
        if self.query.sort is Sort.OLDEST:
            yield from newest

    def row(self, article: ArticleId) -> Row | None:
        """Return the row of an article elsewhere that was in a window, with its present marks."""
        with self._lock:
            for seq, row in self._rows.items():
                if row.id == article:
                    self._rows[seq] = row._replace(marks=self._search.marks([article])[article])
                    return self._rows[seq]
        return None

    def read_local(self) -> None:
        """Read again what is here."""
        with self._lock:
            self._newer_here = self._search.window(self._newer, 0, 1, fold=self._fold)
            self._older_here = self._search.window(self._older, 0, _MERGED, fold=self._fold)
            self.local_count = self._newer_here.total + self._older_here.total
            self._merge_remote(self.remote_results)

    def _merge_remote(self, results: RemoteResults) -> None:
        self.remote_results = results
        places = [(place.order, place) for place in results.places]
        here = [(order_of_row(row), row) for row in self._older_here.rows]
        is_newest_first = self.query.sort is not Sort.OLDEST
        self._merged = list(merge(here, places, key=itemgetter(0), reverse=is_newest_first))

    def _iter_new_places(self, places: Sequence[RemotePlace]) -> Iterator[RemotePlace]:
        """Yield those behind the last that is known: rows that were shown stay where they are."""
        known = {place.seq for place in self.remote_results.places}
        last = self.remote_results.places[-1].order if known else None
        is_newest_first = self.query.sort is not Sort.OLDEST
        for place in places:
            is_before = last is not None and (
                place.order > last if is_newest_first else place.order < last
            )
            if place.seq not in known and not is_before:
                yield place

    def _read_newest(self, start: int, end: int) -> Sequence[Row]:
        return self._search.window(self._newer, start, end - start, fold=self._fold).rows

    def _read_oldest_local(self, start: int, end: int) -> Sequence[Row]:
        start, size = start + len(self._older_here.rows), end - start
        return self._search.window(self._older, start, size, fold=self._fold).rows

    def _read_merged(self, start: int, end: int) -> Sequence[Row]:
        if end > len(self.remote_results.places) < min(self.remote_results.total, MOST):
            wanted = min(MOST, max(end, 2 * len(self.remote_results.places)))
            more = next(self._remote.find(self._search.exclude_hidden(self.query), wanted))
            places = (*self.remote_results.places, *self._iter_new_places(more.places))
            self._merge_remote(self.remote_results._replace(places=places))
        part = [one for _, one in self._merged[start:end]]
        missing = [
            one.seq for one in part if isinstance(one, RemotePlace) and one.seq not in self._rows
        ]
        hits = self._remote.read_hits(missing) if missing else ()
        self._rows |= zip(missing, self._search.make_rows(hits), strict=True)
        return [self._rows[one.seq] if isinstance(one, RemotePlace) else one for one in part]


def order_of_row(row: Row) -> int:
    """Return the sort key of a row."""
    moment = row.date + WITHIN_DAY if row.date_only else row.date
    return sort_key(to_seconds(moment), hash64(row.id), is_day=row.date_only)
