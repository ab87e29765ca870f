"""Find out if day or month comes first in the dates of a site, such as 12/5/2023 (pure).

No single date says so, but others of the same site do: 25/5/2023 can only begin with its day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HEAD_BYTES = 2_000
"""Bytes of a file in which its date is looked for."""

MOST_FILES = 2_000

_DATE = (
    rb"(?im)^[\"']?(?:date|published|publish_?date|pub_?date|created|updated|lastmod|modified)[\"']?"
    rb"[ \t]*[:=][ \t]*[\"']?(\d{1,2})[/ -](\d{1,2})[/ -]\d{4}\b"
)


def has_short_date(heads: Iterable[bytes]) -> bool:
    """Return whether any of these heads of files has such a date."""
    return any(re.search(_DATE, head) for head in heads)


def day_comes_first(heads: Iterable[bytes]) -> bool | None:
    """Return whether the day does in most dates of these heads of files; None if no date tells."""
    days = months = 0
    for head in heads:
        for match in re.finditer(_DATE, head):
            first, second = int(match[1]), int(match[2])
            days += first > 12 >= second
            months += second > 12 >= first
    return None if days == months else days > months
