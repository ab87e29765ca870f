"""When an answer asks to be asked again, and with what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.fetch.response import (
    MAX_FRESH,
    MAX_RETRY,
    clean_validator,
    read_fresh_until,
    read_retry_after,
)
from tests.support.for_each import for_each

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@for_each(
    "headers, seconds",
    [
        ({}, None),
        ({"cache-control": "max-age=300"}, 300),
        ({"cache-control": "public, Max-Age = 300, must-revalidate"}, 300),
        ({"cache-control": 'max-age="300"'}, 300),
        ({"cache-control": "s-maxage=300"}, None),
        ({"cache-control": "max-age=300", "age": "100"}, 200),
        ({"cache-control": "max-age=300", "age": "300"}, None),
        ({"cache-control": "max-age=0"}, None),
        ({"cache-control": "max-age=-1"}, None),
        ({"cache-control": "max-age=99999999999999999999"}, 86_400),
        ({"cache-control": "max-age=31536000"}, 86_400),
        ({"cache-control": "no-cache, max-age=300"}, None),
        ({"cache-control": "no-store", "expires": "Tue, 24 Nov 2026 13:00:00 GMT"}, None),
        ({"expires": "Tue, 24 Nov 2026 13:00:00 GMT"}, 3600),
        ({"expires": "Tuesday, 24-Nov-26 13:00:00 GMT"}, 3600),
        ({"expires": "Tue Nov 24 13:00:00 2026"}, 3600),
        ({"expires": "Tue, 24 Nov 2026 14:00:00 +0100"}, 3600),
        ({"expires": "0"}, None),
        ({"expires": "-1"}, None),
        ({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"expires": "Tue, 24 Nov 9999 13:00:00 GMT"}, 86_400),
        ({"expires": "soon" * 1000}, None),
        # The server's clock is a day behind: an hour is an hour all the same.
        (
            {"expires": "Mon, 23 Nov 2026 13:00:00 GMT", "date": "Mon, 23 Nov 2026 12:00:00 GMT"},
            3600,
        ),
        ({"cache-control": "max-age=60", "expires": "Tue, 24 Nov 2026 13:00:00 GMT"}, 60),
        ({"cache-control": "max-age=60", "retry-after": "600"}, 600),
        ({"cache-control": "max-age=600", "retry-after": "60"}, 600),
    ],
)
def test_freshness(headers: dict[str, str], seconds: int | None) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert read_fresh_until(headers, NOW) == expected


@for_each(
    "text, seconds",
    [
        ("", None),
        ("120", 120),
        (" 120 ", 120),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 400, 604_800),
        ("Tue, 24 Nov 2026 12:02:00 GMT", 120),
        ("Tue, 24 Nov 2026 11:00:00 GMT", None),
        ("Fri, 31 Dec 2999 23:59:59 GMT", 604_800),
        ("Tue, 99 Nov 2026 12:02:00 GMT", None),
        ("later", None),
    ],
)
def test_when_to_try_again(text: str, seconds: int | None) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert read_retry_after({"retry-after": text}, NOW) == expected


@for_each("ahead", [timedelta(days=-2), timedelta(0), timedelta(hours=3)])
def test_when_to_try_again_is_said_by_the_clock_of_the_server(ahead: timedelta) -> None:
    """Whichever of the two clocks is wrong."""
    date, again = (format_datetime(NOW + ahead + timedelta(minutes=n)) for n in (0, 2))
    headers = {"retry-after": again, "date": date}
    assert read_retry_after(headers, NOW) == NOW + timedelta(minutes=2)


@for_each(
    "text, kept",
    [
        ('"abc"', '"abc"'),
        ('W/"abc"', 'W/"abc"'),
        ("unquoted", "unquoted"),
        (" Tue, 24 Nov 2026 12:00:00 GMT ", "Tue, 24 Nov 2026 12:00:00 GMT"),
        ("", ""),
        ('"a\r\nX-Evil: 1"', ""),
        ('"é"', ""),
        ('"' + "a" * 1000 + '"', ""),
    ],
)
def test_a_mark_is_kept_where_it_can_be_sent_back(text: str, kept: str) -> None:
    assert clean_validator(text) == kept


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_a_server_says_is_bounded(a: str, b: str, c: str, d: str) -> None:
    headers = {"cache-control": "max-age=" + a, "expires": b, "date": c, "retry-after": d, "age": a}
    until = read_fresh_until(headers, NOW)
    assert until is None or NOW < until <= NOW + max(MAX_FRESH, MAX_RETRY)
    again = read_retry_after(headers, NOW)
    assert again is None or NOW < again <= NOW + MAX_RETRY
