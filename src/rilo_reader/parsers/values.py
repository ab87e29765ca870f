"""What formats have in common: lines, addresses, texts and files of an entry (pure)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urljoin

from rilo_reader.entry import Enclosure, Entry, Form
from rilo_reader.parsers.dates import read_date
from rilo_reader.parsers.tree import Node
from rilo_reader.store.dates import When
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
"""Characters that show nothing: a line of them alone is no title."""
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u)\b",
    re.IGNORECASE,
)


def is_markup(text: str) -> bool:
    """Whether a text that does not say so is HTML: it holds a tag or an entity of it."""
    if "<" in text and (_MARKUP.search(text) or _ELEMENT.search(text)):
        return True
    return "&" in text and _ENTITY.search(text) is not None


def plain_line(text: str, *, markup: bool = True, limit: int = 500) -> str:
    """A text as one line without markup: titles, names, summaries.

    With `markup` False only entities are read, since those are never meant. All white space is one
    space, as in a browser's title bar, no-break spaces too. "" where nothing of it shows.
    """
    if not text:
        return ""
    # Markup may be many times the text, so more is looked at than is kept.
    text = text[: 50 * limit]
    if markup and "<" in text:
        text = _UNREAD.sub(" ", text)
        text = _MARKUP.sub(lambda tag: "" if _INLINE.match(tag[0]) else " ", text)
    if "&" in text:
        text = _unescaped(text)
    line = clean_line(" ".join(text.split()), limit)
    return "" if _UNSEEN.fullmatch(line) else line


def _unescaped(text: str) -> str:
    """The text with its whole entities as characters; "&copy=1" is none."""
    from html import unescape

    return _WHOLE_ENTITY.sub(lambda entity: unescape(entity[0]), text)


def address(base: str, href: str) -> str:
    """The address a link means, absolute and safe; "" where it is none."""
    # An address that was escaped twice: no page means "&amp;" by it.
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
    """What a text is written in that does not say so."""
    return Form.HTML if is_markup(text) else Form.TEXT


def content_text(text: str) -> str:
    """The text of an entry, cleaned."""
    return clean_text(text).strip()


def each_once(lines: Iterable[str], limit: int = TAGS_LIMIT) -> tuple[str, ...]:
    """The lines that are not empty, each once, in order."""
    return tuple(dict.fromkeys(line for line in lines if line))[:limit]


_KINDS = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "avif": "image/avif", "svg": "image/svg+xml", "mp3": "audio/mpeg",
    "m4a": "audio/mp4", "ogg": "audio/ogg", "opus": "audio/opus", "mp4": "video/mp4",
    "webm": "video/webm", "mov": "video/quicktime", "pdf": "application/pdf",
}  # fmt: skip
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+*-]+")


def enclosure(base: str, href: str, kind: str = "", length: object = 0) -> Enclosure | None:
    """A file that an entry brings along, or None where its address is none."""
    url = address(base, href)
    if not url:
        return None
    match = _MEDIA_TYPE.match(kind.strip().lower())
    extension = url.partition("?")[0].rpartition(".")[2].lower()
    return Enclosure(url, match[0] if match else _KINDS.get(extension, ""), _length(length))


def _length(value: object) -> int:
    """A number of bytes, 0 where it is none."""
    digits = str(value).strip().replace(",", "") if isinstance(value, str | int | float) else ""
    match = re.fullmatch(r"(\d{1,15})(?:\.\d+)?", digits)
    return int(match[1]) if match else 0


def files(found: Iterable[Enclosure | None]) -> tuple[Enclosure, ...]:
    """The files, each address once."""
    by_url: dict[str, Enclosure] = {}
    for file in found:
        if file is not None:
            by_url.setdefault(file.url, file)
    return tuple(by_url.values())[:ENCLOSURES_LIMIT]


_EMAIL = re.compile(r"[^\s()<>@]+@[^\s()<>@]+")


def person(text: str) -> str:
    """The name in `name <mail>`, `mail (name)` or a name alone; the mail where there is no name."""
    line = plain_line(text)
    email = _EMAIL.search(line) if len(line) < 400 else None
    if email is None:
        return line
    name = (line[: email.start()] + line[email.end() :]).replace("mailto:", "")
    return name.strip(" \t()<>[],;:\"'") or email[0]


# What RSS and Atom say alike: dates, a feed's own address, whose entries they are (pure).


def first_date(node: Node, *names: str) -> When | None:
    """The first of these elements that says when, in whatever way."""
    named = node.named()
    given = (name for name in names if name in named)
    return next((found for name in given if (found := read_date(node.value(name)))), None)


def address_of(channel: Node, links: Iterable[Node], base: str) -> str:
    """Where a feed says it is to be fetched: where it moved to, else the first of its own links."""
    moved = address(base, channel.value("itunes:new-feed-url"))
    if moved:
        return moved
    for link in links:
        return address(link.base or base, link.attributes.get("href", ""))
    return ""


def signed(entries: Iterable[Entry], owner: tuple[str, ...]) -> tuple[Entry, ...]:
    """The entries, those that name no author with that of their feed."""
    if not owner:
        return tuple(entries)
    return tuple(each if each.authors else each._replace(authors=owner) for each in entries)


# The namespaces that stand beside RSS and Atom: dc, dcterms, media, itunes, syndication (pure).


PUBLISHED = ("dcterms:issued", "dcterms:created", "dc:date", "dcterms:available")
UPDATED = ("dcterms:modified",)

_NAMES = frozenset({
    "dc:creator", "dc:author", "dc:subject", "itunes:author", "itunes:category", "itunes:image",
    "itunes:keywords", "media:category", "media:content", "media:group", "media:keywords",
    "media:thumbnail",
})  # fmt: skip
"""All that is asked for here; most entries have none of it."""

_KEYWORDS = ("media:keywords", "itunes:keywords")
_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10080, "monthly": 43200, "yearly": 525600}
_LONGEST_TTL = 525600


def authors(node: Node) -> Iterator[str]:
    """The authors that dc, itunes and media name."""
    if _NAMES.isdisjoint(node.named()):
        return
    for creator in node.all("dc:creator"):
        # A person may be described by RDF inside; its name is the text of what is in there.
        yield person(creator.text() or " ".join(_texts(creator)))
    if not node.first("dc:creator"):
        for author in node.all("itunes:author", "dc:author"):
            yield person(author.text())


def _texts(node: Node) -> Iterator[str]:
    """Every text inside an element."""
    for child in node.children:
        if child.text():
            yield child.text()
        yield from _texts(child)


def tags(node: Node) -> Iterator[str]:
    """The subjects that dc, media and itunes give."""
    if _NAMES.isdisjoint(node.named()):
        return
    for subject in node.all("dc:subject"):
        yield plain_line(subject.text())
    places = _media(node)
    for keywords in (word for place in places for word in place.all(*_KEYWORDS)):
        yield from (plain_line(word) for word in keywords.text().split(","))
    for category in (found for place in places for found in place.all("media:category")):
        yield plain_line(category.attributes.get("label", "") or category.text())
    for category in node.all("itunes:category"):
        yield plain_line(category.attributes.get("text", "") or category.text())
        for inner in category.all("itunes:category"):
            yield plain_line(inner.attributes.get("text", ""))


def enclosures(node: Node, base: str) -> Iterator[Enclosure | None]:
    """The files that media and itunes bring along: contents first, then pictures of them."""
    if _NAMES.isdisjoint(node.named()):
        return
    places = _media(node)
    for content in places:
        if content.name == "media:content":
            given = content.attributes
            size = given.get("filesize", 0)
            yield enclosure(base, given.get("url", ""), given.get("type", ""), size)
    for group in places:
        for picture in group.all("media:thumbnail"):
            yield enclosure(base, picture.attributes.get("url", "") or picture.text())
    for picture in node.all("itunes:image"):
        yield enclosure(
            base, picture.attributes.get("href", "") or picture.attributes.get("url", "")
        )


def of_media(node: Node, name: str) -> Node | None:
    """The element of media with this name, in the entry, its groups or their contents."""
    return next((found for place in _media(node) if (found := place.first(name))), None)


def _media(node: Node) -> list[Node]:
    """Where elements of media stand: the entry, its groups, and their contents."""
    groups = [node, *node.all("media:group")]
    return [*groups, *(content for group in groups for content in group.all("media:content"))]


def minutes_between(channel: Node) -> int:
    """How many minutes apart a feed says that it is updated, 0 where it does not say."""
    period = _PERIODS.get(channel.value("sy:updateperiod").lower(), 0)
    frequency = channel.value("sy:updatefrequency")
    times = int(frequency) if frequency.isdecimal() and len(frequency) < 6 else 1
    return min(period // max(times, 1), _LONGEST_TTL)


def minutes(text: str) -> int:
    """A number of minutes as `ttl` gives it, 0 where it is none."""
    return min(int(text), _LONGEST_TTL) if text.isdecimal() and len(text) < 10 else 0


# Texts for people in an element -> what they say and what they are written in (pure).


class Text(NamedTuple):
    """A text, what it is written in, its language, and where its relative links start.

    Language and base are "" where the feed does not say.
    """

    value: str = ""
    form: Form = Form.HTML
    base: str = ""
    lang: str = ""

    def plain(self, limit: int = SUMMARY_LIMIT) -> str:
        """The text as one line without markup, at most `limit` long."""
        return plain_line(self.value, markup=self.form is Form.HTML, limit=limit)


_HTML_TYPES = ("html", "text/html", "xhtml", "application/xhtml+xml", "text/xhtml")
_WRAPPER = re.compile(r"<div(?:\s[^<>]*)?>(.*)</div>", re.DOTALL)


def text_of(node: Node) -> Text:
    """The text of an element, by the type it names and else by its looks."""
    value = node.text()
    given = node.attributes
    kind = given.get("type", "").partition(";")[0].strip().lower()
    if given.get("mode", "") == "base64" or _is_encoded(kind, node):
        value = _from_base64(value)
    value = content_text(_once_escaped(value))
    if node.inline:
        wrapped = _WRAPPER.fullmatch(value)
        if wrapped and "<div" not in wrapped[1]:
            value = wrapped[1].strip()
        return Text(value, Form.HTML, node.base, node.lang)
    return Text(value, _form(kind, value, node), node.base, node.lang)


_ELEMENTS = re.compile(
    r"</(?:a|b|blockquote|code|div|em|h[1-6]|i|li|ol|p|pre|span|strong|table|ul)>|<br ?/?>|<img\s",
    re.IGNORECASE,
)
_ESCAPED_TAG = re.compile(
    r"&lt;(?:p|div|br|a|img|h[1-6]|ul|ol|table|blockquote|em|strong|span|figure|article|section)"
    r"(?:\s|/?&gt;)",
    re.IGNORECASE,
)


def _once_escaped(value: str) -> str:
    """The text as it was meant where all its markup was escaped twice."""
    if not _ESCAPED_TAG.match(value) or "<" in value:
        return value
    from html import unescape

    return unescape(value)


def _form(kind: str, value: str, node: Node) -> Form:
    """What a text is written in."""
    if kind in ("text/markdown", "text/x-markdown"):
        return Form.MARKDOWN
    if kind in _HTML_TYPES:
        return Form.HTML
    if kind in ("text", "text/plain"):
        return Form.TEXT
    if not kind and node.name.startswith("atom:") and "mode" not in node.attributes:
        # Text by Atom's rules; but what opens and closes tags only forgot to say that it is HTML.
        return Form.HTML if _ELEMENTS.search(value) else Form.TEXT
    return form_of(value)


def _is_encoded(kind: str, node: Node) -> bool:
    """Whether Atom 1.0 says that a text of this type is in base64."""
    if not node.name.startswith("atom:") or "/" not in kind or "mode" in node.attributes:
        return False
    return not kind.startswith(("text/", "message/")) and not kind.endswith(("xml", "html"))


def _from_base64(value: str) -> str:
    """The text that is written in base64; the value itself where it is none, "" for no text."""
    try:
        return base64.b64decode(re.sub(r"\s", "", value), validate=True).decode()
    except UnicodeDecodeError:
        return ""
    except (binascii.Error, ValueError):
        return value
