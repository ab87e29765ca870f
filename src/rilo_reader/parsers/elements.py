"""Lines, texts, addresses, dates, people and enclosures of RSS, Atom and JSON Feed (pure)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import urljoin

from rilo_reader.article import Enclosure
from rilo_reader.dates import NEVER, ParsedDate, read_date
from rilo_reader.entry import Entry, Form
from rilo_reader.html.tags import expand_entities
from rilo_reader.parsers.tree import ENTRIES_LIMIT, Node
from rilo_reader.text import clean_body, clean_line, safe_url

TOO_LARGE = "It is too large; only the first entries are kept."
TOO_MANY = f"It has more than {ENTRIES_LIMIT:,} entries; only the first {ENTRIES_LIMIT:,} are kept."
KEY_LIMIT = 2000
TITLE_LIMIT = 500
SUMMARY_LIMIT = 1000
TAGS_LIMIT = 100
ENCLOSURES_LIMIT = 100
# Each of these looks at one letter before it tries its names: text can be millions of "<".
_MARKUP = re.compile(
    r"<(?=[/!a-z])(?:/?(?:a|abbr|address|article|aside|audio|b|blockquote|br|center|cite|code|dd|del|details|div|dl|dt"
    r"|em|applet|embed|figcaption|figure|font|footer|form|frame|frameset|noscript|h[1-6]|header|hr|i|iframe|img|input|ins|kbd|li"
    r"|main|mark|nav|object|ol|p|pre|q|s|samp|script|section|small|span|strike|strong|style|sub"
    r"|summary|sup|svg|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video|wbr)(?=[\s/>])[^<>]*>"
    r"|!--.*?(?:-->|\Z))",
    re.IGNORECASE | re.DOTALL,
)
_ELEMENT = re.compile(
    r"<(?=[/a-z])/?(?:acronym|applet|area|base|basefont|bdo|big|blink|button|canvas|caption|col|colgroup|datalist"
    r"|dfn|dir|fieldset|frame|frameset|hgroup|label|legend|link|map|marquee|math|menu|meta|noframes"
    r"|noscript|optgroup|option|output|param|picture|progress|rp|rt|ruby|select|source|textarea|time"
    r"|track)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_UNREAD = re.compile(r"<(script|style)(?=[\s/>]).*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d|#x[0-9a-f]|[a-z]+\d*;)", re.IGNORECASE)
_UNSEEN = re.compile(
    "[\\s\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\uffa0]+"
)
"""Invisible characters; a title of nothing else counts as empty."""
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u)\b",
    re.IGNORECASE,
)


def to_plain_line(text: str, *, markup: bool = True, limit: int = TITLE_LIMIT) -> str:
    """Return a title, name or summary as one line of plain text, "" if nothing in it is visible.

    With `markup` False, only entities are decoded, since they are never intended.
    """
    if not text:
        return ""
    # Markup may be many times as long as its text.
    text = text[: 50 * limit]
    if markup and "<" in text:
        text = _UNREAD.sub(" ", text)
        text = _MARKUP.sub(lambda tag: "" if _INLINE.match(tag[0]) else " ", text)
    line = clean_line(" ".join(expand_entities(text).split()), limit)
    return "" if _UNSEEN.fullmatch(line) else line


def resolve_address(base: str, href: str) -> str:
    """Return a link as a safe absolute address, or ""."""
    # Escaped twice: no address contains "&amp;" on purpose.
    href = href.strip().replace("&amp;", "&")
    if not href:
        return ""
    if not href.startswith(("http://", "https://")):
        try:
            href = urljoin(base, re.sub("[\n\t]", "", href))
        except ValueError:
            return ""
    return safe_url(href) or safe_url(re.sub(r"\s*\n\s*|\t", "", href)) or ""


def content_text(text: str) -> str:
    """Return the text of an entry, cleaned."""
    return clean_body(text).strip()


def each_once(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the non-empty lines without duplicates, in order."""
    return tuple(dict.fromkeys(line for line in lines if line))[:TAGS_LIMIT]


_KINDS = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "avif": "image/avif", "svg": "image/svg+xml", "mp3": "audio/mpeg",
    "m4a": "audio/mp4", "ogg": "audio/ogg", "opus": "audio/opus", "mp4": "video/mp4",
    "webm": "video/webm", "mov": "video/quicktime", "pdf": "application/pdf",
}  # fmt: skip
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+*-]+")


def make_enclosure(
    base: str, href: str, kind: str = "", length: object = 0, duration: object = ""
) -> Enclosure | None:
    """Return an enclosure, or None if its address is unusable."""
    url = resolve_address(base, href)
    if not url:
        return None
    match = _MEDIA_TYPE.match(kind.strip().lower())
    extension = url.partition("?")[0].rpartition(".")[2].lower()
    digits = str(length).strip().replace(",", "") if isinstance(length, str | int | float) else ""
    size = re.fullmatch(r"(\d{1,15})(?:\.\d+)?", digits)
    media_type = match[0] if match else _KINDS.get(extension, "")
    return Enclosure(url, media_type, int(size[1]) if size else 0, read_duration(duration))


