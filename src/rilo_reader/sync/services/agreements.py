"""`Agreements`: what all devices agreed on with an account, as journals carry it.

Each device records for itself what it agreed on last, see `records`; `compare` weighs both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from rilo_reader.article import ArticleId
from rilo_reader.fetch.addresses import without_login
from rilo_reader.store.gestures import AGREED, Assignment, Ids
from rilo_reader.store.state import State
from rilo_reader.sync.services.compare import Setting, Shared
from rilo_reader.sync.services.json_api import server_root
from rilo_reader.sync.services.service import Account, Mark


class Agreements:
    """What was agreed on with one account; methods raise StateError."""

    def __init__(self, account: Account, marks: State) -> None:
        self._marks = marks
        self.account = account_key(account)  # names the account on all devices

    def of(self, articles: Iterable[ArticleId]) -> Shared:
        """Return what was agreed last of articles, on whatever device."""
        wanted = list(articles)
        values = {mark: self._marks.agreed(self._name(mark), wanted) for mark in Mark}
        given = {
            mark: self._marks.ever_with(mark.value, [id_ for id_, value in known.items() if value])
            for mark, known in values.items()
        }
        return Shared(values, given, travels=self._marks.journals.sync_folder() is not None)

    def assignments(self, changes: Mapping[Setting, Sequence[ArticleId]]) -> list[Assignment]:
        """Return what says in a gesture that something is agreed now."""
        return [
            Assignment(AGREED + self._name(mark), "1" if value else "0", Ids(articles))
            for (mark, value), articles in changes.items()
            if articles
        ]

    def forget(self, articles: Iterable[ArticleId]) -> None:
        """Let articles be agreed to be unread and unstarred, as at a first contact."""
        known = self.of(articles).values
        self.share(
            {
                Setting(mark, False): [each for each, value in values.items() if value]
                for mark, values in known.items()
            }
        )

    def share(self, changes: Mapping[Setting, Sequence[ArticleId]]) -> None:
        """Let other devices know of what is agreed now."""
        assignments = self.assignments(changes)
        if assignments:
            self._marks.apply(assignments, in_history=False)

    def _name(self, mark: Mark) -> str:
        return f"{self.account}:{mark}"


def account_key(account: Account) -> str:
    """Return what names an account on all devices, without saying where and whose it is (pure)."""
    address = server_root(without_login(account.url)).partition("://")[2].lower()
    return hashlib.sha256(f"{address}\n{account.user}".encode()).hexdigest()[:16]
