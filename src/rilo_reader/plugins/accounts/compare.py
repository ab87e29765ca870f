"""Compare the marks here, on the server, and as they were agreed last (pure).

    here != agreed                   push: it was changed here
    here == agreed, there != agreed  pull: it was changed there

Marks are either set or not, so there is no third case: changed on both sides, they are equal. Where
it is unknown whether a mark that was sent has arrived, it is sent again. What was never
agreed counts as unset: a first contact joins both sides. Several entries that are one article get
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
    """What was agreed last of some articles, on whatever device."""

    values: Mapping[ServerMark, Mapping[ArticleId, bool]]  # where anything was
    in_flight: Mapping[
        ServerMark, AbstractSet[ArticleId]
    ]  # those of which it is unknown if it has arrived
    # Of those that are agreed to have the mark, or being sent, those that have or had it here. From
    # others it was not taken here: another device agreed on it, but the journal in which it was
    # given has not come.
    ever_set: Mapping[ServerMark, AbstractSet[ArticleId]]

    def base_of(self, mark: ServerMark, article: ArticleId) -> bool | None:
        """What counts as agreed; None where that is unknown."""
        if article not in self.ever_set[mark]:
            return False
        return None if article in self.in_flight[mark] else self.values[mark].get(article, False)


class Differences(NamedTuple):
    """What brings both sides together."""

    push: dict[MarkSetting, dict[ArticleId, list[EntryId]]]  # entries to be changed on the server
    pull: dict[MarkSetting, list[ArticleId]]  # articles to be changed here
    new_base: dict[
        MarkSetting, list[ArticleId]
    ]  # what is agreed once it is pulled, where that is new


def compare_marks(
    entries: Mapping[ArticleId, Sequence[EntryId]],
    local_marks: Mapping[ArticleId, Marks],
    agreed: BaseMarks,
    server_marks: Mapping[EntryId, ServerMarks],
    found: Differences,
) -> None:
    """Decide for each mark of each article which side has changed it, and add that to `found`.

    What `there` says nothing of has not changed on the server.
    """
    for article, ids in entries.items():
        marks = local_marks.get(article, NO_MARKS)
        for mark in ServerMark:
            local = marks.read if mark is ServerMark.READ else marks.starred
            base = agreed.base_of(mark, article)
            remote = [
                server_marks[one].has_mark(mark) if one in server_marks else base for one in ids
            ]
            value = not local if local == base and (not base) in remote else local
            setting = MarkSetting(mark, value)
            if value != local:
                found.pull.setdefault(setting, []).append(article)
            if late := [one for one, its in zip(ids, remote, strict=True) if its is not value]:
                found.push.setdefault(setting, {})[article] = late
            elif value != agreed.values[mark].get(article, False) or (
                article in agreed.in_flight[mark]
            ):
                found.new_base.setdefault(setting, []).append(article)
