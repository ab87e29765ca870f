"""One query against one commit of the index: windows, counts and places of its results."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags
from rilo_reader.index.schema import Hit
from rilo_reader.index.snapshot import Found, Recent, ResultCursor, Snapshot, row_of, total_of
from rilo_reader.query.tree import And, Field, How, Node, Not, Or, Query, Sort, Words

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.index.compiler import Compiler


BATCH = 10_000
"""Results that are found at once where all of them are walked."""

_PASSED_OVER = 50

_EQUALS = 100
"""Results beyond a window that may be as relevant as its last."""

SHALLOW = 1_000
"""Windows that begin later are worth a count first, to ask for them from the nearer end."""


class ResultSet:
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
        commit: Snapshot,
        query: Query,
        marked: ArticleFlags,
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
        self._node = query.node if only is None else None
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

    def window(self, offset: int, limit: int, track: ResultCursor) -> tuple[int, Found]:
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
            total, hits = self._shallow(offset, limit)
            track.total = self.count() if total is None else total
            return track.total, hits
        if track.total is None:
            track.total = self.count()
        limit = min(limit, track.total - offset)
        if limit < 1:
            return track.total, ()
        hits = self._deep(offset, limit, track.total, track.nearest(offset))
        track.learn(offset, hits)
        return track.total, hits

    def first(self, offset: int, limit: int) -> tuple[int | None, Found]:
        """A window near the start, by date; the total is None where counting it is dear.

        In a view it has to be counted one by one, which takes longer than finding the newest.
        """
        total, hits = self._shallow(offset, limit)
        if total is None and not self.commit.is_view:
            total = self.count()
        return total, hits

    def _shallow(self, offset: int, limit: int) -> tuple[int | None, Found]:
        """A window near the start, what is left out passed over one by one; see _found."""
        if not self._left_out:
            return self._found(offset, limit)
        wanted = offset + limit
        asked = wanted + _PASSED_OVER
        while True:
            total, found = self._found(0, asked)
            hits = self._without_left_out(found)
            if len(hits) >= wanted or len(found) < asked:
                left = None if total is None else total - len(self._left_out)
                return left, hits[offset:wanted]
            asked *= 2

    def _found(self, offset: int, limit: int) -> tuple[int | None, Found]:
        """A window of all that match, and the total where it is known or came with it."""
        known, wanted = self._known_total(), offset + limit
        if self._sort is Sort.NEWEST and (
            likely_among_the_newest(self.commit, self._compiler, self._node, wanted)
            if known is None
            else among_the_newest(self.commit, known, wanted)
        ):
            among = self._compiler.ordered(self.commit.recent.order, None)
            query = among if self._is_everything else self._compiler.both(self._compiled, among)
            hits = self._ordered(query, offset, limit, count=False).hits
            if len(hits) == limit:
                return known, hits
        found: Any = self._ordered(self._compiled, offset, limit)
        return int(found.count), found.hits

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
        everything = self._compiled
        if near is not None and abs(near[0] - offset) + limit < min(offset, from_end):
            place, order = near
            if place <= offset:
                rest = self._beyond(everything, order, backwards=False)
                return self._kept(rest, offset - place, limit)
            if offset + limit <= place:
                rest = self._beyond(everything, order, backwards=True)
                skip = place - offset - limit + 1  # the known result itself comes first
                return self._kept(rest, skip, limit, backwards=True)[::-1]
        if offset <= from_end:
            return self._kept(everything, offset, limit)
        return self._kept(everything, from_end, limit, backwards=True)[::-1]

    def _kept(
        self, query: tantivy.Query, offset: int, limit: int, *, backwards: bool = False
    ) -> Found:
        """A part of what a query finds without what is left out.

        Near its beginning that is passed over one by one: naming ten thousand articles to tantivy
        takes longer than all the rest.
        """
        if self._left_out and offset >= SHALLOW:
            query = self._compiler.without(query, [self._compiler.of_keys(self._left_out)])
        if not self._left_out or offset >= SHALLOW:
            return self._ordered(query, offset, limit, backwards=backwards, count=False).hits
        wanted = offset + limit
        asked = wanted + _PASSED_OVER
        while True:
            found = self._ordered(query, 0, asked, backwards=backwards, count=False).hits
            hits = self._without_left_out(found)
            if len(hits) >= wanted or len(found) < asked:
                return hits[offset:wanted]
            asked *= 2

    def _without_left_out(self, found: Found) -> Found:
        keys = self.searcher.fast_field_values(fields.KEY, [address for _, address in found])
        return [hit for hit, key in zip(found, keys, strict=True) if key not in self._left_out]

    def _beyond(self, query: tantivy.Query, order: int, *, backwards: bool) -> tantivy.Query:
        """What a query finds from a sort key on, itself among it, in one direction."""
        upwards = (self._sort is Sort.OLDEST) != backwards
        lower, upper = (order, None) if upwards else (None, order)
        rest = self._compiler.ordered(lower, upper, include_upper=True)
        return self._compiler.both(query, rest)

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
            query = self._beyond(self._query, last, backwards=False)

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


# What share of the articles a query is likely to match, as the index's lists of words tell it.


ENOUGH = 100_000
"""Articles from which on it is worth looking among the newest first."""

NOT_KNOWN = 0.0
"""The share of what cannot be told."""

_ANYWHERE = {Field.ANYWHERE, Field.TEXT, Field.BODY}


def among_the_newest(commit: Snapshot, total: int, wanted: int) -> bool:
    """Whether the newest so many of a query's results are likely to be among the newest articles.

    Args:
        commit: what is asked.
        total: how many results the query has.
        wanted: how many of them.
    """
    articles = commit.searcher.num_docs
    return articles >= ENOUGH and total * Recent.SIZE >= 2 * wanted * articles


def likely_among_the_newest(
    commit: Snapshot, compiler: Compiler, node: Node | None, wanted: int
) -> bool:
    """The same of a query whose total nobody knows; and whether looking there first is cheaper."""
    articles = commit.searcher.num_docs
    if node is None or articles < ENOUGH:
        return False
    share, hoped = share_of(commit, compiler, node)
    if hoped and not commit.is_view:
        return False  # going through the words of the index again costs what it saves
    return among_the_newest(commit, int(share * articles), wanted)


def share_of(commit: Snapshot, compiler: Compiler, node: Node) -> tuple[float, bool]:
    """The share of articles (0 to 1) that are likely to match, and whether that is but a hope.

    It is a hope where words have to be looked for that only begin so, of which nobody knows
    beforehand how many articles have them: then the share is 1.
    """
    if isinstance(node, And):
        wanted = [child for child in node.nodes if not isinstance(child, Not)]
        each = [share_of(commit, compiler, child) for child in wanted]
        return prod(share for share, _ in each), any(hoped for _, hoped in each)
    if isinstance(node, Or):
        each = [share_of(commit, compiler, child) for child in node.nodes]
        return max((share for share, _ in each), default=NOT_KNOWN), any(h for _, h in each)
    if isinstance(node, Words) and len(node.tokens) == 1 and node.field in _ANYWHERE:
        return _of_word(commit, compiler, node)
    return NOT_KNOWN, False


def _of_word(commit: Snapshot, compiler: Compiler, word: Words) -> tuple[float, bool]:
    start = compiler.start_of(word)
    if start is not None:
        return _listed(commit, (fields.STARTS,), start), False
    if word.how is not How.EXACTLY:
        return NOT_KNOWN, False
    if word.prefix:
        return 1.0, True
    return _listed(commit, (fields.HEAD, fields.BODY), word.tokens[0]), False


def _listed(commit: Snapshot, names: tuple[str, ...], word: str) -> float:
    # The lists count deleted articles too; every article has this word, where any has.
    everything = commit.searcher.doc_freq(fields.STARTS, fields.MARKED)
    hits = sum(commit.searcher.doc_freq(name, word) for name in names)
    return min(1.0, hits / max(1, everything, commit.searcher.num_docs))
