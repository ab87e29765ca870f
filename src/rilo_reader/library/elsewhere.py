"""What is here and what is only elsewhere as one list of results.

A library may keep the newest of what a server has: the articles from
`Elsewhere.first` on, and few older ones: the user's own, and those that they marked. The rest is
asked of the server.

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
from rilo_reader.index.schema import Hit, hash64, order_of, seconds_of
from rilo_reader.library.search import ArticleSearch
from rilo_reader.library.values import Row, Window
from rilo_reader.query.tree import (
    And,
    ArticleSelection,
    Dates,
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


class PlaceElsewhere(NamedTuple):
    """An article elsewhere."""

    seq: int  # its number there
    order: int  # its sort key


class FoundElsewhere(NamedTuple):
    """Results elsewhere, in the order of the query."""

    total: int
    is_exact: bool  # whether there are no more than `total`
    places: tuple[PlaceElsewhere, ...]  # the first of them


class Elsewhere(Protocol):
    """Articles that are older than what is here, on a server.

    Its methods are called in threads, and raise LibraryError where the server is away.
    """

    name: str  # what it is called within a sentence: "the archive"
    first: datetime  # from when on all articles are here
    span: str  # what is here, as a person says it: "from 2024-11-28 on"

    def find(self, query: Query, limit: int) -> Iterator[FoundElsewhere]:
        """Yield the first results that are not here, and again once their total is exact."""
        ...

    def hits(self, seqs: Sequence[int]) -> Sequence[Hit]:
        """What rows show of articles, one for each; their `path` is ""."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...

    def cancel(self) -> None:
        """Have what `find` is asking end with an error; takes as long as the line."""
        ...

    def article(self, article: ArticleId) -> Article | None:
        """Fetch an article, unless it was lately; None if it is not there."""
        ...


def is_asked_elsewhere(query: Query) -> bool:
    """Whether results elsewhere belong to those of a query; nothing is ranked or measured there."""
    return query.sort is not Sort.RELEVANCE and not _has_minutes(query.node)


def _has_minutes(node: Node) -> bool:
    if isinstance(node, Not):
        return _has_minutes(node.node)
    if isinstance(node, And | Or):
        return any(map(_has_minutes, node.nodes))
    return isinstance(node, Minutes | ArticleSelection)


class Together:
    """The results of one query, here and elsewhere. Safe to use from several threads."""

    def __init__(
        self, search: ArticleSearch, elsewhere: Elsewhere, query: Query, *, fold: bool = False
    ) -> None:
        """`fold` makes one row of copies, of those that are here."""
        self.query = query
        self.found = FoundElsewhere(0, False, ())
        self.here = 0  # rows here
        self._search = search
        self._elsewhere = elsewhere
        self._fold = fold
        self._lock = RLock()
        newer = Dates(elsewhere.first, None)
        self._newer, self._older = restrict_query(query, newer), restrict_query(query, Not(newer))
        self._newer_here = self._older_here = Window(0, 0, ())
        self._merged: list[tuple[int, Row | PlaceElsewhere]] = []  # with their sort keys
        self._rows: dict[int, Row] = {}

    def ask(self) -> Iterator[FoundElsewhere]:
        """Ask for the first results; there are better totals in each that is yielded.

        Raises LibraryError.
        """
        self.read_here()
        for found in self._elsewhere.find(self._search.visible(self.query), FIRST):
            with self._lock:
                self._use(found)
            yield found

    @property
    def total(self) -> int:
        """Rows here and articles elsewhere; at least so many unless `found.is_exact`."""
        return self.here + self.found.total

    @property
    def _merged_total(self) -> int:
        """Rows that are merged with those elsewhere."""
        return len(self._older_here.rows) + min(self.found.total, MOST)

    def window(self, offset: int, limit: int) -> Window:
        """Return rows from `offset` on, at most `limit`. Raises LibraryError."""
        with self._lock:
            newer, older = self._newer_here, self._older_here
            merged = self._merged_total
            rest = older.total - len(older.rows)
            parts = [(merged, self._merged_rows), (rest, self._rest), (newer.total, self._newest)]
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
                yield from self._merged_rows(start, min(merged, start + FIRST))
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

    def read_here(self) -> None:
        """Read again what is here."""
        with self._lock:
            self._newer_here = self._search.window(self._newer, 0, 1, fold=self._fold)
            self._older_here = self._search.window(self._older, 0, _MERGED, fold=self._fold)
            self.here = self._newer_here.total + self._older_here.total
            self._use(self.found)

    def _use(self, found: FoundElsewhere) -> None:
        self.found = found
        places = [(place.order, place) for place in found.places]
        here = [(order_of_row(row), row) for row in self._older_here.rows]
        is_newest_first = self.query.sort is not Sort.OLDEST
        self._merged = list(merge(here, places, key=itemgetter(0), reverse=is_newest_first))

    def _further(self, places: Sequence[PlaceElsewhere]) -> Iterator[PlaceElsewhere]:
        """Yield those behind the last that is known: rows that were shown stay where they are."""
        known = {place.seq for place in self.found.places}
        last = self.found.places[-1].order if known else None
        is_newest_first = self.query.sort is not Sort.OLDEST
        for place in places:
            is_before = last is not None and (
                place.order > last if is_newest_first else place.order < last
            )
            if place.seq not in known and not is_before:
                yield place

    def _newest(self, start: int, end: int) -> Sequence[Row]:
        return self._search.window(self._newer, start, end - start, fold=self._fold).rows

    def _rest(self, start: int, end: int) -> Sequence[Row]:
        start, size = start + len(self._older_here.rows), end - start
        return self._search.window(self._older, start, size, fold=self._fold).rows

    def _merged_rows(self, start: int, end: int) -> Sequence[Row]:
        if end > len(self.found.places) < min(self.found.total, MOST):
            wanted = min(MOST, max(end, 2 * len(self.found.places)))
            more = next(self._elsewhere.find(self._search.visible(self.query), wanted))
            places = (*self.found.places, *self._further(more.places))
            self._use(self.found._replace(places=places))
        part = [one for _, one in self._merged[start:end]]
        missing = [
            one.seq for one in part if isinstance(one, PlaceElsewhere) and one.seq not in self._rows
        ]
        hits = self._elsewhere.hits(missing) if missing else ()
        self._rows |= zip(missing, self._search.rows(hits), strict=True)
        return [self._rows[one.seq] if isinstance(one, PlaceElsewhere) else one for one in part]


def order_of_row(row: Row) -> int:
    """Return the sort key of a row."""
    moment = row.date + WITHIN_DAY if row.date_only else row.date
    return order_of(seconds_of(moment), hash64(row.id), is_day=row.date_only)
