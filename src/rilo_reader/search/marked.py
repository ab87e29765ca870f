"""The articles that have a mark, as keys: read from the state once, then moved by its changes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rilo_reader.query.tree import Mark
from rilo_reader.search.schema import hash64

if TYPE_CHECKING:
    from rilo_reader.search.marks import Marked

Pause = Callable[[], None]
"""Called between the parts of long work; may wait, or raise to end it."""


class MarkedKeys:
    """The keys of all articles with one mark: 8 bytes for each, in no order, some perhaps twice.

    Attributes:
        mark: the mark.
    """

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self._revision: int | None = None
        self._read: array[int] = array("Q")
        self._added: set[int] = set()
        self._taken: set[int] = set()

    def __len__(self) -> int:
        """About how many they are."""
        return len(self._read) - len(self._taken) + len(self._added)

    def batches(self, size: int) -> Iterator[list[int]]:
        """All keys, at most so many at once."""
        for start in range(0, len(self._read), size):
            batch = self._read[start : start + size].tolist()
            yield [key for key in batch if key not in self._taken] if self._taken else batch
        if self._added:
            yield list(self._added)

    def update(self, marked: Marked, pause: Pause) -> list[tuple[int, bool]] | None:
        """Follow the state.

        Returns:
            What may have changed as (key, whether it is marked now), None for everything.
        """
        if self._revision is None:
            revision, articles = marked.changes(0)[0], None
        else:
            revision, articles = marked.changes(self._revision)
        if articles is None:
            # What changes while they are read comes after the revision: the next call has it.
            read = array("Q")
            for part in marked.keys(self.mark):
                read.extend(part)
                pause()
            self._read = read
            self._added.clear()
            self._taken.clear()
            self._revision = revision
            return None
        having = set(marked.having(self.mark, articles)) if articles else set()
        changes = [(hash64(article), article in having) for article in articles]
        for key, has in changes:
            (self._added.add if has else self._added.discard)(key)
            (self._taken.discard if has else self._taken.add)(key)
        self._revision = revision
        return changes
