"""Read JSON Feed 1.0 and 1.1 (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rilo_reader.article import Enclosure
from rilo_reader.dates import read_date
from rilo_reader.entry import Entry, Feed, Form
from rilo_reader.errors import NotReadableError
from rilo_reader.parsers.decoding import has_more_values
from rilo_reader.parsers.elements import (
    KEY_LIMIT,
    SUMMARY_LIMIT,
    TOO_MANY,
    content_text,
    each_once,
    make_enclosure,
    resolve_address,
    set_dates,
    set_default_authors,
    to_plain_line,
    unique_enclosures,
)
from rilo_reader.parsers.tree import ENTRIES_LIMIT
from rilo_reader.text import clean_line

MAX_VALUES = 2_000_000  # forty for each of the most entries; one of two bytes takes 70

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_ITEM_START = re.compile(r"[\s,]*+(?={)")
_FIELD = r'"{}"\s*:\s*("(?:[^"\\]|\\.)*+")'


def read_json(text: str, url: str) -> Feed:
    """Parse a JSON text; raise NotReadableError if it is not a feed."""
    if has_more_values(text.encode(errors="replace"), MAX_VALUES):
        raise NotReadableError(f"It is JSON with more than {MAX_VALUES:,} values.")
    try:
        whole = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        return _parse_broken(text, url, error)
    if not isinstance(whole, dict):
        raise NotReadableError("It is JSON, but not a feed: a JSON Feed is an object.")
    return _make_feed(whole, url)


def _make_feed(data: dict[str, Any], url: str) -> Feed:
    items = [item for item in _to_list(data.get("items")) if isinstance(item, dict)]
    has_version = "jsonfeed.org/version" in _to_text(data.get("version"))
    if not has_version and not (items and all(map(_looks_like_entry, items))):
        raise NotReadableError("It is JSON, but not a feed: it has no version of JSON Feed.")
    lang = to_plain_line(_to_text(data.get("language")), limit=35)
    entries = (_make_entry(item, url, lang) for item in items[:ENTRIES_LIMIT])
    return Feed(
        title=to_plain_line(_to_text(data.get("title"))),
        url=resolve_address(url, _to_text(data.get("home_page_url"))),
        feed_url=resolve_address(url, _to_text(data.get("feed_url"))),
        lang=lang,
        entries=set_default_authors(entries, _read_authors(data)),
        omission=TOO_MANY if len(items) > ENTRIES_LIMIT else "",
    )


def _looks_like_entry(item: dict[str, Any]) -> bool:
    return "content_text" in item or "content_html" in item or ("id" in item and "url" in item)


def _parse_broken(text: str, url: str, error: Exception) -> Feed:
    """Return the items that are complete before a syntax error."""
    reason = "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"
    if isinstance(error, json.JSONDecodeError):
        reason = f"line {error.lineno}: {error.msg}"
    start = _ITEMS.search(text)
    if "jsonfeed.org/version" not in text or start is None:
        raise NotReadableError(f"It is not a feed: as JSON it is broken ({reason}).") from error
    decoder = json.JSONDecoder(strict=False)
    items: list[object] = []
    at = start.end()
    try:
        while item_start := _ITEM_START.match(text, at):
            item, at = decoder.raw_decode(text, item_start.end())
            items.append(item)
    except (ValueError, RecursionError):
        pass
    if not items:
        raise NotReadableError(f"It is a JSON Feed, but broken ({reason}).") from error
    head = text[: start.start()]
    whole: dict[str, Any] = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    for name in ("title", "home_page_url", "feed_url", "language"):
        found = re.search(_FIELD.format(name), head)
        if found:
            whole[name] = decoder.decode(found[1])
    feed = _make_feed(whole, url)
    fault = f"Its JSON is broken ({reason}); the complete entries before that are read."
    return feed._replace(faults=(fault, *feed.faults), is_cut=True)


def _make_entry(item: dict[str, Any], url: str, lang: str) -> Entry:
    html, plain = _to_text(item.get("content_html")), _to_text(item.get("content_text"))
    links = (resolve_address(url, _to_text(item.get(name))) for name in ("url", "external_url"))
    link = next(filter(None, links), "")
    key = item.get("id")
    if isinstance(key, int | float) and not isinstance(key, bool):
        key = str(key)
    entry = Entry(
        key=clean_line(_to_text(key), KEY_LIMIT),
        url=link,
        title=to_plain_line(_to_text(item.get("title"))),
        authors=_read_authors(item),
        tags=each_once(to_plain_line(_to_text(tag)) for tag in _to_list(item.get("tags"))),
        lang=to_plain_line(_to_text(item.get("language")), limit=35) or lang,
        summary=to_plain_line(_to_text(item.get("summary")), limit=SUMMARY_LIMIT),
        content=content_text(html or plain),
        form=Form.HTML if html or not plain else Form.TEXT,
        base=resolve_address("", link or url),
        enclosures=unique_enclosures(_iter_enclosures(item, url)),
    )
    dates = (read_date(_to_text(item.get(name))) for name in ("date_published", "date_modified"))
    return set_dates(entry, *dates)


def _read_authors(value: dict[str, Any]) -> tuple[str, ...]:
    """Return the authors of a feed or an item: one in version 1.0, several in 1.1."""
    people = [*_to_list(value.get("authors")), value.get("author")]
    return each_once(to_plain_line(_to_text(p.get("name"))) for p in people if isinstance(p, dict))


def _iter_enclosures(item: dict[str, Any], url: str) -> Iterator[Enclosure | None]:
    """Yield the attachments and the image of an item."""
    for file in _to_list(item.get("attachments")):
        if isinstance(file, dict):
            kind, size = _to_text(file.get("mime_type")), file.get("size_in_bytes")
            duration = file.get("duration_in_seconds")
            yield make_enclosure(url, _to_text(file.get("url")), kind, size, duration)
    yield make_enclosure(url, _to_text(item.get("image")))


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _to_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
