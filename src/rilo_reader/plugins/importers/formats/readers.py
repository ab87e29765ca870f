"""Read what feed readers export: Google Reader, Inoreader, FreshRSS, Feedly, Tiny Tiny RSS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

from rilo_reader.parsers.elements import make_enclosure, unique_enclosures
from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.fields import Style, make_row
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    SavedArticle,
    make_all,
    number_all,
    split_tags,
    to_dict,
    to_list,
    to_text,
)

_STATE = re.compile(r"user/[^/]*/state/com\.google/(.+)")
_LABEL = re.compile(r"user/[^/]*/label/(.+)", re.DOTALL)
_STYLE = Style(html_title=True)


def read_stream(file: ExportFile) -> Iterator[Found]:
    """Read the items of a stream, or a list of Feedly."""
    reader = JsonReader(file.open_text())
    for name in reader.iter_members() if reader.peek() == "{" else ("items",):
        if name == "items":
            yield from make_all(number_all("item", reader.iter_values()), _read_item)


def _read_item(what: str, item: Mapping[str, object]) -> Found:
    is_feedly = "crawled" in item
    categories = [to_text(each) for each in to_list(item.get("categories"))]
    states = {found[1] for each in categories if (found := _STATE.match(each))}
    labels = [found[1] for each in categories if (found := _LABEL.match(each))]
    if is_feedly:
        labels += map(to_text, split_tags(item.get("tags")))
        states = {"starred"} | ({"read"} if item.get("unread") is False else {"unread"})
    origin = to_dict(item.get("origin"))
    stream = to_text(origin.get("streamId"))
    address = origin.get("feedUrl") or re.sub(r"\Afeed/", "", stream)
    links = [
        to_dict(each).get("href")
        for key in ("canonical", "alternate")
        for each in to_list(item.get(key))
    ]
    bodies = (to_dict(item.get(name)).get("content") for name in ("content", "summary"))
    notes = [to_dict(each) for each in to_list(item.get("annotations"))]
    row = {
        "url": item.get("canonicalUrl") or next(filter(None, links), ""),
        "title": item.get("title"),
        "guid": item.get("guid"),
        "time": item.get("crawlTimeMsec") or item.get("crawled"),
        "published": item.get("published"),
        "tags": labels,
        "categories": [
            *(each for each in categories if not each.startswith("user/")),
            *to_list(item.get("keywords")),
        ],
        "read": "read" in states and "kept-unread" not in states,
        "starred": "starred" in states,
        "content": next(filter(None, bodies), ""),
        "note": "\n\n".join(to_text(each.get("content")) for each in notes),
        "author": _split_authors(item),
        "lang": item.get("language"),
        "highlights": notes,
        "feedurl": address,
        "feedtitle": origin.get("title"),
    }
    files = (
        make_enclosure("", to_text(one.get("href")), to_text(one.get("type")), one.get("length"))
        for one in map(to_dict, to_list(item.get("enclosure")))
    )
    one = make_row(what, row, _STYLE)
    if isinstance(one, SavedArticle):
        one = one._replace(entry=one.entry._replace(enclosures=unique_enclosures(files)))
    return one


def _split_authors(item: Mapping[str, object]) -> list[str]:
    """Return the authors of an item; FreshRSS, whose items alone have a guid, joins several."""
    authors = to_text(item.get("author"))
    return unescape(authors).split(";") if "guid" in item else [authors]
