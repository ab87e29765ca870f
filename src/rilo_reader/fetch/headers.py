"""What an answer's headers say about when to ask again, and what to ask with then (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

FRESH_AT_MOST = timedelta(days=1)
"""A feed that asks to be left alone for a year is misconfigured, not serious."""
RETRY_AT_MOST = timedelta(days=7)
VALIDATOR_LIMIT = 1000
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]+)", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,=])", re.IGNORECASE)
_VALIDATOR = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def validator(text: str) -> str:
    """An ETag or Last-Modified that can be sent back as it is; "" where it cannot."""
    text = text.strip()
    return text if len(text) <= VALIDATOR_LIMIT and _VALIDATOR.fullmatch(text) else ""


def fresh_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When an answer asks to be asked again at the earliest; at most FRESH_AT_MOST from now.

    `Cache-Control: max-age` less `Age`, else `Expires`, and not before `Retry-After`. None where
    it says nothing, or that it is not fresh even now.
    """
    control = headers.get("cache-control", "")
    lifetime = timedelta(0)
    if not _NOT_KEPT.search(control):
        age = _seconds(headers.get("age", ""))
        stated = _MAX_AGE.search(control)
        if stated:
            lifetime = _span(stated[1]) - age
        elif expires := _date(headers.get("expires", "")):
            # Against the server's own clock, where it tells: ours or its may be wrong.
            lifetime = expires - (_date(headers.get("date", "")) or now) - age
    lifetime = min(lifetime, FRESH_AT_MOST)
    until = now + lifetime if lifetime > timedelta(0) else None
    wait = retry_after(headers, now)
    return max(filter(None, (until, wait)), default=None)


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When `Retry-After` asks to be asked again; at most RETRY_AT_MOST from now, or None."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        wait = _span(text)
    else:
        date = _date(text)
        wait = date - now if date else timedelta(0)
    return now + min(wait, RETRY_AT_MOST) if wait > timedelta(0) else None


def _seconds(text: str) -> timedelta:
    text = text.strip()
    return _span(text) if text.isascii() and text.isdigit() else timedelta(0)


def _span(digits: str) -> timedelta:
    return timedelta(seconds=int(digits) if len(digits) <= 9 else 10**9)


def _date(text: str) -> datetime | None:
    """A date of HTTP in any of its three forms, None where it is none."""
    from email.utils import parsedate_to_datetime

    if not text or len(text) > 100:
        return None
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
