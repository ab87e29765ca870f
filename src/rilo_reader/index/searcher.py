"""`Searcher`: what queries find in the newest commit of an index, and what earlier ones found.

A query for a state is asked of the index filtered by it (see `state_filter`); a folded one leaves
out duplicates (see `duplicates`). What is known of results is kept by the `Snapshot` that they are
of, and goes with it.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import ArticleId, Field
from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags, split_marks
from rilo_reader.index.duplicates import BELOW_TOP, COPIED, group_duplicates, top_page, top_place
from rilo_reader.index.results import ResultSet
from rilo_reader.index.schema import Hit
from rilo_reader.index.snapshot import NO_DUPLICATES, DuplicateGroups, ResultCursor, Snapshot
from rilo_reader.query.tree import Query, Sort

if TYPE_CHECKING:
    from rilo_reader.index.state_filter import Conditions, StateFilter
    from rilo_reader.index.stats import CountedValue, Facets, Timeline

_SHORT_START = 2
"""Letters of a completion whose words are cached; finding them takes 10 to 60 ms."""

_MOST_LARGE = 2
"""Queries of which results that take much memory are kept."""


class ResultPage(NamedTuple):
    """A part of a query's results."""

    total: int
    offset: int  # of the first of these rows
    rows: tuple[Hit, ...]
    # for each row, the duplicates left out for it; () if not folded
    copy_counts: tuple[int, ...] = ()
    folded_count: int = 0  # articles left out of all results as duplicates
    is_whole: bool = True  # whether these counts are of all results, not of those at the top
    is_counted: bool = True  # False if there may be more results, which `count` returns exactly


