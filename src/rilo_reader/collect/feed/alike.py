"""What RSS and Atom say alike: dates, a feed's own address, whose entries they are (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from rilo_reader.collect.feed.dates import read_date
from rilo_reader.collect.feed.tree import Node
from rilo_reader.collect.feed.values import address
from rilo_reader.entry import Entry
from rilo_reader.store.dates import When


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
