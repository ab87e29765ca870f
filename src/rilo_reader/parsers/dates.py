"""Parse the dates of feeds (pure, never raises)."""

from __future__ import annotations

import functools
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from rilo_reader.store import dates
from rilo_reader.store.dates import When

_LONGEST = 100
_PIVOT = 70
"""Two-digit years from here on are in the twentieth century."""

_WEEKDAY = r"(?:[^\W\d_]+[\s.,]+)?"
"""A weekday in any language."""
_CLOCK = (
    r"(?:(?:[Tt\s,]\s*|\s+[-–|]\s+|,?\s+at\s+)(?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d{1,2})(?:[.,]\d*)?)?(?P<rest>.*))?"
)
_MAIL = re.compile(
    r"(?:[^\W\d_]+[\s.,]*)?(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?[\s-]+(?:de\s+)?"
    r"(?P<month>[^\W\d_]{3,14})\.?,?[\s-]+(?:de\s+)?(?P<year>\d{4}|\d{2})" + _CLOCK
)
"""`Thu, 01 Jan 2004 19:48:21 GMT` and variations of it, in any language."""
_ODD = tuple(
    re.compile(form + _CLOCK)
    for form in (
        r"(?P<year>\d{4})[-\s](?P<month>[^\W\d_]{3,14})[-\s](?P<day>\d{1,2})",
        _WEEKDAY + r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
        _WEEKDAY
        + r"(?P<month>[^\W\d_]{3,14})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?=.*[AaPp]\.?[Mm])",
        _WEEKDAY + r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})\.\s?(?P<month>\d{1,2})\.\s?(?P<day>\d{1,2})\.?",
        r"(?P<year>\d{4})년\s*(?P<month>\d{1,2})월\s*(?P<day>\d{1,2})일",
        r"(?P<year>\d{4})-(?P<of_year>\d{3})",
        r"(?P<year>\d{2})-(?P<month>\d{2})-(?P<day>\d{2})",
        _WEEKDAY
        + r"(?P<either>\d{1,2})(?P<sign>[./\s-])(?P<other>\d{1,2})(?P=sign)(?P<year>\d{4})",
        _WEEKDAY + r"(?P<either>\d{1,2})(?P<sign>[./])(?P<other>\d{1,2})(?P=sign)(?P<year>\d{2})",
        r"(?P<month>[^\W\d_]{3,14})\.?\s+(?P<year>\d{4})",
    )
)
_UNIX = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?(?P<month>[^\W\d_]{3,14})\.?\s+(?P<day>\d{1,2}),?\s+(?P<hour>\d{1,2}):"
    r"(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}))?(?P<rest>.*?)\s(?P<year>\d{4})"
)
"""`Sun Jan  4 16:29:06 PST 2004`."""
_ZONE_LAST = re.compile(r"(.*)\s(\d{4})\s+([A-Z]{2,5}|[+-]\d{2}:?\d{2})")
"""A zone after the year; the time, if any, is before it."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_KOREAN = re.compile("[년오]")
_KOREAN_HALVES = (("오전", "AM"), ("오후", "PM"), ("오 전", "AM"), ("오 후", "PM"))
_HALF = re.compile(r"\s*([ap])\.?m\b\.?", re.IGNORECASE)
_OFFSET = re.compile(r"([-+−])\s?(\d{1,2}):?(\d{2})?(?!\d)")
_ZONES = {
    "UT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AT": -4, "AST": -4, "ADT": -3, "ET": -5, "CT": -6, "MT": -7, "PT": -8, "AKST": -9, "AKDT": -8,
    "HST": -10, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "MET": 1, "MEST": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8, "PHT": 8, "AWST": 8,
    "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip


def read_date(text: str) -> When | None:
    """Parse a date of a feed to a moment (UTC if it names no zone) or a calendar day.

    Accepts RFC 822, RFC 3339, and what feeds write instead: wrong weekdays, months in other
    languages, two-digit years, times without seconds, named zones, days of the year. A day beyond
    the end of its month is read as the last day. Returns None if the text is not a date, or if no
    article could have been written in that year (see `store.dates`).
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    match = _MAIL.fullmatch(text)
    found = _from_parts(match) if match else None
    return found or _read_odd(text)


def _read_odd(text: str) -> When | None:
    """Parse one of the rarer forms."""
    in_korea = not text.isascii() and _KOREAN.search(text) and not _OFFSET.search(text, 11)
    for korean, half in _KOREAN_HALVES:
        if korean in text:
            # AM or PM precedes the time; the pattern expects it after.
            text = " ".join(text.replace(korean, "").split()) + f" {half}"
            break
    if in_korea and ":" in text:
        text += " KST"
    zone_last = _ZONE_LAST.fullmatch(text)
    if zone_last:
        before, year, zone = zone_last.groups()
        text = f"{before} {zone} {year}" if ":" in before else f"{before} {year}"
    # A zone may follow directly: "2003-12-31T10:14Z" and "2004-07-08 23:56:58.0" are common.
    for form in (*_ODD, _UNIX):
        match = form.fullmatch(text)
        found = _from_parts(match) if match else None
        if found is not None:
            return found
    return dates.read_date(text)


