"""One query against one commit of the index: windows, counts and places of its results."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from rilo_reader.search import schema as fields
from rilo_reader.search.compile import Compiler, Marked
from rilo_reader.search.document import Hit, unpack_row
from rilo_reader.search.query import Query, Sort
from rilo_reader.search.recent import Recent, total_of

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.search.folding import Fold

BATCH = 10_000
"""Results that are found at once where all of them are walked."""

_REMEMBERED = 16

_MOST_WORDS = 16_000
_MOST_PLACES = 300_000
"""What a phrase is tried with: in words that go on from its end, and in places where they stand."""

_PASSED_OVER = 50

_EQUALS = 100
"""Results beyond a window that may be as relevant as its last."""

ENOUGH = 100_000
"""Articles from which on it is worth looking among the newest first."""

SHALLOW = 1_000
"""Windows that begin later are worth a count first, to ask for them from the nearer end."""


class Commit(NamedTuple):
    """A commit of the index, or a view of one, as it can be asked.

    Attributes:
        searcher: tantivy's.
        schema: the index's.
        with_starts: whether every article has the beginnings of its words indexed.
        recent: where the newest articles begin.
    """

    searcher: tantivy.Searcher
    schema: tantivy.Schema
    with_starts: bool
    recent: Recent

    def compiler(self, marked: Marked, *, ranking: bool = False) -> Compiler:
        """A compiler of queries for it."""
        return Compiler(
            self.schema,
            marked,
            self._is_common,
            with_starts=self.with_starts,
            ranking=ranking,
        )

    def _is_common(self, field: str, start: str) -> bool:
        """Whether more words of a field begin so than a phrase can be tried with."""
        words = self.searcher.terms_with_prefix(field, start)
        return len(words) > _MOST_WORDS or sum(count for _, count in words) > _MOST_PLACES


Found = Sequence[tuple[Any, Any]]
"""Results as tantivy gives them: (sort key, address)."""


class Track:
    """What windows of a query's results showed, so that the next one need not begin anew.

    Attributes:
        total: the exact number of results, None before the first window.
        fold: the copies among the results, None before they were asked for.
    """

    def __init__(self) -> None:
        self.total: int | None = None
        self.fold: Fold | None = None
        self._known: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

    def learn(self, offset: int, hits: Found) -> None:
        """Remember the places of a window's first and last result."""
        if hits:
            self._known.append((offset, hits[0][0]))
            self._known.append((offset + len(hits) - 1, hits[-1][0]))

    def nearest(self, offset: int) -> tuple[int, int] | None:
        """The known place nearest to an offset, and the sort key of the result there."""
        return min(tuple(self._known), key=lambda one: abs(one[0] - offset), default=None)


