"""Compare the marks here, on the server, and in the base that both sides agreed on last (pure).

    here != base                 push: it was changed here
    here == base, there != base  pull: it was changed there

Marks are either set or not, so there is no third case: changed on both sides, they are equal. Where
it is unknown whether a mark that was sent has arrived, it is sent again. A mark that is not in the
base counts as unset: a first contact merges both sides. Several entries that are one article get
the same marks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.plugins.accounts.service import EntryId, ServerMark, ServerMarks
from rilo_reader.store.marks import NO_MARKS, Marks


class MarkSetting(NamedTuple):
    """A mark to be given (`value`) or taken away."""

    mark: ServerMark
    value: bool


class BaseMarks(NamedTuple):
    """The marks of some articles that were agreed last, on whatever device."""

    values: Mapping[ServerMark, Mapping[ArticleId, bool]]  # of articles with an agreed mark
    in_flight: Mapping[ServerMark, AbstractSet[ArticleId]]  # it is unknown if these have arrived
    # Of articles that have the mark in the base, or in flight, those that have or had it here. From
    # others it was not taken here: another device agreed on it, but the journal in which it was
    # given has not come.
    ever_set: Mapping[ServerMark, AbstractSet[ArticleId]]

    def base_of(self, mark: ServerMark, article: ArticleId) -> bool | None:
        """Return the agreed value of a mark; None if that is unknown."""
        if article not in self.ever_set[mark]:
            return False
        return None if article in self.in_flight[mark] else self.values[mark].get(article, False)


class Differences(NamedTuple):
    """The changes that make both sides equal."""

    push: dict[MarkSetting, dict[ArticleId, list[EntryId]]]  # entries to be changed on the server
    pull: dict[MarkSetting, list[ArticleId]]  # articles to be changed here
    new_base: dict[MarkSetting, list[ArticleId]]  # agreed once the pulls are applied


def compare_marks(
    entries: Mapping[ArticleId, Sequence[EntryId]],
    local_marks: Mapping[ArticleId, Marks],
    agreed: BaseMarks,
    server_marks: Mapping[EntryId, ServerMarks],
    found: Differences,
) -> None:
    """Decide for each mark of each article which side has changed it, and add that to `found`.

    Entries that `server_marks` lacks have not changed on the server.
    """
    for article, ids in entries.items():
        marks = local_marks.get(article, NO_MARKS)
        for mark in ServerMark:
            local = marks.read if mark is ServerMark.READ else marks.starred
            base = agreed.base_of(mark, article)
            known = (server_marks.get(entry) for entry in ids)
            remote = [base if its is None else its.has_mark(mark) for its in known]
            value = not local if local == base and (not base) in remote else local
            setting = MarkSetting(mark, value)
            if value != local:
                found.pull.setdefault(setting, []).append(article)
            if late := [one for one, its in zip(ids, remote, strict=True) if its is not value]:
                found.push.setdefault(setting, {})[article] = late
            elif article in agreed.in_flight[mark] or (
                value != agreed.values[mark].get(article, False)
            ):
                found.new_base.setdefault(setting, []).append(article)
