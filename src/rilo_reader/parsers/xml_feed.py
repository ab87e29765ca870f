"""Read RSS 0.90 to 2.0, RDF, and Atom 0.3 and 1.0 (pure).

Feeds use the elements of each other's formats, so all are looked for in all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from urllib.parse import urlsplit

from rilo_reader.article import Enclosure
from rilo_reader.entry import Entry, Feed, Form
from rilo_reader.parsers.elements import (
    KEY_LIMIT,
    ElementText,
    each_once,
    extension_authors,
    extension_enclosures,
    extension_tags,
    find_first_date,
    find_media,
    find_title,
    make_enclosure,
    minutes_between,
    parse_person,
    read_element_text,
    resolve_address,
    set_dates,
    set_default_authors,
    to_plain_line,
    unique_enclosures,
)
from rilo_reader.parsers.tree import Node, TreeBuilder
from rilo_reader.text import clean_line, other_web_address

_TITLES = ("title", "atom:title", "dc:title", "itunes:title")
_FULL = (
    "content:encoded", "xhtml:body", "body", "fullitem", "xhtml:div", "atom:content", "content",
)  # fmt: skip
_SHORT = (
    "description", "abstract", "atom:summary", "summary", "dc:description", "itunes:summary",
    "itunes:subtitle",
)  # fmt: skip
_PUBLISHED = (
    "pubdate", "atom:published", "atom:issued", "dcterms:issued", "dcterms:created", "dc:date",
    "dcterms:available", "atom:created",
)  # fmt: skip
_UPDATED = ("atom:updated", "dcterms:modified", "atom:modified", "lastbuilddate")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def make_feed(tree: TreeBuilder, url: str) -> Feed:
    """Return the feed of a document; its root is `rss`, `rdf:RDF`, `channel`, `feed` or `entry`."""
    root = tree.root
    if root is None:
        return Feed()
    channel = root if root.name == "channel" else next(iter(root.find_all("channel")), root)
    is_feed = root.name != "atom:entry"
    site = _find_link(channel, channel.base or url, "base", "href") if is_feed else ""
    lang = to_plain_line(channel.find_text("language", "dc:language") or channel.lang, limit=35)
    base = url if root.name.startswith("atom:") else _choose_base(url, site)
    entries = (_make_entry(node, base, lang) for node in tree.entries if node.is_whole)
    days = [day.text() for each in channel.find_all("skipdays") for day in each.find_all("day")]
    return Feed(
        title=find_title(channel, *_TITLES) if is_feed else "",
        url=site,
        feed_url=_find_own_address(channel, channel.base or url),
        lang=lang,
        entries=set_default_authors(entries, _read_authors(channel)),
        ttl=minutes_between(channel),
        skip_hours=_read_skip_hours(channel),
        skip_days=frozenset(_DAYS.index(d.lower()) for d in days[:14] if d.lower() in _DAYS),
    )


def _choose_base(url: str, site: str) -> str:
    """Return the base of relative links of RSS: the feed, or its site if that is elsewhere."""
    with suppress(ValueError):
        if site and urlsplit(site).netloc.lower() != urlsplit(url).netloc.lower():
            return site
    return url


def _find_own_address(channel: Node, base: str) -> str:
    """Return the declared address of a feed: a new one, or else its first link to itself."""
    if moved := resolve_address(base, channel.find_text("itunes:new-feed-url")):
        return moved
    own = next(_iter_links(channel, "self"), None)
    return resolve_address(own.base or base, own.attributes.get("href", "")) if own else ""


def _make_entry(node: Node, base: str, lang: str) -> Entry:
    base = node.base or base
    link = _find_link(node, base, "href", "rdf:about")
    content, summary = _read_texts(node)
    key = node.find_text("guid", "atom:id") or node.attributes.get("rdf:about", "")
    own_lang = node.find_text("dc:language", "language") or content.lang or node.lang
    sources = node.find_all("atom:source")
    files = chain(_iter_enclosures(node, base), extension_enclosures(node, base))
    entry = Entry(
        key=clean_line(key, KEY_LIMIT),
        url=link,
        title=find_title(node, *_TITLES),
        authors=_read_authors(node) or next(map(_read_source_authors, sources), ()),
        tags=each_once((*_iter_categories(node), *extension_tags(node))),
        lang=to_plain_line(own_lang, limit=35) or lang,
        summary=summary,
        content=content.value,
        form=content.form,
        base=resolve_address("", content.base or node.base or link or base),
        enclosures=unique_enclosures(files, node.find_text("itunes:duration")),
        comments=_find_comments(node, base, link),
    )
    return set_dates(entry, find_first_date(node, *_PUBLISHED), find_first_date(node, *_UPDATED))


def _iter_categories(node: Node) -> Iterator[str]:
    for category in (*node.find_all("category"), *node.find_all("atom:category")):
        its = category.attributes
        yield to_plain_line(its.get("label", "") or its.get("term", "") or category.text())


def _iter_links(node: Node, relation: str) -> Iterator[Node]:
    """Yield the links with a relation and an address."""
    for link in (*node.find_all("link"), *node.find_all("atom:link")):
        own = link.attributes.get("rel", "").strip().lower() or "alternate"
        own = own.removeprefix("http://www.iana.org/assignments/relation/")
        if own == relation and (link.attributes.get("href", "") or link.text()):
            yield link


def _find_link(node: Node, base: str, *attributes: str) -> str:
    """Return the web page of a feed or an entry: the original rather than a redirecting one."""
    candidates = [(base, each.text()) for each in node.find_all("feedburner:origlink")]
    # HTML before other formats of the same page; among equals the first.
    links = sorted(
        _iter_links(node, "alternate"),
        key=lambda link: "html" not in (link.attributes.get("type", "") or "html"),
    )
    candidates += [
        (link.base or base, link.text() or link.attributes.get("href", "")) for link in links
    ]
    candidates += [
        (content.base or base, content.attributes.get("src", ""))
        for content in node.find_all("atom:content")
        if "html" in content.attributes.get("type", "")
    ]
    candidates += [
        (base, guid.text())
        for guid in node.find_all("guid", "atom:id")
        if guid.attributes.get("ispermalink", "true").strip().lower() != "false"
        and guid.text().startswith(("http://", "https://"))
    ]
    candidates += [(base, node.attributes.get(name, "")) for name in attributes]
    return next(filter(None, (resolve_address(start, href) for start, href in candidates)), "")


def _find_comments(node: Node, base: str, link: str) -> str:
    """Return the web page where an entry is discussed, "" if it is the entry's own."""
    candidates = [(each.base or base, each.text()) for each in node.find_all("comments")]
    candidates += [
        (each.base or base, each.attributes.get("href", ""))
        for each in _iter_links(node, "replies")
        if "html" in each.attributes.get("type", "").lower()
    ]
    found = (other_web_address(resolve_address(*each), link) for each in candidates)
    return next(filter(None, found), "")


