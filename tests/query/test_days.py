"""A day without a time is that day in every time zone, and a moment is that moment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rilo_reader.article import Article, ArticleId
from rilo_reader.dates import format_date
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import order_of_article, sort_key_ranges
from rilo_reader.query.edit import to_text
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Dates, Query, Sort
from tests.index.test_index import fill
from tests.support.examples import examples
from tests.support.terminal import environment

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
DAYS = st.dates(date(1000, 1, 2), date(9998, 12, 29))
HASHES = st.integers(0, 2**64 - 1)
A_DAY = timedelta(days=1)

AROUND = 4
"""Days on either side that are asked for as well."""

ODD = [
    ("Pacific/Pago_Pago", date(2019, 3, 7)),  # eleven hours behind UTC
    ("Pacific/Kiritimati", date(2019, 3, 7)),  # fourteen ahead
    ("Etc/GMT+12", date(2019, 3, 7)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that was left out
    ("Asia/Manila", date(1844, 12, 30)),  # nearly sixteen hours behind, and a day left out
    ("America/Juneau", date(1867, 10, 18)),  # fifteen ahead, and a day that came twice
    ("America/Sao_Paulo", date(2018, 11, 4)),  # without a midnight
    ("America/Havana", date(2018, 11, 4)),  # with two
]


def article(name: str, when: datetime, date_only: bool) -> Article:
    return Article(ArticleId(name), f"{name}.md", name, when, date_only)


def now_in(zone: ZoneInfo, day: date = date(2026, 11, 24)) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)


def local_day(zone: ZoneInfo) -> Callable[[datetime], date]:
    return lambda moment: moment.astimezone(zone).date()


def finds(query: Query, key: int) -> bool:
    """Whether a query for dates finds an article of a sort key."""
    assert isinstance(query.node, Dates)
    return any(
        (low is None or low <= key) and (high is None or key < high)
        for low, high in sort_key_ranges(query.node.start, query.node.end)
    )


def found_by(when: datetime, date_only: bool, key: int, now: datetime) -> list[date]:
    """The days around a date of which `date:` finds it."""
    order = order_of_article(article("", when, date_only), key)
    days = [when.date() + number * A_DAY for number in range(-AROUND, AROUND + 1)]
    return [day for day in days if finds(parse(f"date:{day}", now=now), order)]


def odd_days(test: Callable[..., None]) -> Callable[..., None]:
    """Try a test with ODD, whatever else it is tried with."""
    for zone, day in ODD:
        test = example(ZoneInfo(zone), day, 2**64 - 1)(test)
    return test


@pytest.mark.slow
@odd_days
@given(ZONES, DAYS, HASHES)
@examples(300)
def test_a_day_is_found_as_the_day_it_is_shown_as_and_as_no_other(
    zone: ZoneInfo, day: date, key: int
) -> None:
    now = now_in(zone)
    when = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assume(day.toordinal() - date(1000, 1, 1).toordinal() >= AROUND)
    shown = format_date(when, True, now=now, form="iso")
    assert shown == day.isoformat()
    assert [found.isoformat() for found in found_by(when, True, key, now)] == [shown]
    order = order_of_article(article("", when, True), key)
    assert finds(parse(f"after:{day}", now=now), order)
    assert not finds(parse(f"before:{day}", now=now), order)
    assert finds(parse(f"before:{day + A_DAY}", now=now), order)
    assert not finds(parse(f"after:{day + A_DAY}", now=now), order)
    assert finds(parse(f"date:{day:%Y-%m}", now=now), order)
    assert finds(parse(f"date:{day.year}", now=now), order)
    assert finds(parse(f"date:{day - A_DAY}..{day + A_DAY}", now=now), order)
    assert not finds(parse(f"date:{day + A_DAY}..{day - A_DAY}", now=now), order)


@odd_days
@given(ZONES, DAYS, HASHES)
@examples(200)
def test_today_and_amounts_count_in_the_readers_days(zone: ZoneInfo, day: date, key: int) -> None:
    now = now_in(zone, day)
    # Where the clock leaves out the day there is no moment at which it is today.
    assume(now.astimezone(UTC).astimezone(zone).date() == day)
    when = datetime(day.year, day.month, day.day, tzinfo=UTC)
    order = order_of_article(article("", when, True), key)
    assert format_date(when, True, now=now) == "today"
    assert finds(parse("date:today", now=now), order)
    assert not finds(parse("date:yesterday", now=now), order)
    tomorrow = now_in(zone, day + A_DAY)
    assert format_date(when, True, now=tomorrow) == "yesterday"
    assert finds(parse("date:yesterday", now=tomorrow), order)
    assert not finds(parse("date:today", now=tomorrow), order)
    month_later = now_in(zone, min(day + 30 * A_DAY, date(9998, 12, 31)))
    if month_later.date() == day + 30 * A_DAY:
        assert finds(parse("after:30d", now=month_later), order)
        assert finds(parse("date:30d", now=month_later), order)
        assert not finds(parse("before:30d", now=month_later), order)
        assert not finds(parse("after:29d", now=month_later), order)


@pytest.mark.slow
@given(ZONES, st.datetimes(datetime(1000, 1, 6), datetime(9998, 12, 26)), HASHES)  # noqa: DTZ001
@example(ZoneInfo("America/Sao_Paulo"), datetime(2018, 11, 4, 3), 1)  # noqa: DTZ001 - 01:00 there
@example(ZoneInfo("America/Toronto"), datetime(1919, 3, 31, 4, 40), 1)  # noqa: DTZ001 - 00:40
@example(ZoneInfo("America/St_Johns"), datetime(2008, 11, 2, 3), 1)  # noqa: DTZ001 - 23:30 again
@examples(300)
def test_a_moment_is_found_as_the_day_it_is_shown_as_and_as_no_other(
    zone: ZoneInfo, naive: datetime, key: int
) -> None:
    when = naive.replace(tzinfo=UTC, microsecond=0)
    # Where clocks go back over midnight a day is interrupted by the one before.
    near = sorted({when + timedelta(minutes=30 * number) for number in range(-52, 53)})
    assume(all(one <= two for one, two in pairwise(map(local_day(zone), near))))
    now = now_in(zone)
    shown = format_date(when, False, now=now, form="iso")
    assert [found.isoformat() for found in found_by(when, False, key, now)] == [shown[:10]]


@pytest.mark.slow
@given(
    ZONES,
    st.lists(st.datetimes(datetime(1000, 1, 6), datetime(9998, 12, 26)), max_size=8),  # noqa: DTZ001
    st.datetimes(datetime(1000, 1, 6), datetime(9998, 12, 26)),  # noqa: DTZ001
    st.booleans(),
    HASHES,
)
@examples(300)
def test_spans_that_follow_one_another_hold_every_article_once(
    zone: ZoneInfo, bounds: list[datetime], when: datetime, date_only: bool, key: int
) -> None:
    order = order_of_article(article("", when.replace(tzinfo=UTC), date_only), key)
    near = [when + timedelta(minutes=number * 97) for number in range(-20, 20)]
    moments = sorted(one.replace(tzinfo=zone, microsecond=0) for one in (*bounds, *near))
    moments.sort(key=lambda one: (one.timestamp(), one.date()))
    spans = [(None, moments[0]), *pairwise(moments), (moments[-1], None)]
    holding = [
        span
        for span in spans
        for low, high in sort_key_ranges(*span)
        if (low is None or low <= order) and (high is None or order < high)
    ]
    assert len(holding) == 1


@odd_days
@given(ZONES, DAYS, HASHES)
@examples(100)
def test_dates_are_written_as_they_are_read(zone: ZoneInfo, day: date, key: int) -> None:
    now = now_in(zone)
    when = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for text in (f"date:{day}", f"after:{day}", f"before:{day + A_DAY}"):
        again = parse(to_text(parse(text, now=now), now=now), now=now)
        assert finds(again, order_of_article(article("", when, True), key)), text


# -- in an index ----------------------------------------------------------------------------


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    return SearchIndex(tmp_path)


def names(index: SearchIndex, text: str, now: datetime, sort: Sort = Sort.NEWEST) -> list[str]:
    query = parse(text, now=now)._replace(sort=sort)
    return [str(hit.id) for hit in index.searcher.search(query).rows]


@pytest.mark.parametrize("name", ["America/New_York", "Asia/Tokyo", *(zone for zone, _ in ODD[:3])])
def test_an_index_holds_days_and_moments(index: SearchIndex, name: str) -> None:
    zone = ZoneInfo(name)
    now = now_in(zone)
    noon = datetime(2019, 3, 7, 12, tzinfo=zone)
    first, last = noon.replace(hour=0), noon.replace(hour=23, minute=59)
    fill(
        index,
        [
            *(article(f"day{day}", datetime(2019, 3, day, tzinfo=UTC), True) for day in (6, 7, 8)),
            article("first", first, False),
            article("noon", noon, False),
            article("last", last, False),
            article("before", first - timedelta(seconds=1), False),
            article("after", last + timedelta(minutes=1), False),
        ],
    )
    assert set(names(index, "date:2019-03-07", now)) == {"day7", "first", "noon", "last"}
    assert set(names(index, "before:2019-03-07", now)) == {"day6", "before"}
    assert set(names(index, "after:2019-03-08", now)) == {"day8", "after"}
    assert index.searcher.count(parse("-date:2019-03-07", now=now)) == 4
    found = index.searcher.timeline(Query(), now=now)
    assert [(slot.start.day, slot.hits) for slot in found.slots] == [(6, 2), (7, 4), (8, 2)]


@pytest.mark.parametrize("name", ["America/New_York", "Asia/Tokyo", "Pacific/Honolulu"])
def test_results_are_in_order_of_the_days_that_are_shown(index: SearchIndex, name: str) -> None:
    now = now_in(ZoneInfo(name))
    moments = [datetime(2019, 3, 6, tzinfo=UTC) + timedelta(hours=hour) for hour in range(48)]
    days = [datetime(2019, 3, day, tzinfo=UTC) for day in range(5, 9)]
    fill(index, [article(f"m{one}", one, False) for one in moments])
    fill(index, [article(f"d{one}", one, True) for one in days])
    for sort in (Sort.NEWEST, Sort.OLDEST):
        rows = index.searcher.search(Query(sort=sort), limit=60).rows
        shown = [format_date(hit.date, hit.date_only, now=now, form="iso")[:10] for hit in rows]
        assert shown == sorted(shown, reverse=sort is Sort.NEWEST)


@pytest.mark.slow
@given(ZONES, st.lists(st.integers(0, 40 * 24), min_size=1, max_size=30), st.integers(0, 2))
@examples(25)
def test_every_article_is_in_the_bar_of_the_day_it_is_shown_as(
    zone: ZoneInfo, hours: list[int], stride: int
) -> None:
    from tempfile import TemporaryDirectory

    now = now_in(zone)
    begin = datetime(2015, 1, 1, tzinfo=UTC)
    moments = [begin + (1 + 40 * stride) * timedelta(hours=hour) for hour in hours]
    articles = [article(str(n), moment, n % 2 > 0) for n, moment in enumerate(moments)]
    shown = [format_date(one.date, one.date_only, now=now, form="iso")[:10] for one in articles]
    with TemporaryDirectory() as directory:
        index = SearchIndex(Path(directory))
        fill(index, articles)
        slots = index.searcher.timeline(Query(), now=now).slots
        years = index.searcher.facets(Query(), now=now)[None]
    assert sum(slot.hits for slot in slots) == len(articles)
    for slot in slots:
        assert slot.hits == sum(
            slot.start.isoformat() <= day < slot.end.isoformat() for day in shown
        )
    assert {one.text: one.hits for one in years} == {
        year: sum(day.startswith(year) for day in shown) for year in {day[:4] for day in shown}
    }


# -- on the command line --------------------------------------------------------------------


TIMELINE = """
import sys
from pathlib import Path
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from rilo_reader.query.tree import Query

