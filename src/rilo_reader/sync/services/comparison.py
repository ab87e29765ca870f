"""Compare the marks here, on the server, and as they were agreed last (pure).

    local == remote                 agreed
    local != base, remote == base   push: it was changed here
    local == base, remote != base   pull: it was changed there

Marks are either set or not, so there is no third case: changed on both sides, they are equal. An
entry that both sides have for the first time was agreed to be unread and unstarred, so what is
read or starred on either side is so on both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.sync.services.service import EntryId, Mark, ServerMarks


class Sides(NamedTuple):
    """The marks of an entry on both sides.

    Attributes:
        entry: the server's id of it.
        article: its article.
        base: the marks that were agreed last.
        local: the marks here.
        remote: the marks on the server.
    """

    entry: EntryId
    article: ArticleId
    base: ServerMarks
    local: ServerMarks
    remote: ServerMarks


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
    base: dict[EntryId, ServerMarks]


def compare(entries: Iterable[Sides]) -> Differences:
    """Decide for each mark of each entry which side has changed it."""
    found = Differences({}, {}, {})
    for entry, article, base, local, remote in entries:
        if base == local == remote:
            continue
        agreed = base
        for mark in Mark:
            was, here, there = (value_of(marks, mark) for marks in (base, local, remote))
            if here != there and there == was:
                found.push.setdefault(Setting(mark, here), []).append(entry)
                continue
            if here != there:
                found.pull.setdefault(Setting(mark, there), []).append(article)
            agreed = with_mark(agreed, mark, there)
        if agreed != base:
            found.base[entry] = agreed
    return found


def value_of(marks: ServerMarks, mark: Mark) -> bool:
    """Return whether `marks` has a mark."""
    return marks.read if mark is Mark.READ else marks.starred


def with_mark(marks: ServerMarks, mark: Mark, value: bool) -> ServerMarks:
    """Return marks with one of them given or taken away."""
    return marks._replace(read=value) if mark is Mark.READ else marks._replace(starred=value)