_DURATION = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,5}):)?(\d{1,7})(?:\.\d*)?")


def read_duration(value: object) -> int:
    """Return a duration such as 1:02:03, 62:03 or 3723 in seconds, 0 for anything else."""
    match = _DURATION.fullmatch(str(value).strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return (60 * hours + minutes) * 60 + seconds


def unique_enclosures(
    found: Iterable[Enclosure | None], duration: object = ""
) -> tuple[Enclosure, ...]:
    """Return the enclosures without duplicate addresses; an entry's duration is its first sound's.

    Of two that say the same address, the second may say how long it is.
    """
    by_url: dict[str, Enclosure] = {}
    for file in filter(None, found):
        known = by_url.setdefault(file.url, file)
        by_url[file.url] = known._replace(seconds=known.seconds or file.seconds)
    sounds = (file for file in by_url.values() if file.type.startswith(("audio/", "video/")))
    if (first := next(sounds, None)) and not first.seconds:
        by_url[first.url] = first._replace(seconds=read_duration(duration))
    return tuple(by_url.values())[:ENCLOSURES_LIMIT]


_EMAIL = re.compile(r"[^\s()<>@]+@[^\s()<>@]+")


def parse_person(text: str) -> str:
    """Return the name in `name <mail>`, `mail (name)` or a bare name; else the address."""
    line = to_plain_line(text)
    email = _EMAIL.search(line) if len(line) < 400 else None
    if email is None:
        return line
    name = (line[: email.start()] + line[email.end() :]).replace("mailto:", "")
    return name.strip(" \t()<>[],;:\"'") or email[0]


def set_dates(entry: Entry, published: ParsedDate | None, updated: ParsedDate | None) -> Entry:
    """Return an entry with its dates; without a date of publication, it has that of its update.

    NEVER is not a date, and the beginning of the day of publication is not an update.
    """
    published, updated = (
        None if each is not None and each.moment == NEVER else each for each in (published, updated)
    )
    date = published or updated
    if date is None:
        return entry
    is_update = updated is not None and not (date.day_only and updated.moment == date.moment)
    return entry._replace(
        date=date.moment,
        date_only=date.day_only,
        updated=updated.moment if updated is not None and is_update else None,
    )


def find_first_date(node: Node, *names: str) -> ParsedDate | None:
    """Return the first of these elements that contains a date."""
    named = node.children_by_name()
    present = (name for name in names if name in named)
    return next((date for name in present if (date := read_date(node.find_text(name)))), None)


def set_default_authors(entries: Iterable[Entry], owner: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return the entries, with the authors of the feed where they have none."""
    return tuple(e if e.authors or not owner else e._replace(authors=owner) for e in entries)


class ElementText(NamedTuple):
    """A text with its format."""

    value: str = ""
    form: Form = Form.HTML
    base: str = ""  # of its relative links, "" if unknown
    lang: str = ""  # "" if unknown

    def to_plain_line(self, limit: int = SUMMARY_LIMIT) -> str:
        """Return the text as one line of plain text, at most `limit` characters long."""
        return to_plain_line(self.value, markup=self.form is Form.HTML, limit=limit)


_HTML_TYPES = ("html", "text/html", "xhtml", "application/xhtml+xml", "text/xhtml")
_WRAPPER = re.compile(r"<div(?:\s[^<>]*)?>(.*)</div>", re.DOTALL)


def read_element_text(node: Node) -> ElementText:
    """Return the text of an element, in its declared or else its apparent format."""
    value, attributes = node.text(), node.attributes
    kind = attributes.get("type", "").partition(";")[0].strip().lower()
    if attributes.get("mode", "") == "base64" or _has_base64_type(kind, node):
        value = _decode_base64(value)
    if "<" not in value and _ESCAPED_TAG.match(value):
        # All markup was escaped twice.
        value = unescape(value)
    value = content_text(value)
    if node.is_inline:
        wrapped = _WRAPPER.fullmatch(value)
        if wrapped and "<div" not in wrapped[1]:
            value = wrapped[1].strip()
        return ElementText(value, Form.HTML, node.base, node.lang)
    return ElementText(value, _detect_form(kind, value, node), node.base, node.lang)


_ELEMENTS = re.compile(
    r"</(?:a|b|blockquote|code|div|em|h[1-6]|i|li|ol|p|pre|span|strong|table|ul)>|<br ?/?>|<img\s",
    re.IGNORECASE,
)
_ESCAPED_TAG = re.compile(
    r"&lt;(?:p|div|br|a|img|h[1-6]|ul|ol|table|blockquote|em|strong|span|figure|article|section)"
    r"(?:\s|/?&gt;)",
    re.IGNORECASE,
)


def _detect_form(kind: str, value: str, node: Node) -> Form:
    if kind in ("text/markdown", "text/x-markdown"):
        return Form.MARKDOWN
    if kind in _HTML_TYPES:
        return Form.HTML
    if kind in ("text", "text/plain"):
        return Form.TEXT
    if not kind and node.name.startswith("atom:") and "mode" not in node.attributes:
        # Plain text by Atom's rules; but text with matching tags is HTML with a wrong type.
        return Form.HTML if _ELEMENTS.search(value) else Form.TEXT
    has_tag = "<" in value and (_MARKUP.search(value) or _ELEMENT.search(value))
    return Form.HTML if has_tag or ("&" in value and _ENTITY.search(value)) else Form.TEXT


def _has_base64_type(kind: str, node: Node) -> bool:
    """Return whether the media type of an Atom element implies base64."""
    if not node.name.startswith("atom:") or "/" not in kind or "mode" in node.attributes:
        return False
    return not kind.startswith(("text/", "message/")) and not kind.endswith(("xml", "html"))


def _decode_base64(value: str) -> str:
    """Decode base64; return the value itself if it is not base64, "" if it is not text."""
    try:
        return base64.b64decode(re.sub(r"\s", "", value), validate=True).decode()
    except UnicodeDecodeError:
        return ""
    except (binascii.Error, ValueError):
        return value


_NAMES = frozenset({
    "dc:creator", "dc:author", "dc:subject", "itunes:author", "itunes:category", "itunes:image",
    "itunes:keywords", "media:category", "media:content", "media:group", "media:keywords",
    "media:thumbnail",
})  # fmt: skip
"""The names used here; most entries have none of them."""

_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10080, "monthly": 43200, "yearly": 525600}
_MAX_TTL_MINUTES = 525600


def extension_authors(node: Node) -> Iterator[str]:
    """Yield the authors in dc, itunes and media."""
    if _NAMES.isdisjoint(node.children_by_name()):
        return
    for creator in node.find_all("dc:creator"):
        # An RDF description of a person; the name is the text in it.
        yield parse_person(creator.text() or " ".join(_iter_texts(creator)))
    if not node.find_first("dc:creator"):
        for author in node.find_all("itunes:author", "dc:author"):
            yield parse_person(author.text())


def _iter_texts(node: Node) -> Iterator[str]:
    for child in node.children:
        if child.text():
            yield child.text()
        yield from _iter_texts(child)


def extension_tags(node: Node) -> Iterator[str]:
    """Yield the subjects in dc, media and itunes."""
    if _NAMES.isdisjoint(node.children_by_name()):
        return
    for subject in node.find_all("dc:subject"):
        yield to_plain_line(subject.text())
    containers = _list_media_containers(node)
    names = ("media:keywords", "itunes:keywords")
    for keywords in (found for each in containers for found in each.find_all(*names)):
        yield from (to_plain_line(word) for word in keywords.text().split(","))
    for category in (found for each in containers for found in each.find_all("media:category")):
        yield to_plain_line(category.attributes.get("label", "") or category.text())
    for category in node.find_all("itunes:category"):
        yield to_plain_line(category.attributes.get("text", "") or category.text())
        for inner in category.find_all("itunes:category"):
            yield to_plain_line(inner.attributes.get("text", ""))


def extension_enclosures(node: Node, base: str) -> Iterator[Enclosure | None]:
    """Yield the files in media and itunes: contents first, then thumbnails."""
    if _NAMES.isdisjoint(node.children_by_name()):
        return
    containers = _list_media_containers(node)
    for content in containers:
        if content.name == "media:content":
            its = content.attributes
            size = its.get("filesize", 0)
            duration = its.get("duration", "")
            yield make_enclosure(base, its.get("url", ""), its.get("type", ""), size, duration)
    for picture in (found for each in containers for found in each.find_all("media:thumbnail")):
        yield make_enclosure(base, picture.attributes.get("url", "") or picture.text())
    for picture in node.find_all("itunes:image"):
        its = picture.attributes
        yield make_enclosure(base, its.get("href", "") or its.get("url", ""))


def find_media(node: Node, name: str) -> Node | None:
    """Return the media element with this name in an entry, its groups or their contents."""
    found = (container.find_first(name) for container in _list_media_containers(node))
    return next(filter(None, found), None)


def _list_media_containers(node: Node) -> list[Node]:
    """Return the elements that contain media elements: an entry, its groups, and their contents."""
    groups = [node, *node.find_all("media:group")]
    return [*groups, *(content for group in groups for content in group.find_all("media:content"))]


def find_title(node: Node, *names: str) -> str:
    """Return the first title that shows something, among elements with these names or of media."""
    found = [*(node.find_first(name) for name in names), find_media(node, "media:title")]
    lines = (read_element_text(title).to_plain_line(TITLE_LIMIT) for title in found if title)
    return next(filter(None, lines), "")


def minutes_between(channel: Node) -> int:
    """Return the update interval of a feed in minutes, or 0."""
    ttl = channel.find_text("ttl")
    if ttl.isdecimal() and len(ttl) < 10 and int(ttl):
        return min(int(ttl), _MAX_TTL_MINUTES)
    period = _PERIODS.get(channel.find_text("sy:updateperiod").lower(), 0)
    frequency = channel.find_text("sy:updatefrequency")
    times = int(frequency) if frequency.isdecimal() and len(frequency) < 6 else 1
    return min(period // max(times, 1), _MAX_TTL_MINUTES)
