"""Read what feed readers export: Google Reader, Inoreader, FreshRSS, Feedly, Tiny Tiny RSS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial

from rilo_reader.parsers.elements import make_enclosure, unique_enclosures
from rilo_reader.parsers.json_reader import JsonReader
from rilo_reader.plugins.importers.saved import (
    ExportFile,
    Found,
    make_safely,
    make_saved,
    split_tags,
    to_dict,
    to_list,
    to_text,
)

_STATE = re.compile(r"user/[^/]*/state/com\.google/(.+)")
_LABEL = re.compile(r"user/[^/]*/label/(.+)", re.DOTALL)
ARTICLE_LIMIT = 32_000_000  # characters of an article in XML


def read_stream(file: ExportFile) -> Iterator[Found]:
    """Read the items of a stream, or a list of Feedly."""
    reader = JsonReader(file.open_text())
    if reader.peek() == "[":
        yield from _read_items(reader)
        return
    for name in reader.iter_members():
        if name == "items":
            yield from _read_items(reader)


def _read_items(reader: JsonReader) -> Iterator[Found]:
    for number in reader.iter_elements():
        what, value = f"item {number}", to_dict(reader.read_value())
        yield make_safely(what, partial(_read_item, what, value))


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
    body = next(
        (
            text
            for name in ("content", "summary")
            if (text := to_dict(item.get(name)).get("content"))
        ),
        "",
    )
    notes = [to_dict(each) for each in to_list(item.get("annotations"))]
    return make_saved(
        what,
        url=item.get("canonicalUrl") or next(filter(None, links), ""),
        title=item.get("title"),
        html_title=True,
        key=item.get("guid"),
        saved=item.get("crawlTimeMsec") or item.get("crawled"),
        published=item.get("published"),
        tags=labels,
        categories=[
            *(each for each in categories if not each.startswith("user/")),
            *to_list(item.get("keywords")),
        ],
        read="read" in states and "kept-unread" not in states,
        starred="starred" in states,
        content=body,
        note="\n\n".join(to_text(each.get("content")) for each in notes),
        authors=item.get("author"),
        lang=item.get("language"),
        highlights=[(each.get("text"), each.get("note")) for each in notes],
        enclosures=unique_enclosures(
            make_enclosure(
                "", to_text(one.get("href")), to_text(one.get("type")), one.get("length")
            )
            for one in map(to_dict, to_list(item.get("enclosure")))
        ),
        feed=address,
        source=origin.get("title"),
    )
