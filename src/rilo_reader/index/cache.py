"""`QueryCache`: turns queries into result sets, and remembers what earlier ones found.

A query for a state is asked of a view of the index that has only its articles (see
`state_filter`); a folded one leaves out duplicates (see `duplicates`); a cursor per query holds
the total and positions of earlier windows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
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
from rilo_reader.index.state_filter import Conditions, StateFilter
from rilo_reader.query.tree import Field, Node, Query, Sort

if TYPE_CHECKING:
    import tantivy

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
        self._views = None if home is None else StateFilter(home, commit.schema, self._copied)
        self._tracks: dict[tuple[Node, Sort, bool], tuple[tantivy.Searcher, ResultCursor]] = {}
        self._folded: deque[ResultCursor] = deque()
        self._suggested: dict[tuple[str, Field, int], tuple[Value, ...]] = {}
        self._suggested_of = commit.searcher

    def track(self, query: Query, reading: ResultSet, fold: bool) -> ResultCursor:
        """The cursor of these results; a new one if they depend on marks."""
        if not reading.is_of_the_index_alone:
            return ResultCursor()
        key = query.node, query.sort, fold
        searcher, track = self._tracks.pop(key, (None, ResultCursor()))
        if searcher is not reading.searcher:
            track = ResultCursor()
        self._tracks[key] = reading.searcher, track
        while len(self._tracks) > _CURSORS:
            self._tracks.pop(next(iter(self._tracks)), None)
        return track

    def reading(
        self, query: Query, marked: ArticleFlags, left_out: Collection[int] = ()
    ) -> ResultSet:
        """The results of a query, from a view of the index if it asks for marks."""
        commit = self.commit
        rest, conditions = split_marks(query.node)
        if conditions and self._views is not None:
            view = self._views.view(conditions, marked, commit)
            if view is not None:
                commit, query = view, query._replace(node=rest)
        return ResultSet(commit, query, marked, left_out=left_out)

    def prepare(self, marked: ArticleFlags, quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles; see `StateFilter.prepare`."""
        if self._views is not None:
            self._views.prepare(marked, self.commit, quiet)

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

    def asked(
        self, query: Query, marked: ArticleFlags, fold: bool
    ) -> tuple[ResultSet, DuplicateGroups]:
        """The results of a query, and the duplicates that are left out of them."""
        reading = self.reading(query, marked)
        if not fold:
            return reading, NO_DUPLICATES
        track = self.track(query, reading, fold)
        groups = track.fold
        if groups is None:
            groups = self._fold_once(track, query, marked)
        if not groups.left_out:
            return reading, groups
        return self.reading(query, marked, groups.left_out), groups

    def _fold_once(
        self, track: ResultCursor, query: Query, marked: ArticleFlags
    ) -> DuplicateGroups:
        """Find duplicates, unless another thread does already, which is then waited for."""
        with track.folding:
            groups = track.fold
            if groups is None:
                groups = track.fold = self._fold(query, marked)
                if len(groups.left_out) > _LARGE_GROUPS:
                    self._remember_fold(track)
            return groups

    def _remember_fold(self, track: ResultCursor) -> None:
        """Cache large groups for the last queries only."""
        self._folded.append(track)
        while len(self._folded) > _KEPT_GROUPS:
            self._folded.popleft().fold = None

    def top_results(
        self, query: Query, marked: ArticleFlags, rows: int
    ) -> tuple[ResultSet, ResultCursor] | None:
        """The results with duplicates, to fold their first rows only, or None.

        None if the duplicates among them are known already, or there are none at all.
        """
        if not is_near_top(query.sort, rows):
            return None
        if not self.commit.searcher.doc_freq(fields.COPY, True):
            return None
        reading = self.reading(query, marked)
        track = self.track(query, reading, True)
        return (reading, track) if track.fold is None else None

    def _fold(self, query: Query, marked: ArticleFlags) -> DuplicateGroups:
        """Find the duplicates among the results."""
        commit = self.commit
        self._copied.update(commit)
        if not len(self._copied):
            return NO_DUPLICATES
        query = query._replace(sort=order_of_representatives(query.sort))
        keys = self._copied.few()
        if keys is not None:
            return folded(ResultSet(commit, query, marked, only=keys))
        rest, conditions = split_marks(query.node)
        wanted: Conditions = frozenset({*conditions, (COPIED, True)})
        view = self._views.view(wanted, marked, commit) if self._views is not None else None
        if view is None:
            return NO_DUPLICATES
        return folded(ResultSet(view, query._replace(node=rest), marked))
