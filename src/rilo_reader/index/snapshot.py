"""A commit of the index as it can be asked, and what earlier windows of its results showed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rilo_reader.article import Fault
from rilo_reader.index import schema as fields
from rilo_reader.index.compiler import ArticleFlags, Compiler
from rilo_reader.index.order import ORDER_BITS, order_of
from rilo_reader.index.schema import Hit, unpack_faults, unpack_row

if TYPE_CHECKING:
    import tantivy


_REMEMBERED = 16

_MOST_WORDS = 16_000
_MOST_PLACES = 300_000
"""What a phrase is tried with: in words that go on from its end, and in places where they stand."""


class Snapshot(NamedTuple):
    """A commit of the index, or a view of one, as it can be asked.

    Attributes:
        searcher: tantivy's.
        schema: the index's.
        with_starts: whether every article has the beginnings of its words indexed.
        recent: where the newest articles begin.
        is_view: whether it is a view: then most totals have to be counted.
    """

    searcher: tantivy.Searcher
    schema: tantivy.Schema
    with_starts: bool
    recent: Recent
    is_view: bool = False

    def compiler(self, marked: ArticleFlags, *, ranking: bool = False) -> Compiler:
        """A compiler of queries for it."""
        return Compiler(
            self.schema,
            marked,
            self._is_common,
            with_starts=self.with_starts,
            ranking=ranking,
        )

    def _is_common(self, field: str, start: str) -> bool:
        """Whether more words of a field begin so than a phrase can be tried with."""
        words = self.searcher.terms_with_prefix(field, start)
        return len(words) > _MOST_WORDS or sum(count for _, count in words) > _MOST_PLACES


Found = Sequence[tuple[Any, Any]]
"""Results as tantivy gives them: (sort key, address)."""


class ResultCursor:
    """What windows of a query's results showed, so that the next one need not begin anew.

    Attributes:
        total: the exact number of results, None before the first window.
        fold: the copies among the results, None before they were asked for.
        folding: held by whoever finds them, so that the next one need not do so as well.
    """

    def __init__(self) -> None:
        self.total: int | None = None
        self.fold: DuplicateGroups | None = None
        self.folding = Lock()
        self._known: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

    def learn(self, offset: int, hits: Found) -> None:
        """Remember the places of a window's first and last result."""
        if hits:
            self._known.append((offset, hits[0][0]))
            self._known.append((offset + len(hits) - 1, hits[-1][0]))

    def nearest(self, offset: int) -> tuple[int, int] | None:
        """The known place nearest to an offset, and the sort key of the result there."""
        return min(tuple(self._known), key=lambda one: abs(one[0] - offset), default=None)


def stored_of(searcher: tantivy.Searcher, address: tantivy.DocAddress, field: str) -> bytes:
    """What is stored in a field of one article, b"" where nothing is."""
    value = searcher.doc(address).get_first(field)
    return value if isinstance(value, bytes) else b""


