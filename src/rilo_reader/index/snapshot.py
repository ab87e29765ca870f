"""`Snapshot`: one commit of the index, its rows and files; what is known of results in it."""

from collections import deque
from collections.abc import Collection, Container, Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple

import tantivy

from rilo_reader.article import ArticleId, Fault, Field
from rilo_reader.index import schema as fields
from rilo_reader.index.schema import ORDER_BITS, Hit, file_key, unpack_faults, unpack_row
from rilo_reader.query.tree import Node, Sort

_REMEMBERED = 16

_CURSORS = 128
"""Queries with a cursor, among them those that count completions."""

_LARGE_RANKING = 10_000
"""Number of ranked results from which on a cursor counts as large."""

_LARGE_GROUPS = 500
"""Number of duplicates from which on a cursor counts as large; 10,000 take 2 MB."""

_MOST_WORDS = 16_000
_MOST_PLACES = 300_000
"""Limits for a prefix at the end of a phrase: words that have it, and their occurrences."""

_MOST_VALUES = 65_000  # of a field; tantivy makes 65,000 buckets at most

_COUNT = {"all": {"value_count": {"field": fields.ORDER}}}


class ResultLimits(NamedTuple):
    """Numbers of articles or results; they change how long an answer takes, not the answer."""

    # articles from which on single letters are too slow without prefix terms
    large_index: int = 200_000
    newest_first_from: int = 100_000  # articles from which on searching the newest first pays
    newest_count: int = 4_000  # articles that count as the newest
    shallow_offset: int = 1_000  # offset from which on a window is read from the nearer end
    batch: int = 10_000  # results, or keys of articles, that are read at once
    margin: int = 50  # results to read beyond a window: some are left out, or score as its last
    top_rows: int = 2_000  # rows from the top that are folded by examining each of them
    max_named: int = 1_000  # articles with duplicates to name in a query; else it is filtered
    max_looked_up: int = 5_000  # articles of a new segment whose marks are looked up one by one


DEFAULT_LIMITS = ResultLimits()


class IndexedFile(NamedTuple):
    """A file as the index has it."""

    path: str  # relative to the library
    stamp: int  # its `file_stamp`
    fingerprint: int  # of its text, 0 for none
    title: str  # of its article


