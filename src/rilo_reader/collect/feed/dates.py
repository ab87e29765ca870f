"""Dates of feeds -> moments (pure, never raises)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from rilo_reader.store import dates

_RFC_822 = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?(\d{1,2})\s+([A-Za-z]{3})[a-z]*\.?,?\s+(\d{4}|\d{2})"
    r"(?:\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?\s*(?:([+-])(\d{2}):?(\d{2})|(Z|UTC?|GMT))?)?"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}


def read_date(text: str) -> datetime | None:
    """The moment that a date in a feed means, timezone-aware; UTC where it names no zone.

    None where it is no date.
    """
    text = text.strip()
    if not text:
        return None
    match = _RFC_822.fullmatch(text)
    if match:
        found = _from_rfc_822(match)
        if found is not None:
            return found
    try:
        if text[:2].isdigit() and "T" in text and len(text) >= 19:
            moment = datetime.fromisoformat(text).replace(microsecond=0)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        pass
    when = dates.read_date(text)
    return when.moment if when else None


def _from_rfc_822(match: re.Match[str]) -> datetime | None:
    """The moment of a date as mail and RSS write it."""
    day, name, year, hour, minute, second, sign, hours, minutes, _ = match.groups()
    month = _MONTHS.get(name.lower())
    if month is None:
        return None
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 70 else 2000)
    zone = UTC
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if offset < timedelta(hours=24):
            zone = timezone(-offset if sign == "-" else offset)
    try:
        return datetime(
            full, month, int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59),
            tzinfo=zone,
        )  # fmt: skip
    except ValueError:
        return None
