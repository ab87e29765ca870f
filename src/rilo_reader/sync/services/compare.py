"""Compare the marks here, on the server, and as they were agreed last (pure).

    local == remote                 agreed
    local != base, remote == base   push: it was changed here
    local == base, remote != base   pull: it was changed there

Marks are either set or not, so there is no third case: changed on both sides, they are equal. Where
it is unknown whether a mark that was sent has arrived, what is here is sent again. An
entry that both sides have for the first time was agreed to be unread and unstarred, so what is
read or starred on either side is so on both.

Where devices share a folder of journals, what counts is what any of them agreed on last: a mark may
come from there of which the server knows already, or which was taken back since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import NO_MARKS, Marks
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


class AgreedEntry(NamedTuple):
    """An entry, and what was agreed of it by the records of this device."""

    id: EntryId
    article: ArticleId
    base: Agreed


class Setting(NamedTuple):
    """A mark to be given (`value`) or taken away."""

    mark: Mark
    value: bool


class Shared(NamedTuple):
    """What all devices agreed on last of some articles, as journals carry it."""

    values: Mapping[Mark, Mapping[ArticleId, bool]]  # where that is known
    given: Mapping[Mark, AbstractSet[ArticleId]]  # those of them that have the mark here, or had it
    travels: bool  # whether what is agreed here goes to other devices


class Differences(NamedTuple):
    """What brings both sides together."""

    push: dict[Setting, list[EntryId]]  # entries to be changed on the server
    pull: dict[Setting, list[ArticleId]]  # articles to be changed here
    base: dict[EntryId, Agreed]  # what is agreed once all is pulled and nothing pushed, where new
    pushed: dict[EntryId, AgreedEntry]  # the entries to be pushed, with what is agreed of them
    news: dict[Setting, list[ArticleId]]  # what is agreed that other devices do not know

    def add(self, other: Differences) -> None:
        """Add the differences of other entries."""
        for setting, ids in other.push.items():
            self.push.setdefault(setting, []).extend(ids)
        for setting, articles in other.pull.items():
            self.pull.setdefault(setting, []).extend(articles)
        for setting, articles in other.news.items():
            self.news.setdefault(setting, []).extend(articles)
        self.base.update(other.base)
        self.pushed.update(other.pushed)


def no_differences() -> Differences:
    """Return what is found in no entries."""
    return Differences({}, {}, {}, {}, {})


def compare(
    entries: Iterable[AgreedEntry],
    here: Mapping[ArticleId, Marks],
    there: Mapping[EntryId, ServerMarks],
    shared: Shared,
) -> Differences:
    """Decide for each mark of each entry which side has changed it.

    What `there` says nothing of has not changed on the server.
    """
    found = no_differences()
    for entry in entries:
        marks, remote = here.get(entry.article, NO_MARKS), there.get(entry.id)
        base = agreed = _agreed_last(entry, shared)
        # Each sync compares all entries: most are passed over here, and nothing is made of them.
        if base != (marks.read, marks.starred) or remote not in (None, base):
            local = ServerMarks(marks.read, marks.starred)
            agreed = _decide(entry._replace(base=base), local, remote, found)
        if agreed != entry.base:
            found.base[entry.id] = agreed
        _add_news(found.news, entry.article, base, agreed, shared)
    return found


def _agreed_last(entry: AgreedEntry, shared: Shared) -> Agreed:
    """Return what was agreed last of an entry, on whatever device.

    Of a mark that was being sent from here it stays unknown whether it has arrived. And a mark that
    was never here was not taken away here: another device has agreed on it, but the journal in
    which it was given has not come.
    """
    agreed = entry.base
    for mark in Mark:
        value = shared.values[mark].get(entry.article)
        if value is None or agreed.of(mark) is None:
            continue
        if not value or entry.article in shared.given[mark]:
            agreed = agreed.with_mark(mark, value)
    return agreed


def _decide(
    entry: AgreedEntry, local: ServerMarks, remote: ServerMarks | None, found: Differences
) -> Agreed:
    """Add what an entry needs to what is found; return what is agreed of it without pushes."""
    base = agreed = entry.base
    is_pushed = False
    for mark in Mark:
        was, here = base.of(mark), local.of(mark)
        there = was if remote is None else remote.of(mark)
        if there is None or (here != there and was in (there, None)):
            found.push.setdefault(Setting(mark, here), []).append(entry.id)
            is_pushed = True
            continue
        if here != there:
            found.pull.setdefault(Setting(mark, there), []).append(entry.article)
        agreed = agreed.with_mark(mark, there)
    if is_pushed:
        found.pushed[entry.id] = entry._replace(base=agreed)
    return agreed


def news_of(
    entries: Iterable[AgreedEntry], agreed: Mapping[EntryId, Agreed], shared: Shared
) -> dict[Setting, list[ArticleId]]:
    """Return what other devices do not know of what is `agreed` of entries now.

    It is kept right even while nothing travels.
    """
    found: dict[Setting, list[ArticleId]] = {}
    for entry in entries:
        _add_news(found, entry.article, entry.base, agreed[entry.id], shared)
    return found


def _add_news(
    found: dict[Setting, list[ArticleId]],
    article: ArticleId,
    before: Agreed,
    agreed: Agreed,
    shared: Shared,
) -> None:
    for mark in Mark:
        value, known = agreed.of(mark), shared.values[mark].get(article)
        is_news = shared.travels and value != before.of(mark)
        if value is not None and (is_news if known is None else value != known):
            found.setdefault(Setting(mark, value), []).append(article)