class Snapshot:
    """A commit of the index, possibly filtered by marks, with what is known of results in it."""

    is_filtered = False  # by marks (`state_filter`); then most totals have to be counted

    def __init__(
        self,
        searcher: tantivy.Searcher,
        schema: tantivy.Schema,
        with_prefixes: bool,  # whether every article has prefix terms
        limits: ResultLimits = DEFAULT_LIMITS,
    ) -> None:
        self.searcher, self.schema = searcher, schema
        self.with_prefixes, self.limits = with_prefixes, limits
        self.suggestions: dict[tuple[str, Field, int], Any] = {}  # see `Searcher.suggest`
        self._cursors: dict[tuple[Node, Sort, bool], ResultCursor] = {}

    def cursor_of(self, node: Node, sort: Sort, *, fold: bool) -> "ResultCursor":
        """Return what is known of a query's results, folded or not."""
        key = node, sort, fold
        known = self._cursors.pop(key, None)
        cursor = self._cursors[key] = known or ResultCursor()
        while len(self._cursors) > _CURSORS:
            self._cursors.pop(next(iter(self._cursors)), None)
        return cursor

    def with_searcher(self, searcher: tantivy.Searcher) -> "Snapshot":
        """The same commit as another searcher has it."""
        return Snapshot(searcher, self.schema, self.with_prefixes, self.limits)

    def read_row(self, address: tantivy.DocAddress) -> Hit:
        """The stored row of one article."""
        return unpack_row(self.searcher.doc(address).get_first(fields.ROW) or b"")

    def count_results(self, query: tantivy.Query) -> int:
        """The exact number of results of a query."""
        # Every article has a sort key; counting with `search` takes up to three times as long.
        found: Any = self.searcher.aggregate(query, _COUNT)
        return int(found["all"]["value"])

    def find_with_value(self, field: str, value: str | int | bool) -> list[tantivy.DocAddress]:
        """The articles with this value in a field that is not tokenized."""
        query = tantivy.Query.term_query(self.schema, field, value, index_option="basic")
        total = self.count_results(query)
        if not total:
            return []
        found = self.searcher.search(query, limit=total, count=False, order_by_field=fields.ORDER)
        return [address for _, address in found.hits]

    def is_common(self, field: str, start: str) -> bool:
        """Return whether a prefix is too common in a field to end a phrase."""
        words = self.searcher.terms_with_prefix(field, start)
        return len(words) > _MOST_WORDS or sum(count for _, count in words) > _MOST_PLACES

    def find_by_id(self, article: ArticleId) -> Hit | None:
        """The article with this id."""
        hits = map(self.read_row, self.find_with_value(fields.KEY, fields.hash64(article))[:1])
        return next((hit for hit in hits if hit.id == article), None)

    def find_by_path(self, path: str) -> Hit | None:
        """The article in this file (a path relative to the library)."""
        hits = map(self.read_row, self.find_with_value(fields.FILE_KEY, file_key(path))[:1])
        return next((hit for hit in hits if hit.path == path), None)

    @cached_property
    def newest_key(self) -> int:
        """The sort key of the last of the newest articles (`ResultLimits.newest_count`), or None.

        The newest results of a query that matches most articles are found among these, without
        searching all. Takes 7 ms for a million articles.
        """
        found: Any = self.searcher.search(
            tantivy.Query.all_query(),
            limit=1,
            offset=self.limits.newest_count - 1,
            count=False,
            order_by_field=fields.ORDER,
        )
        return int(found.hits[0][0])

    @cached_property
    def date_span(self) -> tuple[int, int] | None:
        """The seconds of the oldest and the newest article with a date, None if there are none."""
        stats = {"all": {"stats": {"field": fields.ORDER}}}
        dated = tantivy.Query.range_query(
            self.schema, fields.ORDER, tantivy.FieldType.Integer, lower_bound=fields.FIRST_DATE
        )
        found: Any = self.searcher.aggregate(dated, stats)
        least, most = found["all"]["min"], found["all"]["max"]
        if least is None or most is None:
            return None
        return int(least) >> ORDER_BITS, int(most) >> ORDER_BITS

    @cached_property
    def copied_keys(self) -> list[int]:
        """The keys of all articles that have duplicates."""
        flagged = self.find_with_value(fields.COPY, True)
        column = self.searcher.fast_field_values(fields.STORY, flagged)
        if not (stories := {int(story) for story in column if story}):
            return []
        query = tantivy.Query.term_set_query(self.schema, fields.STORY, list(stories))
        found = self.searcher.search(query, limit=max(1, self.count_results(query)))
        keys = self.searcher.fast_field_values(fields.KEY, [hit[1] for hit in found.hits])
        return [int(key) for key in keys if key is not None]

    def count_values(self, query: tantivy.Query, field: Field) -> dict[str, int]:
        """The values of SOURCE, TAG, AUTHOR or LANG among results, each with their number."""
        terms = {"terms": {"field": fields.VALUE_FIELDS[field], "size": _MOST_VALUES}}
        found: Any = self.searcher.aggregate(query, {"values": terms})
        return {one["key"]: one["doc_count"] for one in found["values"]["buckets"]}

    # -- files of the folder ------------------------------------------------------------------

    def list_folders(self) -> set[str]:
        """All folders with indexed files, "" is the library; also some that had any before."""
        names = self.searcher.terms_with_prefix(fields.FOLDER, "/")
        return {name.removeprefix("/") for name, _ in names}

    def list_paths(self, keys: Collection[int]) -> list[str]:
        """The indexed files with these keys."""
        query = tantivy.Query.term_set_query(self.schema, fields.FILE_KEY, list(keys))
        found: Any = self.searcher.search(query, limit=max(1, len(keys)), count=False)
        return [self.read_row(address).path for _, address in found.hits]

    def select_indexed(self, keys: Collection[int]) -> set[int]:
        """Those of some keys of files that are in the index."""
        query = tantivy.Query.term_set_query(self.schema, fields.FILE_KEY, list(keys))
        found: Any = self.searcher.search(query, limit=max(1, len(keys)), count=False)
        addresses = [address for _, address in found.hits]
        column = self.searcher.fast_field_values(fields.FILE_KEY, addresses)
        return {int(key) for key in column if key is not None}

    def folder_stamps(self, *folders: str) -> dict[int, int]:
        """The indexed files in some folders: `file_key` -> `file_stamp`."""
        values = [f"/{folder}" for folder in folders]
        query = tantivy.Query.term_set_query(self.schema, fields.FOLDER, values)
        limit = max(1, self.count_results(query))
        found: Any = self.searcher.search(query, limit=limit, count=False)
        addresses = [address for _, address in found.hits]
        keys = self.searcher.fast_field_values(fields.FILE_KEY, addresses)
        stamps = self.searcher.fast_field_values(fields.STAMP, addresses)
        return {
            int(key): int(stamp)
            for key, stamp in zip(keys, stamps, strict=True)
            if key is not None and stamp is not None
        }

    def count_in(self, folder: str) -> int:
        """The number of indexed files in a folder, without those of its subfolders."""
        return self.count_results(
            tantivy.Query.term_query(self.schema, fields.FOLDER, f"/{folder}", index_option="basic")
        )

    def ids_with_names(self, folder: str, files: Container[int] | None = None) -> list[ArticleId]:
        """The ids in a folder that are not paths; of the `files` with these keys, or of all."""
        addresses = self.find_with_value(fields.FOLDER, f"/{folder}")
        names = (fields.FILE_KEY, fields.KEY)
        columns = (self.searcher.fast_field_values(name, addresses) for name in names)
        return [
            self.read_row(address).id
            for address, key, id_key in zip(addresses, *columns, strict=True)
            if key != id_key and (files is None or key in files)
        ]

    def files_that_are_ids(self, folder: str) -> list[IndexedFile]:
        """The files in a folder whose paths are the ids of their articles."""
        addresses = self.find_with_value(fields.FOLDER, f"/{folder}")
        names = (fields.FILE_KEY, fields.KEY, fields.STAMP, fields.FINGERPRINT)
        columns = (self.searcher.fast_field_values(name, addresses) for name in names)
        return [
            IndexedFile(row.path, int(stamp or 0), int(digest or 0), row.title)
            for address, key, id_key, stamp, digest in zip(addresses, *columns, strict=True)
            if key == id_key and (row := self.read_row(address))
        ]

    def file_keys_of(self, story: int) -> list[int]:
        """The keys of the files of a story; see `writer.PreparedArticle`."""
        addresses = self.find_with_value(fields.STORY, story)
        keys = self.searcher.fast_field_values(fields.FILE_KEY, addresses)
        return [int(key) for key in keys if key is not None]

    def read_fingerprint(self, path: str) -> int:
        """The fingerprint of the text of an indexed file, 0 for none."""
        addresses = self.find_with_value(fields.FILE_KEY, file_key(path))
        found = self.searcher.fast_field_values(fields.FINGERPRINT, addresses[:1])
        return int(found[0] or 0) if found else 0

    def read_stamp(self, path: str) -> int | None:
        """The `file_stamp` of an indexed file, None if it is not indexed."""
        addresses = self.find_with_value(fields.FILE_KEY, file_key(path))
        stamps = self.searcher.fast_field_values(fields.STAMP, addresses[:1])
        return int(stamps[0]) if stamps and stamps[0] is not None else None

    def iter_faulty(self) -> Iterator[tuple[str, tuple[Fault, ...]]]:
        """The files whose articles have faults, with the faults."""
        for address in self.find_with_value(fields.FAULTY, True):
            faults = self.searcher.doc(address).get_first(fields.FAULTS) or b""
            yield self.read_row(address).path, unpack_faults(faults)