def _from_parts(match: re.Match[str]) -> When | None:
    """Convert the named groups of a match; None if they are not a valid day."""
    parts = match.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= _PIVOT else 2000
    if not dates.FIRST_YEAR <= year <= dates.LAST_YEAR:
        return None
    if parts.get("of_year"):
        number = int(parts["of_year"])
        day = date(year, 1, 1) + timedelta(days=min(max(number, 1), 366) - 1)
    else:
        found = _ambiguous_day(year, match) if parts.get("sign") else _named_day(year, parts)
        if found is None:
            return None
        day = found
    return _at(day, parts)


def _named_day(year: int, parts: dict[str, str | None]) -> date | None:
    """Return the day with these parts; the first of the month if there is no day."""
    month = parts["month"] or ""
    number = int(month) if month.isdecimal() else month_number(month)
    return _day(year, number, int(parts.get("day") or 1))


def _ambiguous_day(year: int, match: re.Match[str]) -> date | None:
    """Return the day of a date such as "1/2"; None if it is ambiguous.

    With dots, the day comes first everywhere. Otherwise a number above 12 is the day, or else the
    weekday decides.
    """
    first, second = int(match["either"]), int(match["other"])
    if match["sign"] == ".":
        return _day(year, second, first)
    if len(match["year"]) == 2 and second <= 12:
        # The first number may also be the year.
        return None
    days = {_day(year, second, first), _day(year, first, second)} - {None}
    if len(days) > 1:
        named = match.string[:3].lower()
        days = {day for day in days if day and _DAYS[day.weekday()] == named}
    return days.pop() if len(days) == 1 else None


def _day(year: int, month: int, day: int) -> date | None:
    """Return a day, no later than the last one of the month."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    for last in range(day, 27, -1):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    return date(year, month, day)


def _at(day: date, parts: dict[str, str | None]) -> When:
    """Combine a day and a time; an invalid time is ignored."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if not parts.get("hour"):
        return When(midnight, True)
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    # A leap second is read as the second before it.
    second = min(int(parts["second"] or 0), 59)
    rest = parts.get("rest") or ""
    half = _HALF.match(rest)
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half[1].lower() == "p" else 0)
        rest = rest[half.end() :]
    if hour == 24 and minute == 0:
        midnight += timedelta(days=1)
        hour = 0
    if hour > 23 or minute > 59:
        return When(midnight, True)
    moment = midnight.replace(hour=hour, minute=minute, second=second, tzinfo=_zone(rest))
    return When(moment, False)


def _zone(text: str) -> tzinfo:
    """Return the time zone in the text after a time; UTC if it is unknown."""
    offset = _OFFSET.search(text)
    if offset:
        return _zone_of(offset[1], int(offset[2]), int(offset[3] or 0))
    name = re.search("[A-Za-z]{2,5}", text)
    hours = _ZONES.get(name[0].upper(), 0) if name else 0
    return timezone(timedelta(hours=hours)) if hours else UTC


def _zone_of(sign: str, hours: int, minutes: int) -> tzinfo:
    """Return the time zone of an offset; UTC if no place has that offset."""
    if hours > 23 or minutes > 59 or not (hours or minutes):
        return UTC
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(offset if sign == "+" else -offset)


# Names of months in the languages of feeds.


# Prefixes of the names of January to December: English, German, French, Spanish, Italian,
# Portuguese, Catalan, Dutch, Danish, Norwegian, Swedish, Finnish, Polish, Czech, Hungarian,
# Romanian, Greek, Russian, Ukrainian, Turkish, Indonesian.
_BEGINNINGS = (
    "jan jän jän ene gen tammi sty led ian ιαν янв січ oca",
    "feb fév fev helmi lut úno φεβ фев лют şub",
    "mar mär mrz maa maalis bře már μάρ μαρ мар бер",
    "apr avr abr huhti kwi dub ápr απρ апр кві nis",
    "may mai mag maj mei touko kvě máj μάι μαΐ μαϊ μαι май мая тра",
    "jun juin giu kesä cze červen červn jún iun ιουν ιούν июн чер haz",
    "jul juil lug heinä lip červenec července čvc júl iul ιουλ ιούλ июл лип tem",
    "aug aoû ago elo sie srp αυγ αύγ авг сер ağu agu",
    "sep set syys wrz zář sze σεπ сен вер eyl",
    "oct okt ott out loka paź říj οκτ окт жов eki",
    "nov marras lis noi νοε νοέ ноя лис kas",
    "dec dez déc dic des joulu gru pro δεκ дек гру ara",
)
_LONGEST_MONTH = 8


@functools.cache
def _numbers() -> dict[str, int]:
    """Map each prefix, with and without accents, to the number of its month."""
    numbers: dict[str, int] = {}
    for number, beginnings in enumerate(_BEGINNINGS, 1):
        for beginning in beginnings.split():
            numbers.setdefault(beginning, number)
            numbers.setdefault(_plain(beginning), number)
    return numbers


def _plain(text: str) -> str:
    """Return text without accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def month_number(name: str) -> int:
    """Return the number, 1 to 12, of a month's name or abbreviation; 0 if it is none."""
    lower = name.lower()
    numbers = _numbers()
    for text in (lower, _plain(lower)):
        # The longest prefix wins: "juin" and "juillet", "červen" and "červenec".
        for length in range(_LONGEST_MONTH, 2, -1):
            number = numbers.get(text[:length])
            if number:
                return number
    return 0
