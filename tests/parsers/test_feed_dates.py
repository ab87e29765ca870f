"""Dates of feeds, in the forms that feeds write."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.dates import month_number, read_date
from tests.support.examples import examples
from tests.support.for_each import for_each


def moment_of(text: str) -> datetime | None:
    when = read_date(text)
    return when.moment if when else None


@for_each(
    "text, moment",
    [
        ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z"),
        ("Mon, 01 Jan 2004 19:48:21 +0900", "2004-01-01T10:48:21Z"),  # it was a Thursday
        ("1 Jan 04 19:48 EST", "2004-01-02T00:48:00Z"),
        ("1 Jan 74 19:48 UT", "1974-01-01T19:48:00Z"),
        ("01 Jan 2004", "2004-01-01T00:00:00Z"),
        ("Mon, 13 Feb, 2012 06:28:00 UTC", "2012-02-13T06:28:00Z"),
        ("Wed, 19 Aug 2009 18:28:00 Etc/GMT", "2009-08-19T18:28:00Z"),
        ("Wed, 19 Feb 2012 22:40:00 GMT-01:01", "2012-02-19T23:41:00Z"),
        ("Mon, 26 January 2004 16:31:00 PT", "2004-01-27T00:31:00Z"),
        ("Tuesday, 05-Mar-24 10:00:00 GMT", "2024-03-05T10:00:00Z"),
        ("Tue,05 Mar 2024 10:00:00 GMT", "2024-03-05T10:00:00Z"),
        ("Tue, 05 Mar 2024 24:00:00 GMT", "2024-03-06T00:00:00Z"),
        ("Tue, 05 Mar 2024 10:00:60 GMT", "2024-03-05T10:00:59Z"),
        ("Thu, 31 Jun 2004 19:48:21 GMT", "2004-06-30T19:48:21Z"),
        ("Sun Jan  4 16:29:06 PST 2004", "2004-01-05T00:29:06Z"),
        ("Sun Jan 4 16:29:06 2004", "2004-01-04T16:29:06Z"),
        ("March 5, 2024 10:00 pm EST", "2024-03-06T03:00:00Z"),
        ("3/5/2024 12:10:00 AM", "2024-03-05T00:10:00Z"),
        ("March 5, 2024, 3:09 p.m.", "2024-03-05T15:09:00Z"),
        ("5th March 2024", "2024-03-05T00:00:00Z"),
        ("2003", "2003-01-01T00:00:00Z"),
        ("2003-12", "2003-12-01T00:00:00Z"),
        ("20031231", "2003-12-31T00:00:00Z"),
        ("2003-335", "2003-12-01T00:00:00Z"),
        ("03-12-31", "2003-12-31T00:00:00Z"),
        ("2003-12-31T10:14Z", "2003-12-31T10:14:00Z"),
        ("2003-12-31T18:14:55.123+08:00", "2003-12-31T10:14:55Z"),
        ("2003-12-31T18:14:55+0800", "2003-12-31T10:14:55Z"),
        ("2013-12-10T08:18:13T-05:00", "2013-12-10T13:18:13Z"),
        ("2003-09-31T10:14:55Z", "2003-09-30T10:14:55Z"),
        ("2003-12-31T25:14:55Z", "2003-12-31T00:00:00Z"),
        ("2004-07-08 23:56:58.0", "2004-07-08T23:56:58Z"),
        ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53Z"),
        ("2004-05-25 오 후 11:23:17", "2004-05-25T14:23:17Z"),
        ("2004년 05월 28일 오전 1:31", "2004-05-27T16:31:00Z"),
        ("2024年3月5日 10:00", "2024-03-05T10:00:00Z"),
        ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z"),
        ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z"),
        ("mar., 05 mars 2024 10:00:00 +0100", "2024-03-05T09:00:00Z"),
        ("Вт, 05 мар 2024 10:00:00 +0300", "2024-03-05T07:00:00Z"),
        ("5 de mayo de 2024", "2024-05-05T00:00:00Z"),
        ("1709632800", "2024-03-05T10:00:00Z"),
        ("2024-03-05T10:00:00+99:99", "2024-03-05T10:00:00Z"),
        # What content management systems write for people, Drupal before all.
        ("Tuesday, March 5, 2024 - 3:09pm", "2024-03-05T15:09:00Z"),
        ("Tuesday, March 5, 2024 - 15:09", "2024-03-05T15:09:00Z"),
        ("Dienstag, 5. März 2024 - 15:09", "2024-03-05T15:09:00Z"),
        ("2024-03-05 at 15:09:21", "2024-03-05T15:09:21Z"),
        ("Tue, 2024-03-05 15:09", "2024-03-05T15:09:00Z"),
        ("Tue , 05 Mar 2024 15:09:00 EST", "2024-03-05T20:09:00Z"),
        ("Tue Mar 5 15:09:00 2024 EST", "2024-03-05T20:09:00Z"),
        ("5 Mar 2024 GMT", "2024-03-05T00:00:00Z"),
        ("Mar. 2024", "2024-03-01T00:00:00Z"),
        # Numbers alone: what cannot be a month is the day, else the day of the week decides.
        ("Fri, 03/22/2024 - 19:19", "2024-03-22T19:19:00Z"),
        ("Fri, 22/03/2024", "2024-03-22T00:00:00Z"),
        ("22-03-2024 19:19:00 CET", "2024-03-22T18:19:00Z"),
        ("03/22/24 19:19:00", "2024-03-22T19:19:00Z"),
        ("22.03.24", "2024-03-22T00:00:00Z"),
        ("Tue, 03/05/2024 - 19:19", "2024-03-05T19:19:00Z"),
        ("Fri, 03/05/2024 - 19:19", "2024-05-03T19:19:00Z"),
        ("Tue, 05 03 2024 08:51:49 +0100", "2024-03-05T07:51:49Z"),
        ("05.03.2024 - 19:19", "2024-03-05T19:19:00Z"),
        ("5/5/2024", "2024-05-05T00:00:00Z"),
    ],
)
def test_forms(text: str, moment: str) -> None:
    assert moment_of(text) == datetime.fromisoformat(moment)


DAYS = (
    "01 Jan 2004", "5th March 2024", "2003", "2003-12", "20031231", "2003-335", "03-12-31",
    "5 de mayo de 2024", "5 Mar 2024 GMT", "Mar. 2024", "Fri, 22/03/2024", "22.03.24",
    "2004년 05월 28일", "2003-12-31T25:14:55Z",
)  # fmt: skip
MIDNIGHTS = (
    "Thu, 01 Jan 2004 00:00:00 GMT", "2004-01-01T00:00:00Z", "1709596800", "2024-03-05 0:00",
    "Tue, 05 Mar 2024 24:00:00 GMT",
)  # fmt: skip
NONE = (
    "", "yesterday", "0001-01-01T00:00:00Z", "Mon, 00 Jan 0000 00:00:00 +0000", "32 Jan 2004",
    "-0001-11-30T00:00:00+00:00", "5 Xyz 2004", "1" * 500, "00/00/0000", "03/05/2024",
    "Sun, 03/05/2024", "03-05-2024 10:00", "22/03/24", "Volume 2024",
)  # fmt: skip


def test_what_has_no_time_of_day_is_a_day_and_midnight_is_a_moment() -> None:
    days = {text: read_date(text) for text in (*DAYS, *MIDNIGHTS)}
    assert {text for text, when in days.items() if when and when.day_only} == set(DAYS)
    assert {when.moment.time() for when in days.values() if when} == {time()}
    assert [text for text in NONE if read_date(text) is not None] == []


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2069, 12, 31)),  # noqa: DTZ001  # made aware below
    st.integers(-14 * 60, 14 * 60),
)
@examples(150)
def test_what_programs_write_is_read_back(naive: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    moment = naive.replace(microsecond=0, tzinfo=zone)
    day_first = moment.strftime("%a, %d %b %Y %H:%M:%S %z")
    for text in (day_first, moment.isoformat(), moment.strftime("%Y-%m-%dT%H:%M:%S%z")):
        assert moment_of(text) == moment
    seconds_gone = moment.replace(second=0)
    assert moment_of(moment.strftime("%d %b %y %H:%M %z")) == seconds_gone
    unix = moment.astimezone(UTC).strftime("%a %b %d %H:%M:%S %Y")
    assert moment_of(unix) == moment


@pytest.mark.slow
@given(st.text(max_size=60))
@examples(300)
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = read_date(text)
    assert found is None or found.moment.tzinfo is not None


def test_months_that_begin_alike_are_distinguished() -> None:
    names = {
        "juin": 6, "juillet": 7, "červen": 6, "července": 7, "maart": 3, "mai": 5, "mar": 3,
        "marzec": 3, "marraskuu": 11, "Μαΐου": 5, "Juni": 6, "JULY": 7, "fevr": 2, "dezembro": 12,
        "sierpnia": 8, "října": 10, "Ağustos": 8, "agosto": 8, "monday": 0, "": 0,
    }  # fmt: skip
    assert {name: month_number(name) for name in names} == names
