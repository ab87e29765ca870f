"""Terms that are no words: dates, marks and the order of results (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rilo_reader.query.dates import Calendar, is_unfinished, read_dates
from rilo_reader.query.field_names import MARK_FIELDS
from rilo_reader.query.lexer import Scanner
from rilo_reader.query.tree import Is, Mark, Node, Sort


class Filters:
    """Reads values of `after:`, `before:`, `date:`, `is:`, `has:` and `sort:` from a scanner.

    Attributes:
        sort: the order of results, None if the query has none.

    Args:
        scanner: the query.
        now: the present moment, for dates; None asks the system.
    """

    def __init__(self, scanner: Scanner, now: datetime | None) -> None:
        self.sort: Sort | None = None
        self._scanner = scanner
        self._now = now
        self._calendar: Calendar | None = None

    def read(self, name: str, start: int, *, negated: bool) -> Node | None:
        """Read the value of a field; None if it is ignored or an order.

        Args:
            name: the field.
            start: where its name begins.
            negated: whether the term is.
        """
        scanner = self._scanner
        value = scanner.word()
        if not value:
            scanner.at += 1  # a parenthesis or quotation mark, which is no value
            value = scanner.text[scanner.at - 1]
        if name == "sort":
            self._order(value, start, negated=negated)
            return None
        if name in MARK_FIELDS:
            return self._mark(name, value, start)
        return self._dates(name, value, start)

    def _order(self, value: str, start: int, *, negated: bool) -> None:
        scanner = self._scanner
        if negated:
            scanner.fault(start, scanner.at, "An order cannot be negated.")
        elif value in list(Sort):
            self.sort = Sort(value)
        elif not self._is_begun(value, Sort):
            scanner.fault(start, scanner.at, "sort: knows newest, oldest and relevance.")

    def _mark(self, name: str, value: str, start: int) -> Node | None:
        marks = MARK_FIELDS[name]
        if value in marks:
            return Is(Mark(value))
        if not self._is_begun(value, marks):
            *others, last = marks
            known = f"{', '.join(others)} and {last}" if others else last
            self._scanner.fault(start, self._scanner.at, f"{name}: knows {known}.")
        return None

    def _is_begun(self, value: str, names: Iterable[str]) -> bool:
        """Whether one of these names is just being typed."""
        return self._scanner.may_go_on and any(name.startswith(value) for name in names)

    def _dates(self, name: str, value: str, start: int) -> Node | None:
        scanner = self._scanner
        if self._calendar is None:
            self._calendar = Calendar(self._now)
        dates = read_dates(name, value, self._calendar)
        if dates is not None:
            return dates
        if scanner.may_go_on:
            for end in range(len(value) - 1, 3, -1):
                if dates := read_dates(name, value[:end], self._calendar):
                    return dates
            if is_unfinished(value):
                return None
        more = " or 2019-01..2019-06." if name == "date" else "."
        reason = f"{name}: needs a date such as 2019, 2019-03, 2019-03-07, 30d, today{more}"
        scanner.fault(start, scanner.at, reason)
        return None
