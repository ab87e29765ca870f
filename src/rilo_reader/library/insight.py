"""`Insight`: statistics of results, and suggestions, as `library.insight`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rilo_reader.article import Article, ArticleId
from rilo_reader.index import suggestions
from rilo_reader.index.schema import Hit
from rilo_reader.index.stats import Facets, Timeline, Value
from rilo_reader.library.search import ArticleSearch
from rilo_reader.library.values import Row
from rilo_reader.query.tokens import tokens
from rilo_reader.query.tree import Field, Query, Words


class Insight:
    """Answers questions about results.

    Every method raises LibraryError if the index cannot be read.
    """

    def __init__(self, search: ArticleSearch) -> None:
        self._search = search

    def timeline(self, query: Query) -> Timeline:
        """Numbers of results by day, month or year, from the first to the last."""
        visible, flags = self._search.visible(query), self._search.flags
        return self._search.ask(lambda searcher: searcher.timeline(visible, marked=flags))

    def facets(self, query: Query, limit: int = 20) -> Facets:
        """Numbers of results by source, tag, author, language and year, largest first."""
        visible, flags = self._search.visible(query), self._search.flags
        return self._search.ask(lambda searcher: searcher.facets(visible, limit, marked=flags))

    def suggest(
        self,
        start: str,
        field: Field = Field.ANYWHERE,
        limit: int = 8,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Sequence[Value]:
        """Words of the library, or values of a field, that begin with `start`.

        Each has the number of articles that a search for it finds, largest first. The values of
        TAG include the user's tags. Stops early once `wanted()` is False.
        """
        found = self._search.ask(lambda searcher: searcher.suggest(start, field, limit))
        texts = dict.fromkeys(value.text for value in found)
        if field is Field.TAG:
            prefix = tokens(start)
            user_tags = self._search.ask(lambda _: sorted(self._search.flags.tags()))
            texts.update(
                dict.fromkeys(
                    tag for tag in user_tags if suggestions.continues(prefix, tokens(tag))
                )
            )
        counted = [
            Value(text, self._search.count(Query(Words(field, parts))))
            for text in texts
            if wanted() and (parts := tokens(text))
        ]
        counted.sort(key=lambda value: (-value.hits, value.text))
        return [value for value in counted if value.hits][:limit]

    def did_you_mean(self, query: Query) -> Query | None:
        """A similarly spelt query that has results, for one that has none."""
        suggestion = self._search.ask(
            lambda searcher: suggestions.did_you_mean(searcher.snapshot, query)
        )
        return suggestion if suggestion is not None and self._search.count(suggestion) else None

    def related(self, article: Article, limit: int = 8) -> tuple[Row, ...]:
        """Other articles on the same subject, the most similar first."""
        return self._visible_rows(
            self._search.ask(
                lambda searcher: suggestions.related(searcher.snapshot, article, limit)
            )
        )

    def copies(self, article: ArticleId) -> tuple[Row, ...]:
        """Duplicates of an article in other files, newest first."""
        return self._visible_rows(
            self._search.ask(lambda searcher: suggestions.copies(searcher.snapshot, article))
        )

    def _visible_rows(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        """Rows of the hits that are not muted."""
        if self._search.visible(Query()) != Query():
            hits = [hit for hit in hits if self._search.place(Query(), hit.id) is not None]
        return self._search.rows(hits)
