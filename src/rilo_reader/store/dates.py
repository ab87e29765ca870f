"""Parse dates of front matter, file names and feeds into aware datetimes (pure, never raises)."""

from __future__ import annotations

import functools
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from rilo_reader.store.file_names import bundle_of

FIRST_YEAR, LAST_YEAR = 1000, 9998
"""Accepted years. Year 1 is Go's "no date"; year 9999 overflows when converted between zones."""


class When(NamedTuple):
    """A moment, or a day: `day_only` is True where no time of day was given (then 00:00)."""

    moment: datetime
    day_only: bool


# Compiled on first use, as all patterns here: a launch reads a date of TOML, which needs none.
_ISO = (
    r"(\d{4})\s?[-/.年년]\s?(\d{1,2})(?:\s?[-/.月월]\s?(\d{1,2})\s?[日일]?|[月월]?)"
    r"(?:(?:[T\s]\s*|,\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d*)?)?((?s:.*)))?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_OFFSET = r"([+-])(\d{1,2}):?(\d{2})?(?!\d)"
_ZONES = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "CET": 1, "CEST": 2, "BST": 1, "EET": 2, "EEST": 3, "MSK": 3, "ICT": 7, "HKT": 8, "SGT": 8,
    "PHT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip
_LONGEST = 100


def read_date(value: object) -> When | None:
    """Parse a metadata value: text, a TOML date or datetime, or seconds since 1970.

    Accepts ISO 8601 and looser forms of it (`2019-03-07 10:00 +0900`, `2019/3/7`, `20190307`,
    `2019-03`, `2019`), RFC 2822 and similar (`Thu, 07 Mar 2019`, `7 March 2019`,
    `March 7, 2019 10:00 am`), `Thu Mar  7 10:00:00 2019`, `07.03.2019`, `2019年3月7日`, epoch
    seconds or milliseconds, and `3/25/2019` where only one order is possible. A day beyond the
    end of its month becomes the month's last day. The default zone is UTC.

    Returns:
        None if the value is no date, or its year is not within FIRST_YEAR … LAST_YEAR.
    """
    if isinstance(value, str):
        return _read_text(value.strip()) if len(value) <= _LONGEST else None
    if isinstance(value, datetime):
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            return None
        # A parsed value may carry any tzinfo: keep only its offset.
        offset = value.utcoffset()
        zone = UTC if not offset else timezone(offset)
        return When(value.replace(tzinfo=zone), False)
    if isinstance(value, date):
        return _day(value.year, value.month, value.day)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _read_number(value)
    return None


def _read_text(text: str) -> When | None:
    """The date of a text without white space around it."""
    match = re.fullmatch(_ISO, text)
    if match:
        year, month, day, hour, minute, second, rest = match.groups()
        day_of_year = _day(int(year), int(month), int(day or 1))
        return _with_time(day_of_year, hour, minute, second, rest)
    if text.isdigit() and text.isascii() and len(text) != 8:
        return _read_number(int(text))
    for pattern, order in _orders():
        match = pattern.fullmatch(text)
        if match:
            return _from_parts(dict(zip(order, match.groups(), strict=True)))
    return None


@functools.cache
def _orders() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """Patterns of the rarer formats with the names of their groups; compiled on first use."""
    clock = r"(?:,?\s+(?:at\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?(.*))?"
    weekday = r"(?:[A-Za-z]{3,9}\.?,?\s+)?"
    suffix = "(?:st|nd|rd|th)?"
    forms = (
        (
            rf"{weekday}(\d{{1,2}}){suffix}[\s-]+(?:of\s+)?([A-Za-z]{{3,9}})\.?,?[\s-]+(\d{{4}}){clock}",
            "day month year",
        ),
        (
            rf"{weekday}([A-Za-z]{{3,9}})\.?\s+(\d{{1,2}}){suffix},?\s+(\d{{4}}){clock}",
            "month day year",
        ),
        (rf"(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}}){clock}", "day month year"),
        (rf"(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}){clock}", "either other year"),
        (_DIGITS, "year month day"),
    )
    ctime = (
        r"(?:[A-Za-z]{3,9},?\s+)?([A-Za-z]{3,9})\s+(\d{1,2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(.*?)"
        r"\s+(\d{4})"
    )
    return (
        *((re.compile(form), (*names.split(), *_CLOCK)) for form, names in forms),
        (re.compile(ctime), ("month", "day", *_CLOCK, "year")),
    )


_CLOCK = ("hour", "minute", "second", "rest")
_DIGITS = r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(.*))?"


