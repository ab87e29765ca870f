"""One query against one commit of the index: windows, counts and places of its results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rilo_reader.article import ArticleId
from rilo_reader.search import schema as fields
from rilo_reader.search.compile import Compiler, Marked
from rilo_reader.search.document import Hit, unpack_row
from rilo_reader.search.query import Node, Sort

if TYPE_CHECKING:
    import tantivy

BATCH = 10_000
"""Results that are found at once where all of them are walked."""

SHALLOW = 1_000
"""Windows that begin later are worth a count first, to ask for them from the nearer end."""


class Reading:
    """One query against one commit."""

    def __init__(
        self,
        searcher: tantivy.Searcher,
        schema: tantivy.Schema,
        node: Node,
        sort: Sort,
        marked: Marked,
    ) -> None:
        self._searcher = searcher
        self._sort = sort
        self._compiler = Compiler(schema, marked)
        self._query = self._compiler.compile(node)
        if self._compiler.has_phrase_prefix:
            try:
                self.count()
            except ValueError:  # too many continuations: see Compiler
                self._compiler = Compiler(schema, marked, loosely=True)
                self._query = self._compiler.compile(node)

    def count(self) -> int:
        """The exact number of results."""
        return total_of(self._searcher, self._query)

    def row(self, address: tantivy.DocAddress) -> Hit:
        """What is stored of a result."""
        return row_of(self._searcher, address)

    def window(self, offset: int, limit: int) -> tuple[int, Sequence[tuple[Any, Any]]]:
        """The total, and (sort key, address) of the results from `offset` on."""
        if limit < 1:
            return self.count(), ()
        if offset < SHALLOW or self._sort is Sort.RELEVANCE:
            found: Any = self._ordered(self._query, offset, limit)
            return found.count, found.hits
        total = self.count()
        limit = min(limit, total - offset)
        if limit < 1:
            return total, ()
        if offset <= total // 2:
            return total, self._ordered(self._query, offset, limit).hits
        from_end = self._ordered(self._query, total - offset - limit, limit, backwards=True)
        return total, from_end.hits[::-1]

    def place(self, article: ArticleId) -> int | None:
        """How many results come before an article; None where it is none of them."""
        compiler = self._compiler
        alone = compiler.both(self._query, compiler.keys((article,)))
        found: Any = self._searcher.search(alone, limit=1, order_by_field=fields.ORDER)
        if not found.count:
            return None
        if self._sort is Sort.RELEVANCE:
            return next(
                (
                    place
                    for place, address in enumerate(self.addresses())
                    if self.row(address).id == article
                ),
                None,
            )
        order = found.hits[0][0]
        before = (
            compiler.ordered(None, order)
            if self._sort is Sort.OLDEST
            else compiler.ordered(order + 1, None)
        )
        return total_of(self._searcher, compiler.both(self._query, before))

    def addresses(self) -> Iterator[tantivy.DocAddress]:
        """Every result in order, found in batches.

        By date each batch begins at the sort key where the last ended (its articles are left
        out), since an offset costs memory and time in proportion.
        """
        if self._sort is Sort.RELEVANCE:
            for offset in range(0, self.count(), BATCH):
                hits = self._ordered(self._query, offset, BATCH).hits
                yield from (address for _, address in hits)
            return
        query, last, seen = self._query, None, 0
        while True:
            hits = self._ordered(query, 0, BATCH).hits
            yield from (address for _, address in hits[seen:])
            if len(hits) < BATCH or hits[-1][0] == last:
                return
            last = hits[-1][0]
            seen = sum(order == last for order, _ in hits)
            lower, upper = (last, None) if self._sort is Sort.OLDEST else (None, last)
            rest = self._compiler.ordered(lower, upper, include_upper=True)
            query = self._compiler.both(self._query, rest)

    def _ordered(
        self, query: tantivy.Query, offset: int, limit: int, *, backwards: bool = False
    ) -> tantivy.SearchResult:
        import tantivy

        if self._sort is Sort.RELEVANCE:
            return self._searcher.search(query, limit=limit, offset=offset)
        ascending = (self._sort is Sort.OLDEST) != backwards
        return self._searcher.search(
            query,
            limit=limit,
            offset=offset,
            order_by_field=fields.ORDER,
            order=tantivy.Order.Asc if ascending else tantivy.Order.Desc,
        )


def total_of(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    """The exact number of results of a query."""
    # A limit of none is a failed assertion inside tantivy. Its types do not name `count`.
    found: Any = searcher.search(query, limit=1, order_by_field=fields.ORDER)
    return int(found.count)


def stored_of(searcher: tantivy.Searcher, address: tantivy.DocAddress, field: str) -> bytes:
    """What is stored in a field of one article, b"" where nothing is."""
    value = searcher.doc(address).get_first(field)
    return value if isinstance(value, bytes) else b""


def row_of(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Hit:
    """The stored row of one article."""
    return unpack_row(stored_of(searcher, address, fields.ROW))