def row_of(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Hit:
    """The stored row of one article."""
    return unpack_row(stored_of(searcher, address, fields.ROW))


# What the index knows of the folder: which files, as they were when they were read.


def having(commit: Snapshot, field: str, value: str | int | bool) -> list[tantivy.DocAddress]:
    """The articles with this value in a field that is not split into words."""
    import tantivy

    query = tantivy.Query.term_query(commit.schema, field, value, index_option="basic")
    total = total_of(commit.searcher, query)
    if not total:
        return []
    found = commit.searcher.search(query, limit=total, count=False, order_by_field=fields.ORDER)
    return [address for _, address in found.hits]


def folders(commit: Snapshot) -> set[str]:
    """Every folder that holds an indexed file, and perhaps some that held one."""
    names = commit.searcher.terms_with_prefix(fields.FOLDER, "/")
    return {name.removeprefix("/") for name, _ in names}


def folder_stamps(commit: Snapshot, folder: str) -> dict[int, int]:
    """The indexed files that lie in a folder: `file_key` -> `file_stamp`."""
    addresses = having(commit, fields.FOLDER, f"/{folder}")
    keys = commit.searcher.fast_field_values(fields.FILE_KEY, addresses)
    stamps = commit.searcher.fast_field_values(fields.STAMP, addresses)
    return {
        int(key): int(stamp)
        for key, stamp in zip(keys, stamps, strict=True)
        if key is not None and stamp is not None
    }


def stamp_of(commit: Snapshot, key: int) -> int | None:
    """The stamp of one indexed file, by its key; None where it is not indexed."""
    addresses = having(commit, fields.FILE_KEY, key)
    stamps = commit.searcher.fast_field_values(fields.STAMP, addresses[:1])
    return int(stamps[0]) if stamps and stamps[0] is not None else None


def faulty(commit: Snapshot) -> Iterator[tuple[str, tuple[Fault, ...]]]:
    """The files whose articles have faults, with the faults."""
    for address in having(commit, fields.FAULTY, True):
        path = row_of(commit.searcher, address).path
        yield path, unpack_faults(stored_of(commit.searcher, address, fields.FAULTS))


# Where the newest articles of a commit begin.


_DAY = 86_400

_SPANS = (1, 8, 64, 512, 4_096, 32_768)
"""Days that are looked at, one after the other, until they hold enough."""

_EVER = -(2**63)


class Recent:
    """Where the newest articles of a commit begin, found when it is first asked for.

    What nearly every article matches need not be looked for in all of them: the newest results
    are among the newest articles.

    Attributes:
        SIZE: so many of the newest articles hold the newest results of what most articles match.
    """

    SIZE: ClassVar[int] = 4_000

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema) -> None:
        self._searcher = searcher
        self._schema = schema

    @cached_property
    def order(self) -> int:
        """The sort key of the SIZE-th newest article; there must be so many.

        Ordering all of a million takes 7 ms. Counting those of the last days takes 0.3, and then
        only these are ordered.
        """
        now = int(time.time())
        spans = (self._since(order_of(now - days * _DAY)) for days in _SPANS)
        enough = (query for query in spans if total_of(self._searcher, query) >= self.SIZE)
        query = next(enough, None) or self._since(_EVER)
        found: Any = self._searcher.search(
            query, limit=1, offset=self.SIZE - 1, count=False, order_by_field=fields.ORDER
        )
        return int(found.hits[0][0])

    @cached_property
    def ends(self) -> tuple[int, int] | None:
        """The seconds of the oldest and the newest article of all; None where there is none."""
        import tantivy

        stats = {"all": {"stats": {"field": fields.ORDER}}}
        found: Any = self._searcher.aggregate(tantivy.Query.all_query(), stats)
        least, most = found["all"]["min"], found["all"]["max"]
        if least is None or most is None:
            return None
        return int(least) >> ORDER_BITS, int(most) >> ORDER_BITS

    def _since(self, order: int) -> tantivy.Query:
        import tantivy

        return tantivy.Query.range_query(
            self._schema, fields.ORDER, tantivy.FieldType.Integer, order, None
        )


_COUNT = {"all": {"value_count": {"field": fields.ORDER}}}


def total_of(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    """The exact number of results of a query."""
    # Every article has a sort key. Counting with `search` takes up to three times as long.
    found: Any = searcher.aggregate(query, _COUNT)
    return int(found["all"]["value"])


class DuplicateGroups(NamedTuple):
    """What is left out of a query's results, and what for.

    Attributes:
        left_out: the keys of the articles that are left out, each with the key of the article
            that stays for it.
        copies: the key of each article that stays for others -> how many they are.
    """

    left_out: dict[int, int]
    copies: dict[int, int]

    def of(self, rows: Sequence[Hit]) -> tuple[int, ...]:
        """For each row how many are left out for it."""
        return tuple(self.copies.get(fields.hash64(row.id), 0) for row in rows)


NO_DUPLICATES = DuplicateGroups({}, {})
