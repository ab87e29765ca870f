"""Dates in queries: `2019`, `2019-03`, `2019-03-07`, `30d`, `today`, `2019-01..2019-06` (pure).

Dates are those of the reader's own time zone. A year, month or day covers all of it: `after:`
begins with its first moment, `before:` ends with it, `date:` is from its first to its last.
Amounts count whole days back from today: `after:30d` begins with the day thirty days ago, and
`date:30d` is from there until now. Hours (`6h`) count from the minute.

An article that has a day and no time of day is of that day in every time zone (see order.py).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta, timezone

from rilo_reader.dates import FIRST_YEAR, LAST_YEAR
from rilo_reader.query.tree import Dates
from rilo_reader.text import lazy_re

_CALENDAR = lazy_re(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?")
_AMOUNT = lazy_re(r"(\d{1,4})(h|d|w|mo?|y)")
_MOMENT = lazy_re(r"\d{4}-\d\d-\d\dT\d\d:\d\d[^\s]*")
_RANGE = ".."
_NAMES = ("today", "yesterday")
_ONE_SIDED = ("after", "before")

_SECOND = timedelta(seconds=1)

Span = tuple[datetime, datetime | None]
"""First moment, and the first moment after it; None for an amount, which reaches until now."""


class Calendar:
    """Today, and the reader's time zone, which is that of `now`; None asks the system."""

    def __init__(self, now: datetime | None = None) -> None:
        self._zone = None if now is None else now.tzinfo
        self.now = datetime.now().astimezone() if now is None else now
        self.today = _to_midnight(self.now)

    def to_moment(self, naive: datetime) -> datetime:
        """A naive local date and time as an aware datetime with the same date and time.

        Where clocks skip or repeat it, the first moment from which they show nothing earlier.
        """
        early, late = sorted(self._to_utc(naive.replace(fold=fold)) for fold in (0, 1))
        between = range((late - early) // _SECOND)
        moment = early + _SECOND * bisect_left(
            between,
            True,
            key=lambda number: (
                self.to_local(early + _SECOND * number).replace(tzinfo=None) >= naive
            ),
        )
        return naive.replace(tzinfo=timezone(naive - moment.replace(tzinfo=None)))

    def _to_utc(self, naive: datetime) -> datetime:
        # Without a zone the system is asked for each day, since summer time changes the offset.
        try:
            return (naive.replace(tzinfo=self._zone) if self._zone else naive).astimezone(UTC)
        except OSError:
            return naive.replace(tzinfo=self._first_zone()).astimezone(UTC)

    def _first_zone(self) -> timezone:
        """The offset at the beginning of 1970: Windows knows of none before."""
        moment = datetime(1970, 1, 2, tzinfo=UTC).astimezone(self._zone)
        return timezone(moment.utcoffset() or timedelta())

    def span_of_day(self, day: datetime) -> Span:
        """The span of a naive day."""
        return self.to_moment(day), self.to_moment(day + timedelta(days=1))

    def to_local(self, moment: datetime) -> datetime:
        """An aware moment in the reader's time zone."""
        try:
            return moment.astimezone(self._zone)
        except OSError:
            return moment.astimezone(self._first_zone())

    def day_of(self, moment: datetime) -> datetime:
        """The naive local day of an aware moment, at midnight."""
        return _to_midnight(self.to_local(moment))

    def day_starting_at(self, moment: datetime) -> datetime | None:
        """The naive local day that begins at an aware moment, None if none does."""
        # Two days begin at once where clocks skip a whole day: prefer the moment's own.
        for day in (_to_midnight(moment), self.day_of(moment)):
            if self.to_moment(day).timestamp() == moment.timestamp():
                return day
        return None


def _to_midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def make_dates(start: date, end: date) -> Dates:
    """From the first moment of one day until another begins, in the reader's time zone."""
    calendar = Calendar()
    # Naive on purpose: Calendar gives a day its time zone.
    first, after = (datetime(day.year, day.month, day.day) for day in (start, end))  # noqa: DTZ001
    return Dates(calendar.to_moment(first), calendar.to_moment(after))


def read_dates(field: str, text: str, calendar: Calendar) -> Dates | None:
    """The span of time of a field; None where the text is not a date.

    It is one-sided for `after:` and `before:`; other fields are read as `date:` is.
    """
    if field not in _ONE_SIDED and _RANGE in text:
        return _read_range(text, calendar)
    span = _read_span(text, calendar)
    if span is None:
        return None
    if field == "before":
        return Dates(None, span[0])
    reaches_until_now = field == "after" or _AMOUNT.fullmatch(text)
    return Dates(span[0], None if reaches_until_now else span[1])


def is_unfinished(text: str) -> bool:
    """Return whether this may be the beginning of a date."""
    return text.isdigit() or any(name.startswith(text) for name in _NAMES)


def write_dates(dates: Dates, calendar: Calendar) -> str:
    """The dates as a term of a query, which `read_dates` reads as equal dates."""
    if dates.end is None:
        return f"after:{_write_moment(dates.start, calendar)}" if dates.start else ""
    if dates.start is None:
        return f"before:{_write_moment(dates.end, calendar)}"
    return write_range("date", dates, calendar)


def write_range(field: str, dates: Dates, calendar: Calendar) -> str:
    """The dates as a term of a field that has no one-sided ones: `read:2026-11-01..`."""
    start = _write_moment(dates.start, calendar) if dates.start else ""
    end = ""
    if dates.end:
        after = calendar.day_starting_at(dates.end)
        end = f"{after - timedelta(days=1):%Y-%m-%d}" if after else dates.end.isoformat()
    return f"{field}:{start}{_RANGE}{end}"


def _write_moment(moment: datetime, calendar: Calendar) -> str:
    day = calendar.day_starting_at(moment)
    return f"{day:%Y-%m-%d}" if day else moment.isoformat()


def _read_range(text: str, calendar: Calendar) -> Dates | None:
    first, _, last = text.partition(_RANGE)
    start = _read_span(first, calendar) if first else None
    end = _read_span(last, calendar) if last else None
    if (first and start is None) or (last and end is None) or not (first or last):
        return None
    return Dates(start[0] if start else None, end[1] if end else None)


def _read_span(text: str, calendar: Calendar) -> Span | None:
    try:
        if match := _CALENDAR.fullmatch(text):
            return _calendar_span(match, calendar)
        if match := _AMOUNT.fullmatch(text):
            return _amount_span(int(match[1]), match[2], calendar)
        if text in _NAMES:
            return calendar.span_of_day(calendar.today - timedelta(days=_NAMES.index(text)))
        if _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text)
            moment = calendar.to_local(moment) if moment.tzinfo else calendar.to_moment(moment)
            return (moment, moment) if FIRST_YEAR <= moment.year <= LAST_YEAR else None
    except (ValueError, OverflowError):  # no such day, or too far away
        pass
    return None


