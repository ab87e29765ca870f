"""`ArticleFlags`: marks, tags and notes of the state, as queries need them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from rilo_reader.article import ArticleId
from rilo_reader.index.schema import keys_of
from rilo_reader.query.tree import Mark

if TYPE_CHECKING:
    from array import array

    from rilo_reader.query.match import SearchedTexts
    from rilo_reader.store.state import Flag, State


class Annotations(Protocol):
    """Highlights and notes; the revision of the state changes with them."""

    def highlighted(self) -> Collection[ArticleId]:
        """The articles with a highlight."""
        ...

    def notes(self) -> Mapping[ArticleId, Sequence[str]]:
        """The texts of all notes, by article; only articles with notes."""
        ...


class ArticleFlags:
    """Articles by mark, tag and note, read from the state once per revision.

    Args:
        state: the marks and tags.
        annotations: the highlights and notes, None if there are none.
        many: read articles from which on `are_many`.
    """

    def __init__(
        self, state: State, annotations: Annotations | None = None, many: int = 20_000
    ) -> None:
        self._state = state
        self._annotations = annotations
        self._many = many
        self._revision = -1
        self._articles: dict[Mark, Collection[ArticleId]] = {}
        self._tags: Mapping[str, Collection[ArticleId]] | None = None
        self._notes: SearchedTexts | None = None

    def articles(self, mark: Mark) -> Collection[ArticleId]:
        """The articles with a mark; for READ and UNREAD, those that are read."""
        self._invalidate()
        found = self._articles.get(mark)
        if found is None:
            found = self._articles[mark] = self._read(mark)
        return found

    def _read(self, mark: Mark) -> Collection[ArticleId]:
        if mark is Mark.NOTE:
            notes = self.notes()
            return notes.articles() if notes else ()
        if mark is Mark.HIGHLIGHTED:
            return self._annotations.highlighted() if self._annotations else ()
        return self._state.ids_with(_flag(mark))

    def keys(self, mark: Mark) -> Iterator[array[int]]:
        """The index's keys of the articles with READ or STARRED, in batches."""
        return map(keys_of, self._state.some_with(_flag(mark)))

    @property
    def are_many(self) -> bool:
        """Whether enough articles are read that preparing for `is:unread` pays."""
        return self._state.has_more("read", self._many)

    def changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        """The current revision, and the articles changed after `since`; None if any may have."""
        return self._state.changed_since(since)

    def having(self, mark: Mark, articles: Collection[ArticleId]) -> Collection[ArticleId]:
        """Those of `articles` that have READ or STARRED."""
        marks = self._state.marks(articles).items()
        if mark is Mark.STARRED:
            return [article for article, its in marks if its.starred]
        return [article for article, its in marks if its.read]

    def tags(self) -> Mapping[str, Collection[ArticleId]]:
        """The user's tags, each with its articles."""
        self._invalidate()
        if self._tags is None:
            self._tags = self._state.tags()
        return self._tags

    def notes(self) -> SearchedTexts | None:
        """The user's notes, prepared once per revision; None if there are none."""
        if self._annotations is None:
            return None
        self._invalidate()
        if self._notes is None:
            from rilo_reader.query.match import SearchedTexts

            self._notes = SearchedTexts(self._annotations.notes())
        return self._notes or None

    def _invalidate(self) -> None:
        revision = self._state.revision
        if revision != self._revision:
            self._revision = revision
            self._articles = {}
            self._tags = None
            self._notes = None


def _flag(mark: Mark) -> Flag:
    return "starred" if mark is Mark.STARRED else "read"
