"""The index of one library: search, count, place; starts anew where it is damaged.

tantivy lets go of the interpreter while it searches, commits and waits for merges, so a search
in a thread never stops the screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rilo_reader.article import ArticleId, Fault
from rilo_reader.search import schema as fields
from rilo_reader.search.compile import NOTHING_MARKED, Compiler, Marked
from rilo_reader.search.directory import META, open_home
from rilo_reader.search.document import Hit, file_key, file_stamp, unpack_faults, unpack_row
from rilo_reader.search.errors import IndexBusy, IndexDamaged, SearchIndexError, as_damage
from rilo_reader.search.query import Query, Sort
from rilo_reader.search.writer import Writer, open_writer

if TYPE_CHECKING:
    import tantivy

__all__ = [
    "Hit",
    "Hits",
    "IndexBusy",
    "IndexDamaged",
    "SearchIndex",
    "SearchIndexError",
    "Writer",
    "file_key",
    "file_stamp",
    "open_index",
]

_BATCH = 10_000
_SHALLOW = 1_000
"""Windows that begin later are worth a count first, to ask for them from the nearer end."""


@dataclass(frozen=True, slots=True)
class Hits:
    """A part of a query's results: the exact total, where the part begins, its articles."""

    total: int
    offset: int
    rows: tuple[Hit, ...]


