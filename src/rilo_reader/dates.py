"""Dates: read however they are written, and written as people say them (pure, never raises)."""

import functools
import re
import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

FIRST_YEAR, LAST_YEAR = 1000, 9998
"""Accepted years. Year 1 is Go's "no date"; year 9999 overflows when converted between zones."""


NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment by which programs that need one say that there is none."""


class ParsedDate(NamedTuple):
    """A moment, or a day."""

    moment: datetime
    day_only: bool  # no time of day was given: the moment is 00:00 UTC


_LONGEST = 100
_PIVOT = 70  # two-digit years from here on are in the twentieth century

_WEEKDAY = r"(?:[^\W\d_]+[\s.,]+)?"  # in any language
_MONTH = r"(?P<month>[^\W\d_]{3,14})"
_DAY = r"(?P<day>\d{1,2})"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,]\d*)?)?"
_CLOCK = rf"(?:(?:[Tt\s,]\s*|\s+[-–|]\s+|,?\s+at\s+){_TIME}(?P<rest>.*))?"

# Texts, as patterns are compiled on first use: a launch reads a date of TOML, which needs none.
_FORMS = (
    # 2019-03-07T10:00:00Z, 2019/3/7, 2019-03, 2019年3月7日, Fri, 2006/09/15 08:19 EDT
    (
        rf"{_WEEKDAY}(?P<year>\d{{4}})\s?[-/.年년]\s?(?P<month>\d{{1,2}})"
        rf"(?:\s?[-/.月월]\s?{_DAY}\s?[日일.]?|[月월]?){_CLOCK}"
    ),
    # Thu, 01 Jan 2004 19:48:21 GMT, and variations of it in any language
    (
        rf"(?:[^\W\d_]+[\s.,]*)?{_DAY}(?:st|nd|rd|th|er|º|\.)?[\s-]+(?:de\s+|of\s+)?"
        rf"{_MONTH}\.?,?[\s-]+(?:de\s+)?(?P<year>\d{{4}}|\d{{2}}){_CLOCK}"
    ),
    # 20190307T100000Z
    (
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
        r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<rest>.*))?"
    ),
    rf"(?P<year>\d{{4}})[-\s]{_MONTH}[-\s]{_DAY}{_CLOCK}",
    rf"{_WEEKDAY}{_MONTH}\.?\s+{_DAY}(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_CLOCK}",
    # 3/7/2019 10:00 AM is American
    rf"(?P<month>\d{{1,2}})/{_DAY}/(?P<year>\d{{4}})(?=.*[AaPp]\.?[Mm]){_CLOCK}",
    rf"(?P<year>\d{{4}})-(?P<of_year>\d{{3}}){_CLOCK}",
    rf"(?P<year>\d{{2}})-(?P<month>\d{{2}})-(?P<day>\d{{2}}){_CLOCK}",
    (
        rf"{_WEEKDAY}(?P<either>\d{{1,2}})(?P<sign>[./\s-])\s?(?P<other>\d{{1,2}})(?P=sign)\s?"
        rf"(?P<year>\d{{4}}){_CLOCK}"
    ),
    (
        rf"{_WEEKDAY}(?P<either>\d{{1,2}})(?P<sign>[./])(?P<other>\d{{1,2}})(?P=sign)"
        rf"(?P<year>\d{{2}}){_CLOCK}"
    ),
    rf"{_MONTH}\.?\s+(?P<year>\d{{4}}){_CLOCK}",
    # Sun Jan  4 16:29:06 PST 2004
    rf"(?:[^\W\d_]+\.?,?\s+)?{_MONTH}\.?\s+{_DAY},?\s+{_TIME}(?P<rest>.*?)\s(?P<year>\d{{4}})",
)
_ZONE_LAST = r"(.*)\s(\d{4})\s+([A-Z]{2,5}|[+-]\d{2}:?\d{2})"
"""A zone after the year; the time, if any, is before it."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KOREAN_HALVES = (("오전", "AM"), ("오후", "PM"), ("오 전", "AM"), ("오 후", "PM"))
_OFFSET = r"([-+−])\s?(\d{1,2}):?(\d{2})?(?!\d)"
_ZONES = {
    "UT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AT": -4, "AST": -4, "ADT": -3, "ET": -5, "CT": -6, "MT": -7, "PT": -8, "AKST": -9, "AKDT": -8,
    "HST": -10, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "MET": 1, "MEST": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8, "PHT": 8, "AWST": 8,
    "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip


def read_date(value: object, *, day_first: bool | None = None) -> ParsedDate | None:
    """Read a date of front matter, a feed or a page.

    Accepts a date or datetime of TOML, seconds or milliseconds since 1970, and text: ISO 8601,
    RFC 822, RFC 3339 and what people and programs write instead: wrong weekdays, months in other
    languages, two-digit years, times without seconds, named zones, days of the year, `3/25/2019`
    where only one order is possible, or `day_first` says which. A day beyond the end of its month
    is its last day; a time that is not one is ignored. The default zone is UTC. What is not a date
    of FIRST_YEAR … LAST_YEAR gives None.
    """
    if isinstance(value, str):
        found = _read_text(value.strip()) if len(value) <= _LONGEST else None
        return found or (None if day_first is None else _read_in_order(value.strip(), day_first))
    if isinstance(value, datetime):
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            return None
        # A parsed value may carry any tzinfo: keep only its offset.
        offset = value.utcoffset()
        return ParsedDate(value.replace(tzinfo=timezone(offset) if offset else UTC), False)
    if isinstance(value, date):
        return _to_whole_day(_make_day(value.year, value.month, value.day))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _read_number(value)
    return None


def _read_text(text: str) -> ParsedDate | None:
    """The date of a text without white space around it."""
    if text.isdigit() and text.isascii() and len(text) != 8:
        return _read_number(int(text))
    if not text.isascii():
        text = _to_western_time(text)
    found = _read_any_form(text)
    zone_last = None if found else re.fullmatch(_ZONE_LAST, text)
    if zone_last:
        before, year, zone = zone_last.groups()
        return _read_any_form(f"{before} {zone} {year}" if ":" in before else f"{before} {year}")
    return found


_EITHER = r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?!\d)"


