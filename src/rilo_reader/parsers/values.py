"""Values that the formats have in common: lines, addresses, dates, people, enclosures (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin

from rilo_reader.dates import When, read_date
from rilo_reader.entry import Enclosure, Entry, Form
from rilo_reader.parsers.tree import Node
from rilo_reader.text import clean_line, clean_text, safe_url

TOO_LARGE = "It is too large; the entries that come first are read."
KEY_LIMIT = 2000
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
_WHOLE_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_UNSEEN = re.compile(
    "[\\s\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\uffa0]+"
)
"""Invisible characters; a title of nothing else counts as empty."""
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u)\b",
    re.IGNORECASE,
)


def is_markup(text: str) -> bool:
    """Return whether text of unknown type is HTML: it has a tag or an HTML entity."""
    if "<" in text and (_MARKUP.search(text) or _ELEMENT.search(text)):
        return True
    return "&" in text and _ENTITY.search(text) is not None


def plain_line(text: str, *, markup: bool = True, limit: int = 500) -> str:
    """Return a title, name or summary as one line of plain text.

    With `markup` False, only entities are decoded, since they are never intended. White space,
    including no-break spaces, becomes single spaces. "" if nothing in it is visible.
    """
    if not text:
        return ""
    # Markup may be many times as long as its text.
    text = text[: 50 * limit]
    if markup and "<" in text:
        text = _UNREAD.sub(" ", text)
        text = _MARKUP.sub(lambda tag: "" if _INLINE.match(tag[0]) else " ", text)
    if "&" in text:
        text = _unescaped(text)
    line = clean_line(" ".join(text.split()), limit)
    return "" if _UNSEEN.fullmatch(line) else line


def _unescaped(text: str) -> str:
    """Decode complete entities; "&copy=1" is not one."""
    from html import unescape

    return _WHOLE_ENTITY.sub(lambda entity: unescape(entity[0]), text)


def address(base: str, href: str) -> str:
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


def form_of(text: str) -> Form:
    """Guess the format of a text of unknown type."""
    return Form.HTML if is_markup(text) else Form.TEXT


def content_text(text: str) -> str:
    """Return the text of an entry, cleaned."""
    return clean_text(text).strip()


def each_once(lines: Iterable[str], limit: int = TAGS_LIMIT) -> tuple[str, ...]:
    """Return the non-empty lines without duplicates, in order."""
    return tuple(dict.fromkeys(line for line in lines if line))[:limit]


_KINDS = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "avif": "image/avif", "svg": "image/svg+xml", "mp3": "audio/mpeg",
    "m4a": "audio/mp4", "ogg": "audio/ogg", "opus": "audio/opus", "mp4": "video/mp4",
    "webm": "video/webm", "mov": "video/quicktime", "pdf": "application/pdf",
}  # fmt: skip
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+*-]+")


def enclosure(base: str, href: str, kind: str = "", length: object = 0) -> Enclosure | None:
    """Return an enclosure, or None if its address is unusable."""
    url = address(base, href)
    if not url:
        return None
    match = _MEDIA_TYPE.match(kind.strip().lower())
    extension = url.partition("?")[0].rpartition(".")[2].lower()
    return Enclosure(url, match[0] if match else _KINDS.get(extension, ""), _length(length))


def _length(value: object) -> int:
    """Return a size in bytes, or 0."""
    digits = str(value).strip().replace(",", "") if isinstance(value, str | int | float) else ""
    match = re.fullmatch(r"(\d{1,15})(?:\.\d+)?", digits)
    return int(match[1]) if match else 0


def files(found: Iterable[Enclosure | None]) -> tuple[Enclosure, ...]:
    """Return the enclosures without duplicate addresses."""
    by_url: dict[str, Enclosure] = {}
    for file in found:
        if file is not None:
            by_url.setdefault(file.url, file)
    return tuple(by_url.values())[:ENCLOSURES_LIMIT]


_EMAIL = re.compile(r"[^\s()<>@]+@[^\s()<>@]+")


def person(text: str) -> str:
    """Return the name in `name <mail>`, `mail (name)` or a bare name; else the address."""
    line = plain_line(text)
    email = _EMAIL.search(line) if len(line) < 400 else None
    if email is None:
        return line
    name = (line[: email.start()] + line[email.end() :]).replace("mailto:", "")
    return name.strip(" \t()<>[],;:\"'") or email[0]


def dated(entry: Entry, published: When | None, updated: When | None) -> Entry:
    """Return an entry with its dates; without a date of publication, it has that of its update."""
    date = published or updated
    if date is None:
        return entry
    return entry._replace(
        date=date.moment, date_only=date.day_only, updated=updated.moment if updated else None
    )


def first_date(node: Node, *names: str) -> When | None:
    """Return the first of these elements that contains a date."""
    named = node.named()
    given = (name for name in names if name in named)
    return next((found for name in given if (found := read_date(node.value(name)))), None)


def address_of(channel: Node, links: Iterable[Node], base: str) -> str:
    """Return the declared address of a feed: a new one, or else its first link to itself."""
    moved = address(base, channel.value("itunes:new-feed-url"))
    if moved:
        return moved
    for link in links:
        return address(link.base or base, link.attributes.get("href", ""))
    return ""


def signed(entries: Iterable[Entry], owner: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return the entries, with the authors of the feed where they have none."""
    if not owner:
        return tuple(entries)
    return tuple(each if each.authors else each._replace(authors=owner) for each in entries)
