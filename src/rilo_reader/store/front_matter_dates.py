"""Dates of front matter, and what is wrong with them (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from rilo_reader.article import Fault
from rilo_reader.dates import ParsedDate, is_ambiguous, read_date
from rilo_reader.store.file_names import date_in_path
from rilo_reader.store.front_matter_syntax import LINE_END, Document
from rilo_reader.store.metadata import fold_key, text_of
from rilo_reader.text import clean_line

DATE = ("date", "published", "publishdate", "pubdate", "created")
UPDATED = ("updated", "lastmod", "modified")
"""Keys, as `ArticleField.keys`."""

DayFirst = Callable[[], bool | None]
"""Whether the day comes first in the dates of the site; None if none of them tells."""


OPEN_ORDER = "is read with the month first"
"""What the fault of a date says of which it is open whether the day comes first."""


def read_dates(
    metadata: Mapping[str, object], document: Document, path: str, day_first: DayFirst
) -> tuple[ParsedDate | None, ParsedDate | None, Fault | None]:
    """When a file with this metadata, by folded keys, was published, and when it was updated.

    The path says the former, or else the latter, where the header does not; the fault is why the
    header's date cannot be read, or is unclear.
    """
    published, fault = _read_published(metadata, document, day_first)
    updated = _read_first_date(metadata, UPDATED, day_first)
    return published or _date_from_path(metadata, path) or updated, updated, fault


def _read_first_date(
    metadata: Mapping[str, object], keys: tuple[str, ...], day_first: DayFirst
) -> ParsedDate | None:
    """The date of the first of these keys that has one."""
    for key in keys:
        value = metadata.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if value is None:
            continue
        is_either = isinstance(value, str) and is_ambiguous(value)
        if found := read_date(value) or (
            read_date(value, day_first=bool(day_first())) if is_either else None
        ):
            return found
    return None


def _read_published(
    metadata: Mapping[str, object], document: Document, day_first: DayFirst
) -> tuple[ParsedDate | None, Fault | None]:
    """The date in the front matter, and a fault where its value cannot be parsed or is unclear."""
    published = _read_first_date(metadata, DATE, day_first)
    for key in DATE if not document.faults else ():
        value = metadata.get(key)
        if published and isinstance(value, date):
            break
        # `published: true` is a flag, not a date, and Quarto's `today` is none.
        if not value or isinstance(value, bool) or text_of(value).lower() in _NO_DATES:
            continue
        shown = clean_line(text_of(value), 40)
        if published is None:
            reason = f"The date “{shown}” is not understood; write it as 2019-03-07."
            return None, Fault(_find_key_line(key, document), reason)
        if is_ambiguous(shown) and read_date(shown) is None and day_first() is None:
            reason = (
                f"The date “{shown}” {OPEN_ORDER}, because no other date shows which order is "
                f"meant; write it as {published.moment:%Y-%m-%d}."
            )
            return published, Fault(_find_key_line(key, document), reason)
        return published, None
    return published, None


_NO_DATES = (
    *("", "true", "false", "yes", "no", "today", "now", "created", "last modified"),
    *("last-modified", "git created", "git last modified"),
)


def _find_key_line(key: str, document: Document) -> int:
    """The line of a key in the text, 0 where it is not found."""
    text = document.head if document.head.strip("\ufeff") else document.body[:10_000]
    for number, line in enumerate(LINE_END.split(text), 1):
        if fold_key(re.split("[:=]", line, maxsplit=1)[0].strip(" \"'{")) == key:
            return number
    return 0


def _date_from_path(metadata: Mapping[str, object], path: str) -> ParsedDate | None:
    """The day in the file's name or folders, or in its permalink."""
    when = date_in_path(path)
    for key in ("path", "permalink", "slug", "url"):
        if when is None and isinstance(metadata.get(key), str):
            when = date_in_path(str(metadata[key])[:1000])
    return when
