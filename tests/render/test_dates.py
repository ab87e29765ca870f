"""Dates as people say them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from rilo_reader.dates import format_date, format_list_date
from tests.support.for_each import for_each

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=ZoneInfo("Asia/Seoul"))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Asia/Seoul"))  # type: ignore[misc, arg-type]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@for_each(
    "date, expected",
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
        (utc(2026, 11, 23, 22, 30), "today 07:30"),  # on the 24th in Seoul
        (utc(9999, 12, 31, 23, 59), "31 Dec 9999"),
    ],
)
def test_a_row_says_when_an_article_was_published(date: datetime, expected: str) -> None:
    assert format_date(date, False, now=NOW) == expected


@for_each(
    "date, is_day, expected",
    [
        (at(2026, 11, 24, 14, 5), False, "14:05"),
        (utc(2026, 11, 24), True, "today"),
        (utc(2026, 11, 23, 22, 30), False, "07:30"),  # on the 24th in Seoul
        (at(2026, 11, 23, 23, 59), False, "Mon"),
        (utc(2026, 11, 18), True, "Wed"),
        (at(2026, 11, 17, 23, 59), False, "17 Nov"),
        (at(2026, 11, 25, 9, 0), False, "25 Nov"),
        (at(2025, 12, 31, 12, 0), False, "Dec 2025"),
        (at(2027, 1, 1, 9, 0), False, "Jan 2027"),
        (utc(9999, 12, 31, 23, 59), False, "Dec 9999"),
        (utc(1, 1, 1), True, "no date"),
    ],
)
def test_dates_of_the_list_are_short(date: datetime, is_day: bool, expected: str) -> None:
    assert format_list_date(date, is_day, now=NOW) == expected
    assert format_list_date(date, is_day, now=NOW, form="%Y") in (f"{date:%Y}", "no date")


@for_each("hours", [-12, -5, 0, 9, 14])
def test_a_day_without_a_time_never_shifts(hours: int) -> None:
    day = utc(2019, 3, 7)
    now = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=hours)))
    assert format_date(day, True, now=now) == "7 Mar 2019"
    assert format_date(day, True, now=now, long=True) == "7 March 2019"
    assert format_date(day, True, now=now, form="iso") == "2019-03-07"


@for_each(
    "date, is_day, form, expected",
    [
        (utc(2026, 11, 24), True, "human", "today"),
        (utc(2026, 11, 23), True, "human", "yesterday"),
        (utc(2019, 3, 7, 5, 6), False, "iso", "2019-03-07 14:06"),
        (utc(2019, 3, 7, 5, 6), False, "%d.%m.%Y", "07.03.2019"),
        (utc(2019, 3, 7, 5, 6), True, "%Y/%m/%d", "2019/03/07"),
        (utc(2019, 3, 7), True, "\n", "2019-03-07"),  # gives nothing
        (utc(2019, 3, 7), True, "", "2019-03-07"),
    ],
)
def test_other_formats(date: datetime, is_day: bool, form: str, expected: str) -> None:
    assert format_date(date, is_day, now=NOW, form=form) == expected


def test_the_longest_form_the_first_year_and_the_present() -> None:
    assert (
        format_date(utc(2026, 11, 16, 22, 30), False, now=NOW, long=True)
        == "17 November 2026, 07:30"
    )
    assert format_date(utc(2026, 11, 16, 2, 30), False, now=NOW, long=True) == "16 November 2026"
    assert format_date(utc(2027, 7, 1, 22, 30), False, now=NOW, long=True) == "2 July 2027, 07:30"
    west = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-11)))
    assert format_date(utc(1, 1, 1), False, now=west) == "no date"
    assert format_date(datetime.now(UTC), False).startswith(("today", "yesterday"))