def _read_authors(node: Node) -> tuple[str, ...]:
    # In RSS, `author` is often an address alone.
    extensions = each_once(extension_authors(node))
    return _read_people(node, "atom:author") or extensions or _read_people(node, "author")


def _read_source_authors(source: Node) -> tuple[str, ...]:
    """Return the authors of the feed that an entry is from, but for one that is only its title."""
    title = find_title(source, *_TITLES)
    return tuple(author for author in _read_authors(source) if author != title)


def _read_people(node: Node, name: str) -> tuple[str, ...]:
    people = (
        its.find_text("atom:name", "name") or its.text() or its.find_text("atom:email", "email")
        for its in node.find_all(name)
    )
    return each_once(map(parse_person, people))


def _read_texts(node: Node) -> tuple[ElementText, str]:
    """Return the fullest text of an entry, and the summary if it is different."""
    named = node.children_by_name()
    full = [read_element_text(each) for name in _FULL if name in named for each in named[name]]
    short = [read_element_text(each) for name in _SHORT if name in named for each in named[name]]
    short = [text for text in short if text.value]
    summary = short[0] if short else ElementText()
    content = max(full, key=lambda text: len(text.value), default=ElementText())
    if not content.value or len(summary.value) > 2 * len(content.value):
        content = summary
    summary = next((text for text in (*short, *full) if text.value != content.value), ElementText())
    if not content.value:
        media = find_media(node, "media:description")
        content = read_element_text(media) if media else ElementText()
        markdown = map(read_element_text, node.find_all("source:markdown"))
        if text := next((text for text in markdown if text.value), None):
            content = text._replace(form=Form.MARKDOWN)
    return content, summary.to_plain_line()


def _iter_enclosures(node: Node, base: str) -> Iterator[Enclosure | None]:
    """Yield the enclosures of an entry, without those of other namespaces."""
    found = [(each, "url") for each in node.find_all("enclosure")]
    found += [(link, "href") for link in _iter_links(node, "enclosure")]
    contents = node.find_all("atom:content")
    found += [(each, "src") for each in contents if "html" not in each.attributes.get("type", "")]
    for element, name in found:
        its = element.attributes
        if its.get(name):
            length = its.get("length", 0)
            yield make_enclosure(element.base or base, its[name], its.get("type", ""), length)


def _read_skip_hours(channel: Node) -> frozenset[int]:
    """Return the hours in which a feed is not to be fetched; midnight may be written as 24."""
    lists = channel.find_all("skiphours")
    hours = [hour.text() for each in lists for hour in each.find_all("hour")]
    numbers = (int(hour) for hour in hours[:48] if hour.isdecimal() and len(hour) < 3)
    return frozenset(number % 24 for number in numbers if number < 25)
