"""`Agreements`: what all devices agreed on with an account, as journals carry it.

Each device records for itself what it agreed on last. Where devices share a folder of journals, a
mark may come from there of which the server knows already, or which was taken back since: then
what counts is what any of them agreed on last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.fetch.addresses import without_login
from rilo_reader.store.gestures import AGREED, Assignment, Ids
from rilo_reader.store.state import State
from rilo_reader.sync.services.account import Account
from rilo_reader.sync.services.api import server_root
from rilo_reader.sync.services.comparison import Agreed, Setting
from rilo_reader.sync.services.records import AgreedEntry
from rilo_reader.sync.services.service import EntryId, Mark

AgreedArticles = Mapping[Mark, Mapping[ArticleId, bool]]
"""What was agreed on each mark of articles, where that is known."""


class Agreements:
    """What was agreed on with one account; methods raise StateError.

    Args:
        account: the account.
        marks: the marks of the library.

    Attributes:
        account: names the account on all devices.
    """

    def __init__(self, account: Account, marks: State) -> None:
        self._marks = marks
        self.account = account_key(account)

    def are_shared(self) -> bool:
        """Return whether they travel to other devices."""
        return self._marks.journals.sync_folder() is not None

    def of(self, articles: Iterable[ArticleId]) -> AgreedArticles:
        """Return what was agreed last of articles, on whatever device."""
        wanted = list(articles)
        return {mark: self._marks.agreed(self._name(mark), wanted) for mark in Mark}

    def counting(self, known: AgreedArticles) -> AgreedArticles:
        """Return what counts of that: a mark that was never here was not taken away here.

        Another device has agreed on it, but the journal in which it was given has not come.
        """
        counts = {}
        for mark, values in known.items():
            given = (article for article, value in values.items() if value)
            here = self._marks.ever_with(mark.value, given)
            counts[mark] = {id_: value for id_, value in values.items() if not value or id_ in here}
        return counts

    def assignments(self, changes: Mapping[Setting, Sequence[ArticleId]]) -> list[Assignment]:
        """Return what says in a gesture that something is agreed now."""
        return [
            Assignment(AGREED + self._name(mark), "1" if value else "0", Ids(articles))
            for (mark, value), articles in changes.items()
            if articles
        ]

    def forget(self, articles: Iterable[ArticleId]) -> None:
        """Let articles be agreed to be unread and unstarred, as at a first contact."""
        known = self.of(articles)
        agreed = {
            Setting(mark, False): [each for each, value in known[mark].items() if value]
            for mark in Mark
        }
        self.share(agreed)

    def share(self, changes: Mapping[Setting, Sequence[ArticleId]]) -> None:
        """Let other devices know of what is agreed now."""
        assignments = self.assignments(changes)
        if assignments:
            self._marks.apply(assignments, in_history=False)

    def _name(self, mark: Mark) -> str:
        return f"{self.account}:{mark}"


class Base(NamedTuple):
    """What was agreed of some entries.

    Attributes:
        entries: each with what was agreed last on any device.
        learnt: what other devices agreed on since.
    """

    entries: list[AgreedEntry]
    learnt: dict[EntryId, Agreed]


def account_key(account: Account) -> str:
    """Return what names an account on all devices, without saying where and whose it is (pure)."""
    address = server_root(without_login(account.url)).partition("://")[2].lower()
    return hashlib.sha256(f"{address}\n{account.user}".encode()).hexdigest()[:16]


def newest(entries: Iterable[AgreedEntry], known: AgreedArticles) -> Base:
    """Return what was agreed last of entries, by their records and by all devices (pure).

    Of a mark that was being sent from here it stays unknown whether it has arrived.
    """
    base = Base([], {})
    for entry in entries:
        agreed = entry.base
        for mark in Mark:
            value = known[mark].get(entry.article)
            if value is not None and agreed.of(mark) is not None:
                agreed = agreed.with_mark(mark, value)
        if agreed != entry.base:
            base.learnt[entry.id] = agreed
        base.entries.append(entry._replace(base=agreed))
    return base


def changes(
    entries: Iterable[AgreedEntry],
    base: Mapping[EntryId, Agreed],
    known: AgreedArticles,
    *,
    are_shared: bool,
) -> dict[Setting, list[ArticleId]]:
    """Return what other devices do not know of what is agreed now (pure).

    Args:
        entries: entries, with what was agreed before.
        base: what is agreed now, only what is new.
        known: what is known on all devices. It is kept right even while nothing travels.
        are_shared: whether what was not known is to travel.
    """
    found: dict[Setting, list[ArticleId]] = {}
    for entry in entries:
        agreed = base.get(entry.id, entry.base)
        for mark in Mark:
            value, before = agreed.of(mark), known[mark].get(entry.article)
            is_news = are_shared and value != entry.base.of(mark)
            if value is not None and (is_news if before is None else value != before):
                found.setdefault(Setting(mark, value), []).append(entry.article)
    return found
