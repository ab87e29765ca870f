"""OPML lists of subscriptions: bytes -> values, and values -> text (pure).

Lists are written by hundreds of programs and by hand, so this reads tags, not XML documents: what
is broken ends with its tag. No entity that a document declares is expanded and nothing outside is
looked at, because nothing here could.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from rilo_reader.collect.subscription import Subscription
from rilo_reader.collect.xml_tags import NOT_XML, Tag, expanded, tags, text_of_xml, xml_text
from rilo_reader.entry import NotReadableError
from rilo_reader.text import clean_line, safe_url

OUTLINE_LIMIT = 100_000
"""Outlines that are read of one list."""

DEPTH_LIMIT = 30
"""Folders within folders; what lies deeper is filed in the last."""

MINUTES_LIMIT = 60 * 24 * 366
ENTRIES_LIMIT = 1_000_000

NAMESPACE = "urn:rilo-reader:subscriptions"
"""Of our own attributes, for what OPML has no word for; always written with the prefix `rilo`."""


class SubscriptionList(NamedTuple):
    """A list as it was read.

    Attributes:
        title: its name, one line; "" where it has none.
        subscriptions: each address once, in the order of its first place; its folders and
            categories are its tags, in the order of the list.
        faults: what was left out or read with doubt, a sentence each.
    """

    title: str = ""
    subscriptions: tuple[Subscription, ...] = ()
    faults: tuple[str, ...] = ()


# -- read ---------------------------------------------------------------------------------------


def read_opml(data: bytes) -> SubscriptionList:
    """The subscriptions of an OPML list of any version, however well it is written.

    Raises:
        NotReadableError: there is no list in these bytes.
    """
    reader = _Reader()
    for tag in tags(text_of_xml(data)):
        if reader.outlines >= OUTLINE_LIMIT:
            reader.fault(f"Only the first {OUTLINE_LIMIT:,} lines of this list were read.")
            break
        reader.take(tag)
    if not reader.is_list and not reader.found:
        raise NotReadableError("This is no OPML list: it has neither <opml> nor feeds.")
    if not reader.is_list:
        reader.fault("This is not marked as OPML; its feeds were read all the same.")
    return SubscriptionList(reader.title, tuple(reader.found.values()), tuple(reader.faults))


_BARE = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,}(?::\d+)?(?:/\S*)?")
"""An address as people write it: `www.example.org/feed`."""


class _Reader:
    """What was found so far, and the folders that are open."""

    def __init__(self) -> None:
        self.title = ""
        self.is_list = False
        self.outlines = 0
        self.found: dict[str, Subscription] = {}
        self.faults: dict[str, None] = {}
        self._open: list[str | None] = []
        self._addressless = ""

    def fault(self, reason: str) -> None:
        """Note a fault, each once and not without bound."""
        if len(self.faults) < 1000:
            self.faults[reason] = None

    def take(self, tag: Tag) -> None:
        """Go on by one tag."""
        if tag.name == "opml":
            self.is_list = True
        elif tag.name == "title" and not tag.closes and not self.title and not self.outlines:
            self.title = clean_line(expanded(tag.text))
        elif tag.name == "outline":
            if tag.closes:
                self._without_address()
                if self._open:
                    self._open.pop()
                return
            self.outlines += 1
            # Some programs call a folder a feed: it is one that others stand in.
            self._addressless = ""
            is_feed = self._outline({name.lower(): value for name, value in tag.attributes})
            if tag.is_empty:
                self._without_address()
            if not tag.is_empty:
                name = None if is_feed else _name(dict(tag.attributes))
                self._open.append(name)

    def _outline(self, attributes: dict[str, str]) -> bool:
        """Take one outline; whether it is a feed and no folder."""
        kind = attributes.get("type", "").strip().lower()
        address = attributes.get("xmlurl", "").strip()
        if not address and kind in ("rss", "atom", "feed"):
            address = (attributes.get("feedurl") or attributes.get("url", "")).strip()
        name = _name(attributes)
        if not address:
            if kind in ("include", "link") and attributes.get("url", "").strip():
                shown = name or "A line"
                self.fault(f"“{shown}” leads to another list or page, which is not followed.")
            elif kind in ("rss", "atom", "feed"):
                self._addressless = name or "A line"
            return False
        url = web_address(address)
        if url is None:
            self.fault(f"“{name or clean_line(address, 80)}” has no address of the web: left out.")
            return True
        if attributes.get("filtercmd", "").strip():
            shown = name or re.sub("//[^/@]*@", "//", url)
            self.fault(f"“{shown}” is filtered by a command there; here it is not.")
        name = "" if name in (url, address) else name
        self._add(_subscription(url, name, self._tags(attributes), attributes))
        return True

    def _without_address(self) -> None:
        """An outline is over: where it was called a feed and had no address, say so."""
        if self._addressless:
            self.fault(f"“{self._addressless}” is a feed without an address: left out.")
        self._addressless = ""

    def _tags(self, attributes: dict[str, str]) -> list[str]:
        """The tags of an outline here: its own, its folders' path, its categories."""
        tags = _tag_list(attributes.get("rilo:tags", ""))
        folders = [name for name in self._open if name][:DEPTH_LIMIT]
        if folders:
            tags.append(clean_line("/".join(folders)))
        for category in attributes.get("category", "").split(",")[:100]:
            parts = (clean_line(part) for part in category.split("/"))
            tags.append(clean_line("/".join(part for part in parts if part)))
        return [tag for tag in dict.fromkeys(tags) if tag]

    def _add(self, new: Subscription) -> None:
        """Keep a subscription; of one that is there already, what it did not say yet."""
        known = self.found.get(new.url)
        if known is not None:
            new = known._replace(
                title=known.title or new.title,
                site=known.site or new.site,
                tags=tuple(dict.fromkeys((*known.tags, *new.tags))),
            )
        self.found[new.url] = new