class SearchIndex:
    """The index of one library. Safe to read from several threads.

    Every method may raise IndexDamaged when the files are broken while it is open.

    Attributes:
        notice: what happened on opening that the user should know, or "".
        is_fresh: whether the index began empty, so that it has to be filled from the folder.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open()

    def _open(self) -> None:
        opened = open_home(self._directory)
        self._index = opened.index
        self._home = opened.home
        self.is_fresh = opened.is_fresh
        self.notice = opened.notice
        self._schema = self._index.schema
        self._seen = self._meta()
        self._searcher = self._index.searcher()

    # -- read -------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """The number of articles."""
        return self._searcher.num_docs

    def search(
        self, query: Query, offset: int = 0, limit: int = 50, *, marked: Marked = NOTHING_MARKED
    ) -> Hits:
        """Articles `offset` … `offset + limit` of the results, and the exact total."""
        reading = _Reading(self._searcher, self._schema, query, marked)
        with as_damage("searched"):
            total, hits = reading.window(offset, limit)
            return Hits(total, offset, tuple(reading.row(address) for _, address in hits))

    def count(self, query: Query, *, marked: Marked = NOTHING_MARKED) -> int:
        """The exact number of articles that match."""
        reading = _Reading(self._searcher, self._schema, query, marked)
        with as_damage("searched"):
            return reading.count()

    def place(
        self, query: Query, article: ArticleId, *, marked: Marked = NOTHING_MARKED
    ) -> int | None:
        """How many results come before an article; None where it does not match."""
        reading = _Reading(self._searcher, self._schema, query, marked)
        with as_damage("searched"):
            return reading.place(article)

    def ids(self, query: Query, *, marked: Marked = NOTHING_MARKED) -> Iterator[ArticleId]:
        """Every matching article in order, as of this call; holds a batch of them at a time."""
        reading = _Reading(self._searcher, self._schema, query, marked)
        with as_damage("searched"):
            for address in reading.addresses():
                yield reading.row(address).id

    def by_id(self, article: ArticleId) -> Hit | None:
        """The article of an identity."""
        hit = self._one(fields.KEY, fields.hash64(article))
        return hit if hit is not None and hit.id == article else None

    def by_path(self, path: str) -> Hit | None:
        """The article of a file (a path relative to the library)."""
        hit = self._one(fields.FILE_KEY, file_key(path))
        return hit if hit is not None and hit.path == path else None

    # -- follow the folder --------------------------------------------------------------------

    def folders(self) -> set[str]:
        """Every folder that holds an indexed file; "" is the library itself."""
        with as_damage("read"):
            names = self._searcher.terms_with_prefix(fields.FOLDER, "/")
        return {name.removeprefix("/") for name, _ in names}

    def folder_stamps(self, folder: str) -> dict[int, int]:
        """The indexed files that lie in a folder: `file_key` -> `file_stamp`."""
        searcher = self._searcher
        addresses = self._having(searcher, fields.FOLDER, f"/{folder}")
        with as_damage("read"):
            keys = searcher.fast_field_values(fields.FILE_KEY, addresses)
            stamps = searcher.fast_field_values(fields.STAMP, addresses)
        return {
            int(key): int(stamp)
            for key, stamp in zip(keys, stamps, strict=True)
            if key is not None and stamp is not None
        }

    def faulty(self) -> Iterator[tuple[str, tuple[Fault, ...]]]:
        """The files whose articles have faults, with the faults."""
        searcher = self._searcher
        with as_damage("read"):
            for address in self._having(searcher, fields.FAULTY, True):
                path = _row(searcher, address).path
                yield path, unpack_faults(_stored(searcher, address, fields.FAULTS))

    def _having(
        self, searcher: tantivy.Searcher, field: str, value: str | int | bool
    ) -> list[tantivy.DocAddress]:
        import tantivy

        query = tantivy.Query.term_query(self._schema, field, value, index_option="basic")
        with as_damage("read"):
            total = _total(searcher, query)
            if not total:
                return []
            found = searcher.search(query, limit=total, count=False, order_by_field=fields.ORDER)
            return [address for _, address in found.hits]

    def _one(self, field: str, key: int) -> Hit | None:
        searcher = self._searcher
        addresses = self._having(searcher, field, key)
        with as_damage("read"):
            return _row(searcher, addresses[0]) if addresses else None

    # -- write ----------------------------------------------------------------------------------

    @contextmanager
    def writing(self, wait: float = 5.0, bulk: bool = False) -> Iterator[Writer]:
        """Take the writer's lock, and let it go when the block ends.

        What was not committed by then is dropped. If the directory was deleted meanwhile, a new
        index is made and `is_fresh` says so: read the manifest inside the block.

        Args:
            wait: how many seconds to wait for another process.
            bulk: whether thousands of articles are coming.

        Raises:
            IndexBusy: another process kept the lock.
        """
        if self.is_lost():
            self.reopen()
        writer = Writer(open_writer(self._index, wait, bulk), self._refresh)
        try:
            self.reload()
            writer.knows_empty = self.size == 0
            yield writer
        except BaseException:
            writer.abandon()
            raise
        writer.finish()

    def reload(self) -> bool:
        """See what was committed since; True where the results may have changed.

        Costs one stat where nothing happened. Where the index was deleted a new one is made in
        its place, and `is_fresh` says so.
        """
        if self.is_lost():
            self.reopen()
            return True
        if self._meta() == self._seen:
            return False
        try:
            self._refresh()
        except IndexDamaged:
            self.reopen()
        return True

    def is_lost(self) -> bool:
        """Whether the index was deleted while it is open; what was read of it still answers."""
        return self._home is not None and self._meta() is None

    def reopen(self) -> None:
        """Open the directory again as `open_index` would: after IndexDamaged, for example."""
        self._open()

    def close(self) -> None:
        """Let the files go; the index cannot be used any more."""
        del self._searcher, self._index

    def _refresh(self) -> None:
        # Looked at first: a commit between the two is then seen by the next reload.
        self._seen = self._meta()
        with as_damage("read"):
            self._index.reload()
            self._searcher = self._index.searcher()

    def _meta(self) -> tuple[int, int, int] | None:
        """What changes with each commit; None where the index is deleted or in memory."""
        if self._home is None:
            return None
        try:
            status = (self._home / META).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


class _Reading:
    """One query against one commit."""

    def __init__(
        self, searcher: tantivy.Searcher, schema: tantivy.Schema, query: Query, marked: Marked
    ) -> None:
        self._searcher = searcher
        self._sort = query.sort
        self._compiler = Compiler(schema, marked)
        self._query = self._compiler.compile(query.node)
        if self._compiler.has_phrase_prefix:
            try:
                self.count()
            except ValueError:  # too many continuations: see Compiler
                self._compiler = Compiler(schema, marked, loosely=True)
                self._query = self._compiler.compile(query.node)

    def count(self) -> int:
        return _total(self._searcher, self._query)

    def row(self, address: tantivy.DocAddress) -> Hit:
        return _row(self._searcher, address)

    def window(self, offset: int, limit: int) -> tuple[int, Sequence[tuple[Any, Any]]]:
        """The total, and (sort key, address) of the results from `offset` on."""
        if limit < 1:
            return self.count(), ()
        if offset < _SHALLOW or self._sort is Sort.RELEVANCE:
            found: Any = self._ordered(self._query, offset, limit)
            return found.count, found.hits
        total = self.count()
        limit = min(limit, total - offset)
        if limit < 1:
            return total, ()
        if offset <= total // 2:
            return total, self._ordered(self._query, offset, limit).hits
        from_end = self._ordered(self._query, total - offset - limit, limit, backwards=True)
        return total, from_end.hits[::-1]

    def place(self, article: ArticleId) -> int | None:
        compiler = self._compiler
        alone = compiler.both(self._query, compiler.keys((article,)))
        found: Any = self._searcher.search(alone, limit=1, order_by_field=fields.ORDER)
        if not found.count:
            return None
        if self._sort is Sort.RELEVANCE:
            return next(
                (
                    place
                    for place, address in enumerate(self.addresses())
                    if self.row(address).id == article
                ),
                None,
            )
        order = found.hits[0][0]
        before = (
            compiler.ordered(None, order)
            if self._sort is Sort.OLDEST
            else compiler.ordered(order + 1, None)
        )
        return _total(self._searcher, compiler.both(self._query, before))

    def addresses(self) -> Iterator[tantivy.DocAddress]:
        """Every result in order, found in batches.

        By date each batch begins at the sort key where the last ended (its articles are left
        out), since an offset costs memory and time in proportion.
        """
        if self._sort is Sort.RELEVANCE:
            for offset in range(0, self.count(), _BATCH):
                hits = self._ordered(self._query, offset, _BATCH).hits
                yield from (address for _, address in hits)
            return
        query, last, seen = self._query, None, 0
        while True:
            hits = self._ordered(query, 0, _BATCH).hits
            yield from (address for _, address in hits[seen:])
            if len(hits) < _BATCH or hits[-1][0] == last:
                return
            last = hits[-1][0]
            seen = sum(order == last for order, _ in hits)
            lower, upper = (last, None) if self._sort is Sort.OLDEST else (None, last)
            rest = self._compiler.ordered(lower, upper, include_upper=True)
            query = self._compiler.both(self._query, rest)

    def _ordered(
        self, query: tantivy.Query, offset: int, limit: int, *, backwards: bool = False
    ) -> tantivy.SearchResult:
        import tantivy

        if self._sort is Sort.RELEVANCE:
            return self._searcher.search(query, limit=limit, offset=offset)
        ascending = (self._sort is Sort.OLDEST) != backwards
        return self._searcher.search(
            query,
            limit=limit,
            offset=offset,
            order_by_field=fields.ORDER,
            order=tantivy.Order.Asc if ascending else tantivy.Order.Desc,
        )


def _total(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    # A limit of none is a failed assertion inside tantivy. Its types do not name `count`.
    found: Any = searcher.search(query, limit=1, order_by_field=fields.ORDER)
    return int(found.count)


def _stored(searcher: tantivy.Searcher, address: tantivy.DocAddress, field: str) -> bytes:
    value = searcher.doc(address).get_first(field)
    return value if isinstance(value, bytes) else b""


def _row(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Hit:
    return unpack_row(_stored(searcher, address, fields.ROW))


def open_index(directory: Path) -> SearchIndex:
    """Open the index that lives in a directory; make what is missing, start anew what is broken.

    Never raises: see `SearchIndex.notice` and `SearchIndex.is_fresh`.
    """
    return SearchIndex(directory)
