"""Timeline and facets of results: numbers of articles by time and by value."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import tantivy

from rilo_reader.article import Field
from rilo_reader.index import schema as fields
from rilo_reader.index.schema import ORDER_BITS, VALUE_FIELDS, Ranges, sort_key_ranges
from rilo_reader.index.snapshot import Snapshot
from rilo_reader.query.dates import Calendar

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DAYS = 92
_MOST_MONTHS = 720
_A_DAY = timedelta(days=1)
_LAST = datetime(9998, 12, 31)  # noqa: DTZ001 - a day of the calendar; no article has a later one
_FEW_MONTHS = 2
"""Months within which hits are counted by day."""


class Slot(NamedTuple):
    """A day, month or year, from `start` on and before `end`, and its number of hits."""

    start: date
    end: date
    hits: int


class Timeline(NamedTuple):
    """Numbers of hits by time, in adjacent slots from the first hit to the last."""

    unit: str  # "day", "month" or "year", in the user's time zone
    slots: tuple[Slot, ...]  # the slots, empty without hits


class CountedValue(NamedTuple):
    """A word or a value of a field, and the number of articles that have it."""

    text: str
    hits: int


class Facets(dict[Field | None, tuple[CountedValue, ...]]):
    """The most frequent values of each field among results, most frequent first; None has years.

    `facets.source` is the same as `facets[Field.SOURCE]`, and `facets.year` as `facets[None]`.
    """

    @property
    def source(self) -> tuple[CountedValue, ...]:
        """Names of feeds, or of folders."""
        return self[Field.SOURCE]

    @property
    def author(self) -> tuple[CountedValue, ...]:
        """Names of authors."""
        return self[Field.AUTHOR]

    @property
    def tag(self) -> tuple[CountedValue, ...]:
        """Tags of the articles."""
        return self[Field.TAG]

    @property
    def lang(self) -> tuple[CountedValue, ...]:
        """Codes of languages."""
        return self[Field.LANG]

    @property
    def year(self) -> tuple[CountedValue, ...]:
        """Years, in the user's time zone."""
        return self[None]


# -- timeline ---------------------------------------------------------------------------------


def count_by_time(commit: Snapshot, query: tantivy.Query, now: datetime | None = None) -> Timeline:
    """The numbers of results of a compiled query by time."""
    calendar = Calendar(now)
    counted = _TimeCounter(commit, query, calendar)
    if commit.date_span is None:
        return Timeline("month", ())
    first, last = _to_days(calendar, commit.date_span)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if (last - first).days < _MOST_DAYS:
        return counted.count_by("day", first, last)
    if months > _MOST_MONTHS:
        return counted.count_by("year", first, last)
    found = counted.count_by("month", first, last)
    if 0 < len(found.slots) <= _FEW_MONTHS:
        start, end = found.slots[0].start, found.slots[-1].end
        return counted.count_by("day", _to_midnight(start), _to_midnight(end))
    return found


def _to_days(calendar: Calendar, seconds: tuple[int, int]) -> tuple[datetime, datetime]:
    first, last = (calendar.day_of(_EPOCH + timedelta(seconds=one)) for one in seconds)
    return first, last


def _to_midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - Calendar gives it its zone


def _iter_slot_starts(unit: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """The starts of all slots, and the end of the last."""
    day = first
    if unit != "day":
        day = day.replace(day=1, month=1 if unit == "year" else day.month)
    while day <= last:
        yield day
        if unit == "day":
            day += _A_DAY
        elif unit == "year" or day.month == 12:
            day = day.replace(year=day.year + 1, month=1)
        else:
            day = day.replace(month=day.month + 1)
    yield day


class _TimeCounter(NamedTuple):
    """Counts the results of a query by time."""

    commit: Snapshot
    query: tantivy.Query
    calendar: Calendar

    def count_by(self, unit: str, first: datetime, last: datetime) -> Timeline:
        """The results by day, month or year between two naive days.

        One day more on each side is counted, since dates without a time may be on these.
        """
        days = list(_iter_slot_starts(unit, first - _A_DAY, min(last + _A_DAY, _LAST)))
        starts = [self.calendar.to_moment(day) for day in days]
        keys = [sort_key_ranges(start, end) for start, end in pairwise(starts)]
        counts = self._count_ranges([one for its in keys for one in its])
        slots = [
            Slot(start.date(), end.date(), sum(counts.get(low, 0) for low, _ in its))
            for (start, end), its in zip(pairwise(days), keys, strict=True)
        ]
        filled = [place for place, slot in enumerate(slots) if slot.hits]
        return Timeline(unit, tuple(slots[filled[0] : filled[-1] + 1]) if filled else ())

    def _count_ranges(self, keys: Ranges) -> dict[int | None, int]:
        """The numbers of results in ranges of sort keys, by the start of each range."""
        # tantivy takes floating point numbers here, which are exact: the bits of the hash are 0.
        requests = [{"from": float(low or 0), "to": float(high or 0)} for low, high in keys]
        found: Any = self.commit.searcher.aggregate(
            self.query, {"order": {"range": {"field": fields.ORDER, "ranges": requests}}}
        )
        buckets = found["order"]["buckets"]
        return {int(one["from"]): one["doc_count"] for one in buckets if "from" in one}


_MOST_SOURCES = 10_000


def newest_by_source(commit: Snapshot, query: tantivy.Query) -> dict[str, int]:
    """The sources among the results of a compiled query, "" for none, those with news first.

    Each has the seconds since 1970 of its newest result, nearly.
    """
    by_newest = {"size": _MOST_SOURCES, "missing": "", "order": {"newest": "desc"}}
    found: Any = commit.searcher.aggregate(
        query,
        {
            "source": {
                "terms": {"field": VALUE_FIELDS[Field.SOURCE], **by_newest},
                "aggs": {"newest": {"max": {"field": fields.ORDER}}},
            }
        },
    )
    return {
        one["key"]: int(one["newest"]["value"]) >> ORDER_BITS for one in found["source"]["buckets"]
    }


# -- facets and completion ----------------------------------------------------------------------


def count_facets(
    commit: Snapshot, query: tantivy.Query, limit: int, now: datetime | None = None
) -> Facets:
    """The most frequent values of each field among the results of a compiled query."""
    requests = {
        field.value: {"terms": {"field": name, "size": limit}}
        for field, name in VALUE_FIELDS.items()
    }
    found: Any = commit.searcher.aggregate(query, requests)
    values = Facets(
        (Field(name), tuple(CountedValue(one["key"], one["doc_count"]) for one in facet["buckets"]))
        for name, facet in found.items()
    )
    years: list[CountedValue] = []
    if commit.date_span is not None:
        calendar = Calendar(now)
        first, last = _to_days(calendar, commit.date_span)
        slots = _TimeCounter(commit, query, calendar).count_by("year", first, last).slots
        years = [CountedValue(str(slot.start.year), slot.hits) for slot in slots if slot.hits]
    values[None] = tuple(sorted(years, key=lambda year: (-year.hits, year.text))[:limit])
    return values
