"""Queries on their way to an answer: through views, without copies, on from earlier windows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags, split_marks
from rilo_reader.index.duplicates import COPIED, CopiedKeys, can_glance, folded, order_of_staying
from rilo_reader.index.results import ResultSet
from rilo_reader.index.snapshot import NO_DUPLICATES, DuplicateGroups, ResultCursor, Snapshot
from rilo_reader.index.state_filter import Conditions, StateFilter
from rilo_reader.query.tree import Field, Node, Query, Sort

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.index.stats import Value

_TRACKS = 128
"""Queries whose totals and windows are remembered: also those of the words that are offered."""

_SHORT = 2
"""Letters with which so many words begin that finding the most frequent takes 10 to 60 ms."""

_FOLDS = 2
"""Queries of which it is remembered what is left out where that is much: 2 MB for 10,000."""

_MUCH = 500
"""Articles that are left out, from which on that is much to remember."""


class QueryCache:
    """What is open of an index, as queries are asked of it.

    Attributes:
        commit: what is committed, as far as it was seen.
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
        """What earlier windows of the same results showed."""
        if not reading.is_of_the_index_alone:
            return ResultCursor()
        key = query.node, query.sort, fold
        searcher, track = self._tracks.pop(key, (None, ResultCursor()))
        if searcher is not reading.searcher:
            track = ResultCursor()
        self._tracks[key] = reading.searcher, track
        while len(self._tracks) > _TRACKS:
            self._tracks.pop(next(iter(self._tracks)), None)
        return track

    def reading(
        self, query: Query, marked: ArticleFlags, left_out: Collection[int] = ()
    ) -> ResultSet:
        """The query against what is committed, or against a view of it that its marks make."""
        commit = self.commit
        rest, conditions = split_marks(query.node)
        if conditions and self._views is not None:
            view = self._views.view(conditions, marked, commit)
            if view is not None:
                commit, query = view, query._replace(node=rest)
        return ResultSet(commit, query, marked, left_out=left_out)

    def prepare(self, marked: ArticleFlags, quiet: Callable[[], bool]) -> None:
        """Have ready what the first question for unread articles needs; see Views.prepare."""
        if self._views is not None:
            self._views.prepare(marked, self.commit, quiet)

    def suggested(self, start: str, field: Field, limit: int) -> tuple[Value, ...]:
        """What begins so; of short beginnings, which take the longest, it is remembered."""
        from rilo_reader.index.stats import suggest

        commit = self.commit
        if commit.searcher is not self._suggested_of:
            self._suggested, self._suggested_of = {}, commit.searcher
        known, key = self._suggested, (start, field, limit)
        if key not in known:
            found = suggest(commit, start, field, limit)
            if len(start) > _SHORT:
                return found
            known[key] = found
        return known[key]

    def asked(
        self, query: Query, marked: ArticleFlags, fold: bool
    ) -> tuple[ResultSet, DuplicateGroups]:
        """The query as it is asked, and which copies are left out of it."""
        reading = self.reading(query, marked)
        if not fold:
            return reading, NO_DUPLICATES
        track = self.track(query, reading, fold)
        known = track.fold
        if known is None:
            known = self._fold_once(track, query, marked)
        if not known.left_out:
            return reading, known
        return self.reading(query, marked, known.left_out), known

    def _fold_once(
        self, track: ResultCursor, query: Query, marked: ArticleFlags
    ) -> DuplicateGroups:
        """What is left out; where another thread looks for it already, that one is waited for."""
        with track.folding:
            known = track.fold
            if known is None:
                known = track.fold = self._fold(query, marked)
                if len(known.left_out) > _MUCH:
                    self._remember_fold(track)
            return known

    def _remember_fold(self, track: ResultCursor) -> None:
        """Keep what is left out of the last queries only, where it is much."""
        self._folded.append(track)
        while len(self._folded) > _FOLDS:
            self._folded.popleft().fold = None

    def glancing(
        self, query: Query, marked: ArticleFlags, rows: int
    ) -> tuple[ResultSet, ResultCursor] | None:
        """The query unfolded, for a glance at its first rows; None where there is no need.

        There is none where no article is a copy or the copies among the results are known.
        """
        if not can_glance(query.sort, rows):
            return None
        if not self.commit.searcher.doc_freq(fields.COPY, True):
            return None
        reading = self.reading(query, marked)
        track = self.track(query, reading, True)
        return (reading, track) if track.fold is None else None

    def _fold(self, query: Query, marked: ArticleFlags) -> DuplicateGroups:
        """Which of the results tell a story that an earlier one told."""
        commit = self.commit
        self._copied.update(commit)
        if not len(self._copied):
            return NO_DUPLICATES
        query = query._replace(sort=order_of_staying(query.sort))
        keys = self._copied.few()
        if keys is not None:
            return folded(ResultSet(commit, query, marked, only=keys))
        rest, conditions = split_marks(query.node)
        wanted: Conditions = frozenset({*conditions, (COPIED, True)})
        view = self._views.view(wanted, marked, commit) if self._views is not None else None
        if view is None:
            return NO_DUPLICATES
        return folded(ResultSet(view, query._replace(node=rest), marked))