class Reading:
    """One query against one commit.

    Attributes:
        commit: what is asked.
        searcher: tantivy's, of the commit or of a view of it.

    Args:
        commit: as above.
        query: what is asked.
        marked: the reader's state.
        left_out: keys of articles that are no results.
        only: keys of the only articles that are, None for all.
    """

    def __init__(
        self,
        commit: Commit,
        query: Query,
        marked: Marked,
        *,
        left_out: Collection[int] = (),
        only: Collection[int] | None = None,
    ) -> None:
        self.commit = commit
        self.searcher = commit.searcher
        ranking = query.sort is Sort.RELEVANCE
        self._compiler = commit.compiler(marked, ranking=ranking)
        self._compiled = self._compiler.compile(query.node)
        if only is not None:
            self._compiled = self._compiler.both(self._compiled, self._compiler.of_keys(only))
        self._left_out = left_out
        self._is_everything = query.is_everything and only is None
        self._start = self._compiler.start_of(query.node) if only is None else None
        # Dates, states and patterns match all alike: then the newest are the most relevant.
        is_level = ranking and not self._compiler.ranks
        self._sort = Sort.NEWEST if is_level else query.sort

    @cached_property
    def _query(self) -> tantivy.Query:
        """The query without what is left out; naming thousands of articles takes its time."""
        if not self._left_out:
            return self._compiled
        unwanted = self._compiler.of_keys(self._left_out)
        return self._compiler.without(self._compiled, [unwanted])

    def count(self) -> int:
        """The exact number of results."""
        # What is left out are results of the query, each of them.
        known = self._known_total()
        total = total_of(self.searcher, self._compiled) if known is None else known
        return total - len(self._left_out)

    def _known_total(self) -> int | None:
        """How many results the index knows the query has, None where they must be counted."""
        if self._is_everything:
            return self.searcher.num_docs
        if self._start is None:
            return None
        # What the index says of a word counts deleted articles too: not where there are any.
        whole = self.searcher.doc_freq(fields.STARTS, fields.MARKED) == self.searcher.num_docs
        return self.searcher.doc_freq(fields.STARTS, self._start) if whole else None

    def row(self, address: tantivy.DocAddress) -> Hit:
        """What is stored of a result."""
        return row_of(self.searcher, address)

    @property
    def is_of_the_index_alone(self) -> bool:
        """Whether the results change only with the index, not with the reader's state."""
        return not self._compiler.names_articles

    @property
    def compiled(self) -> tantivy.Query:
        """The query, for tantivy; with what is left out."""
        return self._compiled

    def window(self, offset: int, limit: int, track: Track) -> tuple[int, Found]:
        """The total, and (sort key, address) of the results from `offset` on.

        Args:
            offset: how many results come before.
            limit: how many are wanted.
            track: what earlier windows of the same results showed; learns from this one.
        """
        if limit < 1:
            return self.count(), ()
        if self._sort is Sort.RELEVANCE:
            return self._ranked(offset, limit)
        if offset < SHALLOW:
            track.total, hits = self._shallow(offset, limit)
            return track.total, hits
        if track.total is None:
            track.total = self.count()
        limit = min(limit, track.total - offset)
        if limit < 1:
            return track.total, ()
        hits = self._deep(offset, limit, track.total, track.nearest(offset))
        track.learn(offset, hits)
        return track.total, hits

    def _shallow(self, offset: int, limit: int) -> tuple[int, Found]:
        """The total and a window near the start, what is left out passed over one by one."""
        if not self._left_out:
            newest = self._among_the_newest(offset, limit)
            if newest is not None:
                return newest
            found: Any = self._ordered(self._compiled, offset, limit)
            return int(found.count), found.hits
        wanted = offset + limit
        asked = wanted + _PASSED_OVER
        while True:
            found = self._ordered(self._compiled, 0, asked)
            addresses = [address for _, address in found.hits]
            keys = self.searcher.fast_field_values(fields.KEY, addresses)
            hits = [
                hit for hit, key in zip(found.hits, keys, strict=True) if key not in self._left_out
            ]
            if len(hits) >= wanted or len(addresses) < asked:
                return int(found.count) - len(self._left_out), hits[offset:wanted]
            asked *= 2

    def _among_the_newest(self, offset: int, limit: int) -> tuple[int, Found] | None:
        """The total and a window of what most articles match; None where it may not be there."""
        articles = self.searcher.num_docs
        total = self._known_total()
        if self._sort is not Sort.NEWEST or total is None or articles < ENOUGH:
            return None
        if total * Recent.SIZE < 2 * (offset + limit) * articles:
            return None
        among = self._compiler.ordered(self.commit.recent.order, None)
        query = among if self._is_everything else self._compiler.both(self._compiled, among)
        hits = self._ordered(query, offset, limit, count=False).hits
        return (total, hits) if len(hits) == limit else None

    def _ranked(self, offset: int, limit: int) -> tuple[int, Found]:
        """The total, and (score, address) of the best from `offset` on; newer first among equals.

        tantivy orders equals as it likes: some more than wanted are sorted here.
        """
        most = offset + limit + _EQUALS
        found: Any = self.searcher.search(self._query, limit=most)
        orders = self.searcher.fast_field_values(fields.ORDER, [hit[1] for hit in found.hits])
        ranked = sorted(
            zip(found.hits, orders, strict=True), key=lambda one: (-one[0][0], -(one[1] or 0))
        )
        return found.count, [hit for hit, _ in ranked[offset : offset + limit]]

    def _deep(self, offset: int, limit: int, total: int, near: tuple[int, int] | None) -> Found:
        """A window far from the start, from whichever known place is nearest to it.

        An offset costs time and memory in proportion: from the end it is a short one again, and
        beside a window that was shown the results go on from its sort key.
        """
        from_end = total - offset - limit
        if near is not None and abs(near[0] - offset) + limit < min(offset, from_end):
            place, order = near
            if place <= offset:
                rest = self._beyond(order, backwards=False)
                return self._ordered(rest, offset - place, limit).hits
            if offset + limit <= place:
                rest = self._beyond(order, backwards=True)
                skip = place - offset - limit + 1  # the known result itself comes first
                return self._ordered(rest, skip, limit, backwards=True).hits[::-1]
        if offset <= from_end:
            return self._ordered(self._query, offset, limit).hits
        return self._ordered(self._query, from_end, limit, backwards=True).hits[::-1]

    def _beyond(self, order: int, *, backwards: bool) -> tantivy.Query:
        """The results from a sort key on, itself among them, in one direction."""
        upwards = (self._sort is Sort.OLDEST) != backwards
        lower, upper = (order, None) if upwards else (None, order)
        rest = self._compiler.ordered(lower, upper, include_upper=True)
        return self._compiler.both(self._query, rest)

    def place(self, key: int) -> int | None:
        """How many results come before the article of a key; None where it is none of them."""
        compiler = self._compiler
        alone = compiler.both(self._query, compiler.of_keys([key]))
        found: Any = self.searcher.search(alone, limit=1, order_by_field=fields.ORDER)
        if not found.count:
            return None
        if self._sort is Sort.RELEVANCE:
            _, hits = self._ranked(0, self.count())
            keys = self.searcher.fast_field_values(fields.KEY, [address for _, address in hits])
            return keys.index(key)
        order = found.hits[0][0]
        before = (
            compiler.ordered(None, order)
            if self._sort is Sort.OLDEST
            else compiler.ordered(order + 1, None)
        )
        return total_of(self.searcher, compiler.both(self._query, before))

    def at_once(self) -> list[tantivy.DocAddress]:
        """Every result in order, found at once: for some ten thousand."""
        return [address for _, address in self._ordered(self._query, 0, max(1, self.count())).hits]

    def addresses(self) -> Iterator[tantivy.DocAddress]:
        """Every result in order, found in batches.

        By date each batch begins at the sort key where the last ended (its articles are left
        out), since an offset costs memory and time in proportion.
        """
        if self._sort is Sort.RELEVANCE:
            yield from (address for _, address in self._ranked(0, self.count())[1])
            return
        query, last, seen = self._query, None, 0
        while True:
            hits = self._ordered(query, 0, BATCH).hits
            yield from (address for _, address in hits[seen:])
            if len(hits) < BATCH or hits[-1][0] == last:
                return
            last = hits[-1][0]
            seen = sum(order == last for order, _ in hits)
            query = self._beyond(last, backwards=False)

    def _ordered(
        self,
        query: tantivy.Query,
        offset: int,
        limit: int,
        *,
        backwards: bool = False,
        count: bool = True,
    ) -> tantivy.SearchResult:
        import tantivy

        ascending = (self._sort is Sort.OLDEST) != backwards
        return self.searcher.search(
            query,
            limit=limit,
            count=count,
            offset=offset,
            order_by_field=fields.ORDER,
            order=tantivy.Order.Asc if ascending else tantivy.Order.Desc,
        )


def stored_of(searcher: tantivy.Searcher, address: tantivy.DocAddress, field: str) -> bytes:
    """What is stored in a field of one article, b"" where nothing is."""
    value = searcher.doc(address).get_first(field)
    return value if isinstance(value, bytes) else b""


def row_of(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Hit:
    """The stored row of one article."""
    return unpack_row(stored_of(searcher, address, fields.ROW))
