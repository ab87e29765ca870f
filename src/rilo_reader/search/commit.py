"""A commit of the index as it can be asked, and what earlier windows of its results showed."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from rilo_reader.search import schema as fields
from rilo_reader.search.compile import Compiler
from rilo_reader.search.document import Hit, unpack_row
from rilo_reader.search.marks import Marked
from rilo_reader.search.recent import Recent

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.search.folding import Fold

_REMEMBERED = 16

_MOST_WORDS = 16_000
_MOST_PLACES = 300_000
"""What a phrase is tried with: in words that go on from its end, and in places where they stand."""


class Commit(NamedTuple):
    """A commit of the index, or a view of one, as it can be asked.

    Attributes:
        searcher: tantivy's.
        schema: the index's.
        with_starts: whether every article has the beginnings of its words indexed.
        recent: where the newest articles begin.
        is_view: whether it is a view: then most totals have to be counted.
    """

    searcher: tantivy.Searcher
    schema: tantivy.Schema
    with_starts: bool
    recent: Recent
    is_view: bool = False

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
        folding: held by whoever finds them, so that the next one need not do so as well.
    """

    def __init__(self) -> None:
        self.total: int | None = None
        self.fold: Fold | None = None
        self.folding = Lock()
        self._known: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

    def learn(self, offset: int, hits: Found) -> None:
        """Remember the places of a window's first and last result."""
        if hits:
            self._known.append((offset, hits[0][0]))
            self._known.append((offset + len(hits) - 1, hits[-1][0]))

    def nearest(self, offset: int) -> tuple[int, int] | None:
        """The known place nearest to an offset, and the sort key of the result there."""
        return min(tuple(self._known), key=lambda one: abs(one[0] - offset), default=None)


def stored_of(searcher: tantivy.Searcher, address: tantivy.DocAddress, field: str) -> bytes:
    """What is stored in a field of one article, b"" where nothing is."""
    value = searcher.doc(address).get_first(field)
    return value if isinstance(value, bytes) else b""


def row_of(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Hit:
    """The stored row of one article."""
    return unpack_row(stored_of(searcher, address, fields.ROW))
