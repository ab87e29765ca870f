"""What an index answers: articles, counts and places, and what results have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import Article, ArticleId
from rilo_reader.search import manifest
from rilo_reader.search import schema as fields
from rilo_reader.search.asking import Asking
from rilo_reader.search.commit import Track, row_of
from rilo_reader.search.document import Hit, file_key
from rilo_reader.search.errors import as_damage
from rilo_reader.search.folding import FAR, can_glance, glance, glance_place
from rilo_reader.search.marks import NOTHING_MARKED, Marked
from rilo_reader.search.query import Field, Query
from rilo_reader.search.reading import Reading

if TYPE_CHECKING:
    from rilo_reader.search.insight import Facets, Timeline, Value


class Hits(NamedTuple):
    """A part of a query's results: the exact total, where the part begins, its articles.

    Attributes:
        total: the exact number of results.
        offset: how many come before these.
        rows: the articles.
        copies: for each of them how many that tell the same story are left out for it; empty
            where the results were not folded.
        left_out: how many articles are left out of all results for others of their story.
        is_whole: whether `copies` and `left_out` are of all results, not only of those near the
            top. `total + left_out` is exact in either case.
        is_counted: whether that is so; else there may be more results than these, and `count`
            tells how many.
    """

    total: int
    offset: int
    rows: tuple[Hit, ...]
    copies: tuple[int, ...] = ()
    left_out: int = 0
    is_whole: bool = True
    is_counted: bool = True


class Answers:
    """The part of an index that is asked. Safe to use from several threads.

    Every method may raise IndexDamaged when the files are broken while it is open.
    """

    _asking: Asking

    @property
    def size(self) -> int:
        """The number of articles."""
        return self._asking.commit.searcher.num_docs

    def search(
        self,
        query: Query,
        offset: int = 0,
        limit: int = 50,
        *,
        marked: Marked = NOTHING_MARKED,
        fold: bool = False,
    ) -> Hits:
        """Articles `offset` … `offset + limit` of the results, and the exact total.

        Args:
            query: what is asked.
            offset: how many results come before.
            limit: how many are wanted.
            marked: the reader's state.
            fold: whether only one of the articles that tell one story stays among the results.
        """
        with as_damage("searched"):
            reading, copies = self._asking.asked(query, marked, fold)
            total, hits = reading.window(offset, limit, self._asking.track(query, reading, fold))
            rows = tuple(reading.row(address) for _, address in hits)
            if not fold:
                return Hits(total, offset, rows)
            return Hits(total, offset, rows, copies.of(rows), len(copies.left_out))

    def glance(
        self, query: Query, offset: int, limit: int, *, marked: Marked = NOTHING_MARKED
    ) -> Hits:
        """As `search` with `fold`, for whoever types.

        The rows are the same, but near the top of a list only what is near the top was folded
        (`is_whole`), which costs nothing; elsewhere it is that search. Where only articles of a
        state are asked for, what is near the top may come without the total (`is_counted`).
        """
        with as_damage("searched"):
            glancing = self._asking.glancing(query, marked, offset + limit)
            if glancing is not None:
                return _glanced(*glancing, offset, limit)
            if can_glance(query.sort, offset + limit):
                return self._first(query, offset, limit, marked)
        return self.search(query, offset, limit, marked=marked, fold=True)

    def _first(self, query: Query, offset: int, limit: int, marked: Marked) -> Hits:
        """Results near the top, of which it is known what is folded away."""
        reading, copies = self._asking.asked(query, marked, fold=True)
        total, hits = reading.first(offset, limit)
        if total is not None:
            self._asking.track(query, reading, fold=True).total = total
        rows = tuple(reading.row(address) for _, address in hits)
        return Hits(
            offset + len(rows) if total is None else total,
            offset,
            rows,
            copies.of(rows),
            len(copies.left_out),
            is_counted=total is not None,
        )

    def glance_place(
        self, query: Query, article: ArticleId, *, marked: Marked = NOTHING_MARKED
    ) -> int | None:
        """As `place` with `fold`, at the cost of a place without it near the top of a list."""
        with as_damage("searched"):
            glancing = self._asking.glancing(query, marked, 0)
            if glancing is not None:
                place = glance_place(glancing[0], fields.hash64(article))
                if place != FAR:
                    return place
        return self.place(query, article, marked=marked, fold=True)

    def count(self, query: Query, *, marked: Marked = NOTHING_MARKED, fold: bool = False) -> int:
        """The exact number of articles that match; of stories with `fold`."""
        with as_damage("searched"):
            reading = self._asking.asked(query, marked, fold)[0]
            track = self._asking.track(query, reading, fold)
            if track.total is None:
                track.total = reading.count()
            return track.total

    def place(
        self,
        query: Query,
        article: ArticleId,
        *,
        marked: Marked = NOTHING_MARKED,
        fold: bool = False,
    ) -> int | None:
        """How many results come before an article; None where it does not match.

        With `fold` an article that is left out has the place of the one that stays for it.
        """
        key = fields.hash64(article)
        with as_damage("searched"):
            reading, copies = self._asking.asked(query, marked, fold)
            return reading.place(copies.left_out.get(key, key))

    def ids(self, query: Query, *, marked: Marked = NOTHING_MARKED) -> Iterator[ArticleId]:
        """Every matching article in order, as of this call; holds a batch of them at a time."""
        with as_damage("searched"):
            reading = self._asking.reading(query, marked)
            for address in reading.addresses():
                yield reading.row(address).id

    def prepare(self, marked: Marked, quiet: Callable[[], bool]) -> None:
        """Have ready what the first question for unread articles needs, off everybody's path.

        Args:
            marked: the reader's state.
            quiet: whether to go on, asked every few milliseconds; whoever asks for unread articles
                meanwhile comes first all the same. What it raises ends it; another call goes on.
        """
        with as_damage("searched"):
            self._asking.prepare(marked, quiet)

    # -- think along --------------------------------------------------------------------------

    def timeline(
        self, query: Query, *, marked: Marked = NOTHING_MARKED, now: datetime | None = None
    ) -> Timeline:
        """The results by day, month or year; `now` gives the time zone, None asks the system."""
        from rilo_reader.search.insight import timeline

        with as_damage("searched"):
            reading = self._asking.reading(query, marked)
            return timeline(reading.commit, reading.compiled, now)

    def facets(
        self,
        query: Query,
        limit: int = 20,
        *,
        marked: Marked = NOTHING_MARKED,
        now: datetime | None = None,
    ) -> Facets:
        """What the results are by source, tag, author, language and year; at most `limit` each."""
        from rilo_reader.search.insight import facets

        with as_damage("searched"):
            reading = self._asking.reading(query, marked)
            return facets(reading.commit, reading.compiled, limit, now)

    def suggest(
        self, start: str, field: Field = Field.ANYWHERE, limit: int = 8
    ) -> tuple[Value, ...]:
        """Words that begin so, or whole values of SOURCE, TAG, AUTHOR or LANG with such a word."""
        with as_damage("searched"):
            return self._asking.suggested(start, field, limit)

    def did_you_mean(self, query: Query) -> Query | None:
        """The query with unknown words replaced by known ones, None where that changes nothing."""
        from rilo_reader.search.insight import did_you_mean

        with as_damage("searched"):
            return did_you_mean(self._asking.commit, query)

    def related(self, article: Article, limit: int = 8) -> tuple[Hit, ...]:
        """Articles with the same rare words, the nearest first; each story once."""
        from rilo_reader.search.related import related

        with as_damage("searched"):
            return related(self._asking.commit, article, limit)

    def copies(self, article: ArticleId, limit: int = 100) -> tuple[Hit, ...]:
        """The same story in other files, newest first."""
        from rilo_reader.search.related import copies

        with as_damage("searched"):
            return copies(self._asking.commit, article, limit)

    def by_id(self, article: ArticleId) -> Hit | None:
        """The article of an identity."""
        hit = self._one(fields.KEY, fields.hash64(article))
        return hit if hit is not None and hit.id == article else None

    def by_path(self, path: str) -> Hit | None:
        """The article of a file (a path relative to the library)."""
        hit = self._one(fields.FILE_KEY, file_key(path))
        return hit if hit is not None and hit.path == path else None

    def _one(self, field: str, key: int) -> Hit | None:
        commit = self._asking.commit
        with as_damage("read"):
            addresses = manifest.having(commit, field, key)
            return row_of(commit.searcher, addresses[0]) if addresses else None


def _glanced(reading: Reading, track: Track, offset: int, limit: int) -> Hits:
    """The results near the top, folded as far as they were looked at."""
    found = glance(reading, offset, limit)
    track.fold = found.fold
    rows = tuple(reading.row(address) for _, address in found.hits)
    return Hits(
        offset + len(rows) if found.total is None else found.total,
        offset,
        rows,
        found.copies,
        found.left_out,
        is_whole=found.fold is not None,
        is_counted=found.total is not None,
    )
