"""Write OPML lists of subscriptions (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from xml.sax.saxutils import quoteattr

from rilo_reader.feeds.subscriptions import Subscription, selectors_text
from rilo_reader.text import NOT_XML, clean_line, xml_text

DEPTH_LIMIT = 30  # maximum depth of folders; deeper ones are merged into the last
NAMESPACE = "urn:rilo-reader:subscriptions"  # of our attributes; its prefix is always `rilo`


class _OpmlFolder:
    def __init__(self) -> None:
        self.feeds: list[Subscription] = []
        self.folders: dict[str, _OpmlFolder] = {}


def write_opml(
    subscriptions: Iterable[Subscription],
    title: str = "Subscriptions",
    names: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Write an OPML 2.0 list that any reader understands, and `read_opml` reads without loss.

    A feed is in a folder for each of its tags; "News/Europe" is a nested folder. What OPML lacks
    (full_text, every, …) is in attributes of ours. `names` maps addresses to the feeds' own titles,
    which other readers show and `read_opml` does not take for the user's title.
    """
    root = _OpmlFolder()
    for subscription in subscriptions:
        for tag in subscription.tags or ("",):
            folder = root
            for name in _folders_of_tag(tag):
                folder = folder.folders.setdefault(name, _OpmlFolder())
            folder.feeds.append(subscription)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:rilo="{NAMESPACE}">',
        f"  <head><title>{xml_text(title)}</title></head>",
        "  <body>",
        *_iter_lines(root, "    ", names),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _folders_of_tag(tag: str) -> list[str]:
    """Return the folders of a tag; a tag with an empty part is one folder."""
    parts = tag.split("/")
    if len(parts) <= DEPTH_LIMIT and all(part and part == clean_line(part) for part in parts):
        return parts
    return [tag] if tag else []


def _iter_lines(folder: _OpmlFolder, indent: str, names: Mapping[str, str]) -> Iterator[str]:
    for feed in folder.feeds:
        yield f"{indent}<outline {_outline_attributes(feed, names.get(feed.url, ''))}/>"
    for name, inner in folder.folders.items():
        yield f"{indent}<outline text={_quote_attribute(name)}>"
        yield from _iter_lines(inner, indent + "  ", names)
        yield f"{indent}</outline>"


def _outline_attributes(feed: Subscription, name: str) -> str:
    """Return the attributes of a feed's outline; `name` is its own title."""
    values = {
        "type": "rss",
        "text": feed.title or name or feed.url,
        "title": feed.title,
        "xmlUrl": feed.url,
        "htmlUrl": feed.site,
        "rilo:title": feed.title if feed.title == feed.url else "",
        # Folders alone would lose the order of several tags.
        "rilo:tags": json.dumps(feed.tags, ensure_ascii=False) if len(feed.tags) > 1 else "",
        "rilo:fullText": "true" if feed.full_text else "",
        "rilo:pictures": "true" if feed.pictures else "",
        "rilo:every": str(feed.every or ""),
        "rilo:muted": "true" if feed.muted else "",
        "rilo:paused": "true" if feed.paused else "",
        "rilo:limit": str(feed.limit or ""),
        "rilo:atMost": str(feed.at_most or ""),
        "rilo:readAfter": feed.read_after,
        "rilo:keepUnread": str(feed.keep_unread or ""),
        "rilo:page": selectors_text(feed.page),
    }
    attributes = [f"{key}={_quote_attribute(value)}" for key, value in values.items() if value]
    return " ".join([*attributes, *(['rilo:title=""'] if name and not feed.title else [])])


def _quote_attribute(text: str) -> str:
    return quoteattr(re.sub(NOT_XML, "", text))
