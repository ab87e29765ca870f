"""Folding: of a story that several sources brought, only one article stays among the results.

The writer flags an article whose story the index already had when it was added. From the flagged
ones follow the stories that several articles tell, and from these all articles that tell one:
few, so a query is asked of them alone (through a view), and what it finds is grouped by story.
The first of a group stays, the others are left out of the results, so that totals are exact and a
story is shown wherever one of its articles matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rilo_reader.search import schema as fields
from rilo_reader.search.manifest import having
from rilo_reader.search.query import Sort
from rilo_reader.search.reading import Reading, total_of

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.search.document import Hit
    from rilo_reader.search.reading import Commit

COPIED = "copied"
"""The condition of a view: articles whose story others tell too."""

_FEW = 1_000

MOST = 20_000
"""Articles that are left out at most: naming them costs a microsecond each."""


class Fold(NamedTuple):
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


NO_FOLD = Fold({}, {})


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

    def update(self, commit: Commit) -> None:
        """Follow the index."""
        if commit.searcher is not self._searcher:
            self._searcher = commit.searcher
            self._keys = _copied(commit)
            self.version += 1


def _copied(commit: Commit) -> list[int]:
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


def folded(reading: Reading) -> Fold:
    """Group what a query finds among the copied articles.

    Args:
        reading: the query, asked of the copied articles alone, in the order in which they stay.
    """
    addresses = reading.at_once()
    stories = reading.searcher.fast_field_values(fields.STORY, addresses)
    keys = reading.searcher.fast_field_values(fields.KEY, addresses)
    staying: dict[Any, int] = {}
    left_out: dict[int, int] = {}
    copies: dict[int, int] = {}
    for story, key in zip(stories, keys, strict=True):
        if story is None or key is None:
            continue
        first = staying.setdefault(story, int(key))
        if first != key:
            left_out[int(key)] = first
            copies[first] = copies.get(first, 0) + 1
    return Fold(left_out, copies) if len(left_out) <= MOST else NO_FOLD


def order_of_staying(sort: Sort) -> Sort:
    """Which of a story's articles stays: the first in the list, by relevance the newest."""
    return Sort.OLDEST if sort is Sort.OLDEST else Sort.NEWEST