# -- what is known of a query's results -----------------------------------------------------------

Found = Sequence[tuple[Any, Any]]
"""Results as tantivy returns them: (sort key, address)."""


class DuplicateGroups(NamedTuple):
    """The duplicates among a query's results."""

    representatives: dict[int, int]  # key of each article that is left out -> of its representative
    copy_counts: dict[int, int]  # key of each representative -> number of articles left out for it

    def copy_counts_of(self, rows: Sequence[Hit]) -> tuple[int, ...]:
        """For each row, the number of articles left out for it."""
        if not self.copy_counts:
            return (0,) * len(rows)
        return tuple(self.copy_counts.get(fields.hash64(row.id), 0) for row in rows)


NO_DUPLICATES = DuplicateGroups({}, {})


class ResultCursor:
    """Facts about a query's results in one commit, known from earlier windows."""

    total: int | None = None  # without duplicates where it is folded; None: unknown
    groups: DuplicateGroups | None = None  # None: unknown
    # the best results in order, as far as they were read, and of which revision of the marks
    best_results: tuple[Found, int] = (), 0

    def __init__(self) -> None:
        self.folding_lock = Lock()  # held while the duplicates are searched
        self._positions: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

    @property
    def is_large(self) -> bool:
        """True if it takes much memory."""
        groups = self.groups or NO_DUPLICATES
        is_ranking_large = len(self.best_results[0]) > _LARGE_RANKING
        return is_ranking_large or len(groups.representatives) > _LARGE_GROUPS

    def forget_results(self) -> None:
        """Forget what takes memory, which is found again where it is needed."""
        self.best_results, self.groups = ((), 0), None

    def record_positions(self, offset: int, hits: Found) -> None:
        """Remember the positions of two results, near the start and the end of a window.

        Each is the first with its sort key.
        """
        orders = [order for order, _ in hits]
        firsts = [at for at in range(1, len(orders)) if orders[at] != orders[at - 1]]
        self._positions += [(offset + at, orders[at]) for at in (*firsts[:1], *firsts[-1:])]

    def nearest_position(self, offset: int) -> tuple[int, int] | None:
        """The remembered position nearest to an offset, with its sort key."""
        return min(tuple(self._positions), key=lambda one: abs(one[0] - offset), default=None)
