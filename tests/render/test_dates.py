"""Dates as people say them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from rilo_reader.dates import human

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=ZoneInfo("Asia/Seoul"))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Asia/Seoul"))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (at(2026, 11, 24, 14, 5), "today 14:05"),
        (at(2026, 11, 24, 0, 0), "today 00:00"),
        (at(2026, 11, 23, 23, 59), "yesterday"),
        (at(2026, 11, 22, 12, 0), "22 Nov"),
        (at(2026, 1, 3, 12, 0), "3 Jan"),
        (at(2025, 12, 31, 12, 0), "31 Dec 2025"),
        (at(2019, 3, 7, 12, 0), "7 Mar 2019"),
        (at(2026, 11, 25, 9, 0), "25 Nov"),
        (at(2027, 1, 1, 9, 0), "1 Jan 2027"),
    ],
)
def test_a_row_says_when_an_article_was_published(date: datetime, expected: str) -> None:
    assert human(date, False, now=NOW) == expected


def test_a_time_is_told_in_the_readers_zone() -> None:
    # 22:30 UTC on the 23rd is 07:30 on the 24th in Seoul.
    assert human(datetime(2026, 11, 23, 22, 30, tzinfo=UTC), False, now=NOW) == "today 07:30"
    assert human(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), False, now=NOW, long=True) == (
        "2 July 2026, 07:30"
    )


@pytest.mark.parametrize("hours", [-12, -5, 0, 9, 14])
def test_a_day_without_a_time_never_shifts(hours: int) -> None:
    day = datetime(2019, 3, 7, tzinfo=UTC)
    now = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=hours)))
    assert human(day, True, now=now) == "7 Mar 2019"
    assert human(day, True, now=now, long=True) == "7 March 2019"
    assert human(day, True, now=now, form="iso") == "2019-03-07"


def test_today_is_a_day_where_no_time_is_known() -> None:
    assert human(datetime(2026, 11, 24, tzinfo=UTC), True, now=NOW) == "today"
    assert human(datetime(2026, 11, 23, tzinfo=UTC), True, now=NOW) == "yesterday"


def test_other_formats() -> None:
    date = datetime(2019, 3, 7, 5, 6, tzinfo=UTC)
    assert human(date, False, now=NOW, form="iso") == "2019-03-07 14:06"
    assert human(date, False, now=NOW, form="%d.%m.%Y") == "07.03.2019"
    assert human(date, True, now=NOW, form="%Y/%m/%d") == "2019/03/07"


def test_a_format_that_gives_nothing_falls_back_to_the_day() -> None:
    date = datetime(2019, 3, 7, tzinfo=UTC)
    assert human(date, True, now=NOW, form="") == "2019-03-07"
    assert human(date, True, now=NOW, form="\n") == "2019-03-07"


def test_the_edges_of_the_calendar() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    west = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-11)))
    assert human(first, False, now=west) == "1 Jan 1"
    assert human(last, False, now=NOW) == "31 Dec 9999"


def test_the_present_is_the_default() -> None:
    assert human(datetime.now(UTC), False).startswith(("today", "yesterday"))
