"""The articles that have a mark, as keys: read from the state once, then moved by its changes."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rilo_reader.search.query import Mark
from rilo_reader.search.schema import hash64

if TYPE_CHECKING:
    from rilo_reader.search.compile import Marked


class MarkedKeys:
    """The keys of all articles with one mark: 8 bytes for each.

    Attributes:
        version: another number whenever the keys are others.
    """

    def __init__(self, mark: Mark) -> None:
        self.version = 0
        self._mark = mark
        self._revision: int | None = None
        self._sorted: array[int] = array("Q")
        self._added: set[int] = set()
        self._taken: set[int] = set()

    def __contains__(self, key: object) -> bool:
        if key in self._added:
            return True
        if not isinstance(key, int) or key in self._taken:
            return False
        at = bisect_left(self._sorted, key)
        return at < len(self._sorted) and self._sorted[at] == key

    def __len__(self) -> int:
        return len(self._sorted) - len(self._taken) + len(self._added)

    def batches(self, size: int) -> Iterator[list[int]]:
        """All keys, at most so many at once."""
        for start in range(0, len(self._sorted), size):
            batch = self._sorted[start : start + size].tolist()
            yield [key for key in batch if key not in self._taken] if self._taken else batch
        if self._added:
            yield list(self._added)

    def update(self, marked: Marked) -> list[tuple[int, bool]] | None:
        """Follow the state; what changed as (key, whether it is marked), None for everything."""
        if self._revision is None:
            self._revision, articles = marked.changes(0)[0], None
        else:
            self._revision, articles = marked.changes(self._revision)
        if articles is None:
            self._sorted = array("Q", sorted(marked.keys(self._mark)))
            self._added.clear()
            self._taken.clear()
            self.version += 1
            return None
        if not articles:
            return []
        having = set(marked.having(self._mark, articles))
        changes = [(hash64(article), article in having) for article in articles]
        changes = [(key, has) for key, has in changes if (key in self) != has]
        for key, has in changes:
            self._set(key, has)
        self.version += bool(changes)
        return changes

    def _set(self, key: int, has: bool) -> None:
        at = bisect_left(self._sorted, key)
        is_kept = at < len(self._sorted) and self._sorted[at] == key
        if has:
            self._taken.discard(key)
            if not is_kept:
                self._added.add(key)
        else:
            self._added.discard(key)
            if is_kept:
                self._taken.add(key)
