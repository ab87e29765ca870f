"""Mutes and saved searches of the settings as queries (pure), and marks as queries need them."""

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
    """The mutes in effect on a day.

    Attributes:
        day: the day.
        mutes: the valid mutes in effect, as in the settings.
        queries: their queries.
        problems: one sentence for each invalid mute, which hides nothing.
    """

    day: date
    mutes: tuple[Mute, ...] = ()
    queries: tuple[Query, ...] = ()
    problems: tuple[str, ...] = ()


def muting(mutes: Iterable[Mute], day: date) -> Muting:
    """Select and parse the mutes that are in effect on a day."""
    active: list[Mute] = []
    queries: list[Query] = []
    problems: list[str] = []
    for mute in mutes:
        reason = fault_of(mute.query)
        if reason:
            problems.append(f'The mute "{mute.query}" hides nothing: {reason}.')
        elif mute.holds(day):
            active.append(mute)
            queries.append(parse(mute.query))
    return Muting(day, tuple(active), tuple(queries), tuple(problems))


def fault_of(query: str) -> str:
    """Why a query cannot be a mute, without a full stop; "" if it can."""
    found = parse(query)
    if found.faults:
        reason = found.faults[0].reason.rstrip(".")
        return reason[:1].lower() + reason[1:] if reason[1:2].islower() else reason
    return EVERYTHING if found.is_everything else ""


def search_problems(searches: Iterable[SavedSearch]) -> tuple[str, ...]:
    """One sentence for each saved search with a fault."""
    return tuple(
        f'The saved search "{search.name}": {found.faults[0].reason}'
        for search in searches
        if (found := parse(search.query)).faults
    )


def by_name(searches: Iterable[SavedSearch]) -> Mapping[str, str]:
    """The saved searches, name -> query, as `parse` takes them."""
    return {search.name: search.query for search in searches}


# -- marks, as queries need them ------------------------------------------------------------------

MANY = 20_000
"""Read articles from which on the first query for `is:unread` takes longer than a frame."""


class ArticleFlags:
    """Articles by mark and by tag, read from the state once per revision."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._revision = -1
        self._articles: dict[Mark, Collection[ArticleId]] = {}
        self._tags: Mapping[str, Collection[ArticleId]] | None = None

    def articles(self, mark: Mark) -> Collection[ArticleId]:
        """The articles with a mark; for READ and UNREAD, those that are read."""
        self._invalidate()
        found = self._articles.get(mark)
        if found is None:
            found = self._state.ids_with("starred" if mark is Mark.STARRED else "read")
            self._articles[mark] = found
        return found

    def keys(self, mark: Mark) -> Iterator[array[int]]:
        """The index's keys of the articles with a mark, in batches."""
        return map(keys_of, self._state.some_with("starred" if mark is Mark.STARRED else "read"))

    @property
    def are_many(self) -> bool:
        """Whether enough articles are read that preparing for `is:unread` pays."""
        return self._state.has_more("read", MANY)

    def changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        """The current revision, and the articles changed after `since`; None if any may have."""
        return self._state.changed_since(since)

    def having(self, mark: Mark, articles: Collection[ArticleId]) -> Collection[ArticleId]:
        """Those of `articles` that have the mark."""
        marks = self._state.marks(articles).items()
        if mark is Mark.STARRED:
            return [article for article, its in marks if its.starred]
        return [article for article, its in marks if its.read]

    def tags(self) -> Mapping[str, Collection[ArticleId]]:
        """The user's tags, each with its articles."""
        self._invalidate()
        if self._tags is None:
            self._tags = {tag: self._state.tagged(tag) for tag in self._state.all_tags()}
        return self._tags

    def _invalidate(self) -> None:
        revision = self._state.revision
        if revision != self._revision:
            self._revision = revision
            self._articles = {}
            self._tags = None
