"""Where the newest articles of a commit begin."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from rilo_reader.search import schema as fields
from rilo_reader.search.order import ORDER_BITS, order_of

if TYPE_CHECKING:
    import tantivy

_DAY = 86_400

_SPANS = (1, 8, 64, 512, 4_096, 32_768)
"""Days that are looked at, one after the other, until they hold enough."""

_EVER = -(2**63)


class Recent:
    """Where the newest articles of a commit begin, found when it is first asked for.

    What nearly every article matches need not be looked for in all of them: the newest results
    are among the newest articles.

    Attributes:
        SIZE: so many of the newest articles hold the newest results of what most articles match.
    """

    SIZE: ClassVar[int] = 4_000

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema) -> None:
        self._searcher = searcher
        self._schema = schema

    @cached_property
    def order(self) -> int:
        """The sort key of the SIZE-th newest article; there must be so many.

        Ordering all of a million takes 7 ms. Counting those of the last days takes 0.3, and then
        only these are ordered.
        """
        now = int(time.time())
        spans = (self._since(order_of(now - days * _DAY)) for days in _SPANS)
        enough = (query for query in spans if total_of(self._searcher, query) >= self.SIZE)
        query = next(enough, None) or self._since(_EVER)
        found: Any = self._searcher.search(
            query, limit=1, offset=self.SIZE - 1, count=False, order_by_field=fields.ORDER
        )
        return int(found.hits[0][0])

    @cached_property
    def ends(self) -> tuple[int, int] | None:
        """The seconds of the oldest and the newest article of all; None where there is none."""
        import tantivy

        stats = {"all": {"stats": {"field": fields.ORDER}}}
        found: Any = self._searcher.aggregate(tantivy.Query.all_query(), stats)
        least, most = found["all"]["min"], found["all"]["max"]
        if least is None or most is None:
            return None
        return int(least) >> ORDER_BITS, int(most) >> ORDER_BITS

    def _since(self, order: int) -> tantivy.Query:
        import tantivy

        return tantivy.Query.range_query(
            self._schema, fields.ORDER, tantivy.FieldType.Integer, order, None
        )


_COUNT = {"all": {"value_count": {"field": fields.ORDER}}}


def total_of(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    """The exact number of results of a query."""
    # Every article has a sort key. Counting with `search` takes up to three times as long.
    found: Any = searcher.aggregate(query, _COUNT)
    return int(found["all"]["value"])
