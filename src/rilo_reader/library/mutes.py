"""Mutes of the settings as queries: which hold, and which cannot be understood (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.config import Mute, SavedSearch
from rilo_reader.index.schema import keys_of
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Mark, Query

if TYPE_CHECKING:
    from array import array

    from rilo_reader.store.state import State


EVERYTHING = "it would hide every article"


class Muting(NamedTuple):
    """What is muted on a day.

    Attributes:
        day: the day.
        mutes: those that hold and can be understood, as in the settings.
        queries: the query of each.
        problems: one sentence for each that cannot be understood; it hides nothing.
    """

    day: date
    mutes: tuple[Mute, ...] = ()
    queries: tuple[Query, ...] = ()
    problems: tuple[str, ...] = ()


def muting(mutes: Iterable[Mute], day: date) -> Muting:
    """What the mutes of the settings hide on a day."""
    held: list[Mute] = []
    queries: list[Query] = []
    problems: list[str] = []
    for mute in mutes:
        reason = fault_of(mute.query)
        if reason:
            problems.append(f'The mute "{mute.query}" hides nothing: {reason}.')
        elif mute.holds(day):
            held.append(mute)
            queries.append(parse(mute.query))
    return Muting(day, tuple(held), tuple(queries), tuple(problems))


def fault_of(query: str) -> str:
    """Why a query cannot be muted, without a full stop; "" where it can."""
    found = parse(query)
    if found.faults:
        reason = found.faults[0].reason.rstrip(".")
        return reason[:1].lower() + reason[1:] if reason[1:2].islower() else reason
    return EVERYTHING if found.is_everything else ""


def search_problems(searches: Iterable[SavedSearch]) -> tuple[str, ...]:
    """One sentence for each saved search that cannot be understood as it stands."""
    return tuple(
        f'The saved search "{search.name}": {found.faults[0].reason}'
        for search in searches
        if (found := parse(search.query)).faults
    )


def by_name(searches: Iterable[SavedSearch]) -> Mapping[str, str]:
    """The saved searches, name -> query, as `parse` wants them."""
    return {search.name: search.query for search in searches}


# The marks of a library, as its queries ask for them.


MANY = 20_000
"""Articles that are read, from which on the first question for them takes longer than a frame."""


class ArticleFlags:
    """The state, as a query asks for it; asked once for each revision of the marks."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._revision = -1
        self._articles: dict[Mark, Collection[ArticleId]] = {}
        self._tags: Mapping[str, Collection[ArticleId]] | None = None

    def articles(self, mark: Mark) -> Collection[ArticleId]:
        """The articles that have a mark."""
        self._forget_what_changed()
        found = self._articles.get(mark)
        if found is None:
            found = self._state.ids_with("starred" if mark is Mark.STARRED else "read")
            self._articles[mark] = found
        return found

    def keys(self, mark: Mark) -> Iterator[array[int]]:
        """The keys of the articles that have a mark, some at a time."""
        return map(keys_of, self._state.some_with("starred" if mark is Mark.STARRED else "read"))

    @property
    def are_many(self) -> bool:
        """Whether so many articles are read that it is worth preparing for questions."""
        return self._state.has_more("read", MANY)

    def changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        """The revision now, and the articles whose marks changed after another; None for all."""
        return self._state.changed_since(since)

    def having(self, mark: Mark, articles: Collection[ArticleId]) -> Collection[ArticleId]:
        """Those of the articles that have the mark."""
        marks = self._state.marks(articles).items()
        if mark is Mark.STARRED:
            return [article for article, its in marks if its.starred]
        return [article for article, its in marks if its.read]

    def tags(self) -> Mapping[str, Collection[ArticleId]]:
        """The user's own tags, each with its articles."""
        self._forget_what_changed()
        if self._tags is None:
            self._tags = {tag: self._state.tagged(tag) for tag in self._state.all_tags()}
        return self._tags

    def _forget_what_changed(self) -> None:
        revision = self._state.revision
        if revision != self._revision:
            self._revision = revision
            self._articles = {}
            self._tags = None
