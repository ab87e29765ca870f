"""`MergeBase`: the marks that were agreed with an account last, kept among those of a library.

Two fields for each mark: the agreed value, and whether it is in flight, so that it is unknown. They
travel in journals, are lost with the marks, and restored with them.
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
    """The marks that were agreed with one account; methods raise StateError."""

    def __init__(self, account: Account, marks: State) -> None:
        self._marks, self._base = marks, marks.sync_base
        # Names the account on all devices, without saying where and whose it is.
        address = root_of_server(strip_login(account.url)).partition("://")[2].lower()
        self.account_key = hashlib.sha256(f"{address}\n{account.user}".encode()).hexdigest()[:16]

    def base_of(self, articles: Iterable[ArticleId]) -> BaseMarks:
        """Return the marks of articles that were agreed last."""
        wanted = list(articles)
        values = {mark: self._base.read(self._base_name(mark), wanted) for mark in ServerMark}
        in_flight = {mark: self._ids_in_flight(mark, wanted) for mark in ServerMark}
        some = {
            mark: {*in_flight[mark], *(each for each, value in values[mark].items() if value)}
            for mark in ServerMark
        }
        ever_set = {mark: self._base.ids_ever_marked(mark.value, some[mark]) for mark in ServerMark}
        return BaseMarks(values, in_flight, ever_set)

    def _ids_in_flight(self, mark: ServerMark, articles: Iterable[ArticleId]) -> set[ArticleId]:
        known = self._base.read(self._in_flight_name(mark), articles)
        return {each for each, value in known.items() if value}

    def ids_read_and_unstarred(self) -> set[ArticleId]:
        """Return all articles that are agreed to be read and not starred."""
        names = [
            self._base_name(ServerMark.READ),
            self._base_name(ServerMark.STARRED),
            *map(self._in_flight_name, ServerMark),
        ]
        known = (self._base.read(name, None).items() for name in names)
        read, *others = ({each for each, value in some if value} for some in known)
        return read.difference(*others)

    def make_assignments(
        self, changes: Mapping[MarkSetting, Sequence[ArticleId]]
    ) -> list[Assignment]:
        """Return assignments that record a new base of articles, of which nothing is in flight."""
        found = []
        for (mark, value), articles in changes.items():
            text = "1" if value else "0"
            arrived = self._ids_in_flight(mark, articles)
            found.append(Assignment(AGREED + self._base_name(mark), text, Ids(articles)))
            found.append(Assignment(AGREED + self._in_flight_name(mark), "0", Ids(arrived)))
        return [each for each in found if each.ids]

    def write_base(self, changes: Mapping[MarkSetting, Sequence[ArticleId]]) -> None:
        """Record new agreed marks."""
        if assignments := self.make_assignments(changes):
            self._marks.apply_assignments(assignments, in_history=False)

    def record_in_flight(self, mark: ServerMark, articles: Iterable[ArticleId]) -> None:
        """Record a mark as in flight: its base is unknown until the server confirms."""
        ids = Ids(articles)
        if ids:
            sending = Assignment(AGREED + self._in_flight_name(mark), "1", ids)
            self._marks.apply_assignments([sending], in_history=False)

    def clear_base(self, articles: Iterable[ArticleId] | None = None) -> None:
        """Record articles as unmarked in the base, as at a first contact; None for all."""
        wanted = None if articles is None else list(articles)
        changes = []
        for mark in ServerMark:
            for name in (self._base_name(mark), self._in_flight_name(mark)):
                known = self._base.read(name, wanted)
                ids = Ids(each for each, value in known.items() if value)
                changes += [Assignment(AGREED + name, "0", ids)] if ids else []
        if changes:
            self._marks.apply_assignments(changes, in_history=False)

    def _base_name(self, mark: ServerMark) -> str:
        return f"{self.account_key}:{mark}"

    def _in_flight_name(self, mark: ServerMark) -> str:
        return f"{self.account_key}:{mark}:sending"
