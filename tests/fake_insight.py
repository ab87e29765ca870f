"""What a library in memory knows about its results: counted one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from rilo_reader.article import Article, ArticleId
from rilo_reader.library import Row
from rilo_reader.library.insight import Insight
from rilo_reader.search.insight import Facets, Slot, Timeline, Value
from rilo_reader.search.query import Field, Query


class FakeInsight(Insight):
    """Timelines by the month and facets; nothing is suggested, nothing is alike."""

    def __init__(self, found: Callable[[Query], Sequence[Article]]) -> None:
        self._found = found

    def timeline(self, query: Query) -> Timeline:
        counts = Counter(
            (day := article.date.astimezone()).year * 12 + day.month - 1
            for article in self._found(query)
        )
        if not counts:
            return Timeline("month", ())
        months = range(min(counts), max(counts) + 1)
        return Timeline(
            "month", tuple(Slot(_first(n), _first(n + 1), counts.get(n, 0)) for n in months)
        )

    def facets(self, query: Query, limit: int = 20) -> Facets:
        found = self._found(query)
        return Facets(
            source=_values((one.source for one in found), limit),
            tag=_values((tag for one in found for tag in one.tags), limit),
            author=_values((author for one in found for author in one.authors), limit),
            lang=_values((one.lang for one in found), limit),
            year=_values((str(one.date.astimezone().year) for one in found), limit),
        )

    def suggest(self, start: str, field: Field = Field.ANYWHERE, limit: int = 8) -> Sequence[Value]:
        return ()

    def did_you_mean(self, query: Query) -> Query | None:
        return None

    def related(self, article: Article, limit: int = 8) -> tuple[Row, ...]:
        return ()

    def copies(self, article: ArticleId) -> tuple[Row, ...]:
        return ()


def _first(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _values(found: Iterable[str], limit: int) -> tuple[Value, ...]:
    counts = Counter(text for text in found if text)
    return tuple(Value(*one) for one in counts.most_common(limit))