def is_ambiguous(text: str) -> bool:
    """Return whether a text begins as a date of which day and month may be swapped: 12/5/2023."""
    match = re.match(_EITHER, text.strip())
    return match is not None and int(match[1]) <= 12 and int(match[3]) <= 12


def _read_in_order(text: str, day_first: bool) -> ParsedDate | None:
    """The date of an ambiguous text."""
    match = re.match(_EITHER, text) if is_ambiguous(text) else None
    if match is None:
        return None
    day, month = (match[1], match[3]) if day_first else (match[3], match[1])
    return _read_text(f"{match[4]}-{month}-{day}{text[match.end() :]}")


def _to_western_time(text: str) -> str:
    """A Korean text with AM or PM behind its time, and with its zone."""
    in_korea = re.search("[년오]", text) and not re.search(_OFFSET, text[11:])
    for korean, half in _KOREAN_HALVES:
        if korean in text:
            text = " ".join(text.replace(korean, "").split()) + f" {half}"
            break
    return f"{text} KST" if in_korea and ":" in text else text


def _read_any_form(text: str) -> ParsedDate | None:
    for form in _FORMS:
        match = re.fullmatch(form, text)
        found = _from_parts(match) if match else None
        if found is not None:
            return found
    return None


def _from_parts(match: re.Match[str]) -> ParsedDate | None:
    """Convert the named groups of a match; None if they are not a valid day."""
    parts = match.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= _PIVOT else 2000
    if "of_year" in parts:
        first = _make_day(year, 1, 1)
        day = first and first + timedelta(days=min(max(int(parts["of_year"]), 1), 366) - 1)
    elif "sign" in parts:
        day = _ambiguous_day(year, match)
    else:
        month = parts["month"]
        number = int(month) if month.isdecimal() else month_number(month)
        day = _make_day(year, number, int(parts.get("day") or 1))
    return _add_time(day, parts) if day else None


