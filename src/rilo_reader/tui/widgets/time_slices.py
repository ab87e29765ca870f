"""Slices of time: a timeline merged to the width there is, and a slice in words (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import NamedTuple

from rilo_reader.index.stats import Slot, Timeline
from rilo_reader.render.dates import MONTHS

_DAY = timedelta(days=1)
_FEW_YEARS = 2
"""A timeline by the month that reaches over more calendar years is told in years."""


class Span(NamedTuple):
    """From the beginning of one day on, before another begins."""

    start: date
    end: date

    def __str__(self) -> str:
        """As people say it: "2019", "Mar 2019", "4–10 Mar 2019", "1997–2025"."""
        return _words(self.start, self.end - _DAY if self.end > self.start else self.start)


class _Grain(NamedTuple):
    """A length of time that slices have: where the one begins that a day lies in, and its end."""

    start: Callable[[date], date]
    after: Callable[[date], date]


def merged(timeline: Timeline, most: int) -> tuple[Slot, ...]:
    """The timeline in at most so many slices that people have names for.

    Days become weeks, months, quarters, years, decades; every slice is a whole one, so the first
    may begin before the first slot, and the last may end after the last.
    """
    if not timeline.slots or most < 1:
        return ()
    for grain in _grains(timeline.unit):
        slices = _merge(timeline.slots, grain)
        if len(slices) <= most:
            return slices
    return slices


def whole(timeline: Timeline) -> Span | None:
    """The time from the first slot to the last, rounded to years where there are many."""
    if not timeline.slots:
        return None
    start, last = timeline.slots[0].start, timeline.slots[-1].end - _DAY
    if timeline.unit == "month" and last.year - start.year >= _FEW_YEARS:
        return Span(_years_from(1, start), _years_after(1, last))
    return Span(start, last + _DAY)


def step(slices: Sequence[Slot], now: Span | None, direction: int) -> Span | None:
    """The next slice with hits: 1 later, -1 earlier; None where there is none.

    Without a slice to go on from, the last one on the way back and the first on the way on.
    """
    filled = [Span(one.start, one.end) for one in slices if one.hits]
    if now is None:
        return next(iter(filled if direction > 0 else reversed(filled)), None)
    if direction > 0:
        return next((one for one in filled if one.start >= now.end), None)
    return next((one for one in reversed(filled) if one.end <= now.start), None)


# -- grains -------------------------------------------------------------------------------------


def _merge(slots: Sequence[Slot], grain: _Grain) -> tuple[Slot, ...]:
    parts = groupby(slots, key=lambda slot: grain.start(slot.start))
    return tuple(
        Slot(start, grain.after(start), sum(slot.hits for slot in part)) for start, part in parts
    )


def _grains(unit: str) -> Iterator[_Grain]:
    """From the slots' own unit on, ever longer; the last holds every year there is."""
    if unit == "day":
        yield _Grain(lambda day: day, partial(_days_after, 1))
        yield _Grain(lambda day: day - day.weekday() * _DAY, partial(_days_after, 7))
    if unit in {"day", "month"}:
        for months in (1, 3):
            yield _Grain(partial(_months_from, months), partial(_months_after, months))
    for years in (1, 2, 5, 10, 20, 50, 100, 1_000, 10_000):
        yield _Grain(partial(_years_from, years), partial(_years_after, years))


def _days_after(days: int, day: date) -> date:
    return day + days * _DAY


def _months_from(months: int, day: date) -> date:
    return day.replace(month=day.month - (day.month - 1) % months, day=1)


def _months_after(months: int, day: date) -> date:
    count = day.year * 12 + day.month - 1 + months
    return _first(count // 12, count % 12 + 1)


def _years_from(years: int, day: date) -> date:
    return _first(day.year - day.year % years, 1)


def _years_after(years: int, day: date) -> date:
    return _first(day.year + years, 1)


def _first(year: int, month: int) -> date:
    """The first day of a month, or the edge of the calendar."""
    if year < date.min.year:
        return date.min
    return date(year, month, 1) if year <= date.max.year else date.max


# -- words --------------------------------------------------------------------------------------


def _words(first: date, last: date) -> str:
    """Both days belong to it."""
    begins_month, ends_month = first.day == 1, (last + _DAY).day == 1
    if begins_month and ends_month:
        if first.month == 1 and last.month == 12:
            return _range(str(first.year), str(last.year))
        if first.year == last.year:
            return f"{_range(_month(first), _month(last))} {last.year}"
        return f"{_month(first)} {first.year}–{_month(last)} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{_range(str(first.day), str(last.day))} {_month(last)} {last.year}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {_month(first)}{year}–{last.day} {_month(last)} {last.year}"


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first}–{last}"


def _month(day: date) -> str:
    return MONTHS[day.month - 1][:3]
