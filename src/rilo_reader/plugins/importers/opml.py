"""Read OPML lists of subscriptions (pure).

Many lists are not well-formed XML, so the reader works on tags: a mistake ends with its tag.
Entities declared by a document are not expanded, and nothing external is read.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from shlex import quote
from typing import NamedTuple

from rilo_reader.entry import Selectors
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.subscriptions import (
    MAX_ENTRIES,
    Subscription,
    check_feed_age,
    parse_selectors,
)
from rilo_reader.html.tags import Markup, expand_entities, iter_tags, parse_attributes
from rilo_reader.parsers.decoding import decode_feed
from rilo_reader.plugins.exporters.opml import DEPTH_LIMIT
from rilo_reader.plugins.importers.saved import UNSORTED
from rilo_reader.text import clean_line, redact_address, safe_url

OUTLINE_LIMIT = 100_000
MINUTES_LIMIT = 60 * 24 * 366
ENTRIES_LIMIT = 1_000_000


class SubscriptionList(NamedTuple):
    """A list of subscriptions."""

    title: str = ""  # one line, or ""
    # without duplicates, in order; tags are folders and categories
    subscriptions: tuple[Subscription, ...] = ()
    faults: tuple[str, ...] = ()  # a sentence for everything that was skipped or is doubtful


def read_opml(data: bytes) -> SubscriptionList:
    """Read an OPML list of any version, well-formed or not; raises NotReadableError."""
    reader = _OpmlReader()
    for tag in iter_tags(decode_feed(data)[0], Markup.LIST):
        if reader.outline_count >= OUTLINE_LIMIT:
            reader.add_fault(f"Only the first {OUTLINE_LIMIT:,} lines of this list were read.")
            break
        reader.read_tag(tag)
    if not reader.is_list and not reader.found_feeds:
        raise NotReadableError("This is not an OPML list: it has neither <opml> nor feeds.")
    if not reader.is_list:
        reader.add_fault("This is not marked as OPML; its feeds were read anyway.")
    return SubscriptionList(reader.title, tuple(reader.found_feeds.values()), tuple(reader.faults))


_BARE = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,}(?::\d+)?(?:/\S*)?")
"""An address as people write it: `www.example.org/feed`."""


class _OpmlReader:
    """The subscriptions read so far, and the open folders."""

    def __init__(self) -> None:
        self.title = ""
        self.is_list = False
        self.outline_count = 0
        self.found_feeds: dict[str, Subscription] = {}
        self.faults: dict[str, None] = {}
        self._open: list[str | None] = []
        self._addressless = ""

    def add_fault(self, reason: str) -> None:
        """Add a fault, without duplicates, up to a limit."""
        if len(self.faults) < 1000:
            self.faults[reason] = None

    def read_tag(self, tag: re.Match[str]) -> None:
        """Read a tag."""
        name, end = (tag["start"] or "").lower(), (tag["end"] or "").lower()
        if "opml" in (name, end):
            self.is_list = True
        elif name == "title" and not self.title and not self.outline_count:
            text = tag.string[tag.end() : tag.end() + 5000]
            self.title = clean_line(expand_entities(text.partition("<")[0]))
        elif end == "outline":
            self._report_addressless()
            if self._open:
                self._open.pop()
        elif name == "outline":
            self.outline_count += 1
            # Some programs write folders as feeds: they contain others.
            self._addressless = ""
            inside = tag["inside"].rstrip()
            given = parse_attributes(inside.removesuffix("/"))
            is_feed = self._read_outline(given)
            if inside.endswith("/"):
                self._report_addressless()
            else:
                self._open.append(None if is_feed else _outline_name(given))

    def _read_outline(self, attributes: dict[str, str]) -> bool:
        """Read an outline; return whether it is a feed rather than a folder."""
        kind = attributes.get("type", "").strip().lower()
        address = attributes.get("xmlurl", "").strip()
        if not address and kind in ("rss", "atom", "feed"):
            address = (attributes.get("feedurl") or attributes.get("url", "")).strip()
        name = _outline_name(attributes)
        if not address:
            if attributes.get("frss:opmlurl"):
                why = "follows a list on the web, which rilo-reader does not; its feeds of now came"
                self.add_fault(f"“{name}” {why}.")
            elif kind in ("include", "link") and attributes.get("url", "").strip():
                shown = name or "A line"
                self.add_fault(
                    f"“{shown}” links to another list or page, whose feeds were not read."
                )
            elif kind in ("rss", "atom", "feed"):
                self._addressless = name or "A line"
            return False
        url = parse_web_address(address)
        if url is None:
            named = name or clean_line(redact_address(address), 80)
            self.add_fault(f"“{named}” has no web address, so it was skipped.")
            return True
        if "+" in kind:  # HTML+XPath, XML+XPath, JSON+DotNotation of FreshRSS
            how = attributes["type"].strip()
            self.add_fault(
                f"“{name or url}” is not a feed, but read as {how} by FreshRSS, so it was skipped; "
                f"to follow a page: rilo-reader add --page-feed {quote(url)}"
            )
            return True
        if attributes.get("filtercmd", "").strip():
            shown = name or re.sub("//[^/@]*@", "//", url)
            self.add_fault(f"“{shown}” is filtered by a command, which rilo-reader does not run.")
        if lost := list(dict.fromkeys(filter(None, map(_name_loss, attributes)))):
            why = f"FreshRSS has {', '.join(lost)} for it, which did not come"
            more = "; feeds.toml takes what is in brackets" if "(" in why else ""
            self.add_fault(f"“{name or url}”: {why}{more}.")
        name = "" if name in (url, address) else name
        own_title = attributes.get("rilo:title")
        subscription = Subscription(
            url=url,
            title=name if own_title is None else clean_line(own_title),
            tags=tuple(self._make_tags(attributes)),
            site=parse_web_address(attributes.get("htmlurl", "")) or "",
            full_text=_parse_bool(attributes.get("rilo:fulltext", "")),
            pictures=_parse_bool(attributes.get("rilo:pictures", "")),
            every=_parse_number(attributes.get("rilo:every", ""), MINUTES_LIMIT),
            muted=_parse_bool(attributes.get("rilo:muted", "")),
            paused=_parse_bool(attributes.get("rilo:paused", "")),
            limit=_parse_number(attributes.get("rilo:limit", ""), ENTRIES_LIMIT),
            at_most=_parse_number(attributes.get("rilo:atmost", ""), ENTRIES_LIMIT),
            read_after=_parse_age(attributes.get("rilo:readafter", "")),
            keep_unread=_parse_number(attributes.get("rilo:keepunread", ""), MAX_ENTRIES),
            page=_parse_selectors(attributes.get("rilo:page", "")),
        )
        if known := self.found_feeds.get(url):
            subscription = known._replace(
                title=known.title or subscription.title,
                site=known.site or subscription.site,
                tags=tuple(dict.fromkeys((*known.tags, *subscription.tags))),
            )
        self.found_feeds[url] = subscription
        return True

    def _report_addressless(self) -> None:
        """At the end of an outline, report a feed without an address."""
        if self._addressless:
            self.add_fault(
                f"“{self._addressless}” is a feed without an address, so it was skipped."
            )
        self._addressless = ""

    def _make_tags(self, attributes: dict[str, str]) -> list[str]:
        """Return the tags of an outline: its own, the path of its folders, and its categories."""
        # JSON, so that tags may contain anything.
        own = attributes.get("rilo:tags", "")
        tags: list[str] = []
        with suppress(ValueError, RecursionError):
            values = json.loads(own) if own.startswith("[") else []
            tags += (clean_line(tag) for tag in values if isinstance(tag, str))
        folders = [name for name in self._open if name][:DEPTH_LIMIT]
        is_whole = folders == ["All"] and self.title == "Miniflux"
        if folders and not is_whole and folders[0].casefold() not in UNSORTED:
            tags.append(clean_line("/".join(folders)))
        for category in attributes.get("category", "").split(",")[:100]:
            parts = (clean_line(part) for part in category.split("/"))
            tags.append(clean_line("/".join(part for part in parts if part)))
        return [tag for tag in dict.fromkeys(tags) if tag]


_OF_FRESHRSS = {
    "css": "whole pages (full_text)",
    "curlopt_cookie": "a cookie (headers)",
    "curlopt_httpheader": "headers (headers)",
    "curlopt_useragent": "the name of a browser (user_agent)",
    "curlopt_proxy": "a proxy",
    "curlopt_post": "a form that is sent",
    "filtersaction": "filters that mark as read (mutes, rules)",
}


def _name_loss(attribute: str) -> str:
    """Return what an attribute of FreshRSS says that is not taken, "" of any other."""
    prefix, _, name = attribute.partition("frss:")
    words = (words for start, words in _OF_FRESHRSS.items() if name.startswith(start))
    return "" if prefix or not name else next(words, name)


def parse_web_address(text: str) -> str | None:
    """Return the safe web address of a feed, or None; `http:` may be missing or `feed:`."""
    text = re.sub(r"(?i)^feed:(?=https?:)", "", text.strip())
    text = re.sub(r"(?i)^feed:(?://)?", "http://", text)
    if _BARE.fullmatch(text):
        text = f"http://{text}"
    url = safe_url(text)
    return url if url and not url.startswith("mailto:") else None


def _outline_name(attributes: dict[str, str]) -> str:
    return clean_line(attributes.get("text", "")) or clean_line(attributes.get("title", ""))


def _parse_bool(value: str) -> bool:
    return value.strip().lower() in ("true", "1", "yes")


def _parse_selectors(text: str) -> Selectors:
    with suppress(ValueError, RecursionError):
        return parse_selectors(text)
    return Selectors()


def _parse_age(text: str) -> str:
    with suppress(ValueError):
        return check_feed_age(text)
    return ""


def _parse_number(value: str, most: int) -> int:
    return min(int(value), most) if re.fullmatch("[0-9]{1,12}", value) else 0
