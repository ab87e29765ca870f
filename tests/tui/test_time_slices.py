"""Slices of time: merged to a width without losing a hit, and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.index.stats import Slot, Timeline
from rilo_reader.tui.widgets.timeline import TimeSpan, find_next_span, merge_slots, whole_span
from tests.support.examples import examples
from tests.support.for_each import for_each


def timeline(unit: str, edges: list[date], hits: Sequence[int]) -> Timeline:
    return Timeline(
        unit, tuple(Slot(*edge, n) for edge, n in zip(pairwise(edges), hits, strict=True))
    )


def months(first: str, *hits: int) -> Timeline:
    begin = int(first[:4]) * 12 + int(first[5:]) - 1
    numbers = range(begin, begin + len(hits) + 1)
    return timeline("month", [date(n // 12, n % 12 + 1, 1) for n in numbers], hits)


def days(first: str, *hits: int) -> Timeline:
    start = date.fromisoformat(first)
    return timeline("day", [start + timedelta(n) for n in range(len(hits) + 1)], hits)


def years(first: int, *hits: int) -> Timeline:
    return timeline("year", [date(first + n, 1, 1) for n in range(len(hits) + 1)], hits)


@for_each(
    "start, end, words",
    [
        ("2019-01-01", "2020-01-01", "2019"),
        ("1997-01-01", "2026-01-01", "1997–2025"),
        ("2019-03-01", "2019-04-01", "Mar 2019"),
        ("2019-01-01", "2019-04-01", "Jan–Mar 2019"),
        ("2019-11-01", "2020-02-01", "Nov 2019–Jan 2020"),
        ("2019-03-07", "2019-03-08", "7 Mar 2019"),
        ("2019-03-04", "2019-03-11", "4–10 Mar 2019"),
        ("2019-02-25", "2019-03-04", "25 Feb–3 Mar 2019"),
        ("2018-12-31", "2019-01-07", "31 Dec 2018–6 Jan 2019"),
        ("2020-02-01", "2020-03-01", "Feb 2020"),
    ],
)
def test_a_span_in_words(start: str, end: str, words: str) -> None:
    assert str(TimeSpan(date.fromisoformat(start), date.fromisoformat(end))) == words


@for_each(
    "times, most, spans",
    [
        (months("2019-11", 1, 2, 3), 3, ["Nov 2019", "Dec 2019", "Jan 2020"]),
        (months("2019-11", 1, 2, 3), 2, ["Oct–Dec 2019", "Jan–Mar 2020"]),
        (months("2019-11", *[1] * 30), 4, ["2019", "2020", "2021", "2022"]),
        (days("2019-03-06", *[1] * 9), 9, [f"{n} Mar 2019" for n in range(6, 15)]),
        (days("2019-03-06", *[1] * 9), 8, ["4–10 Mar 2019", "11–17 Mar 2019"]),
        (years(1997, *[1] * 29), 29, [str(n) for n in range(1997, 2026)]),
        (years(1997, *[1] * 29), 4, ["1990–1999", "2000–2009", "2010–2019", "2020–2029"]),
        (years(1997, *[1] * 29), 3, ["1980–1999", "2000–2019", "2020–2039"]),
    ],
)
def test_slices_are_times_that_have_names(times: Timeline, most: int, spans: list[str]) -> None:
    assert [str(TimeSpan(one.start, one.end)) for one in merge_slots(times, most)] == spans


COUNTS = st.lists(st.integers(0, 1_000), min_size=1, max_size=300)


@given(
    st.one_of(
        COUNTS.map(lambda hits: days("2019-02-11", *hits)),
        COUNTS.map(lambda hits: months("1998-05", *hits)),
        COUNTS.map(lambda hits: years(1_500, *hits)),
    ),
    st.integers(1, 200),
)
@examples(75)
def test_merging_keeps_every_hit_in_its_time(times: Timeline, most: int) -> None:
    slices = merge_slots(times, most)
    assert 1 <= len(slices) <= most
    assert all(before.end == after.start for before, after in pairwise(slices))
    assert slices[0].start <= times.slots[0].start
    assert slices[-1].end >= times.slots[-1].end
    for one in slices:
        inside = [slot for slot in times.slots if one.start <= slot.start < one.end]
        assert one.hits == sum(slot.hits for slot in inside)
        assert all(slot.end <= one.end for slot in inside)


def test_the_edges_of_the_calendar() -> None:
    slots = (Slot(date(1, 1, 1), date(2, 1, 1), 1), Slot(date(9998, 1, 1), date(9999, 1, 1), 1))
    for most in (1, 2, 50):
        assert merge_slots(Timeline("year", slots), most)[-1].end >= date(9999, 1, 1)
    assert merge_slots(Timeline("month", ()), 10) == ()
    assert whole_span(Timeline("month", ())) is None


def test_the_whole_is_written_in_years_where_it_is_long() -> None:
    assert str(whole_span(months("1997-03", *[1] * 330))) == "1997–2024"
    assert str(whole_span(months("2019-11", 1, 1, 1))) == "Nov 2019–Jan 2020"
    assert str(whole_span(days("2019-03-04", 1, 1))) == "4–5 Mar 2019"


@for_each(
    "now, direction, then",
    [
        (None, -1, "May 2019"),
        (None, 1, "Jan 2019"),
        ((3, 4), -1, "Jan 2019"),
        ((3, 4), 1, "May 2019"),
        ((1, 2), -1, "None"),
        ((5, 6), 1, "None"),
        ((1, 12), 1, "None"),
    ],
)
def test_steps_go_by_slices_with_hits(
    now: tuple[int, int] | None, direction: int, then: str
) -> None:
    slices = months("2019-01", 1, 0, 2, 0, 3).slots
    span = TimeSpan(date(2019, now[0], 1), date(2019, now[1], 1)) if now else None
    assert str(find_next_span(slices, span, direction)) == then
    assert find_next_span((), span, direction) is None
