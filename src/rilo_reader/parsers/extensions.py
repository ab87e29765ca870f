"""Read the namespaces that RSS and Atom share: dc, dcterms, media, itunes and sy (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from rilo_reader.entry import Enclosure
from rilo_reader.parsers.tree import Node
from rilo_reader.parsers.values import enclosure, person, plain_line

PUBLISHED = ("dcterms:issued", "dcterms:created", "dc:date", "dcterms:available")
UPDATED = ("dcterms:modified",)

_NAMES = frozenset({
    "dc:creator", "dc:author", "dc:subject", "itunes:author", "itunes:category", "itunes:image",
    "itunes:keywords", "media:category", "media:content", "media:group", "media:keywords",
    "media:thumbnail",
})  # fmt: skip
"""The names used here; most entries have none of them."""

_KEYWORDS = ("media:keywords", "itunes:keywords")
_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10080, "monthly": 43200, "yearly": 525600}
_LONGEST_TTL = 525600


def authors(node: Node) -> Iterator[str]:
    """Yield the authors in dc, itunes and media."""
    if _NAMES.isdisjoint(node.named()):
        return
    for creator in node.all("dc:creator"):
        # An RDF description of a person; the name is the text in it.
        yield person(creator.text() or " ".join(_texts(creator)))
    if not node.first("dc:creator"):
        for author in node.all("itunes:author", "dc:author"):
            yield person(author.text())


def _texts(node: Node) -> Iterator[str]:
    """Yield every text inside an element."""
    for child in node.children:
        if child.text():
            yield child.text()
        yield from _texts(child)


def tags(node: Node) -> Iterator[str]:
    """Yield the subjects in dc, media and itunes."""
    if _NAMES.isdisjoint(node.named()):
        return
    for subject in node.all("dc:subject"):
        yield plain_line(subject.text())
    containers = _media(node)
    for keywords in (word for container in containers for word in container.all(*_KEYWORDS)):
        yield from (plain_line(word) for word in keywords.text().split(","))
    for category in (
        found for container in containers for found in container.all("media:category")
    ):
        yield plain_line(category.attributes.get("label", "") or category.text())
    for category in node.all("itunes:category"):
        yield plain_line(category.attributes.get("text", "") or category.text())
        for inner in category.all("itunes:category"):
            yield plain_line(inner.attributes.get("text", ""))


def enclosures(node: Node, base: str) -> Iterator[Enclosure | None]:
    """Yield the files in media and itunes: contents first, then thumbnails."""
    if _NAMES.isdisjoint(node.named()):
        return
    containers = _media(node)
    for content in containers:
        if content.name == "media:content":
            given = content.attributes
            size = given.get("filesize", 0)
            yield enclosure(base, given.get("url", ""), given.get("type", ""), size)
    for group in containers:
        for picture in group.all("media:thumbnail"):
            yield enclosure(base, picture.attributes.get("url", "") or picture.text())
    for picture in node.all("itunes:image"):
        yield enclosure(
            base, picture.attributes.get("href", "") or picture.attributes.get("url", "")
        )


def of_media(node: Node, name: str) -> Node | None:
    """Return the media element with this name in an entry, its groups or their contents."""
    return next((found for container in _media(node) if (found := container.first(name))), None)


def _media(node: Node) -> list[Node]:
    """Return the elements that contain media elements: an entry, its groups, and their contents."""
    groups = [node, *node.all("media:group")]
    return [*groups, *(content for group in groups for content in group.all("media:content"))]


def minutes_between(channel: Node) -> int:
    """Return the update interval of a feed in minutes, or 0."""
    period = _PERIODS.get(channel.value("sy:updateperiod").lower(), 0)
    frequency = channel.value("sy:updatefrequency")
    times = int(frequency) if frequency.isdecimal() and len(frequency) < 6 else 1
    return min(period // max(times, 1), _LONGEST_TTL)


def minutes(text: str) -> int:
    """Parse the minutes of a `ttl`; 0 if invalid."""
    return min(int(text), _LONGEST_TTL) if text.isdecimal() and len(text) < 10 else 0
