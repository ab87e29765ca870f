"""A shared archive in memory: a `RemoteArticles` of `library.remote`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from rilo_reader.article import Article, ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import Hit, file_stamp, hash64, order_of_article, sort_key, to_seconds
from rilo_reader.library.remote import RemotePlace, RemoteResults
from rilo_reader.query.tree import Query, Sort


class FakeArchive:
    """Articles in an index of their own; those at `here` are left out, as the server does it."""

    def __init__(
        self, articles: Sequence[Article], directory: Path, edge: datetime, here: Sequence[str] = ()
    ) -> None:
        self.name = "the archive"
        self.complete_from = edge
        self.local_span = "from 2020-01-01 on"
        self.is_away = False
        self.counts_late = False  # whether the exact total comes after the first results
        self.fetched: list[str] = []
        self.cancelled = 0
        self._articles = {one.id: one for one in articles}
        self._numbers = {one.id: number for number, one in enumerate(articles)}
        self._here = here
        self._index = SearchIndex(directory)
        with self._index.hold_writer() as writer:
            for one in articles:
                writer.add(one, file_stamp(0, 0))
            writer.commit()

    def find(self, query: Query, limit: int) -> Iterator[RemoteResults]:
        self._answer()
        size = len(self._articles)
        hits = self._index.searcher.search(query._replace(sort=Sort(query.sort)), 0, size).rows
        places = [
            RemotePlace(self._numbers[hit.id], order)
            for hit in hits
            if (order := self._order(hit.id)) < sort_key(to_seconds(self.complete_from))
            and hit.id not in self._here
        ]
        first = tuple(places[:limit])
        if self.counts_late and len(places) > 3:
            yield RemoteResults(3, False, first)
        yield RemoteResults(len(places), True, first)

    def read_hits(self, seqs: Sequence[int]) -> Sequence[Hit]:
        self._answer()
        known = list(self._articles.values())
        return [
            Hit(one.id, "", one.title, one.source, one.date, one.date_only, one.lang)
            for one in (known[seq] for seq in seqs)
        ]

    def close(self) -> None:
        self.cancel()

    def cancel(self) -> None:
        self.cancelled += 1

    def fetch_article(self, article: ArticleId) -> Article | None:
        self._answer()
        self.fetched.append(article)
        return self._articles.get(article)

    def _order(self, article: ArticleId) -> int:
        return order_of_article(self._articles[article], hash64(article))

    def _answer(self) -> None:
        if self.is_away:
            raise LibraryError("The archive's server does not answer.")
