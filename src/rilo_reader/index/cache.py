"""`QueryCache`: turns queries into result sets, and remembers what earlier ones found.

A query for a state is asked of the index filtered by it (see `state_filter`); a folded one leaves
out duplicates (see `duplicates`); a cursor per query holds the total and positions of earlier
windows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags, split_marks
from rilo_reader.index.duplicates import (
    COPIED,
    CopiedKeys,
    folded,
    is_near_top,
    order_of_representatives,
)
from rilo_reader.index.results import ResultSet
from rilo_reader.index.snapshot import NO_DUPLICATES, DuplicateGroups, ResultCursor, Snapshot
from rilo_reader.query.tree import Field, Node, Query, Sort

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.index.state_filter import Conditions, StateFilter
    from rilo_reader.index.stats import Value

_CURSORS = 128
"""Queries with a cursor, among them those that count completions."""

_SHORT_START = 2
"""Letters of a completion whose words are cached; finding them takes 10 to 60 ms."""

_KEPT_GROUPS = 2
"""Queries whose large groups of duplicates are cached; 10,000 articles take 2 MB."""

_LARGE_GROUPS = 500
"""Number of duplicates from which on groups count as large."""


class QueryCache:
    """Answers queries against the newest snapshot of an index.

    Attributes:
        commit: the newest snapshot.
    """

    def __init__(self, home: Path | None, commit: Snapshot) -> None:
        self.commit = commit
        self._copied = CopiedKeys()
        self._home = home
        self._cursors: dict[tuple[Node, Sort, bool], tuple[tantivy.Searcher, ResultCursor]] = {}
        self._folded: deque[ResultCursor] = deque()
        self._suggested: dict[tuple[str, Field, int], tuple[Value, ...]] = {}
        self._suggested_of = commit.searcher

    @cached_property
    def _state_filter(self) -> StateFilter | None:
        """The index filtered by marks; None for one in memory. Most launches ask for no marks."""
        from rilo_reader.index.state_filter import StateFilter

        return None if self._home is None else StateFilter(self._home, self._copied)

    def cursor(self, query: Query, results: ResultSet, fold: bool) -> ResultCursor:
        """The cursor of these results; a new one if they depend on marks."""
        if not results.is_of_the_index_alone:
            return ResultCursor()
        key = query.node, query.sort, fold
        searcher, cursor = self._cursors.pop(key, (None, ResultCursor()))
        if searcher is not results.searcher:
            cursor = ResultCursor()
        self._cursors[key] = results.searcher, cursor
        while len(self._cursors) > _CURSORS:
            self._cursors.pop(next(iter(self._cursors)), None)
        return cursor

    def results(
        self, query: Query, marked: ArticleFlags, left_out: Collection[int] = ()
    ) -> ResultSet:
        """The results of a query, from a filtered index if it asks for marks."""
        commit = self.commit
        rest, conditions = split_marks(query.node)
        if conditions and self._state_filter is not None:
            filtered = self._state_filter.filtered(conditions, marked, commit)
            if filtered is not None:
                commit, query = filtered, query._replace(node=rest)
        return ResultSet(commit, query, marked, left_out=left_out)

    def prepare(self, marked: ArticleFlags, quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles; see `StateFilter.prepare`."""
        if self._state_filter is not None:
            self._state_filter.prepare(marked, self.commit, quiet)

    def suggested(self, start: str, field: Field, limit: int) -> tuple[Value, ...]:
        """Completions of `start`, cached if it is short, since those take longest."""
        from rilo_reader.index.suggestions import suggest

        commit = self.commit
        if commit.searcher is not self._suggested_of:
            self._suggested, self._suggested_of = {}, commit.searcher
        cached, key = self._suggested, (start, field, limit)
        if key not in cached:
            found = suggest(commit, start, field, limit)
            if len(start) > _SHORT_START:
                return found
            cached[key] = found
        return cached[key]

    def folded_results(
        self, query: Query, marked: ArticleFlags, fold: bool
    ) -> tuple[ResultSet, DuplicateGroups]:
        """The results of a query, and the duplicates that are left out of them."""
        results = self.results(query, marked)
        if not fold:
            return results, NO_DUPLICATES
        cursor = self.cursor(query, results, fold)
        groups = cursor.fold
        if groups is None:
            groups = self._fold_once(cursor, query, marked)
        if not groups.left_out:
            return results, groups
        return self.results(query, marked, groups.left_out), groups

    def _fold_once(
        self, cursor: ResultCursor, query: Query, marked: ArticleFlags
    ) -> DuplicateGroups:
        """Find duplicates, unless another thread does already, which is then waited for."""
        with cursor.folding:
            groups = cursor.fold
            if groups is None:
                groups = cursor.fold = self._fold(query, marked)
                if len(groups.left_out) > _LARGE_GROUPS:
                    self._remember_fold(cursor)
            return groups

    def _remember_fold(self, cursor: ResultCursor) -> None:
        """Cache large groups for the last queries only."""
        self._folded.append(cursor)
        while len(self._folded) > _KEPT_GROUPS:
            self._folded.popleft().fold = None

    def top_results(
        self, query: Query, marked: ArticleFlags, rows: int
    ) -> tuple[ResultSet, ResultCursor] | None:
        """The results with duplicates, to fold their first rows only, or None.

        None if the duplicates among them are known already, or there are none at all.
        """
        if not is_near_top(self.commit, query.sort, rows):
            return None
        if not self.commit.searcher.doc_freq(fields.COPY, True):
            return None
        results = self.results(query, marked)
        cursor = self.cursor(query, results, True)
        return (results, cursor) if cursor.fold is None else None

    def _fold(self, query: Query, marked: ArticleFlags) -> DuplicateGroups:
        """Find the duplicates among the results."""
        commit = self.commit
        self._copied.update(commit)
        keys = self._copied.keys
        if not keys:
            return NO_DUPLICATES
        query = query._replace(sort=order_of_representatives(query.sort))
        if len(keys) <= commit.limits.named:
            return folded(ResultSet(commit, query, marked, only=keys))
        rest, conditions = split_marks(query.node)
        wanted: Conditions = frozenset({*conditions, (COPIED, True)})
        filtered = (
            self._state_filter.filtered(wanted, marked, commit)
            if self._state_filter is not None
            else None
        )
        if filtered is None:
            return NO_DUPLICATES
        return folded(ResultSet(filtered, query._replace(node=rest), marked))