with open_library(Path(sys.argv[1]), user_paths()) as library:
    for slot in library.search.timeline(Query()).slots:
        print(slot.start, slot.hits)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("zone", "day"), [("America/New_York", date(2019, 3, 7)), ("Pacific/Apia", date(2011, 12, 30))]
)
def test_the_command_line_counts_what_it_lists(tmp_path: Path, zone: str, day: date) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "day.md").write_text(f"---\ndate: {day}\n---\nText.\n", encoding="utf-8")
    (folder / "moment.md").write_text(f"---\ndate: {day}T02:00:00Z\n---\nText.\n", encoding="utf-8")
    environ = {**environment(tmp_path / "home"), "TZ": zone}

    def run(*argv: str) -> str:
        command = [sys.executable, *argv]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=environ
        ).stdout

    def reader(*argv: str) -> str:
        return run("-m", "rilo_reader", *argv, "--library", str(folder))

    moment = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    local = moment.astimezone(ZoneInfo(zone))
    dates = {line.split("\t")[1]: line.split("\t")[0] for line in reader("list").splitlines()}
    assert dates == {"Day": f"{day}", "Moment": f"{local:%Y-%m-%d %H:%M}"}
    shown = [written[:10] for written in dates.values()]
    for number in range(-2, 3):
        asked = (day + number * A_DAY).isoformat()
        count = int(reader("search", f"date:{asked}", "--count"))
        assert count == shown.count(asked), asked
    rows = [json.loads(line) for line in reader("search", f"date:{day}", "--json").splitlines()]
    assert f"{day}" in [row["date"] for row in rows]
    timeline = dict(line.split() for line in run("-c", TIMELINE, str(folder)).splitlines())
    assert {one: int(hits) for one, hits in timeline.items() if hits != "0"} == {
        one: shown.count(one) for one in shown
    }
