"""`MarkComparison`: compare the marks of an account's entries, here and there, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import NO_MARKS
from rilo_reader.store.state import State
from rilo_reader.sync.services.agreements import Agreements, changes, newest
from rilo_reader.sync.services.comparison import (
    Differences,
    Setting,
    Sides,
    compare,
)
from rilo_reader.sync.services.records import AgreedEntry
from rilo_reader.sync.services.service import EntryId, ServerMarks


class Compared(NamedTuple):
    """What was found in entries.

    Attributes:
        differences: what brings both sides together.
        pushed: what is agreed of the entries to be pushed.
        agreed: what is agreed that other devices do not know.
    """

    differences: Differences
    pushed: dict[EntryId, AgreedEntry]
    agreed: dict[Setting, list[ArticleId]]

    def add(self, other: Compared) -> None:
        """Add what was found in other entries."""
        for setting, ids in other.differences.push.items():
            self.differences.push.setdefault(setting, []).extend(ids)
        for setting, articles in other.differences.pull.items():
            self.differences.pull.setdefault(setting, []).extend(articles)
        self.differences.base.update(other.differences.base)
        self.pushed.update(other.pushed)
        for setting, articles in other.agreed.items():
            self.agreed.setdefault(setting, []).extend(articles)


def nothing_compared() -> Compared:
    """Return what is found in no entries."""
    return Compared(Differences({}, {}, {}), {}, {})


class MarkComparison:
    """The comparison of one sync.

    Args:
        marks: the marks of the library.
        agreements: what devices agreed on.
        remote: the marks on the server, of entries of which it says something.
    """

    def __init__(
        self,
        marks: State,
        agreements: Agreements,
        remote: Mapping[EntryId, ServerMarks],
    ) -> None:
        self._marks = marks
        self._agreements = agreements
        self._remote = remote

    def compare(self, batch: Sequence[AgreedEntry]) -> Compared:
        """Compare some entries.

        Raises:
            StateError: the marks cannot be read.
        """
        known = self._agreements.of(each.article for each in batch)
        entries, learnt = newest(batch, self._agreements.counting(known))
        differences = compare(self._sides(entries))
        base = learnt | differences.base
        sent = {each for ids in differences.push.values() for each in ids}
        pushed = {
            each.id: each._replace(base=base.get(each.id, each.base))
            for each in entries
            if each.id in sent
        }
        are_shared = self._agreements.are_shared()
        agreed = changes(entries, base, known, are_shared=are_shared)
        return Compared(differences._replace(base=base), pushed, agreed)

    def _sides(self, entries: Sequence[AgreedEntry]) -> list[Sides]:
        """Return both sides of those entries of which one may have changed."""
        local = self._marks.marks(each.article for each in entries)
        sides = []
        for id_, article, base in entries:
            marks = local.get(article, NO_MARKS)
            there = self._remote.get(id_)
            # Of what the server says nothing, nothing has changed.
            if base != (marks.read, marks.starred) or there not in (None, base):
                here = ServerMarks(marks.read, marks.starred)
                sides.append(Sides(id_, article, base, here, there))
        return sides
