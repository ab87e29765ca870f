"""The sort key of articles, and spans of time as ranges of it (pure).

A sort key consists of the seconds since 1970, one bit that is set if the article has a date
without a time, and bits of the id's hash. So the order within one second is stable, windows can be
read from either end, and a span of time is a range of keys.

A date without a time is that day in every time zone, which no moment is. It is placed at 10:00
UTC, which is within the day from UTC-10 to nearly UTC+14. There, one range of keys contains the
moments of a local day and the date itself, and the order of results is that of the dates shown.
In other zones, and wherever a local day does not include 10:00 UTC of its date, the keys of the
date are a range of their own, which is added or excluded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from rilo_reader.article import WITHIN_DAY, Article

HASH_BITS = 24

ORDER_BITS = HASH_BITS + 1
"""Bits below the seconds; those of the years 1 to 9999 take 39 of the 64 bits."""

Ranges = Sequence[tuple[int | None, int | None]]
"""Half-open ranges of sort keys; None leaves a side open."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
_SECOND = timedelta(seconds=1)


def order_of(seconds: int, key: int = 0, *, is_day: bool = False) -> int:
    """The sort key of a second since 1970 (negative before) and an id's hash."""
    return (seconds << ORDER_BITS) | (is_day << HASH_BITS) | (key & ((1 << HASH_BITS) - 1))


def order_of_article(article: Article, key: int) -> int:
    """The sort key of an article, given its id's hash."""
    return order_of(seconds_of(article.moment), key, is_day=article.date_only)


def seconds_of(date: datetime) -> int:
    """Whole seconds since 1970, negative before."""
    return int((date - _EPOCH) // _SECOND)


def ranges(start: datetime | None, end: datetime | None) -> Ranges:
    """The sort keys of the articles from one moment on, before another; None leaves a side open.

    Args:
        start: timezone-aware, in the user's zone, whose local date and time decide which dates
            without a time come after it.
        end: likewise.
    """
    first = _bound(start) if start is not None else None
    after = _bound(end) if end is not None else None
    if first and after and (after.second < first.second or after.day < first.day):
        return ()
    lower = _edges(first) if first else [None]
    upper = _edges(after) if after else [None]
    # What comes after both bounds is excluded: every other edge ends a range.
    edges = [*lower, *upper]
    if first and after:
        edges.sort(key=lambda edge: edge or 0)
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(low, high) for low, high in pairs if low is None or low != high]


class _Bound(NamedTuple):
    """The start of a span: its first second, and its first date without a time."""

    second: int
    day: int


def _bound(moment: datetime) -> _Bound:
    """A moment as a bound; the current date is after it if 10:00 UTC is."""
    second, day = seconds_of(moment), _number(moment)
    is_midnight = not (moment.hour or moment.minute or moment.second or moment.microsecond)
    return _Bound(second, day if is_midnight or _place(day) >= second else day + 1)


def _edges(bound: _Bound) -> list[int | None]:
    """The sort keys at which the ranges after a bound begin and end, alternately."""
    edges = [order_of(bound.second)]
    # The first day that is placed at this second or later.
    first = -((_place(0) - bound.second) // _DAY)
    for day in range(min(first, bound.day), max(first, bound.day)):
        place = _place(day)
        edges += [order_of(place, is_day=True), order_of(place + 1)]
    return [*sorted(edges)]


def _place(day: int) -> int:
    """The second at which the date with this number is placed."""
    return day * _DAY + WITHIN_DAY // _SECOND


def _number(day: date) -> int:
    """The number of a local date, in days since 1970."""
    return day.toordinal() - _EPOCH.toordinal()
