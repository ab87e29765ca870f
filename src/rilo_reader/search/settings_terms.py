"""The terms of a query that are no words: dates, marks and the order (pure)."""

from __future__ import annotations

from datetime import datetime

from rilo_reader.search.dates import Calendar, is_unfinished, read_dates
from rilo_reader.search.groups import Groups
from rilo_reader.search.query import Is, Mark, Node, Sort
from rilo_reader.search.word_terms import WORD


class SettingTerms(Groups):
    """Reads `after:`, `before:`, `date:`, `is:` and `sort:`.

    Attributes:
        sort: the order that was asked for.
    """

    def __init__(self, text: str, typing: bool, now: datetime | None) -> None:
        super().__init__(text, typing)
        self.sort = Sort.NEWEST
        self._is_sorted = False
        self._now = now
        self._calendar: Calendar | None = None

    def _setting(self, name: str, start: int) -> None:
        """The fields that are no words: a date, a mark, an order."""
        match = WORD.match(self._text, self._at)
        value = match[0] if match else self._text[self._at]
        self._at += len(value)
        unfinished = self._typing and self._at == len(self._text)
        node: Node | None = None
        if name == "sort":
            self._set_sort(value, start, unfinished)
        elif name == "is":
            node = self._mark(value, start, unfinished)
        else:
            node = self._dates(name, value, start, unfinished)
        if node is None:
            self._skip_term()
        else:
            self._add(node)

    def _set_sort(self, value: str, start: int, unfinished: bool) -> None:
        if self._negated:
            self._fault(start, self._at, "An order cannot be negated.")
        elif value in list(Sort):
            self.sort = Sort(value)
            self._is_sorted = True
        elif not (unfinished and _begins_one_of(value, Sort)):
            reason = "sort: knows newest, oldest and relevance."
            self._fault(start, self._at, reason)

    def _mark(self, value: str, start: int, unfinished: bool) -> Node | None:
        if value in list(Mark):
            return Is(Mark(value))
        if not (unfinished and _begins_one_of(value, Mark)):
            self._fault(start, self._at, "is: knows read, unread and starred.")
        return None

    def _dates(self, name: str, value: str, start: int, unfinished: bool) -> Node | None:
        if self._calendar is None:
            self._calendar = Calendar(self._now)
        dates = read_dates(name, value, self._calendar)
        if dates is not None:
            return dates
        if unfinished:
            for end in range(len(value) - 1, 3, -1):
                if dates := read_dates(name, value[:end], self._calendar):
                    return dates
            if is_unfinished(value):
                return None
        self._fault(
            start,
            self._at,
            f"{name}: needs a date such as 2019, 2019-03, 2019-03-07, 30d, today"
            + (" or 2019-01..2019-06." if name == "date" else "."),
        )
        return None


def _begins_one_of(value: str, names: type[Sort] | type[Mark]) -> bool:
    return any(name.startswith(value) for name in names)
