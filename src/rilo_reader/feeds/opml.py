"""OPML lists of subscriptions: bytes -> values, and values -> text (pure).

Lists are written by hundreds of programs and by hand, so this reads tags, not XML documents: what
is broken ends with its tag. No entity that a document declares is expanded and nothing outside is
looked at, because nothing here could.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from types import MappingProxyType
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from rilo_reader.entry import NotReadableError
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.store.encoding import decode
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


# Tags of XML-like text, sound or broken, and text for XML (pure).


class Tag(NamedTuple):
    """One tag; of a title its text too."""

    name: str
    attributes: list[tuple[str, str]]
    closes: bool
    is_empty: bool
    text: str = ""


_MARK = re.compile(r"<(?:(!--)|(!\[CDATA\[)|(!DOCTYPE)|(\?)|(/?)([A-Za-z][\w.:-]*))", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"[^\s=<>/\"']+")
_ENDS = {1: "-->", 2: "]]>", 4: "?>"}


def tags(text: str) -> Iterator[Tag]:
    """The tags of a text in order, without comments and declarations; linear in its length."""
    place = 0
    while (mark := _MARK.search(text, place)) is not None:
        place = mark.end()
        if mark[3]:
            place = _after_doctype(text, place)
        elif mark.lastindex in _ENDS:
            end = text.find(_ENDS[mark.lastindex], place)
            place = len(text) if end < 0 else end
        else:
            attributes, place, is_empty = _attributes(text, place)
            name = mark[6].lower()
            inner = ""
            if name == "title" and not is_empty:
                inner = text[place : text.find("<", place)][:5000]
            yield Tag(name, attributes, bool(mark[5]), is_empty, inner)


def _after_doctype(text: str, place: int) -> int:
    """The place after a document type; what it declares is not read."""
    end, inner = text.find(">", place), text.find("[", place)
    if 0 <= inner < end:
        closed = text.find("]", inner)
        end = text.find(">", closed) if closed >= 0 else -1
    return len(text) if end < 0 else end + 1


def _attributes(text: str, place: int) -> tuple[list[tuple[str, str]], int, bool]:
    """The attributes from here on, the place after the tag, and whether it closed itself."""
    found: list[tuple[str, str]] = []
    is_empty = False
    while place < len(text):
        character = text[place]
        if character == ">":
            return found, place + 1, is_empty
        if character == "<":
            # The tag before was never ended.
            return found, place, is_empty
        is_empty = character == "/" or (is_empty and character.isspace())
        name = _ATTRIBUTE.match(text, place)
        if name is None:
            place += 1
            continue
        value, place = _value(text, name.end())
        if len(found) < 100:
            found.append((name[0].lower(), expanded(value)))
    return found, place, is_empty


_EQUALS = re.compile(r"\s*=\s*")
_BARE_VALUE = re.compile(r"(?:(?!/>)[^\s<>\"'])+")


def _value(text: str, place: int) -> tuple[str, int]:
    """The value of an attribute whose name ended here, and the place after it."""
    equals = _EQUALS.match(text, place)
    if equals is None:
        return "", place
    place = equals.end()
    quote = text[place : place + 1]
    if quote in ('"', "'") and quote:
        end = text.find(quote, place + 1)
        if end < 0:
            return "", len(text)
        return text[place + 1 : end], end + 1
    bare = _BARE_VALUE.match(text, place)
    return (bare[0], bare.end()) if bare else ("", place)


def expanded(text: str) -> str:
    """The text with HTML's and XML's own entities as characters; a bare & is a bare &."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text


_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_NO_ENCODINGS = ("utf16", "utf32", "utf7", "idna", "punycode", "escape", "undefined", "mbcs", "oem")


def text_of_xml(data: bytes) -> str:
    """The text of an XML file by its byte order mark, its declaration, or what its bytes look like.

    A declaration that the bytes contradict does not count.
    """
    if data[:2] in (b"<\0", b"\0<"):
        return data.decode("utf-16-le" if data[0] else "utf-16-be", "replace")
    declared = _DECLARED.match(data)
    if declared is not None:
        name = declared[1].decode("ascii").lower()
        folded = re.sub("[^a-z0-9]", "", name)
        if not any(folded.startswith(other) or other in folded for other in _NO_ENCODINGS):
            try:
                return data.decode("cp1252" if folded in ("iso88591", "latin1") else name)
            except (LookupError, UnicodeError):
                pass
    return decode(data)[0]


NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text as it may stand between tags; what XML cannot hold is left out."""
    text = NOT_XML.sub("", text).replace("&", "&amp;")
    return text.replace("<", "&lt;").replace(">", "&gt;")