def _from_parts(parts: dict[str, str | None]) -> When | None:
    """The date of named parts; a month may be a name, and two parts may be month and day."""
    if "either" in parts:
        either, other = int(parts["either"] or 0), int(parts["other"] or 0)
        if either <= 12 and other <= 12 and either != other:
            return None
        month, day = (either, other) if either <= 12 else (other, either)
    else:
        name = (parts["month"] or "").lower()
        day = int(parts["day"] or 0)
        if name.isdigit():
            month = int(name)
        elif re.fullmatch(_MONTH_NAME, name):
            month = _MONTHS.index(name[:3]) + 1
        else:
            return None
    when = _day(int(parts["year"] or 0), month, day)
    return _with_time(when, parts["hour"], parts["minute"], parts["second"], parts["rest"])


def _read_number(value: float) -> When | None:
    """The date of a number: seconds or milliseconds since 1970, 20190307, or a year."""
    if not value >= 0:  # also what is not a number
        return None
    if value < 10_000:
        return _day(int(value), 1, 1)
    digits = str(int(value)) if value < 1e15 else ""
    if len(digits) in (8, 12, 14) and 1900 <= int(digits[:4]) <= 2100:
        return _read_text(f"{digits[:8]}T{digits[8:]}" if digits[8:] else digits)
    return _epoch(value / 1000 if len(digits) > 11 else value) if len(digits) > 8 else None


def _epoch(seconds: float) -> When | None:
    """The moment `seconds` after the Unix epoch."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return When(moment, False) if moment.year <= LAST_YEAR else None


def _day(year: int, month: int, day: int) -> When | None:
    """A day without a time, None where there is no such year, month or day of a month."""
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    if day > 28:
        day = min(day, _days(year, month))
    return When(datetime(year, month, day, tzinfo=UTC), True)


def _with_time(
    when: When | None, hour: str | None, minute: str | None, second: str | None, rest: str | None
) -> When | None:
    """Add a time to a day; `rest` may hold am or pm and a zone. An invalid time is ignored."""
    if when is None or hour is None:
        return when
    zone: tzinfo = UTC
    hours, minutes = int(hour), int(minute or 0)
    rest = rest.strip() if rest else ""
    if rest and rest != "Z":
        half = rest[:2].upper()
        if half in ("AM", "PM") and 1 <= hours <= 12:
            hours = hours % 12 + (12 if half == "PM" else 0)
            rest = rest[2:].lstrip()
        zone = _zone(rest)
    if hours > 23 or minutes > 59:
        return when
    # A leap second counts as the one before it.
    seconds = min(int(second), 59) if second else 0
    moment = when.moment.replace(hour=hours, minute=minutes, second=seconds, tzinfo=zone)
    return When(moment, False)


def _days(year: int, month: int) -> int:
    """How many days a month has."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def _zone(text: str) -> tzinfo:
    """The zone in the text after a time of day; UTC where none is recognised."""
    match = re.search(_OFFSET, text)
    if match:
        hours, minutes = int(match[2]), int(match[3] or 0)
        if hours > 23 or minutes > 59 or not (hours or minutes):
            return UTC
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if match[1] == "-" else offset)
    name = re.match("[A-Z]{3,4}(?![A-Za-z])", text)
    hours_off = _ZONES.get(name[0]) if name else None
    return timezone(timedelta(hours=hours_off)) if hours_off else UTC


_FILE_DATE = r"(?<!\d)(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})(?!\d)|(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)"
_FOLDER_DATE = r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})(?=[/_. -]|$)"
_FOLDER_MONTH = r"(?:^|/)(\d{4})/(\d{2})(?=/)"


def date_in_path(path: str) -> When | None:
    """The day in a path: `2019-03-07-title.md`, `2019/03/07/title`, or `2019/03/title`.

    An index file takes its folder's name: `2019-03-07-title/index.md` has that date too.
    """
    name = bundle_of(path) or path.rpartition("/")[2]
    for pattern, text in ((_FILE_DATE, name), (_FOLDER_DATE, path), (_FOLDER_MONTH, path)):
        for match in re.finditer(pattern, text):
            year, month, *days = (int(part) for part in match.groups() if part)
            day = days[0] if days else 1
            if 1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= _days(year, month):
                return _day(year, month, day)
    return None
