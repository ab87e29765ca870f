"""Folding: of a story that several sources brought, only one article stays among the results.

The writer flags an article whose story the index already had when it was added. From the flagged
ones follow the stories that several articles tell, and from these all articles that tell one:
few, so a query is asked of them alone (through a view), and what it finds is grouped by story.
The first of a group stays, the others are left out of the results, so that totals are exact and a
story is shown wherever one of its articles matches.

That asks every query twice, and once after a commit it takes time in proportion to the index. Near
the top of a list it can be had for nothing: of the first rows only those stay whose story no row
before them told. `top_page` does that, for whoever waits for a list while typing; how many more are
folded further down is known when somebody has asked for it in full.
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
"""The condition of a view: articles whose story others tell too."""

_FEW = 1_000

GLANCE = 2_000
"""Rows from the top that can be folded by looking at all of them."""

FAR = -1
"""The place of an article that is not near the top."""

_SPARE = 50
"""Rows that are looked at beyond those that are wanted, at least: some may be folded away."""

MOST = 20_000
"""Articles that are left out at most: naming them costs a microsecond each."""


class CopiedKeys:
    """The articles whose story others tell too, as keys; as MarkedKeys of a mark.

    Attributes:
        version: another number whenever the keys are others.
    """

    def __init__(self) -> None:
        self.version = 0
        self._searcher: tantivy.Searcher | None = None
        self._keys: list[int] = []

    def __len__(self) -> int:
        return len(self._keys)

    def few(self) -> list[int] | None:
        """All keys, where there are so few that a query can name them."""
        return self._keys if len(self._keys) <= _FEW else None

    def batches(self, size: int) -> list[list[int]]:
        """All keys, at most so many at once."""
        return [self._keys[start : start + size] for start in range(0, len(self._keys), size)]

    def update(self, commit: Snapshot) -> None:
        """Follow the index."""
        if commit.searcher is not self._searcher:
            self._searcher = commit.searcher
            self._keys = _copied(commit)
            self.version += 1


def _copied(commit: Snapshot) -> list[int]:
    """The keys of all articles whose story several tell."""
    import tantivy

    searcher = commit.searcher
    flagged = having(commit, fields.COPY, True)
    stories = {int(story) for story in searcher.fast_field_values(fields.STORY, flagged) if story}
    if not stories:
        return []
    query = tantivy.Query.term_set_query(commit.schema, fields.STORY, list(stories))
    found = searcher.search(query, limit=max(1, total_of(searcher, query)))
    keys = searcher.fast_field_values(fields.KEY, [address for _, address in found.hits])
    return [int(key) for key in keys if key is not None]


class Glance(NamedTuple):
    """The top of a list, folded as far as it was looked at.

    Attributes:
        total: how many rows the list has, those that are known to be folded away not counted;
            None where it was not counted.
        hits: (sort key, address) of the rows that were asked for.
        copies: for each of them how many are known to be folded into it.
        left_out: how many articles are known to be folded away.
        fold: everything that is left out, None where only a part of the results was looked at.
    """

    total: int | None
    hits: Found
    copies: tuple[int, ...]
    left_out: int
    fold: DuplicateGroups | None


def can_glance(sort: Sort, rows: int) -> bool:
    """Whether the first so many rows can be folded by looking at them."""
    return sort is not Sort.RELEVANCE and rows <= GLANCE


def top_page(reading: ResultSet, offset: int, limit: int) -> Glance:
    """Fold what is near the top of the results, by date; see can_glance.

    Args:
        reading: the query.
        offset: how many rows come before.
        limit: how many are wanted.
    """
    wanted = offset + limit
    asked = wanted + max(_SPARE, wanted // 2)
    while True:
        total, found = reading.first(0, asked)
        addresses = [address for _, address in found]
        stories = reading.searcher.fast_field_values(fields.STORY, addresses)
        staying: dict[Any, int] = {}
        kept: list[tuple[Any, Any]] = []
        copies: list[int] = []
        for hit, story in zip(found, stories, strict=True):
            first = staying.setdefault(story, len(kept)) if story else len(kept)
            if first == len(kept):
                kept.append(hit)
                copies.append(0)
            else:
                copies[first] += 1
        is_all = total is not None and total <= len(found)
        if is_all or len(kept) >= wanted:
            break
        asked *= 2
    left_out = len(found) - len(kept)
    return Glance(
        None if total is None else total - left_out,
        kept[offset:wanted],
        tuple(copies[offset:wanted]),
        left_out,
        _grouped(reading, addresses, stories) if is_all else None,
    )


def glance_place(reading: ResultSet, key: int) -> int | None:
    """The row of an article, or of the one that stays for it, near the top; FAR elsewhere.

    None where the article is none of the results.
    """
    place = reading.place(key)
    if place is None:
        return None
    if place >= GLANCE:
        return FAR
    addresses = [address for _, address in reading.first(0, place + 1)[1]]
    stories = reading.searcher.fast_field_values(fields.STORY, addresses)
    rows: dict[Any, int] = {}
    for number, story in enumerate(stories):
        place = rows.setdefault(story or f"no story {number}", len(rows))
    return place


def folded(reading: ResultSet) -> DuplicateGroups:
    """Group what a query finds among the copied articles.

    Args:
        reading: the query, asked of the copied articles alone, in the order in which they stay.
    """
    addresses = reading.at_once()
    stories = reading.searcher.fast_field_values(fields.STORY, addresses)
    return _grouped(reading, addresses, stories)


def _grouped(
    reading: ResultSet, addresses: Sequence[tantivy.DocAddress], stories: Sequence[Any]
) -> DuplicateGroups:
    keys = reading.searcher.fast_field_values(fields.KEY, list(addresses))
    staying: dict[Any, int] = {}
    left_out: dict[int, int] = {}
    copies: dict[int, int] = {}
    for story, key in zip(stories, keys, strict=True):
        if not story or key is None:
            continue
        first = staying.setdefault(story, int(key))
        if first != key:
            left_out[int(key)] = first
            copies[first] = copies.get(first, 0) + 1
    return DuplicateGroups(left_out, copies) if len(left_out) <= MOST else NO_DUPLICATES


def order_of_staying(sort: Sort) -> Sort:
    """Which of a story's articles stays: the first in the list, by relevance the newest."""
    return Sort.OLDEST if sort is Sort.OLDEST else Sort.NEWEST
