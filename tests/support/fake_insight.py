"""What a library in memory knows about its results: counted one by one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from rilo_reader.article import Article, ArticleId
from rilo_reader.index.stats import Facets, Slot, Timeline, Value
from rilo_reader.library import Row
from rilo_reader.query.tree import Field, Query


@dataclass
class Likeness:
    """What a test says of its articles.

    Attributes:
        related: article -> those about the same.
        stories: articles that are copies of one another.
        meant: what a query that finds nothing is taken for.
    """

    related: dict[str, list[str]] = field(default_factory=dict)
    stories: list[list[str]] = field(default_factory=list)
    meant: Query | None = None


class FakeInsight:
    """Timelines by the month, facets, words and sources; likeness as the test says."""

    def __init__(
        self,
        found: Callable[[Query], Sequence[Article]],
        likeness: Likeness,
        rows: Callable[[Iterable[ArticleId]], tuple[Row, ...]],
    ) -> None:
        self._found = found
        self._likeness = likeness
        self._rows = rows

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

    def suggest(
        self,
        start: str,
        field: Field = Field.ANYWHERE,
        limit: int = 8,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Sequence[Value]:
        counts: Counter[str] = Counter()
        for one in self._found(Query()):
            words = re.findall(r"\w+", f"{one.title} {one.body}".lower())
            counts.update({one.source} if field is Field.SOURCE else set(words))
        begun = start.lower()
        found = [Value(text, hits) for text, hits in counts.items() if _begins(text, begun)]
        return sorted(found, key=lambda value: (-value.hits, value.text))[:limit]

    def did_you_mean(self, query: Query) -> Query | None:
        return self._likeness.meant

    def related(self, article: Article, limit: int = 8) -> tuple[Row, ...]:
        return self._rows(ArticleId(one) for one in self._likeness.related.get(article.id, ()))

    def copies(self, article: ArticleId) -> tuple[Row, ...]:
        story = next((story for story in self._likeness.stories if article in story), ())
        return self._rows(ArticleId(other) for other in story if other != article)


def _begins(value: str, begun: str) -> bool:
    return any(word.startswith(begun) for word in (value.lower(), *value.lower().split()))


def _first(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _values(found: Iterable[str], limit: int) -> tuple[Value, ...]:
    counts = Counter(text for text in found if text)
    return tuple(Value(*one) for one in counts.most_common(limit))
