"""`ArticleSearch`: what a library's queries find, with the user's marks and without muted articles.

A damaged index is replaced and filled, and queried again. Errors become LibraryError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from rilo_reader.article import ArticleId
from rilo_reader.library.flags import ArticleFlags
from rilo_reader.library.values import Hidden, Row, Window, translate_errors
from rilo_reader.query.tree import And, Node, Not, Or, Query
from rilo_reader.store.gestures import NO_MARKS

if TYPE_CHECKING:
    from rilo_reader.index.index import SearchIndex
    from rilo_reader.index.schema import Hit
    from rilo_reader.store.state import State

Result = TypeVar("Result")


class ArticleSearch:
    """Searches one index. Safe to use from several threads.

    Attributes:
        flags: as below.

    Args:
        index: open.
        flags: the marks, as queries need them.
        state: open.
        refill: called with a new, empty index in place of a damaged one, before it is queried.
    """

    def __init__(
        self, index: SearchIndex, flags: ArticleFlags, state: State, refill: Callable[[], None]
    ) -> None:
        self.flags = flags
        self._index = index
        self._state = state
        self._refill = refill
        self._mutes: tuple[Query, ...] = ()

    def ask(self, query: Callable[[SearchIndex], Result]) -> Result:
        """Return `query(index)`; a damaged index is replaced and queried again."""
        from rilo_reader.index.errors import IndexDamaged

        with translate_errors():
            try:
                return query(self._index)
            except IndexDamaged:
                if self._index.mend():
                    self._refill()
                return query(self._index)

    def window(
        self, query: Query, offset: int, limit: int, *, fold: bool = False, quick: bool = False
    ) -> Window:
        """See `Library.window`."""
        visible = self.visible(query)
        hits = self.ask(
            lambda index: (
                index.top_page(visible, offset, limit, marked=self.flags)
                if fold and quick
                else index.search(visible, offset, limit, marked=self.flags, fold=fold)
            )
        )
        rows = self.rows(hits.rows)
        if hits.left_out:
            rows = tuple(
                row._replace(copies=copies) if copies else row
                for row, copies in zip(rows, hits.copies, strict=True)
            )
        return Window(hits.total, hits.offset, rows, hits.left_out, hits.is_whole, hits.is_counted)

    def rows(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        """Rows of hits, with their marks."""
        with translate_errors():
            marks = self._state.marks([hit.id for hit in hits])
        return tuple(
            Row(
                hit.id,
                hit.path,
                hit.title,
                hit.source,
                hit.date,
                hit.date_only,
                marks.get(hit.id, NO_MARKS),
                url=hit.url,
                authors=hit.authors,
                tags=hit.tags,
            )
            for hit in hits
        )

    def hit(self, article: ArticleId) -> Hit | None:
        """What the index has of one article, None if it is not there."""
        return self.ask(lambda index: index.by_id(article))

    def count(self, query: Query) -> int:
        """The exact number of articles that match."""
        return self._count(self.visible(query))

    def _count(self, query: Query) -> int:
        return self.ask(lambda index: index.count(query, marked=self.flags))

    def place(
        self, query: Query, article: ArticleId, *, fold: bool = False, quick: bool = False
    ) -> int | None:
        """See `Library.place`."""
        visible = self.visible(query)
        return self.ask(
            lambda index: (
                index.top_place(visible, article, marked=self.flags)
                if fold and quick
                else index.place(visible, article, marked=self.flags, fold=fold)
            )
        )

    def ids(self, query: Query) -> Iterator[ArticleId]:
        """All matching articles, in order."""
        with translate_errors():
            yield from self._index.ids(self.visible(query), marked=self.flags)

    # -- mutes --------------------------------------------------------------------------------

    def mute(self, mutes: Sequence[Query]) -> None:
        """Hide articles that match any of these queries, from all results and counts."""
        self._mutes = tuple(mutes)

    def visible(self, query: Query) -> Query:
        """The query with muted articles excluded."""
        # Flat, so that queries for marks stay at the top level, where the index is fast.
        return _narrowed(query, *(Not(mute.node) for mute in self._mutes))

    def hidden(self, query: Query, mutes: Sequence[Query] | None = None) -> Hidden:
        """See `Library.hidden`."""
        mutes = self._mutes if mutes is None else mutes

        def of(*nodes: Node) -> int:
            return self._count(_narrowed(query, Or(nodes)))

        by_mute = tuple(of(mute.node) for mute in mutes)
        hiding = [mute.node for mute, hits in zip(mutes, by_mute, strict=True) if hits]
        return Hidden(of(*hiding) if len(hiding) > 1 else sum(by_mute), by_mute)


def _narrowed(query: Query, *nodes: Node) -> Query:
    """The results of a query that match all these nodes too."""
    if not nodes:
        return query
    parts = query.node.nodes if isinstance(query.node, And) else (query.node,)
    return query._replace(node=And((*parts, *nodes)))
