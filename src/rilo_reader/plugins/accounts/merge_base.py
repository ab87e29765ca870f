"""`MergeBase`: what was agreed with an account last, as the marks of a library keep it.

Two fields for each mark: what is agreed, and whether a mark is being sent, so that it is unknown.
They travel in journals, are lost with the marks, and restored with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from rilo_reader.article import ArticleId
from rilo_reader.plugins.accounts.compare import BaseMarks, MarkSetting
from rilo_reader.plugins.accounts.json_api import root_of_server
from rilo_reader.plugins.accounts.service import Account, ServerMark
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import AGREED
from rilo_reader.store.state import State
from rilo_reader.text import strip_login


class MergeBase:
    """What was agreed on with one account; methods raise StateError."""

    def __init__(self, account: Account, marks: State) -> None:
        self._marks = marks
        self.account_key = hash_account(account)  # names the account on all devices

    def base_of(self, articles: Iterable[ArticleId]) -> BaseMarks:
        """Return what was agreed last of articles."""
        wanted = list(articles)
        values = {
            mark: self._marks.read_sync_base(self._base_name(mark), wanted) for mark in ServerMark
        }
        sending = {mark: self._ids_in_flight(mark, wanted) for mark in ServerMark}
        some = {
            mark: {*sending[mark], *(each for each, value in values[mark].items() if value)}
            for mark in ServerMark
        }
        given = {mark: self._marks.ids_ever_marked(mark.value, some[mark]) for mark in ServerMark}
        return BaseMarks(values, sending, given)

    def _ids_in_flight(self, mark: ServerMark, articles: Iterable[ArticleId]) -> set[ArticleId]:
        known = self._marks.read_sync_base(self._in_flight_name(mark), articles)
        return {each for each, value in known.items() if value}

    def ids_read_and_unstarred(self) -> set[ArticleId]:
        """Return all articles that are agreed to be read and not starred."""
        names = [
            self._base_name(ServerMark.READ),
            self._base_name(ServerMark.STARRED),
            *map(self._in_flight_name, ServerMark),
        ]
        known = (self._marks.read_sync_base(name, None).items() for name in names)
        read, *others = ({each for each, value in some if value} for some in known)
        return read.difference(*others)

    def make_assignments(
        self, changes: Mapping[MarkSetting, Sequence[ArticleId]]
    ) -> list[Assignment]:
        """Return what says in a gesture that something is agreed now, and nothing being sent."""
        found = []
        for (mark, value), articles in changes.items():
            text = "1" if value else "0"
            arrived = self._ids_in_flight(mark, articles)
            found.append(Assignment(AGREED + self._base_name(mark), text, Ids(articles)))
            found.append(Assignment(AGREED + self._in_flight_name(mark), "0", Ids(arrived)))
        return [each for each in found if each.ids]

    def write_base(self, changes: Mapping[MarkSetting, Sequence[ArticleId]]) -> None:
        """Keep what is agreed now."""
        if assignments := self.make_assignments(changes):
            self._marks.apply_assignments(assignments, in_history=False)

    def record_in_flight(self, mark: ServerMark, articles: Iterable[ArticleId]) -> None:
        """Keep that a mark is being sent: nobody knows what is agreed until it has arrived."""
        ids = Ids(articles)
        if ids:
            sending = Assignment(AGREED + self._in_flight_name(mark), "1", ids)
            self._marks.apply_assignments([sending], in_history=False)

    def clear_base(self, articles: Iterable[ArticleId] | None = None) -> None:
        """Let articles be agreed to be unmarked, as at a first contact; None for all."""
        wanted = None if articles is None else list(articles)
        changes = []
        for mark in ServerMark:
            for name in (self._base_name(mark), self._in_flight_name(mark)):
                known = self._marks.read_sync_base(name, wanted)
                ids = Ids(each for each, value in known.items() if value)
                changes += [Assignment(AGREED + name, "0", ids)] if ids else []
        if changes:
            self._marks.apply_assignments(changes, in_history=False)

    def _base_name(self, mark: ServerMark) -> str:
        return f"{self.account_key}:{mark}"

    def _in_flight_name(self, mark: ServerMark) -> str:
        return f"{self.account_key}:{mark}:sending"


def hash_account(account: Account) -> str:
    """Return what names an account on all devices, without saying where and whose it is (pure)."""
    address = root_of_server(strip_login(account.url)).partition("://")[2].lower()
    return hashlib.sha256(f"{address}\n{account.user}".encode()).hexdigest()[:16]
