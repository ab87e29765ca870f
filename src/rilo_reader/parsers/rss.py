"""Read RSS 0.90 to 2.0 and RDF (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from rilo_reader.entry import Enclosure, Entry, Feed, Form
from rilo_reader.parsers.elements import (
    KEY_LIMIT,
    PUBLISHED,
    UPDATED,
    Text,
    address,
    address_of,
    dated,
    each_once,
    enclosure,
    extension_authors,
    extension_enclosures,
    extension_tags,
    files,
    first_date,
    minutes_between,
    of_media,
    person,
    plain_line,
    signed,
    text_of,
    title_of,
)
from rilo_reader.parsers.tree import Node, Tree
from rilo_reader.text import clean_line

_FULL = (
    "content:encoded", "xhtml:body", "body", "fullitem", "xhtml:div", "atom:content", "content",
)  # fmt: skip
_SHORT = (
    "description", "abstract", "atom:summary", "summary", "dc:description", "itunes:summary",
    "itunes:subtitle",
)  # fmt: skip
_TITLES = ("title", "atom:title", "dc:title", "itunes:title")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_rss(tree: Tree, url: str) -> Feed:
    """Return the feed of a document whose root is `rss`, `rdf:RDF` or `channel`."""
    root = tree.root
    if root is None:
        return Feed()
    channel = root if root.name == "channel" else next(iter(root.all("channel")), root)
    site = _site(channel, channel.base or url)
    lang = plain_line(channel.value("language", "dc:language") or channel.lang, limit=35)
    base = _base(url, site)
    links = channel.all("atom:link")
    own = (link for link in links if link.attributes.get("rel", "").lower() == "self")
    entries = (_entry(item, base, lang) for item in tree.entries if item.whole)
    owner = [person(node.text()) for node in channel.all("author")]
    owner += [person(node.value("atom:name", "atom:email")) for node in channel.all("atom:author")]
    days = [day.text().lower() for node in channel.all("skipdays") for day in node.all("day")]
    return Feed(
        title=plain_line(channel.value(*_TITLES)),
        url=site,
        address=address_of(channel, own, channel.base or url),
        lang=lang,
        entries=signed(entries, each_once(owner) or each_once(extension_authors(channel))),
        ttl=minutes_between(channel),
        skip_hours=_skip_hours(channel),
        skip_days=frozenset(_DAYS.index(day) for day in days[:14] if day in _DAYS),
    )


def _base(url: str, site: str) -> str:
    """Return the base of relative links: the feed, or the site if another host serves the feed."""
    with suppress(ValueError):
        if site and urlsplit(site).netloc.lower() != urlsplit(url).netloc.lower():
            return site
    return url


def _site(channel: Node, base: str) -> str:
    """Return the web page of a channel."""
    given = channel.attributes
    candidates = [*_links(channel, base), (base, given.get("base", "") or given.get("href", ""))]
    return next((found for start, href in candidates if (found := address(start, href))), "")


def _links(node: Node, base: str) -> Iterator[tuple[str, str]]:
    """Yield the links to web pages, each with the base of its address."""
    for link in node.all("link"):
        yield link.base or base, link.text() or link.attributes.get("href", "")
    for link in node.all("atom:link"):
        if link.attributes.get("rel", "alternate") == "alternate":
            yield link.base or base, link.attributes.get("href", "")


def _entry(item: Node, base: str, lang: str) -> Entry:
    base = item.base or base
    link = _link(item, base)
    content, summary = _texts(item)
    published = first_date(item, "pubdate", "atom:published", *PUBLISHED, "atom:issued")
    updated = first_date(item, "atom:updated", *UPDATED, "atom:modified", "lastbuilddate")
    own_lang = item.value("dc:language", "language") or content.lang or item.lang
    key = item.value("guid", "atom:id") or item.attributes.get("rdf:about", "")
    entry = Entry(
        key=clean_line(key, KEY_LIMIT),
        url=link,
        title=title_of(item, *_TITLES),
        authors=_authors(item),
        tags=each_once((*_categories(item), *extension_tags(item))),
        lang=plain_line(own_lang, limit=35) or lang,
        summary=summary,
        content=content.value,
        form=content.form,
        base=address("", content.base or item.base or link or base),
        enclosures=files((*_enclosures(item, base), *extension_enclosures(item, base))),
    )
    return dated(entry, published, updated)


def _categories(item: Node) -> Iterator[str]:
    for category in item.all("category"):
        yield plain_line(category.text())
    for category in item.all("atom:category"):
        yield plain_line(category.attributes.get("term", ""))


def _enclosures(item: Node, base: str) -> Iterator[Enclosure | None]:
    """Yield the enclosures of an item, without those of other namespaces."""
    for file in item.all("enclosure"):
        given = file.attributes
        yield enclosure(base, given.get("url", ""), given.get("type", ""), given.get("length", 0))
    for link in item.all("atom:link"):
        if link.attributes.get("rel", "") == "enclosure":
            yield enclosure(base, link.attributes.get("href", ""), link.attributes.get("type", ""))


def _link(item: Node, base: str) -> str:
    """Return the web page of an item: the original rather than that of a redirecting service."""
    candidates = [(base, node.text()) for node in item.all("feedburner:origlink")]
    candidates += _links(item, base)
    candidates += [
        (base, guid.text())
        for guid in item.all("guid")
        if guid.attributes.get("ispermalink", "true").strip().lower() != "false"
        and guid.text().startswith(("http://", "https://"))
    ]
    candidates += [(base, item.attributes.get(name, "")) for name in ("href", "rdf:about")]
    return next((found for start, href in candidates if (found := address(start, href))), "")


def _texts(item: Node) -> tuple[Text, str]:
    """Return the fullest text of an item, and the summary if it is different."""
    named = item.named()
    full = [text_of(node) for name in _FULL if name in named for node in named[name]]
    short = [text_of(node) for name in _SHORT if name in named for node in named[name]]
    marked = [text_of(node)._replace(form=Form.MARKDOWN) for node in item.all("source:markdown")]
    content = max(full, key=lambda text: len(text.value), default=Text())
    short = [text for text in short if text.value]
    first_short = short[0] if short else Text()
    if not content.value or len(first_short.value) > 2 * len(content.value):
        content = first_short
    first_short = next((text for text in (*short, *full) if text.value != content.value), Text())
    if not content.value:
        media = of_media(item, "media:description")
        content = next((text for text in marked if text.value), text_of(media) if media else Text())
    return content, first_short.plain()


def _authors(item: Node) -> tuple[str, ...]:
    people = item.all("author", "atom:author")
    named = [person(node.text() or node.value("name", "email")) for node in people]
    named += [person(n.value("atom:name", "atom:email")) for n in item.all("atom:author")]
    return each_once(extension_authors(item)) or each_once(named)


def _skip_hours(channel: Node) -> frozenset[int]:
    """Return the hours in which a feed is not to be fetched; midnight may be written as 24."""
    hours = [hour.text() for node in channel.all("skiphours") for hour in node.all("hour")]
    return frozenset(
        int(hour) % 24
        for hour in hours[:48]
        if hour.isdecimal() and len(hour) < 3 and int(hour) < 25
    )
