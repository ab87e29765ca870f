"""What a library knows about its results: over time, by source and tag, by likeness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.rows import Row
from rilo_reader.query.tree import Field, Query, Words

if TYPE_CHECKING:
    from rilo_reader.index.schema import Hit
    from rilo_reader.index.stats import Facets, Timeline, Value
    from rilo_reader.library.finding import Finding


class Insight:
    """The part of the door that thinks along; `library.insight`.

    Every method answers from the index and raises LibraryError where that cannot be read.
    """

    def __init__(self, library: Finding) -> None:
        self._library = library

    def timeline(self, query: Query) -> Timeline:
        """How many results there are for each day, month or year from the first to the last."""
        library = self._library
        visible = library.visible(query)
        return library.ask(lambda index: index.timeline(visible, marked=library.marked))

    def facets(self, query: Query, limit: int = 20) -> Facets:
        """The results by source, tag, author, language and year, the most frequent first."""
        library = self._library
        visible = library.visible(query)
        return library.ask(lambda index: index.facets(visible, limit, marked=library.marked))

    def suggest(
        self,
        start: str,
        field: Field = Field.ANYWHERE,
        limit: int = 8,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Sequence[Value]:
        """Words of the library, or values of a field, that begin so, the most frequent first.

        With each stands how many articles a search for it finds now. The user's own tags are
        among the values of TAG. Where it is not `wanted` any more it ends with what it has.
        """
        from rilo_reader.index.stats import Value, continues
        from rilo_reader.query.tokens import tokens

        library = self._library
        found = library.ask(lambda index: index.suggest(start, field, limit))
        texts = dict.fromkeys(value.text for value in found)
        if field is Field.TAG:
            begun = tokens(start)
            own = [tag for tag in library.own_tags() if continues(begun, tokens(tag))]
            texts.update(dict.fromkeys(own))
        counted = [
            Value(text, library.count(Query(Words(field, parts))))
            for text in texts
            if wanted() and (parts := tokens(text))
        ]
        counted.sort(key=lambda value: (-value.hits, value.text))
        return [value for value in counted if value.hits][:limit]

    def did_you_mean(self, query: Query) -> Query | None:
        """A query with results that is spelt nearly so, for one that has none."""
        meant = self._library.ask(lambda index: index.did_you_mean(query))
        return meant if meant is not None and self._library.count(meant) else None

    def related(self, article: Article, limit: int = 8) -> tuple[Row, ...]:
        """Articles about the same, the nearest first, itself left out."""
        library = self._library
        return self._seen(library.ask(lambda index: index.related(article, limit)))

    def copies(self, article: ArticleId) -> tuple[Row, ...]:
        """The same story in other files, newest first, itself left out."""
        library = self._library
        return self._seen(library.ask(lambda index: index.copies(article)))

    def _seen(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        """The rows of those that are not muted."""
        library = self._library
        if library.visible(Query()) != Query():
            hits = [hit for hit in hits if library.place(Query(), hit.id) is not None]
        return library.rows(hits)
