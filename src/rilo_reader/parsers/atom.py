"""Read Atom 0.3 and 1.0 (pure)."""

from __future__ import annotations

from collections.abc import Iterator

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

_TITLES = ("atom:title", "dc:title")


def read_atom(tree: Tree, url: str) -> Feed:
    """Return the feed of a document whose root is `feed` or a single `entry`."""
    root = tree.root
    if root is None:
        return Feed()
    lang = plain_line(root.lang or root.value("dc:language"), limit=35)
    owner = _authors(root)
    entries = (_entry(node, url, lang) for node in tree.entries if node.whole)
    return Feed(
        title=title_of(root, *_TITLES) if root.name != "atom:entry" else "",
        url=_link(root, root.base or url) if root.name != "atom:entry" else "",
        address=address_of(root, _links(root, "self"), root.base or url),
        lang=lang,
        entries=signed(entries, owner),
        ttl=minutes_between(root),
    )


def _entry(node: Node, url: str, lang: str) -> Entry:
    base = node.base or url
    source = next(iter(node.all("atom:source")), None)
    content, summary = _texts(node)
    link = address(base, node.value("feedburner:origlink")) or _link(node, base)
    published = first_date(node, "atom:published", "atom:issued", *PUBLISHED, "atom:created")
    updated = first_date(node, "atom:updated", "atom:modified", *UPDATED, "pubdate")
    entry = Entry(
        key=clean_line(node.value("atom:id", "guid"), KEY_LIMIT),
        url=link,
        title=title_of(node, *_TITLES),
        authors=_authors(node) or (_authors(source) if source else ()),
        tags=each_once((*_categories(node), *extension_tags(node))),
        lang=plain_line(content.lang or node.lang or node.value("dc:language"), limit=35) or lang,
        summary=summary,
        content=content.value,
        form=content.form,
        base=address("", content.base or node.base or link or base),
        enclosures=files((*_enclosures(node, base), *extension_enclosures(node, base))),
    )
    return dated(entry, published, updated)


def _categories(node: Node) -> Iterator[str]:
    for category in node.all("atom:category", "category"):
        given = category.attributes
        yield plain_line(given.get("label", "") or given.get("term", "") or category.text())


def _links(node: Node, *relations: str) -> Iterator[Node]:
    """Yield the links with one of these relations and an address."""
    for link in node.all("atom:link", "link"):
        relation = link.attributes.get("rel", "").strip().lower() or "alternate"
        relation = relation.removeprefix("http://www.iana.org/assignments/relation/")
        if relation in relations and (link.attributes.get("href", "") or link.text()):
            yield link


def _link(node: Node, base: str) -> str:
    links = list(_links(node, "alternate"))
    # HTML before other formats of the same page; among equals the first.
    links.sort(key=lambda link: "html" not in (link.attributes.get("type", "") or "html"))
    candidates = [(link.base, link.attributes.get("href", "") or link.text()) for link in links]
    candidates += [
        (content.base, content.attributes.get("src", ""))
        for content in node.all("atom:content")
        if "html" in content.attributes.get("type", "")
    ]
    key = node.value("atom:id")
    candidates += [("", key)] if key.startswith(("http://", "https://")) else []
    found = (address(own or base, href) for own, href in candidates)
    return next(filter(None, found), "")


def _authors(node: Node) -> tuple[str, ...]:
    named = (
        person(author.value("atom:name", "name") or author.text() or author.value("atom:email"))
        for author in node.all("atom:author", "author")
    )
    return each_once(named) or each_once(extension_authors(node))


def _texts(node: Node) -> tuple[Text, str]:
    """Return the fullest text of an entry, and the summary if it is different."""
    contents = map(text_of, node.all("atom:content", "content:encoded", "xhtml:body"))
    # HTML rather than Markdown or plain text, then the longest.
    content = max(
        contents, key=lambda text: (text.form is Form.HTML, len(text.value)), default=Text()
    )
    summaries = map(text_of, node.all("atom:summary", "dc:description", "description"))
    summary = next((text for text in summaries if text.value), Text())
    if not content.value:
        content = summary
    if not content.value:
        media = of_media(node, "media:description")
        content = text_of(media) if media else Text()
    return content, "" if summary.value == content.value else summary.plain()


def _enclosures(node: Node, base: str) -> Iterator[Enclosure | None]:
    """Yield the enclosures in the links and the content of an entry."""
    for link in _links(node, "enclosure"):
        given = link.attributes
        yield enclosure(
            link.base or base, given.get("href", ""), given.get("type", ""), given.get("length", 0)
        )
    for content in node.all("atom:content"):
        given = content.attributes
        if given.get("src") and "html" not in given.get("type", ""):
            yield enclosure(content.base or base, given["src"], given.get("type", ""))
