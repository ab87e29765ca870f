"""Values of one commit of the index: `Snapshot`, cursors of results, groups of duplicates.

Also the queries for what the index knows of the folder: its files and their stamps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from rilo_reader.article import Fault
from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags, Compiler
from rilo_reader.index.limits import Limits
from rilo_reader.index.order import ORDER_BITS
from rilo_reader.index.schema import Hit, unpack_faults, unpack_row

if TYPE_CHECKING:
    import tantivy


_REMEMBERED = 16

_MOST_WORDS = 16_000
_MOST_PLACES = 300_000
"""Limits for a prefix at the end of a phrase: words that have it, and their occurrences."""


class Snapshot(NamedTuple):
    """A commit of the index, possibly filtered by marks.

    Attributes:
        searcher: tantivy's searcher.
        schema: the schema of the index.
        with_starts: whether every article has prefix terms.
        recent: the sort keys of the newest articles.
        limits: sizes from which on it is asked in another way.
        is_filtered: whether it is filtered by marks (`state_filter`); then most totals have to be
            counted.
    """

    searcher: tantivy.Searcher
    schema: tantivy.Schema
    with_starts: bool
    recent: Recent
    limits: Limits = Limits()
    is_filtered: bool = False

    def compiler(self, marked: ArticleFlags, *, ranking: bool = False) -> Compiler:
        """A compiler of queries for this snapshot."""
        return Compiler(
            self.schema,
            marked,
            self._is_common,
            with_starts=self.with_starts,
            ranking=ranking,
        )

    def _is_common(self, field: str, start: str) -> bool:
        """Whether a prefix is too common in a field to end a phrase."""
        words = self.searcher.terms_with_prefix(field, start)
        return len(words) > _MOST_WORDS or sum(count for _, count in words) > _MOST_PLACES


Found = Sequence[tuple[Any, Any]]
"""Results as tantivy returns them: (sort key, address)."""


class ResultCursor:
    """What is known of a query's results from earlier windows.

    Attributes:
        total: the exact number of results, None if unknown.
        fold: the duplicates among the results, None if unknown.
        folding: the lock held while the duplicates are searched.
    """

    def __init__(self) -> None:
        self.total: int | None = None
        self.fold: DuplicateGroups | None = None
        self.folding = Lock()
        self._positions: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

    def learn(self, offset: int, hits: Found) -> None:
        """Remember the positions of a window's first and last result."""
        if hits:
            self._positions.append((offset, hits[0][0]))
            self._positions.append((offset + len(hits) - 1, hits[-1][0]))

    def nearest(self, offset: int) -> tuple[int, int] | None:
        """The remembered position nearest to an offset, with its sort key."""
        return min(tuple(self._positions), key=lambda one: abs(one[0] - offset), default=None)


def stored_of(searcher: tantivy.Searcher, address: tantivy.DocAddress, field: str) -> bytes:
    """The stored value of a field of one article, b"" if there is none."""
    value = searcher.doc(address).get_first(field)
    return value if isinstance(value, bytes) else b""


