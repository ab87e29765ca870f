"""Compare the marks here, on the server, and as they were agreed last (pure).

    local == remote                 agreed
    local != base, remote == base   push: it was changed here
    local == base, remote != base   pull: it was changed there

Marks are either set or not, so there is no third case: changed on both sides, they are equal. Where
it is unknown whether a mark that was sent has arrived, what is here is sent again. An
entry that both sides have for the first time was agreed to be unread and unstarred, so what is
read or starred on either side is so on both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.sync.services.service import EntryId, Mark, ServerMarks


class Agreed(NamedTuple):
    """The marks of an entry that both sides agreed on last.

    None is a mark that was being sent: whether it has arrived is unknown.
    """

    read: bool | None = False
    starred: bool | None = False

    def of(self, mark: Mark) -> bool | None:
        """Return what was agreed on a mark."""
        return self.read if mark is Mark.READ else self.starred

    def with_mark(self, mark: Mark, value: bool | None) -> Agreed:
        """Return it with something else agreed on a mark."""
        return self._replace(**{mark.value: value})


class Sides(NamedTuple):
    """The marks of an entry on both sides.

    Attributes:
        entry: the server's id of it.
        article: its article.
        base: the marks that were agreed last.
        local: the marks here.
        remote: the marks on the server, None if it says nothing: then they are unchanged.
    """

    entry: EntryId
    article: ArticleId
    base: Agreed
    local: ServerMarks
    remote: ServerMarks | None


class Setting(NamedTuple):
    """A mark to be given (`value`) or taken away."""

    mark: Mark
    value: bool


class Differences(NamedTuple):
    """What brings both sides together.

    Attributes:
        push: entries to be changed on the server.
        pull: articles to be changed here.
        base: what is agreed once all pulls are done, without the pushes; only what is new.
    """

    push: dict[Setting, list[EntryId]]
    pull: dict[Setting, list[ArticleId]]
    base: dict[EntryId, Agreed]


def compare(entries: Iterable[Sides]) -> Differences:
    """Decide for each mark of each entry which side has changed it."""
    found = Differences({}, {}, {})
    for entry, article, base, local, remote in entries:
        if base == Agreed(*local) and remote in (None, local):
            continue
        agreed = base
        for mark in Mark:
            was, here = base.of(mark), value_of(local, mark)
            there = was if remote is None else value_of(remote, mark)
            if there is None or (here != there and was in (there, None)):
                found.push.setdefault(Setting(mark, here), []).append(entry)
                continue
            if here != there:
                found.pull.setdefault(Setting(mark, there), []).append(article)
            agreed = agreed.with_mark(mark, there)
        if agreed != base:
            found.base[entry] = agreed
    return found


def value_of(marks: ServerMarks, mark: Mark) -> bool:
    """Return whether `marks` has a mark."""
    return marks.read if mark is Mark.READ else marks.starred
