"""What an answer says before anybody knows what of it is new: its entries' signs and files (pure).

All of it is made of bytes, addresses and names alone, so that it can be done in a worker process
(`workers.py`), which sends back what `plan` needs and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry, Feed
from rilo_reader.feeds.article_text import Origin, article_of, text_of
from rilo_reader.feeds.identity import Keys, Matches, feed_key, keys_of, match_alone, new_id
from rilo_reader.feeds.merge import body_in, content_hash, digest
from rilo_reader.store.folder import new_path


class Draft(NamedTuple):
    """The file of an article, written out.

    Attributes:
        id: of the article.
        path: where it belongs where it is new.
        text: all of it.
        whole: a digest of the text.
        body: a digest of the text's body.
    """

    id: ArticleId
    path: str
    text: str
    whole: bytes
    body: bytes


class Fingerprints(NamedTuple):
    """What the entries of an answer are known by.

    Attributes:
        source: the name of the articles for which all this holds.
        keys: for each entry what it can be known by.
        alone: what the entries are to each other, where no article is known.
        ids: for each entry the identity of its article where that is a new one.
        content_hashes: for each entry a digest of what it says.
        beside: for each entry without a date that of one beside it, None where there is none.
    """

    source: str
    keys: tuple[Keys, ...]
    alone: Matches
    ids: tuple[ArticleId, ...]
    content_hashes: tuple[bytes, ...]
    beside: tuple[datetime | None, ...]

    def first_seen(self, place: int, now: datetime) -> datetime:
        """When an entry of a feed's very first answer counts as seen: one without a date then.

        All of the feed is new to us, and only the new is of today: what has no date stands where
        its feed has put it.
        """
        return min(self.beside[place] or now, now)


class Raw(NamedTuple):
    """The bytes of an answer, and what is known of its feed.

    Attributes:
        data: what came.
        url: where it was found.
        content_type: the header as it was given.
        feed: the address of the feed as it is subscribed.
        title: what the user calls it, "" for what it calls itself.
        source: the name that its articles bear already, "" where none are known.
        limit: at most so many entries; 0 for all.
        full_text: whether the pages of the entries are part of what they say.
        new_at: the time at which its articles are first seen, where all of them are believed to be
            new: then they are drafted at once. None where only those are wanted that prove so.
    """

    data: bytes
    url: str
    content_type: str
    feed: str
    title: str = ""
    source: str = ""
    limit: int = 0
    full_text: bool = False
    new_at: datetime | None = None


class ParsedFeed(NamedTuple):
    """What an answer says.

    Attributes:
        feed: as it was read, but for its entries.
        origin: where the entries come from; its source is the name that one would give them.
        entries: those that count; only by their key and address where they are drafted.
        signs: theirs.
        drafts: for each entry its file as that of a new article, None for one that is another
            once more; empty where that was not asked for.
    """

    feed: Feed
    origin: Origin
    entries: tuple[Entry, ...]
    signs: Fingerprints
    drafts: tuple[Draft | None, ...] = ()


def read(raw: Raw) -> ParsedFeed:
    """What an answer says.

    Raises:
        NotReadableError: it is no feed.
    """
    from rilo_reader.parsers import read_feed

    feed = read_feed(raw.data, raw.url, raw.content_type)
    host = urlsplit(raw.feed).hostname or ""
    origin = Origin(raw.feed, raw.title or feed.title or host, feed.lang)
    entries = feed.entries[: raw.limit or None]
    named = origin._replace(source=raw.source or origin.source)
    signs = fingerprints_of(entries, named, feed.url, full_text=raw.full_text)
    drafts: tuple[Draft | None, ...] = ()
    if raw.new_at is not None:
        drafts = tuple(_drafts(entries, signs, named, raw.new_at))
        entries = tuple(Entry(key=entry.key, url=entry.url) for entry in entries)
    return ParsedFeed(feed._replace(entries=()), origin, entries, signs, drafts)


def fingerprints_of(
    entries: Sequence[Entry], origin: Origin, site: str, *, full_text: bool
) -> Fingerprints:
    """What the entries of an answer are known by.

    Args:
        entries: as they came.
        origin: where they come from, with the name that the articles get.
        site: the page of the feed, which is the address of no entry.
        full_text: whether the pages of the entries are part of what they say.
    """
    feed = origin.key
    addresses = {feed, feed_key(site)} - {""}
    keys = tuple(keys_of(entry, addresses) for entry in entries)
    alone = match_alone(keys)
    return Fingerprints(
        origin.source,
        keys,
        alone,
        tuple(new_id(feed, *pair) for pair in zip(entries, alone.keys, strict=True)),
        tuple(content_hash(entry, origin.source, full_text) for entry in entries),
        tuple(_beside(entries)),
    )


def _beside(entries: Sequence[Entry]) -> list[datetime | None]:
    """For each entry without a date that of the nearest before it, else of the first behind it."""
    nearest = next((entry.date for entry in entries if entry.date), None)
    found: list[datetime | None] = []
    for entry in entries:
        nearest = entry.date or nearest
        found.append(None if entry.date else nearest)
    return found


def _drafts(
    entries: Sequence[Entry], signs: Fingerprints, origin: Origin, now: datetime
) -> list[Draft | None]:
    """Each entry as an article that nobody has seen before."""
    first = signs.alone.first
    return [
        draft(entry, signs.ids[place], origin, signs.first_seen(place, now))
        if first[place] == place
        else None
        for place, entry in enumerate(entries)
    ]


def draft(entry: Entry, identity: ArticleId, origin: Origin, seen: datetime) -> Draft:
    """The file of an article; see `articles.article_of`."""
    article = article_of(entry, identity, origin, seen)
    text = text_of(article, entry, origin)
    head = text[: len(text) - len(article.body)]
    # Where the front matter has no text of several lines, what stands behind it is the body.
    plain = '"""' not in head and "'''" not in head
    body = article.body.lstrip("\n") if plain else body_in(text)
    return Draft(identity, new_path(article), text, digest(text), digest(body))
