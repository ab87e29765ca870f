"""The sort key of articles, and spans of time as ranges of it (pure).

A sort key is the second since 1970 above one bit that is set where the article has a day and no
time of day, above bits of the id's hash. So articles of one second keep one order, windows can be
asked from either end, and a span of time is a range of keys.

A day without a time is that day in every time zone, which no moment is. It stands at 10:00 UTC,
and that is within the day wherever the clock is between ten hours behind UTC and nearly fourteen
ahead: where nearly everybody lives, one range of keys holds the moments of a local day and the
day itself, and results in order are in order of what is shown. Elsewhere, and wherever else a
local day leaves out the 10:00 UTC of its date, the day's keys are a range of their own, since all
are of one second: it is added, or taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from rilo_reader.article import WITHIN_DAY, Article

HASH_BITS = 24

ORDER_BITS = HASH_BITS + 1
"""39 bits hold the seconds of the years 1 to 9999; these are the rest of a signed 64."""

Ranges = Sequence[tuple[int | None, int | None]]
"""Sort keys from the first of each pair on, below the second; None leaves that side open."""

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
        start: timezone-aware, in the reader's zone: its date and time on the clock there say
            which days without a time come after it.
        end: likewise.
    """
    first = _bound(start) if start is not None else None
    after = _bound(end) if end is not None else None
    if first and after and (after.second < first.second or after.day < first.day):
        return ()
    lower = _edges(first) if first else [None]
    upper = _edges(after) if after else [None]
    # Whatever comes after both bounds is left out again: every other edge ends a range.
    edges = [*lower, *upper]
    if first and after:
        edges.sort(key=lambda edge: edge or 0)
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(low, high) for low, high in pairs if low is None or low != high]


class _Bound(NamedTuple):
    """Where a span begins: with a second, and with a day of those that have no time."""

    second: int
    day: int


def _bound(moment: datetime) -> _Bound:
    """A moment as a bound; a day that has begun comes after it where it stands after it."""
    second, day = seconds_of(moment), _number(moment)
    is_midnight = not (moment.hour or moment.minute or moment.second or moment.microsecond)
    return _Bound(second, day if is_midnight or _place(day) >= second else day + 1)


def _edges(bound: _Bound) -> list[int | None]:
    """The sort keys at which what comes after a bound begins, ends and begins again."""
    edges = [order_of(bound.second)]
    # The first day that stands at the second or after it.
    first = -((_place(0) - bound.second) // _DAY)
    for day in range(min(first, bound.day), max(first, bound.day)):
        place = _place(day)
        edges += [order_of(place, is_day=True), order_of(place + 1)]
    return [*sorted(edges)]


def _place(day: int) -> int:
    """The second at which a day without a time stands, by its number."""
    return day * _DAY + WITHIN_DAY // _SECOND


def _number(day: date) -> int:
    """How many days a day is after the first of 1970, by its date on the clock."""
    return day.toordinal() - _EPOCH.toordinal()