def _ambiguous_day(year: int, match: re.Match[str]) -> date | None:
    """The day of a date such as "1/2"; None if it is ambiguous.

    With dots, the day comes first everywhere. Otherwise a number above 12 is the day, or else the
    weekday decides.
    """
    first, second = int(match["either"]), int(match["other"])
    if match["sign"] == ".":
        return _make_day(year, second, first)
    if len(match["year"]) == 2 and second <= 12:  # the first number may also be the year
        return None
    days = {_make_day(year, second, first), _make_day(year, first, second)} - {None}
    if len(days) > 1:
        named = match.string[:3].lower()
        days = {day for day in days if day and _DAYS[day.weekday()] == named}
    return days.pop() if len(days) == 1 else None


def _make_day(year: int, month: int, day: int) -> date | None:
    """A day, no later than the last one of the month; None where there is none."""
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    for last in range(day, 27, -1):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    return date(year, month, day)


def _to_whole_day(day: date | None) -> ParsedDate | None:
    return ParsedDate(datetime(day.year, day.month, day.day, tzinfo=UTC), True) if day else None


def _add_time(day: date, parts: dict[str, str | None]) -> ParsedDate:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if not parts.get("hour"):
        return ParsedDate(midnight, True)
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    second = min(int(parts["second"] or 0), 59)  # a leap second is read as the one before it
    rest = parts.get("rest") or ""
    half = re.match(r"(?i)\s*([ap])\.?m\b\.?", rest)
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half[1].lower() == "p" else 0)
        rest = rest[half.end() :]
    if hour == 24 and minute == 0:
        midnight += timedelta(days=1)
        hour = 0
    if hour > 23 or minute > 59:
        return ParsedDate(midnight, True)
    moment = midnight.replace(hour=hour, minute=minute, second=second, tzinfo=_parse_zone(rest))
    return ParsedDate(moment, False)


def _parse_zone(text: str) -> tzinfo:
    """The zone in the text after a time; UTC if it is unknown, or no place has that offset."""
    offset = re.search(_OFFSET, text)
    if offset:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours > 23 or minutes > 59 or not (hours or minutes):
            return UTC
        east = timedelta(hours=hours, minutes=minutes)
        return timezone(east if offset[1] == "+" else -east)
    name = re.search("[A-Za-z]{2,5}", text)
    hours_east = _ZONES.get(name[0].upper()) if name else None
    return timezone(timedelta(hours=hours_east)) if hours_east else UTC


def _read_number(value: float) -> ParsedDate | None:
    """The date of a number: seconds or milliseconds since 1970, 20190307, or a year."""
    if not value >= 0:  # also what is not a number
        return None
    if value < 10_000:
        return _to_whole_day(_make_day(int(value), 1, 1))
    digits = str(int(value)) if value < 1e15 else ""
    if len(digits) in (8, 12, 14) and 1900 <= int(digits[:4]) <= 2100:
        return _read_any_form(f"{digits[:8]}T{digits[8:]}" if digits[8:] else digits)
    if len(digits) > 8:
        with suppress(OverflowError, OSError, ValueError):
            moment = datetime.fromtimestamp(value / 1000 if len(digits) > 11 else value, UTC)
            return ParsedDate(moment, False) if moment.year <= LAST_YEAR else None
    return None


# -- names of months in the languages of feeds ----------------------------------------------------

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
def _months_by_prefix() -> dict[str, int]:
    """Map each prefix, with and without accents, to the number of its month."""
    numbers: dict[str, int] = {}
    for number, beginnings in enumerate(_BEGINNINGS, 1):
        for beginning in beginnings.split():
            numbers.setdefault(beginning, number)
            numbers.setdefault(_strip_accents(beginning), number)
    return numbers