def _calendar_span(match: re.Match[str], calendar: Calendar) -> Span | None:
    year, month, day = (None if part is None else int(part) for part in match.groups())
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    # Naive on purpose: Calendar gives a day its time zone.
    first = datetime(year, 1 if month is None else month, 1 if day is None else day)  # noqa: DTZ001
    if day is not None:
        return calendar.span_of_day(first)
    after = _months_later(first, 12 if month is None else 1)
    return calendar.to_moment(first), calendar.to_moment(after)


def _amount_span(amount: int, unit: str, calendar: Calendar) -> Span:
    if unit == "h":
        moment = calendar.now.replace(second=0, microsecond=0) - timedelta(hours=amount)
        return moment, moment
    if unit in {"d", "w"}:
        days = amount * (7 if unit == "w" else 1)
        return calendar.span_of_day(calendar.today - timedelta(days))
    return calendar.span_of_day(_months_later(calendar.today, -amount * (12 if unit == "y" else 1)))


def _months_later(day: datetime, months: int) -> datetime:
    """The same day of another month, or its last day where it has no such day."""
    count = day.year * 12 + day.month - 1 + months
    for number in (day.day, 30, 29, 28):
        try:
            return day.replace(year=count // 12, month=count % 12 + 1, day=number)
        except ValueError:
            continue
    raise OverflowError
