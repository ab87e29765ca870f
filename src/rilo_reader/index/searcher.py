"""`Searcher`: what queries find in the newest commit of an index, and what earlier ones found.

A query for a state is asked of the index filtered by it (see `state_filter`); a folded one leaves
out duplicates (see `duplicates`); a cursor per query holds the total and positions of earlier
windows. What the index knows of the folder is asked of `snapshot`.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import tantivy

from rilo_reader.article import ArticleId, Field
from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags, split_marks
from rilo_reader.index.duplicates import (
    BELOW_TOP,
    COPIED,
    DuplicateKeys,
    group_duplicates,
    top_page,
    top_place,
)
from rilo_reader.index.results import ResultSet
from rilo_reader.index.schema import Hit
from rilo_reader.index.snapshot import NO_DUPLICATES, DuplicateGroups, ResultCursor, Snapshot
from rilo_reader.query.tree import Node, Query, Sort

if TYPE_CHECKING:
    from rilo_reader.index.state_filter import Conditions, StateFilter
    from rilo_reader.index.stats import CountedValue, Facets, Timeline

_CURSORS = 128
"""Queries with a cursor, among them those that count completions."""

_SHORT_START = 2
"""Letters of a completion whose words are cached; finding them takes 10 to 60 ms."""

_KEPT_GROUPS = 2
"""Queries whose large groups of duplicates are cached; 10,000 articles take 2 MB."""

_LARGE_RANKING = 10_000
"""Number of ranked results from which on they are cached for _KEPT_GROUPS queries only."""

_LARGE_GROUPS = 500
"""Number of duplicates from which on groups count as large."""


class ResultPage(NamedTuple):
    """A part of a query's results."""

    total: int
    offset: int  # of the first of these rows
    rows: tuple[Hit, ...]
    copy_counts: tuple[
        int, ...
    ] = ()  # for each row, the duplicates left out for it; () if not folded
    folded_count: int = 0  # articles left out of all results as duplicates
    is_whole: bool = True  # whether copies and left_out are of all results, not of those at the top
    is_counted: bool = True  # False if there may be more results, which `count` returns exactly