class Searcher:
    """Answers queries with the user's marks. Safe to use from several threads.

    Errors of tantivy are raised as they are; `SearchIndex.ask` makes IndexDamaged of them.
    """

    def __init__(self, home: Path | None, snapshot: Snapshot, flags: ArticleFlags) -> None:
        self.snapshot = snapshot  # the newest; replaced with each commit
        self._flags = flags
        self._home = home
        self._large_cursors: list[ResultCursor] = []  # the last ones, in the order of their use

    @cached_property
    def _state_filter(self) -> "StateFilter | None":
        """The index filtered by marks; None for one in memory."""
        from rilo_reader.index.state_filter import StateFilter

        return None if self._home is None else StateFilter(self._home, self._flags)

    def search(
        self, query: Query, offset: int = 0, limit: int = 50, *, fold: bool = False
    ) -> ResultPage:
        """Return results `offset` … `offset + limit`, and the exact total.

        With `fold`, only one of several duplicates is shown.
        """
        results, groups = self._find_folded(query, fold=fold)
        total, found = results.read_window(offset, limit)
        self._limit_memory(results.cursor)
        rows = results.read_rows(found)
        copies = groups.copy_counts_of(rows) if fold else ()
        return ResultPage(total, offset, rows, copies, len(groups.representatives))

    def top_page(self, query: Query, offset: int, limit: int) -> ResultPage:
        """Do as `search` with `fold`, but faster near the top of a list, while the user types.

        The rows are the same, but results further down may not be folded yet (`is_whole`), and
        the total of a query for a state may be unknown (`is_counted`).
        """
        if not query.sort.is_by_date or offset + limit > self.snapshot.limits.top_rows:
            return self.search(query, offset, limit, fold=True)
        results = self._find_results(query, fold=True)
        groups = results.cursor.groups
        if groups is None:
            total, found, copies, left_out, groups = top_page(results, offset, limit)
            rows = results.read_rows(found)
            results.cursor.groups = groups
        else:
            results.excluded_keys = groups.representatives
            total, found = results.read_first(offset, limit)
            rows = results.read_rows(found)
            copies, left_out = groups.copy_counts_of(rows), len(groups.representatives)
            if total is not None:
                results.cursor.total = total
        is_counted = total is not None
        total = offset + len(rows) if total is None else total
        return ResultPage(total, offset, rows, copies, left_out, groups is not None, is_counted)

    def top_place(self, query: Query, article: ArticleId) -> int | None:
        """Do as `find_position` with `fold`, but faster near the top of a list."""
        if query.sort.is_by_date:
            results = self._find_results(query, fold=True)
            if results.cursor.groups is None:
                place = top_place(results, fields.hash64(article))
                if place != BELOW_TOP:
                    return place
        return self.find_position(query, article, fold=True)

    def count(self, query: Query, *, fold: bool = False) -> int:
        """The exact number of matching articles; with `fold`, without duplicates."""
        results, _ = self._find_folded(query, fold=fold)
        return results.count()

    def find_position(self, query: Query, article: ArticleId, *, fold: bool = False) -> int | None:
        """The index of an article in the results, None if it does not match.

        With `fold`, a duplicate has the index of the article that represents it.
        """
        key = fields.hash64(article)
        results, groups = self._find_folded(query, fold=fold)
        return results.find_position(groups.representatives.get(key, key))

    def each(self, query: Query, only_ids: Collection[ArticleId] | None = None) -> Iterator[Hit]:
        """All results, or those `only_ids` some, in order, as of this call, in batches.

        Unlike windows that are asked for one after the other, they do not depend on what is
        indexed or marked meanwhile.
        """
        if only_ids is None:
            results = self._find_results(query)
        else:
            keys = fields.make_keys(only_ids)
            results = ResultSet(self.snapshot, query, self._flags, only_keys=keys)
        for address in results.iter_addresses():
            yield results.commit.read_row(address)

    def ids(
        self, query: Query, only_ids: Collection[ArticleId] | None = None, *, fold: bool = False
    ) -> Iterator[ArticleId]:
        """The ids of `each`; with `fold`, without duplicates."""
        copies = self._find_folded(query, fold=fold)[1].representatives
        ids = (hit.id for hit in self.each(query, only_ids))
        return (
            (each for each in ids if fields.make_keys([each])[0] not in copies) if copies else ids
        )

    # -- statistics and suggestions -----------------------------------------------------------

    def timeline(self, query: Query, *, now: datetime | None = None) -> "Timeline":
        """Numbers of results by day, month or year, in the time zone of `now` or the system's."""
        from rilo_reader.index.stats import count_by_time

        results = self._find_results(query)
        return count_by_time(results.commit, results.compiled_query, now)

    def facets(self, query: Query, limit: int = 20, *, now: datetime | None = None) -> "Facets":
        """Numbers of results by source, tag, author, language and year; at most `limit` each."""
        from rilo_reader.index.stats import count_facets

        results = self._find_results(query)
        return count_facets(results.commit, results.compiled_query, limit, now)

    def counts(self, query: Query, field: Field) -> dict[str, int]:
        """Numbers of results by value of SOURCE, TAG, AUTHOR or LANG, largest first."""
        results = self._find_results(query)
        return results.commit.count_values(results.compiled_query, field)

    def newest_by_source(self, query: Query) -> dict[str, int]:
        """The sources among results, "" for none, with the time of the newest of each."""
        from rilo_reader.index.stats import newest_by_source

        results = self._find_results(query)
        return newest_by_source(results.commit, results.compiled_query)

    def suggest(
        self, prefix: str, field: Field = Field.ANYWHERE, limit: int = 8
    ) -> "tuple[CountedValue, ...]":
        """Words with a prefix, or values of SOURCE, TAG, AUTHOR or LANG that contain one.

        Those of a short `prefix` are remembered, since they take longest.
        """
        snapshot, key = self.snapshot, (prefix, field, limit)
        found: tuple[CountedValue, ...] | None = snapshot.suggestions.get(key)
        if found is None:
            from rilo_reader.index.suggestions import suggest_values

            found = suggest_values(snapshot, prefix, field, limit)
            if len(prefix) <= _SHORT_START:
                snapshot.suggestions[key] = found
        return found

    def prepare_unread(self, is_quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles; see `StateFilter.prepare_unread`."""
        if self._state_filter is not None:
            self._state_filter.prepare_unread(self.snapshot, is_quiet)

    def _limit_memory(self, cursor: ResultCursor) -> None:
        """Forget large results but those of the last queries, of which this is the newest."""
        if cursor.is_large:
            large = [*(one for one in self._large_cursors if one is not cursor), cursor]
            for one in large[:-_MOST_LARGE]:
                one.forget_results()
            self._large_cursors = large[-_MOST_LARGE:]

    # -- results of a query -------------------------------------------------------------------

    def _find_results(self, query: Query, *, fold: bool = False) -> ResultSet:
        """Return the results of a query, from a filtered index if it asks for marks.

        Nothing is known of them from before if they depend on marks in another way.
        """
        snapshot, rest = self._filter_by_state(self.snapshot, query)
        results = ResultSet(snapshot, rest, self._flags)
        if not results.names_articles:
            # A filtered snapshot is another one where marks that it was filtered by have changed.
            results.cursor = snapshot.cursor_of(query.node, query.sort, fold=fold)
        if fold and not snapshot.searcher.doc_freq(fields.COPY, True):
            results.cursor.groups = NO_DUPLICATES
        return results

    def _filter_by_state(
        self, snapshot: Snapshot, query: Query, other_conditions: "Conditions" = frozenset()
    ) -> tuple[Snapshot, Query]:
        """Return the index filtered by what a query asks of marks, and the rest of the query.

        It is filtered by `other_conditions` too. Both are whole where it cannot be filtered, or
        there is nothing to filter by.
        """
        rest, marks = split_marks(query.node)
        if (marks or other_conditions) and self._state_filter is not None:
            filtered = self._state_filter.filter_snapshot(
                frozenset({*marks, *other_conditions}), snapshot
            )
            if filtered is not None:
                return filtered, query._replace(node=rest)
        return snapshot, query

    def _find_folded(self, query: Query, *, fold: bool) -> tuple[ResultSet, DuplicateGroups]:
        """Return the results of a query, and the duplicates that are left out of them."""
        results = self._find_results(query, fold=fold)
        cursor = results.cursor
        groups = cursor.groups if fold else NO_DUPLICATES
        if groups is None:
            with cursor.folding_lock:  # another thread may look for them already
                groups = cursor.groups
                if groups is None:
                    groups = cursor.groups = self._find_duplicates(query)
                    self._limit_memory(cursor)
        results.excluded_keys = groups.representatives
        return results, groups

    def _find_duplicates(self, query: Query) -> DuplicateGroups:
        """Find the duplicates among the results."""
        snapshot = self.snapshot
        keys = snapshot.copied_keys
        if not keys:
            return NO_DUPLICATES
        if not query.sort.is_by_date:  # the newest of a group represents it
            query = query._replace(sort=Sort.NEWEST)
        if len(keys) <= snapshot.limits.max_named:
            return group_duplicates(ResultSet(snapshot, query, self._flags, only_keys=keys))
        snapshot, rest = self._filter_by_state(snapshot, query, frozenset({(COPIED, True)}))
        if not snapshot.is_filtered:
            return NO_DUPLICATES
        return group_duplicates(ResultSet(snapshot, rest, self._flags))