def row_of(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Hit:
    """The stored row of one article."""
    return unpack_row(stored_of(searcher, address, fields.ROW))


# -- files of the folder --------------------------------------------------------------------------


def having(commit: Snapshot, field: str, value: str | int | bool) -> list[tantivy.DocAddress]:
    """The articles with this value in a field that is not tokenized."""
    import tantivy

    query = tantivy.Query.term_query(commit.schema, field, value, index_option="basic")
    total = total_of(commit.searcher, query)
    if not total:
        return []
    found = commit.searcher.search(query, limit=total, count=False, order_by_field=fields.ORDER)
    return [address for _, address in found.hits]


def folders(commit: Snapshot) -> set[str]:
    """All folders with indexed files, possibly also some that had any before."""
    names = commit.searcher.terms_with_prefix(fields.FOLDER, "/")
    return {name.removeprefix("/") for name, _ in names}


def folder_stamps(commit: Snapshot, folder: str) -> dict[int, int]:
    """The indexed files in a folder: `file_key` -> `file_stamp`."""
    addresses = having(commit, fields.FOLDER, f"/{folder}")
    keys = commit.searcher.fast_field_values(fields.FILE_KEY, addresses)
    stamps = commit.searcher.fast_field_values(fields.STAMP, addresses)
    return {
        int(key): int(stamp)
        for key, stamp in zip(keys, stamps, strict=True)
        if key is not None and stamp is not None
    }


class IndexedFile(NamedTuple):
    """What the index knows of a file.

    Attributes:
        path: the file, relative to the library.
        stamp: its `file_stamp`.
        fingerprint: the fingerprint of its text, 0 for none.
        title: the title of its article.
    """

    path: str
    stamp: int
    fingerprint: int
    title: str


def files_that_are_ids(commit: Snapshot, folder: str) -> list[IndexedFile]:
    """The files in a folder whose paths are the ids of their articles."""
    addresses = having(commit, fields.FOLDER, f"/{folder}")
    names = (fields.FILE_KEY, fields.KEY, fields.STAMP, fields.FINGERPRINT)
    columns = (commit.searcher.fast_field_values(name, addresses) for name in names)
    return [
        IndexedFile(row.path, int(stamp or 0), int(digest or 0), row.title)
        for address, key, id_key, stamp, digest in zip(addresses, *columns, strict=True)
        if key == id_key and (row := row_of(commit.searcher, address))
    ]


def files_of_story(commit: Snapshot, story: int) -> list[int]:
    """The keys of the files of a story; see `writer.Prepared`."""
    addresses = having(commit, fields.STORY, story)
    keys = commit.searcher.fast_field_values(fields.FILE_KEY, addresses)
    return [int(key) for key in keys if key is not None]


def stamp_of(commit: Snapshot, key: int) -> int | None:
    """The stamp of an indexed file by its key, None if it is not indexed."""
    addresses = having(commit, fields.FILE_KEY, key)
    stamps = commit.searcher.fast_field_values(fields.STAMP, addresses[:1])
    return int(stamps[0]) if stamps and stamps[0] is not None else None


def faulty(commit: Snapshot) -> Iterator[tuple[str, tuple[Fault, ...]]]:
    """The files whose articles have faults, with the faults."""
    for address in having(commit, fields.FAULTY, True):
        path = row_of(commit.searcher, address).path
        yield path, unpack_faults(stored_of(commit.searcher, address, fields.FAULTS))


# -- the newest articles --------------------------------------------------------------------------


class Recent:
    """Where the newest articles of a commit begin, computed when it is asked for.

    The newest results of a query that matches most articles are found among these, without
    searching all.

    Args:
        searcher: the commit's.
        size: the number of articles that count as the newest.
    """

    def __init__(self, searcher: tantivy.Searcher, size: int) -> None:
        self._searcher = searcher
        self._size = size

    @cached_property
    def order(self) -> int:
        """The sort key of the `size`-th newest article, which must exist.

        Takes 7 ms for a million articles.
        """
        import tantivy

        found: Any = self._searcher.search(
            tantivy.Query.all_query(),
            limit=1,
            offset=self._size - 1,
            count=False,
            order_by_field=fields.ORDER,
        )
        return int(found.hits[0][0])

    @cached_property
    def ends(self) -> tuple[int, int] | None:
        """The seconds of the oldest and the newest article, None if there are none."""
        import tantivy

        stats = {"all": {"stats": {"field": fields.ORDER}}}
        found: Any = self._searcher.aggregate(tantivy.Query.all_query(), stats)
        least, most = found["all"]["min"], found["all"]["max"]
        if least is None or most is None:
            return None
        return int(least) >> ORDER_BITS, int(most) >> ORDER_BITS


_COUNT = {"all": {"value_count": {"field": fields.ORDER}}}


def total_of(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    """The exact number of results of a query."""
    # Every article has a sort key; counting with `search` takes up to three times as long.
    found: Any = searcher.aggregate(query, _COUNT)
    return int(found["all"]["value"])


class DuplicateGroups(NamedTuple):
    """The duplicates among a query's results.

    Attributes:
        left_out: key of each article that is left out -> key of its representative.
        copies: key of each representative -> number of articles left out for it.
    """

    left_out: dict[int, int]
    copies: dict[int, int]

    def of(self, rows: Sequence[Hit]) -> tuple[int, ...]:
        """For each row, the number of articles left out for it."""
        if not self.copies:
            return (0,) * len(rows)
        return tuple(self.copies.get(fields.hash64(row.id), 0) for row in rows)


NO_DUPLICATES = DuplicateGroups({}, {})