class Searcher:
    """Answers queries with the user's marks. Safe to use from several threads.

    Errors of tantivy are raised as they are; `SearchIndex.ask` makes IndexDamaged of them.
    """

    def __init__(self, home: Path | None, snapshot: Snapshot, flags: ArticleFlags) -> None:
        self.snapshot = snapshot  # the newest; replaced with each commit
        self._flags = flags
        self._duplicate_keys = DuplicateKeys()
        self._home = home
        self._cursors: dict[tuple[Node, Sort, bool], tuple[tantivy.Searcher, ResultCursor]] = {}
        self._folded_cursors: deque[ResultCursor] = deque()
        self._ranked_cursors: list[ResultCursor] = []
        self._suggestions: dict[tuple[str, Field, int], tuple[CountedValue, ...]] = {}
        self._suggestions_searcher = snapshot.searcher

    @cached_property
    def _state_filter(self) -> "StateFilter | None":
        """The index filtered by marks; None for one in memory."""
        from rilo_reader.index.state_filter import StateFilter

        return (
            None
            if self._home is None
            else StateFilter(self._home, self._duplicate_keys, self._flags)
        )

    def search(
        self, query: Query, offset: int = 0, limit: int = 50, *, fold: bool = False
    ) -> ResultPage:
        """Return results `offset` … `offset + limit`, and the exact total.

        With `fold`, only one of several duplicates is shown.
        """
        results, cursor, groups = self._find_folded(query, fold=fold)
        total, found = results.read_window(offset, limit, cursor)
        self._evict_rankings(cursor)
        rows = results.read_rows(found)
        copies = groups.copy_counts_of(rows) if fold else ()
        return ResultPage(total, offset, rows, copies, len(groups.representatives))

    def top_page(self, query: Query, offset: int, limit: int) -> ResultPage:
        """As `search` with `fold`, but faster near the top of a list, while the user types.

        The rows are the same, but results further down may not be folded yet (`is_whole`), and
        the total of a query for a state may be unknown (`is_counted`).
        """
        if query.sort is Sort.RELEVANCE or offset + limit > self.snapshot.limits.top_rows:
            return self.search(query, offset, limit, fold=True)
        results, cursor = self._find_results(query, fold=True)
        if cursor.groups is None:
            page = top_page(results, offset, limit)
            cursor.groups = page.groups
            total, rows, is_whole = (
                page.total,
                results.read_rows(page.hits),
                page.groups is not None,
            )
            copies, left_out = page.copy_counts, page.folded_count
        else:
            results.excluded_keys = cursor.groups.representatives
            total, found = results.read_first(offset, limit)
            cursor.total = cursor.total if total is None else total
            rows, is_whole = results.read_rows(found), True
            copies, left_out = (
                cursor.groups.copy_counts_of(rows),
                len(cursor.groups.representatives),
            )
        is_counted = total is not None
        total = offset + len(rows) if total is None else total
        return ResultPage(total, offset, rows, copies, left_out, is_whole, is_counted)

    def top_place(self, query: Query, article: ArticleId) -> int | None:
        """As `find_position` with `fold`, but faster near the top of a list."""
        if query.sort is not Sort.RELEVANCE:
            results, cursor = self._find_results(query, fold=True)
            if cursor.groups is None:
                place = top_place(results, fields.hash64(article))
                if place != BELOW_TOP:
                    return place
        return self.find_position(query, article, fold=True)

    def count(self, query: Query, *, fold: bool = False) -> int:
        """The exact number of matching articles; with `fold`, without duplicates."""
        results, cursor, _ = self._find_folded(query, fold=fold)
        if cursor.total is None:
            cursor.total = results.count()
        return cursor.total

    def find_position(self, query: Query, article: ArticleId, *, fold: bool = False) -> int | None:
        """The index of an article in the results, None if it does not match.

        With `fold`, a duplicate has the index of the article that represents it.
        """
        key = fields.hash64(article)
        results, cursor, groups = self._find_folded(query, fold=fold)
        return results.find_position(groups.representatives.get(key, key), cursor)

    def each(self, query: Query, only_ids: Collection[ArticleId] | None = None) -> Iterator[Hit]:
        """All results, or those `only_ids` some, in order, as of this call, in batches.

        Unlike windows that are asked for one after the other, they do not depend on what is
        indexed or marked meanwhile.
        """
        if only_ids is None:
            results, _ = self._find_results(query)
        else:
            keys = fields.make_keys(only_ids)
            results = ResultSet(self.snapshot, query, self._flags, only_keys=keys)
        for address in results.iter_addresses():
            yield results.commit.read_row(address)

    def ids(
        self, query: Query, only_ids: Collection[ArticleId] | None = None
    ) -> Iterator[ArticleId]:
        """The ids of `each`."""
        return (hit.id for hit in self.each(query, only_ids))

    # -- statistics and suggestions -----------------------------------------------------------

    def timeline(self, query: Query, *, now: datetime | None = None) -> "Timeline":
        """Numbers of results by day, month or year, in the time zone of `now` or the system's."""
        from rilo_reader.index.stats import count_by_time

        results, _ = self._find_results(query)
        return count_by_time(results.commit, results.compiled_query, now)

    def facets(self, query: Query, limit: int = 20, *, now: datetime | None = None) -> "Facets":
        """Numbers of results by source, tag, author, language and year; at most `limit` each."""
        from rilo_reader.index.stats import count_facets

        results, _ = self._find_results(query)
        return count_facets(results.commit, results.compiled_query, limit, now)

    def newest_by_source(self, query: Query) -> dict[str, int]:
        """The sources among results, "" for none, with the time of the newest of each."""
        from rilo_reader.index.stats import newest_by_source

        results, _ = self._find_results(query)
        return newest_by_source(results.commit, results.compiled_query)

    def suggest(
        self, prefix: str, field: Field = Field.ANYWHERE, limit: int = 8
    ) -> "tuple[CountedValue, ...]":
        """Words with a prefix, or values of SOURCE, TAG, AUTHOR or LANG that contain one.

        Those of a short `prefix` are remembered, since they take longest.
        """
        snapshot = self.snapshot
        if snapshot.searcher is not self._suggestions_searcher:
            self._suggestions, self._suggestions_searcher = {}, snapshot.searcher
        cached, key = self._suggestions, (prefix, field, limit)
        if key not in cached:
            from rilo_reader.index.suggestions import suggest_values

            found = suggest_values(snapshot, prefix, field, limit)
            if len(prefix) > _SHORT_START:
                return found
            cached[key] = found
        return cached[key]

    def prepare_unread(self, is_quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles; see `StateFilter.prepare_unread`."""
        if self._state_filter is not None:
            self._state_filter.prepare_unread(self.snapshot, is_quiet)

    def _evict_rankings(self, cursor: ResultCursor) -> None:
        """Forget large rankings but those of the last queries."""
        if len(cursor.best_results) > _LARGE_RANKING:
            kept = [one for one in self._ranked_cursors if one is not cursor]
            for one in kept[: 1 - _KEPT_GROUPS]:
                one.best_results = ()
            self._ranked_cursors = [*kept[1 - _KEPT_GROUPS :], cursor]

    # -- results of a query -------------------------------------------------------------------

    def _find_results(self, query: Query, *, fold: bool = False) -> tuple[ResultSet, ResultCursor]:
        """The results of a query, from a filtered index if it asks for marks, and their cursor.

        The cursor is a new one if the results depend on marks in another way.
        """
        key = query.node, query.sort, fold
        snapshot, rest = self._filter_by_state(self.snapshot, query)
        results = ResultSet(snapshot, rest, self._flags)
        cursor = ResultCursor()
        if not results.names_articles:
            searcher, known = self._cursors.pop(key, (None, cursor))
            cursor = known if searcher is snapshot.searcher else cursor
            self._cursors[key] = snapshot.searcher, cursor
            while len(self._cursors) > _CURSORS:
                self._cursors.pop(next(iter(self._cursors)), None)
        if fold and not snapshot.searcher.doc_freq(fields.COPY, True):
            cursor.groups = NO_DUPLICATES
        return results, cursor

    def _filter_by_state(
        self, snapshot: Snapshot, query: Query, other_conditions: "Conditions" = frozenset()
    ) -> tuple[Snapshot, Query]:
        """The index filtered by what a query asks of marks and `also`, and the rest of the query.

        The whole of both if that cannot be, or there is nothing to filter by.
        """
        rest, marks = split_marks(query.node)
        if (marks or other_conditions) and self._state_filter is not None:
            filtered = self._state_filter.filter_snapshot(
                frozenset({*marks, *other_conditions}), snapshot
            )
            if filtered is not None:
                return filtered, query._replace(node=rest)
        return snapshot, query

    def _find_folded(
        self, query: Query, *, fold: bool
    ) -> tuple[ResultSet, ResultCursor, DuplicateGroups]:
        """The results of a query, their cursor, and the duplicates that are left out of them."""
        results, cursor = self._find_results(query, fold=fold)
        if not fold:
            return results, cursor, NO_DUPLICATES
        groups = cursor.groups
        if groups is None:
            with cursor.folding_lock:  # another thread may look for them already
                groups = cursor.groups
                if groups is None:
                    groups = cursor.groups = self._find_duplicates(query)
                    if len(groups.representatives) > _LARGE_GROUPS:
                        self._folded_cursors.append(cursor)
                        while len(self._folded_cursors) > _KEPT_GROUPS:
                            self._folded_cursors.popleft().groups = None
        results.excluded_keys = groups.representatives
        return results, cursor, groups

    def _find_duplicates(self, query: Query) -> DuplicateGroups:
        """Find the duplicates among the results."""
        snapshot = self.snapshot
        self._duplicate_keys.update(snapshot)
        keys = self._duplicate_keys.keys
        if not keys:
            return NO_DUPLICATES
        if query.sort is Sort.RELEVANCE:  # the newest of a group represents it
            query = query._replace(sort=Sort.NEWEST)
        if len(keys) <= snapshot.limits.max_named:
            return group_duplicates(ResultSet(snapshot, query, self._flags, only_keys=keys))
        snapshot, rest = self._filter_by_state(snapshot, query, frozenset({(COPIED, True)}))
        if not snapshot.is_filtered:
            return NO_DUPLICATES
        return group_duplicates(ResultSet(snapshot, rest, self._flags))