def _subscription(
    url: str, name: str, tags: Sequence[str], attributes: dict[str, str]
) -> Subscription:
    own_title = attributes.get("rilo:title")
    if own_title is not None:
        name = clean_line(own_title)
    return Subscription(
        url=url,
        title=name,
        tags=tuple(tags),
        site=web_address(attributes.get("htmlurl", "")) or "",
        full_text=_truth(attributes.get("rilo:fulltext")),
        every=_number(attributes.get("rilo:every"), MINUTES_LIMIT),
        muted=_truth(attributes.get("rilo:muted")),
        paused=_truth(attributes.get("rilo:paused")),
        limit=_number(attributes.get("rilo:limit"), ENTRIES_LIMIT),
    )


def web_address(text: str) -> str | None:
    """A feed's address, safe and of the web, or None; it may lack `http:` or begin with `feed:`."""
    text = re.sub(r"(?i)^feed:(?=https?:)", "", text.strip())
    text = re.sub(r"(?i)^feed:(?://)?", "http://", text)
    if _BARE.fullmatch(text):
        text = f"http://{text}"
    url = safe_url(text)
    return url if url and not url.startswith("mailto:") else None


def _name(attributes: dict[str, str]) -> str:
    """What an outline is called: `text`, and where that says nothing, `title`."""
    return clean_line(attributes.get("text", "")) or clean_line(attributes.get("title", ""))


def _truth(value: str | None) -> bool:
    return value is not None and value.strip().lower() in ("true", "1", "yes")


def _number(value: str | None, most: int) -> int:
    return min(int(value), most) if value and re.fullmatch("[0-9]{1,12}", value) else 0


def _tag_list(text: str) -> list[str]:
    """Our own list of tags, which is JSON so that a tag may hold anything."""
    try:
        value = json.loads(text) if text.startswith("[") else None
    except (ValueError, RecursionError):
        return []
    return [clean_line(tag) for tag in value if isinstance(tag, str)] if value else []


# -- write --------------------------------------------------------------------------------------


class _Folder:
    """Feeds, and folders in it, in the order they came."""

    def __init__(self) -> None:
        self.feeds: list[Subscription] = []
        self.folders: dict[str, _Folder] = {}


def write_opml(
    subscriptions: Iterable[Subscription],
    title: str = "Subscriptions",
    names: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """An OPML 2.0 list that every reader understands, and from which nothing is lost here.

    A feed stands in the folder of each of its tags; "News/Europe" is a folder in a folder. What
    OPML has no word for (full_text, every, …) stands in attributes of our own. `names` has what
    feeds call themselves, by address: other readers show it, read_opml takes it for no title.
    """
    root = _Folder()
    for subscription in subscriptions:
        for tag in subscription.tags or ("",):
            folder = root
            for name in _path(tag):
                folder = folder.folders.setdefault(name, _Folder())
            folder.feeds.append(subscription)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:rilo="{NAMESPACE}">',
        f"  <head><title>{xml_text(title)}</title></head>",
        "  <body>",
        *_lines(root, "    ", names),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _path(tag: str) -> tuple[str, ...]:
    """The folders of a tag; one whose parts are no names is a folder by itself."""
    parts = tag.split("/")
    whole = len(parts) <= DEPTH_LIMIT and all(part and part == clean_line(part) for part in parts)
    return tuple(parts) if whole else (tag,) if tag else ()


def _lines(folder: _Folder, indent: str, names: Mapping[str, str]) -> Iterator[str]:
    for feed in folder.feeds:
        yield f"{indent}<outline {_outline(feed, names.get(feed.url, ''))}/>"
    for name, inner in folder.folders.items():
        yield f"{indent}<outline text={_quoted(name)}>"
        yield from _lines(inner, indent + "  ", names)
        yield f"{indent}</outline>"


def _outline(feed: Subscription, name: str) -> str:
    """The attributes of a feed's outline; `name` is what it calls itself."""
    is_own = bool(feed.title) or not name
    said = {
        "type": "rss",
        "text": feed.title or name or feed.url,
        "title": feed.title,
        "xmlUrl": feed.url,
        "htmlUrl": feed.site,
        "rilo:title": feed.title if feed.title == feed.url else "",
        # Folders alone would give several tags in the order of the folders.
        "rilo:tags": json.dumps(feed.tags, ensure_ascii=False) if len(feed.tags) > 1 else "",
        "rilo:fullText": "true" if feed.full_text else "",
        "rilo:every": str(feed.every or ""),
        "rilo:muted": "true" if feed.muted else "",
        "rilo:paused": "true" if feed.paused else "",
        "rilo:limit": str(feed.limit or ""),
    }
    attributes = [f"{key}={_quoted(value)}" for key, value in said.items() if value]
    return " ".join([*attributes, *(() if is_own else ('rilo:title=""',))])


def _quoted(text: str) -> str:
    return quoteattr(NOT_XML.sub("", text))
