"""What a library knows about its results: over time, by source and tag, by likeness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.rows import Row
from rilo_reader.search.query import Field, Query

if TYPE_CHECKING:
    from rilo_reader.library.door import Library
    from rilo_reader.search.insight import Facets, Timeline, Value


class Insight:
    """The part of the door that thinks along; `library.insight`.

    Every method answers from the index and raises LibraryError where that cannot be read.
    """

    def __init__(self, library: Library) -> None:
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

    def suggest(self, start: str, field: Field = Field.ANYWHERE, limit: int = 8) -> Sequence[Value]:
        """Words of the library, or values of a field, that begin so, with how many have them."""
        return self._library.ask(lambda index: index.suggest(start, field, limit))

    def did_you_mean(self, query: Query) -> Query | None:
        """A query with results that is spelt nearly so, for one that has none."""
        return self._library.ask(lambda index: index.did_you_mean(query))

    def related(self, article: Article, limit: int = 8) -> tuple[Row, ...]:
        """Articles about the same, the nearest first, itself left out."""
        library = self._library
        return library.rows(library.ask(lambda index: index.related(article, limit)))

    def copies(self, article: ArticleId) -> tuple[Row, ...]:
        """The same story in other files, newest first, itself left out."""
        library = self._library
        return library.rows(library.ask(lambda index: index.copies(article)))
