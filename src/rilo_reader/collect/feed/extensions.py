"""The namespaces that stand beside RSS and Atom: dc, dcterms, media, itunes, syndication (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from rilo_reader.collect.feed.tree import Node
from rilo_reader.collect.feed.values import enclosure, person, plain_line
from rilo_reader.entry import Enclosure

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
