"""Marks, tags and notes in memory, with a log of what changed."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from rilo_reader.article import ArticleId
from rilo_reader.index.compiler import ArticleFlags, AskedMark
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import make_keys
from rilo_reader.query.match import SearchableTexts
from rilo_reader.query.tree import MarkedDuring, QueryMark


class Marked(ArticleFlags):
    """What a reader marked."""

    def __init__(
        self,
        read: Iterable[str] = (),
        starred: Iterable[str] = (),
        *,
        tags: Mapping[str, set[str]] | None = None,
        notes: Mapping[str, Sequence[str]] | None = None,
        highlighted: Iterable[str] = (),
        edited: Iterable[str] = (),
    ) -> None:
        self._notes = notes or {}
        self._tags = tags or {}
        self.marks = {
            QueryMark.READ: set(read),
            QueryMark.STARRED: set(starred),
            QueryMark.HIGHLIGHTED: set(highlighted),
            QueryMark.EDITED: set(edited),
            QueryMark.NOTE: set(self._notes),
        }
        self._log: list[str | None] = []

    def toggle(self, mark: QueryMark, *names: str, is_told: bool = True) -> None:
        """Change marks; untold as by another process: nobody knows what changed."""
        self.marks[mark] ^= set(names)
        self._log += names if is_told else [None]

    def on(self, index: SearchIndex) -> SearchIndex:
        """An index opened once more, with these marks."""
        return SearchIndex(index.directory, flags=self)

    def articles_with(self, mark: AskedMark) -> Collection[ArticleId]:
        if isinstance(mark, MarkedDuring):
            return set()  # of these, tests ask a state
        return {ArticleId(name) for name in self.marks[mark]}

    def iter_keys(self, mark: AskedMark) -> Iterator[array[int]]:
        every = sorted(self.articles_with(mark))
        return (make_keys(every[at : at + 7]) for at in range(0, len(every), 7))

    def read_changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        later = self._log[since:]
        known = [ArticleId(name) for name in later if name is not None]
        return len(self._log), known if len(known) == len(later) else None

    def filter_marked(
        self, mark: AskedMark, articles: Collection[ArticleId]
    ) -> Collection[ArticleId]:
        having = self.articles_with(mark)
        return [one for one in articles if one in having]

    def read_notes(self) -> SearchableTexts | None:
        notes = {ArticleId(name): texts for name, texts in self._notes.items()}
        return SearchableTexts(notes) if notes else None

    def articles_by_tag(self) -> Mapping[str, Collection[ArticleId]]:
        return {tag: {ArticleId(name) for name in names} for tag, names in self._tags.items()}