def _strip_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def month_number(name: str) -> int:
    """The number, 1 to 12, of a month's name or abbreviation; 0 if it is not one."""
    lower = name.lower()
    numbers = _months_by_prefix()
    for text in (lower, _strip_accents(lower)):
        # The longest prefix wins: "juin" and "juillet", "červen" and "červenec".
        for length in range(_LONGEST_MONTH, 2, -1):
            number = numbers.get(text[:length])
            if number:
                return number
    return 0


# -- as people say them ---------------------------------------------------------------------------

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""English names in any locale, as all text of the program is English."""


def date_value(moment: datetime, day_only: bool) -> date | datetime | None:
    """The date of an article as programs get it: a day if it has no time, None if it has no date.

    A date before FIRST_YEAR is none, as for `format_date`.
    """
    if moment.year < FIRST_YEAR:
        return None
    return moment.date() if day_only else moment


def iso_date(moment: datetime, day_only: bool) -> str | None:
    """The same as text: "2019-03-07", "2019-03-07T10:00:00+00:00" or None."""
    value = date_value(moment, day_only)
    return None if value is None else value.isoformat()


def moment_text(moment: datetime) -> str:
    """A moment in UTC, as JSON and Atom have it: "2019-03-07T10:00:00Z"."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


CLOCK_DAYS = 7  # for which the page of an article says its time of day


def format_date(
    moment: datetime,
    day_only: bool,
    *,
    now: datetime | None = None,
    form: str = "human",
    long: bool = False,
) -> str:
    """Format the date of an article, which is timezone-aware.

    A date with a time of day is shown in the time zone of `now`, or else of the machine. A date
    without one is a calendar day and never shifts. `form` is "human", "iso", or a strftime pattern,
    `long` the form for a page ("7 March 2019") rather than for a list ("7 Mar 2019"); both have the
    time of day only while that matters. A date before FIRST_YEAR is none.
    """
    if moment.year < FIRST_YEAR:
        return "no date"
    local = _to_local(moment, day_only, now)
    if form == "iso":
        return f"{local:%Y-%m-%d}" if day_only else f"{local:%Y-%m-%d %H:%M}"
    if form != "human":
        text = ""
        with suppress(ValueError, UnicodeError):
            text = " ".join(local.strftime(form).split())
        return text or local.date().isoformat()
    today = now if now is not None else datetime.now().astimezone()
    if not long:
        return _format_short(local, day_only, today)
    text = f"{local.day} {MONTHS[local.month - 1]} {local.year}"
    is_old = (today.date() - local.date()).days > CLOCK_DAYS
    return text if day_only or is_old else f"{text}, {local:%H:%M}"


def _to_local(moment: datetime, day_only: bool, now: datetime | None) -> datetime:
    """Return a moment in the time zone of `now`, or else of the machine; a day never shifts."""
    if not day_only:
        with suppress(OverflowError, ValueError, OSError):  # outside the calendar
            return moment.astimezone(now.tzinfo if now is not None else None)
    return moment


def format_list_date(
    moment: datetime, day_only: bool, *, now: datetime | None = None, form: str = "human"
) -> str:
    """Format the date of a row: "21:12", "Mon" in the six days before, "24 Nov", "Mar 2019".

    Other forms than "human" are as `format_date` has them.
    """
    text = format_date(moment, day_only, now=now, form=form)
    if form != "human" or moment.year < FIRST_YEAR:
        return text
    today = now if now is not None else datetime.now().astimezone()
    local = _to_local(moment, day_only, now)
    days = (today.date() - local.date()).days
    if days == 0:
        return text.removeprefix("today ")
    if 0 < days < CLOCK_DAYS:
        return _DAYS[local.weekday()].capitalize()
    return text if local.year == today.year else text.partition(" ")[2]


def _format_short(local: datetime, day_only: bool, today: datetime) -> str:
    """The form for lists: short, with the time only for recent dates."""
    days = (today.date() - local.date()).days
    if days == 0:
        return "today" if day_only else f"today {local:%H:%M}"
    if days == 1:
        return "yesterday"
    month = MONTHS[local.month - 1][:3]
    if local.year == today.year:
        return f"{local.day} {month}"
    return f"{local.day} {month} {local.year}"
