"""Fold duplicates: of articles with the same text from several sources, results show one.

Articles with equal fingerprints (see `writer.fingerprint`) are duplicates. The writer flags an
article whose fingerprint is already in the index. The fingerprints of flagged articles lead to all
articles that have duplicates; these are few, so that a query is run on them alone, and its results
are grouped by fingerprint. The first of a group represents it, the others are left out, so that
totals are exact and a group is shown wherever one of its articles matches.

That runs every query twice, and takes time in proportion to the index after each commit. Near the
top of a list folding is free: `top_page` drops rows whose fingerprint an earlier row has. It is
used while the user types; the number of rows folded further down is then not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rilo_reader.index import schema as fields
from rilo_reader.index.results import ResultSet
from rilo_reader.index.snapshot import NO_DUPLICATES, DuplicateGroups, Found, having, total_of
from rilo_reader.query.tree import Sort

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.index.snapshot import Snapshot


COPIED = "copied"
"""The condition of `state_filter` for articles that have duplicates."""

BELOW_TOP = -1
"""The place of an article that is not near the top."""

GROUP_LIMIT = 20_000
"""Largest number of articles to leave out; naming each takes a microsecond."""


class CopiedKeys:
    """The keys of all articles that have duplicates.

    Attributes:
        keys: the keys, as of the last update.
        version: changes whenever the keys do.
    """

    def __init__(self) -> None:
        self.version = 0
        self._searcher: tantivy.Searcher | None = None
        self.keys: list[int] = []

    def update(self, commit: Snapshot) -> None:
        """Update the keys to a snapshot."""
        if commit.searcher is not self._searcher:
            self._searcher = commit.searcher
            self.keys = _copied(commit)
            self.version += 1


def _copied(commit: Snapshot) -> list[int]:
    """The keys of all articles that have duplicates."""
    import tantivy

    searcher = commit.searcher
    flagged = having(commit, fields.COPY, True)
    fingerprints = {
        int(fingerprint)
        for fingerprint in searcher.fast_field_values(fields.FINGERPRINT, flagged)
        if fingerprint
    }
    if not fingerprints:
        return []
    query = tantivy.Query.term_set_query(commit.schema, fields.FINGERPRINT, list(fingerprints))
    found = searcher.search(query, limit=max(1, total_of(searcher, query)))
    keys = searcher.fast_field_values(fields.KEY, [address for _, address in found.hits])
    return [int(key) for key in keys if key is not None]


class TopPage(NamedTuple):
    """Rows near the top of a list, folded as far as results were examined.

    Attributes:
        total: the number of rows, without those known to be folded; None if not counted.
        hits: (sort key, address) of the requested rows.
        copies: for each of them, the number of articles known to be folded into it.
        left_out: the number of articles known to be folded.
        fold: all duplicates, None if only a part of the results was examined.
    """

    total: int | None
    hits: Found
    copies: tuple[int, ...]
    left_out: int
    fold: DuplicateGroups | None


def is_near_top(commit: Snapshot, sort: Sort, rows: int) -> bool:
    """Whether the first `rows` rows can be folded by examining them."""
    return sort is not Sort.RELEVANCE and rows <= commit.limits.top_rows


def top_page(results: ResultSet, offset: int, limit: int) -> TopPage:
    """Fold rows near the top of results by date; see `is_near_top`.

    Args:
        results: the results.
        offset: index of the first row.
        limit: number of rows.
    """
    wanted = offset + limit
    examined = wanted + max(results.commit.limits.margin, wanted // 2)
    while True:
        total, found = results.first(0, examined)
        addresses = [address for _, address in found]
        fingerprints = results.searcher.fast_field_values(fields.FINGERPRINT, addresses)
        representatives: dict[Any, int] = {}
        rows_kept: list[tuple[Any, Any]] = []
        copies: list[int] = []
        for hit, fingerprint in zip(found, fingerprints, strict=True):
            first = (
                representatives.setdefault(fingerprint, len(rows_kept))
                if fingerprint
                else len(rows_kept)
            )
            if first == len(rows_kept):
                rows_kept.append(hit)
                copies.append(0)
            else:
                copies[first] += 1
        is_all = total is not None and total <= len(found)
        if is_all or len(rows_kept) >= wanted:
            break
        examined *= 2
    left_out = len(found) - len(rows_kept)
    return TopPage(
        None if total is None else total - left_out,
        rows_kept[offset:wanted],
        tuple(copies[offset:wanted]),
        left_out,
        _grouped(results, addresses, fingerprints) if is_all else None,
    )


def top_place(results: ResultSet, key: int) -> int | None:
    """The row of an article or its representative; BELOW_TOP if it is not near the top.

    None if the article is not among the results.
    """
    place = results.place(key)
    if place is None:
        return None
    if place >= results.commit.limits.top_rows:
        return BELOW_TOP
    addresses = [address for _, address in results.first(0, place + 1)[1]]
    fingerprints = results.searcher.fast_field_values(fields.FINGERPRINT, addresses)
    rows: dict[Any, int] = {}
    for number, fingerprint in enumerate(fingerprints):
        place = rows.setdefault(fingerprint or f"none {number}", len(rows))
    return place


def folded(results: ResultSet) -> DuplicateGroups:
    """Group the duplicates among results.

    Args:
        results: the results among articles with duplicates, representatives first.
    """
    addresses = results.at_once()
    fingerprints = results.searcher.fast_field_values(fields.FINGERPRINT, addresses)
    return _grouped(results, addresses, fingerprints)


def _grouped(
    results: ResultSet, addresses: Sequence[tantivy.DocAddress], fingerprints: Sequence[Any]
) -> DuplicateGroups:
    keys = results.searcher.fast_field_values(fields.KEY, list(addresses))
    representatives: dict[Any, int] = {}
    left_out: dict[int, int] = {}
    copies: dict[int, int] = {}
    for fingerprint, key in zip(fingerprints, keys, strict=True):
        if not fingerprint or key is None:
            continue
        first = representatives.setdefault(fingerprint, int(key))
        if first != key:
            left_out[int(key)] = first
            copies[first] = copies.get(first, 0) + 1
    return DuplicateGroups(left_out, copies) if len(left_out) <= GROUP_LIMIT else NO_DUPLICATES


def order_of_representatives(sort: Sort) -> Sort:
    """The order in which the first of a group represents it; by relevance the newest does."""
    return Sort.OLDEST if sort is Sort.OLDEST else Sort.NEWEST
