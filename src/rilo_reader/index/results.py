"""`ResultSet`: one query against one commit of the index, its windows, count and places.

Results are never materialised: a window is asked from whichever end or known position is nearest,
and the newest results of a query that matches many articles are looked for among the newest
articles only (see `estimate_selectivity`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from math import prod
from operator import itemgetter
from typing import Any

import tantivy

from rilo_reader.article import Field
from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags, Compiler
from rilo_reader.index.schema import Hit
from rilo_reader.index.snapshot import Found, ResultCursor, Snapshot
from rilo_reader.query.tree import And, MatchKind, Node, Not, Or, Query, Sort, Words

_FIRST_BATCH = 200
"""Results of the first batch of all; the next ones are larger."""

_EQUAL_KEYS = 8
"""Results to read around a window that is read from the end, which may have the same sort key."""

_DIGITS = 4
"""Decimals of a score that count: the sum of the same numbers differs behind them."""


class ResultSet:
    """The results of one query in one commit."""

    def __init__(
        self,
        commit: Snapshot,
        query: Query,
        flags: ArticleFlags,
        *,
        only_keys: Collection[int] | None = None,  # keys of articles to restrict the results to
    ) -> None:
        self.commit = commit  # or one that is filtered by marks
        self.searcher = commit.searcher
        self.cursor = ResultCursor()  # what is known of the results
        self.excluded_keys: Collection[int] = ()  # keys of results to leave out, set before asking
        self._limits = commit.limits
        self._flags = flags
        ranking = query.sort is Sort.RELEVANCE
        self._compiler = Compiler(commit, flags, is_ranking=ranking)
        self.compiled_query = self._compiler.compile(query.node)  # with what is left out
        self.names_articles = self._compiler.names_articles  # because of their marks
        if only_keys is not None:
            self.compiled_query = self._compiler.all_of(
                self.compiled_query, self._compiler.match_keys(only_keys)
            )
        self._node = query.node if only_keys is None else None
        self._is_everything = query.is_everything and only_keys is None
        self._prefix_term = self._compiler.prefix_term_of(query.node) if only_keys is None else None
        # Dates, states and patterns give equal scores; then the newest are the most relevant.
        is_level = ranking and not self._compiler.has_scores
        self._sort = Sort.NEWEST if is_level else query.sort

    @cached_property
    def _query(self) -> tantivy.Query:
        """The query with what is left out excluded; slow for thousands of articles."""
        if not self.excluded_keys:
            return self.compiled_query
        unwanted = self._compiler.match_keys(self.excluded_keys)
        return self._compiler.exclude(self.compiled_query, [unwanted])

    def count(self) -> int:
        """Return the exact number of results."""
        if self.cursor.total is None:
            self.cursor.total = self._count_matches()
        return self.cursor.total

    def _count_matches(self) -> int:
        known = self._known_total()
        total = self.commit.count_results(self.compiled_query) if known is None else known
        return total - len(self.excluded_keys)  # which match the query, all of them

    def _known_total(self) -> int | None:
        """The total if the index has it, None if results must be counted."""
        if self._is_everything:
            return self.searcher.num_docs
        if self._prefix_term is None:
            return None
        # Document frequencies include deleted articles, so they are exact only without any.
        marked = self.searcher.doc_freq(fields.STARTS, fields.HAS_PREFIXES)
        if marked != self.searcher.num_docs:
            return None
        return self.searcher.doc_freq(fields.STARTS, self._prefix_term)

    def read_rows(self, results: Found) -> tuple[Hit, ...]:
        """The stored rows of results."""
        return tuple([self.commit.read_row(address) for _, address in results])

    def read_window(self, offset: int, limit: int) -> tuple[int, Found]:
        """Return the total, and (sort key, address) of up to `limit` results from `offset` on."""
        if limit < 1:
            return self.count(), ()
        if not self._sort.is_by_date:
            ranked = self._read_best(offset + limit)
            return self.count(), ranked[offset : offset + limit]
        if offset < self._limits.shallow_offset:
            total, hits = self._read_shallow(offset, limit)
            if total is not None:
                self.cursor.total = total
            return self.count(), hits
        total = self.count()
        limit = min(limit, total - offset)
        if limit < 1:
            return total, ()
        hits = self._read_deep(offset, limit, total)
        self.cursor.record_positions(offset, hits)
        return total, hits

    def read_first(self, offset: int, limit: int) -> tuple[int | None, Found]:
        """A window near the start, by date; the total is None if it is expensive.

        In a filtered index results are counted one by one, which takes longer than finding the
        newest.
        """
        total, hits = self._read_shallow(offset, limit)
        if total is None and not self.commit.is_filtered:
            total = self._count_matches()
        return total, hits

    def _read_shallow(self, offset: int, limit: int) -> tuple[int | None, Found]:
        """A window near the start, skipping what is left out one by one; see `_page_with_total`."""
        if not self.excluded_keys:
            return self._page_with_total(offset, limit)
        total, hits = self._page_skipping(
            offset, limit, lambda number: self._page_with_total(0, number)
        )
        return None if total is None else total - len(self.excluded_keys), hits

    def _page_skipping(
        self, offset: int, limit: int, read: Callable[[int], tuple[int | None, Found]]
    ) -> tuple[int | None, Found]:
        """A window of what `read` returns for a number of results, without what is left out."""
        wanted = offset + limit
        requested = wanted + self._limits.margin
        while True:
            total, found = read(requested)
            addresses = [address for _, address in found]
            keys = self.searcher.fast_field_values(fields.KEY, addresses)
            hits = [
                hit for hit, key in zip(found, keys, strict=True) if key not in self.excluded_keys
            ]
            if len(hits) >= wanted or len(found) < requested:
                return total, hits[offset:wanted]
            requested *= 2

    def _page_with_total(self, offset: int, limit: int) -> tuple[int | None, Found]:
        """A window including what is left out, and the total if it is known."""
        known, wanted = self._known_total(), offset + limit
        if self._sort is Sort.NEWEST and self._are_among_the_newest(known, wanted):
            query = self._compiler.match_order_range(self.commit.newest_key, None)
            if not self._is_everything:
                query = self._compiler.all_of(self.compiled_query, query)
            hits = self._search_ordered(query, offset, limit, count=False).hits
            if len(hits) == limit:
                return known, hits
        found: Any = self._search_ordered(self.compiled_query, offset, limit)
        return int(found.count), found.hits

    def _are_among_the_newest(self, known: int | None, min_count: int) -> bool:
        """Return whether the first results of `known` (None: unknown) are probably the newest.

        Then searching the newest articles first is cheaper.
        """
        articles = self.searcher.num_docs
        if articles < self._limits.newest_first_from or (known is None and self._node is None):
            return False
        if known is None and self._node is not None:
            share, is_guess = estimate_selectivity(self.commit, self._compiler, self._node)
            if is_guess and not self.commit.is_filtered:
                return False  # going through the words of the index again costs what it saves
            known = int(share * articles)
        return (known or 0) * self._limits.newest_count >= 2 * min_count * articles

    def _read_best(self, min_count: int) -> Found:
        """The best results in an order that is not by date, at least `min_count` of them."""
        # A mark changes the order alone, so that totals and duplicates stay known.
        revision = self._flags.read_changes(0)[0] if self._sort is Sort.READ else 0
        best, known_at = self.cursor.best_results  # which another thread may replace
        best = best if known_at == revision else ()
        if min_count <= len(best) or len(best) == self.cursor.total:
            return best
        requested = max(min_count + self._limits.margin, 2 * len(best))
        read = self._read_last_read if self._sort is Sort.READ else self._read_ranked
        best = read(min_count, requested)
        self.cursor.best_results = best, revision
        return best

    def _read_last_read(self, min_count: int, requested: int) -> Found:
        """The results that were read last, then those that were never read, newest first."""
        if self.count() <= self._limits.max_looked_up:
            hits = self._search_ordered(self._query, 0, max(1, self.count())).hits
            ids = [self.commit.read_row(address).id for _, address in hits]
            times = self._flags.read_times(ids)
            pairs = zip(hits, ids, strict=True)
            return [hit for hit, _ in sorted(pairs, key=lambda one: -times.get(one[1], 0))]
        # Sorting all that was ever read takes 0.3 s for a hundred thousand articles.
        for limit in (self._limits.max_named, 16 * self._limits.max_named):
            if requested <= limit:
                last = fields.make_keys(self._flags.list_last_read(limit))
                among = [self.compiled_query, self._compiler.match_keys(last)]
                found = self._rank_hits(self._compiler.all_of(*among), last, len(last))
                if len(found) >= min_count:
                    return found
        every = fields.make_keys(self._flags.list_last_read(-1))
        matches = self.commit.count_results(self.compiled_query)
        return self._rank_hits(self.compiled_query, every, matches)

    def _rank_hits(self, query: tantivy.Query, keys: Sequence[int], limit: int) -> Found:
        """The results of a query in the order of these keys; the others come last, newest first.

        At most `limit` match it. What is left out is skipped one by one: naming it takes longer.
        """
        ranks = {key: rank for rank, key in enumerate(keys)}
        hits = self._search_ordered(query, 0, max(1, limit), count=False).hits
        column = self.searcher.fast_field_values(fields.KEY, [address for _, address in hits])
        places = [
            (ranks.get(int(key or 0), len(ranks)), hit)
            for hit, key in zip(hits, column, strict=True)
            if key not in self.excluded_keys
        ]
        return [hit for _, hit in sorted(places, key=itemgetter(0))]

    def _read_ranked(self, min_count: int, requested: int) -> Found:
        """The best results, at least `min_count` of them; equal scores are newest first.

        tantivy's order of equal scores is arbitrary, and so is which of them are in a window of
        its own. So only groups of equal scores that were read whole are used.
        """
        while True:
            found: Any = self.searcher.search(self._query, limit=requested)
            hits = [(round(score, _DIGITS), address) for score, address in found.hits]
            if found.count > len(hits):
                last = hits[-1][0]
                hits = [hit for hit in hits if hit[0] > last]
            if len(hits) >= min(min_count, found.count):
                break
            requested = min(4 * requested, found.count)
        orders = self.searcher.fast_field_values(fields.ORDER, [address for _, address in hits])
        pairs = sorted(zip(hits, orders, strict=True), key=lambda one: (-one[0][0], -(one[1] or 0)))
        self.cursor.total = found.count
        return [hit for hit, _ in pairs]

    def _read_deep(self, offset: int, limit: int, total: int) -> Found:
        """A window far from the start, read from the nearest known position.

        Time and memory are proportional to the offset; it is short from the end, or from the sort
        key of a result near the window.
        """
        from_end = total - offset - limit
        everything = self.compiled_query
        known_position = self.cursor.nearest_position(offset)
        if known_position is not None and abs(known_position[0] - offset) + limit < min(
            offset, from_end
        ):
            place, order = known_position
            if place <= offset:
                rest = self._match_from_key(everything, order, backwards=False)
                return self._page_without(rest, offset - place, limit)
            if offset + limit <= place:
                rest = self._match_from_key(everything, order, backwards=True)
                skip = place - offset - limit
                return self._page_without(rest, skip, limit, backwards=True)[::-1]
        if offset <= from_end:
            return self._page_without(everything, offset, limit)
        return self._page_without(everything, from_end, limit, backwards=True)[::-1]

    def _page_without(
        self, query: tantivy.Query, offset: int, limit: int, *, backwards: bool = False
    ) -> Found:
        """A part of a query's results without what is left out.

        Near the start that is skipped one by one, since naming ten thousand articles in the query
        takes longer than the rest.
        """
        if self.excluded_keys and offset >= self._limits.shallow_offset:
            query = self._compiler.exclude(query, [self._compiler.match_keys(self.excluded_keys)])
        elif self.excluded_keys:

            def read(number: int) -> tuple[None, Found]:
                return None, self._read_part(query, 0, number, backwards=backwards)

            return self._page_skipping(offset, limit, read)[1]
        return self._read_part(query, offset, limit, backwards=backwards)

    def _read_part(
        self, query: tantivy.Query, offset: int, limit: int, *, backwards: bool
    ) -> Found:
        """A part of a query's results, from either end.

        tantivy gives results with the same sort key in one order from both ends, so that windows
        from different ends would have some of them twice. Those from the end are turned round.
        """
        around = _EQUAL_KEYS if backwards else 0
        while True:
            before = min(offset, around)
            wanted = before + limit
            hits = self._search_ordered(
                query, offset - before, wanted + around, backwards=backwards, count=False
            ).hits
            if not backwards:
                return hits
            begins = before == offset or len(hits) <= before or hits[0][0] != hits[before][0]
            ends = len(hits) < wanted + around or hits[-1][0] != hits[wanted - 1][0]
            if begins and ends:
                groups = groupby(hits, key=itemgetter(0))
                turned = [hit for _, group in groups for hit in reversed([*group])]
                return turned[before:wanted]
            around *= 4

    def _match_from_key(
        self, query: tantivy.Query, order: int, *, backwards: bool
    ) -> tantivy.Query:
        """The results from a sort key on; backwards, those before it."""
        lower, upper = (order, None) if self._sort is Sort.OLDEST else (None, order)
        if backwards:
            lower, upper = (None, order) if self._sort is Sort.OLDEST else (order + 1, None)
        rest = self._compiler.match_order_range(lower, upper, include_upper=not backwards)
        return self._compiler.all_of(query, rest)

    def find_position(self, key: int) -> int | None:
        """The index of the article with a key, None if it is not among the results."""
        compiler = self._compiler
        this_article = compiler.all_of(self._query, compiler.match_keys([key]))
        found: Any = self.searcher.search(this_article, limit=1, order_by_field=fields.ORDER)
        if not found.count:
            return None
        if not self._sort.is_by_date:
            hits = self._read_best(self.count())
            keys = self.searcher.fast_field_values(fields.KEY, [address for _, address in hits])
            return keys.index(key)
        order, address = found.hits[0]
        before = self.commit.count_results(self._match_from_key(self._query, order, backwards=True))
        with_key = compiler.match_order_range(order, order, include_upper=True)
        same = compiler.all_of(self._query, with_key)
        hits = self._search_ordered(same, 0, self.commit.count_results(same)).hits
        return before + [at for _, at in hits].index(address)

    def read_all(self) -> list[tantivy.DocAddress]:
        """All results in order, read at once; for some ten thousand."""
        hits = self._search_ordered(self._query, 0, max(1, self.count())).hits
        return [address for _, address in hits]

    def iter_addresses(self) -> Iterator[tantivy.DocAddress]:
        """All results in order, read in batches.

        By date, each batch begins at the last sort key of the one before, since memory and time
        are proportional to an offset.
        """
        if not self._sort.is_by_date:
            done = 0
            while hits := self._read_best(done + _FIRST_BATCH)[done:]:
                yield from (address for _, address in hits)
                done += len(hits)
            return
        query, seen, batch = self._query, 0, min(_FIRST_BATCH, self._limits.batch)
        while True:
            hits = self._search_ordered(query, 0, seen + batch).hits
            yield from (address for _, address in hits[seen:])
            if len(hits) < seen + batch:
                return
            last = hits[-1][0]
            seen = sum(order == last for order, _ in hits)
            batch = min(2 * batch, self._limits.batch)
            query = self._match_from_key(self._query, last, backwards=False)

    def _search_ordered(
        self,
        query: tantivy.Query,
        offset: int,
        limit: int,
        *,
        backwards: bool = False,
        count: bool = True,
    ) -> tantivy.SearchResult:
        ascending = (self._sort is Sort.OLDEST) != backwards
        return self.searcher.search(
            query,
            limit=limit,
            count=count,
            offset=offset,
            order_by_field=fields.ORDER,
            order=tantivy.Order.Asc if ascending else tantivy.Order.Desc,
        )


# -- selectivity of queries, from document frequencies --------------------------------------------

UNKNOWN = 0.0
"""The selectivity of a query that cannot be estimated."""


def estimate_selectivity(commit: Snapshot, compiler: Compiler, node: Node) -> tuple[float, bool]:
    """Estimate the share of articles that match, 0 to 1, and whether it is only a guess.

    It is a guess, and 1, if the query has a prefix whose number of articles is unknown.
    """
    if isinstance(node, And):
        wanted = [child for child in node.nodes if not isinstance(child, Not)]
        each = [estimate_selectivity(commit, compiler, child) for child in wanted]
        return prod(share for share, _ in each), any(is_guess for _, is_guess in each)
    if isinstance(node, Or):
        each = [estimate_selectivity(commit, compiler, child) for child in node.nodes]
        return max((share for share, _ in each), default=UNKNOWN), any(h for _, h in each)
    anywhere = {Field.ANYWHERE, Field.TEXT, Field.BODY}
    if not isinstance(node, Words) or len(node.tokens) > 1 or node.field not in anywhere:
        return UNKNOWN, False
    start = compiler.prefix_term_of(node)
    if start is None and node.match_kind is not MatchKind.EXACTLY:
        return UNKNOWN, False
    if start is None and node.is_prefix:
        return 1.0, True
    names = (fields.HEAD, fields.BODY) if start is None else (fields.STARTS,)
    # Document frequencies include deleted articles; MARKED is in all articles or in none.
    everything = commit.searcher.doc_freq(fields.STARTS, fields.HAS_PREFIXES)
    hits = sum(commit.searcher.doc_freq(name, node.tokens[0]) for name in names)
    return min(1.0, hits / max(1, everything, commit.searcher.num_docs)), False
