"""Feeds, entries and ids of the Google Reader API as values (pure).

What a server sends is untrusted: it is cleaned as parsers clean feeds, and what is of another type
than expected counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rilo_reader.dates import read_date
from rilo_reader.entry import Enclosure, Entry
from rilo_reader.parsers.elements import (
    SUMMARY_LIMIT,
    address,
    content_text,
    dated,
    each_once,
    enclosure,
    files,
    person,
    plain_line,
)
from rilo_reader.sync.services.api import Json
from rilo_reader.sync.services.service import EntryId, ServerEntry, ServerFeed, ServerMarks
from rilo_reader.text import clean_line

LABEL = "user/-/label/"
_ITEM = "tag:google.com,2005:reader/item/"
_DECIMAL = re.compile(r"-?[0-9]{1,20}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{1,24}")
_READ = re.compile(r"user/[^/]+/state/com\.google/read")
_STARRED = re.compile(r"user/[^/]+/state/com\.google/starred")
_OF_USER = re.compile(r"user/[^/]+/(?:state|label)/")
_FEED_ID_LIMIT = 4096
# FreshRSS writes these in titles for ASCII characters that clients once could not read.
_WIDE = str.maketrans("＆＜＞？＼／，；", "&<>?\\/,;")
_WIDE_CHARACTERS = frozenset("＆＜＞？＼／，；")
_FILE, _END_OF_FILE = '<figure class="enclosure">', "</figure>"
_MOST_FILES = 100
_THUMBNAIL = "enclosure-thumbnail"
_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)


def entry_id(value: object) -> EntryId | None:
    """Read the id of an entry in any of its forms; None if it is none.

    With the prefix `tag:google.com,2005:reader/item/` it is hexadecimal. Without it is decimal,
    where the wire has a signed number of 64 bits, unless it has letters, or 24 digits as those of
    The Old Reader, which are numbers of 96 bits.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        return None
    if len(text) < 19 and text.isascii() and text.isdigit() and text[0] != "0":
        return EntryId(text)  # most are like this, in lists of ten thousand
    bare = text.removeprefix(_ITEM)
    if bare == text and _DECIMAL.fullmatch(text):
        number = int(text)
        if not -(2**63) <= number < 2**64:
            return None
        number %= 2**64
    elif _HEXADECIMAL.fullmatch(bare):
        number = int(bare, 16)
    else:
        return None
    return EntryId(str(number)) if number else None


def long_id(entry: EntryId) -> str:
    """Return an id in the form that every server reads as the same number.

    Bare decimal ids are taken for hexadecimal by some.
    """
    number = int(entry)
    return f"{_ITEM}{number:0{16 if number < 2**64 else 24}x}"


def server_feed(subscription: Json) -> ServerFeed | None:
    """Return a feed of `subscription/list`; None if it lacks its id or address."""
    name = subscription.text("id")
    url = address("", subscription.text("url")) or address("", name.removeprefix("feed/"))
    if not (url and name.isprintable() and name.startswith("feed/") and len(name) < _FEED_ID_LIMIT):
        return None
    return ServerFeed(
        id=name,
        url=url,
        title=without_wide_forms(plain_line(subscription.text("title"))),
        categories=each_once(map(_label, _objects(subscription, "categories"))),
        site=address("", subscription.text("htmlUrl")),
    )


def server_entry(item: Json) -> ServerEntry | None:
    """Return an entry of `stream/items/contents`; None if it has no id.

    `updated` is not read: in Miniflux it is the time of the last mark, elsewhere that of
    publication. Of the categories only the author's are tags; labels are the feed's folder. In
    FreshRSS a tag of the author may look like a mark (`GoogleReader.changes`).
    """
    number = entry_id(item.text("id"))
    if number is None:
        return None
    categories = item.texts("categories")
    link = _first_link(item, "canonical") or _first_link(item, "alternate")
    origin = item.nested("origin")
    summary, content = (item.nested(name).text("content") for name in ("summary", "content"))
    enclosures = files(map(_enclosure, _objects(item, "enclosure")))
    text = content or _without_files(summary, min(len(enclosures), _MOST_FILES))
    entry = Entry(
        url=link,
        title=without_wide_forms(plain_line(item.text("title"))),
        authors=each_once(map(person, without_wide_forms(item.text("author")).split(";"))),
        tags=each_once(plain_line(tag) for tag in categories if not _OF_USER.match(tag)),
        # Where there are both, many servers send the same text twice.
        summary=plain_line(summary, limit=SUMMARY_LIMIT) if content and summary != content else "",
        content=content_text(text),
        base=link or address("", origin.text("htmlUrl")),
        enclosures=enclosures,
    )
    date = read_date(_field(item, "published")) or read_date(_field(item, "crawlTimeMsec"))
    marks = ServerMarks(_any(_READ, categories), _any(_STARRED, categories))
    feed = clean_line(origin.text("streamId"), _FEED_ID_LIMIT)
    return ServerEntry(number, feed, dated(entry, date, None), marks=marks)


def _without_files(html: str, most: int) -> str:
    """Return content without the files that FreshRSS appends to it and that are enclosures too.

    Where there are thumbnails, which are none, and where there is nothing else, they stay.
    """
    kept = html.rstrip()
    for _ in range(most):
        start = kept.rfind(_FILE)
        file = kept[max(start, 0) :]
        if start < 0 or file.find(_END_OF_FILE) + len(_END_OF_FILE) != len(file):
            break
        if _THUMBNAIL in file:
            break
        kept = kept[:start].rstrip()
        if not kept:
            return html
    return kept


def without_wide_forms(text: str) -> str:
    """Return a title with ASCII characters where FreshRSS has put wide forms of them.

    Text with other East Asian characters is left as it is: there they may be the author's.
    """
    if text.isascii() or _WIDE_CHARACTERS.isdisjoint(text):
        return text
    plain = text.translate(_WIDE)
    return text if _EAST_ASIAN.search(plain) else plain


def _label(category: Json) -> str:
    label = category.text("label") or category.text("id").partition("/label/")[2]
    return clean_line(label)


def _first_link(item: Json, name: str) -> str:
    links = (address("", link.text("href")) for link in _objects(item, name))
    return next(filter(None, links), "")


def _enclosure(file: Json) -> Enclosure | None:
    # Miniflux writes "url".
    href = file.text("href") or file.text("url")
    return enclosure("", href, file.text("type"), _field(file, "length"))


def _any(pattern: re.Pattern[str], texts: Iterable[str]) -> bool:
    return any(pattern.fullmatch(text) for text in texts)


def _objects(parent: Json, name: str) -> list[Json]:
    """Return the objects in a field, [] if it is no list."""
    value = _field(parent, name)
    items = value if isinstance(value, list) else []
    return [Json(item) for item in items if isinstance(item, dict)]


def _field(parent: Json, name: str) -> object:
    return parent.value.get(name) if isinstance(parent.value, dict) else None
