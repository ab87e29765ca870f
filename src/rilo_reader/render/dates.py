"""Dates as people say them: "today 14:05", "yesterday", "7 Mar", "7 March 2019" (pure)."""

from __future__ import annotations

from datetime import date as day_of
from datetime import datetime, tzinfo

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""English names whatever the locale: the program speaks English throughout."""


def human(
    date: datetime,
    date_only: bool,
    *,
    now: datetime | None = None,
    form: str = "human",
    long: bool = False,
    zone: tzinfo | None = None,
) -> str:
    """Say when an article was published.

    A date with a time of day is told in the reader's zone; a date without one is a day on the
    calendar and never shifts.

    Args:
        date: timezone-aware.
        date_only: whether it names a day and no time of day.
        now: timezone-aware; the present moment where None.
        form: "human", "iso", or a strftime pattern.
        long: for the article's page ("7 March 2019") rather than a row ("7 Mar 2019").
        zone: the reader's zone; the machine's where None.
    """
    local = date if date_only else _in_zone(date, zone)
    if form == "iso":
        return f"{local:%Y-%m-%d}" if date_only else f"{local:%Y-%m-%d %H:%M}"
    if form != "human":
        return _formatted(local, form)
    today = _in_zone(now if now is not None else datetime.now().astimezone(), zone)
    return _long(local, date_only) if long else _short(local, date_only, today)


def _in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    """The moment in a zone; a moment at the very edge of the calendar stays where it is."""
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return moment


def _formatted(local: datetime, pattern: str) -> str:
    """A strftime pattern applied; the ISO day where the pattern gives nothing usable."""
    try:
        text = " ".join(local.strftime(pattern).split())
    except (ValueError, UnicodeError):
        text = ""
    return text or local.date().isoformat()


def _short(local: datetime, date_only: bool, today: datetime) -> str:
    """The form for a row: short, and exact only where it matters."""
    days = _days_between(local.date(), today.date())
    if days == 0:
        return "today" if date_only else f"today {local:%H:%M}"
    if days == 1:
        return "yesterday"
    month = MONTHS[local.month - 1][:3]
    if local.year == today.year:
        return f"{local.day} {month}"
    return f"{local.day} {month} {local.year}"


def _long(local: datetime, date_only: bool) -> str:
    """The form for a page: the whole date, with the time where there is one."""
    text = f"{local.day} {MONTHS[local.month - 1]} {local.year}"
    return text if date_only else f"{text}, {local:%H:%M}"


def _days_between(earlier: day_of, later: day_of) -> int:
    return (later - earlier).days
