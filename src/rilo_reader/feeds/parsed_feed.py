"""Read a response: the entries with their fingerprints, and their files as if all were new (pure).

It needs only bytes, addresses and names, so it runs in a worker process (`workers.py`), which sends
back what `plan` needs and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry, Feed, NotReadableError, readable
from rilo_reader.feeds.article_text import (
    Origin,
    article_of,
    body_in,
    content_hash,
    digest,
    text_of,
)
from rilo_reader.feeds.identity import Keys, Matches, feed_key, keys_of, match_alone, new_id
from rilo_reader.feeds.progress import FEED_SECONDS, PAGE_SECONDS
from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.store.folder import new_path
from rilo_reader.workers import WorkerDiedError, WorkerPool, WorkTimeoutError


class Draft(NamedTuple):
    """The text of an article's file."""

    id: ArticleId
    path: str  # the path of the file if it is new
    text: str
    whole: bytes  # a digest of the text
    body: bytes  # a digest of its body


class Fingerprints(NamedTuple):
    """The keys and digests of the entries of a response."""

    source: str  # the source of the articles for which they were computed
    keys: tuple[Keys, ...]  # the keys of each entry
    matches: Matches  # the entries matched with each other only
    ids: tuple[ArticleId, ...]  # for each entry the identity of its article if it is new
    content_hashes: tuple[bytes, ...]  # a digest of each entry
    # for each entry without a date that of a neighbour, None if there is none
    neighbour_dates: tuple[datetime | None, ...]

    def first_seen(self, place: int, now: datetime) -> datetime:
        """Return when an entry of a feed's first response counts as first seen.

        All entries of the feed are new to us, but not of today: one without a date is placed next
        to its neighbours.
        """
        return min(self.neighbour_dates[place] or now, now)


class Raw(NamedTuple):
    """A response, and what is known of its feed."""

    data: bytes
    url: str
    content_type: str
    feed: str  # the address of the subscription
    title: str = ""  # the user's title of the feed; "" to use its own
    source: str = ""  # the source of its articles, "" if there are none
    limit: int = 0  # the maximum number of entries; 0 for all
    full_text: bool = False  # whether the pages of entries belong to their content
    # the current time if all articles are expected to be new, so that their files are drafted at
    # once; else None
    new_at: datetime | None = None


class ParsedFeed(NamedTuple):
    """A feed that was read."""

    feed: Feed  # the feed without its entries
    origin: Origin  # the origin of the entries, with the preferred source
    # the entries, up to the limit; only their keys and addresses if they are drafted
    entries: tuple[Entry, ...]
    fingerprints: Fingerprints
    # for each entry its file as a new article, None if it repeats another entry; empty if that was
    # not requested
    drafts: tuple[Draft | None, ...] = ()


def read(raw: Raw) -> ParsedFeed:
    """Read a response.

    Raises:
        NotReadableError: it is not a feed.
    """
    from rilo_reader.parsers import read_feed

    feed = read_feed(raw.data, raw.url, raw.content_type)
    host = urlsplit(raw.feed).hostname or ""
    origin = Origin(raw.feed, raw.title or feed.title or host, feed.lang)
    entries = feed.entries[: raw.limit or None]
    named = origin._replace(source=raw.source or origin.source)
    fingerprints = fingerprints_of(entries, named, feed.url, full_text=raw.full_text)
    drafts: tuple[Draft | None, ...] = ()
    if raw.new_at is not None:
        drafts = tuple(_drafts(entries, fingerprints, named, raw.new_at))
        entries = tuple(Entry(key=entry.key, url=entry.url) for entry in entries)
    return ParsedFeed(feed._replace(entries=()), origin, entries, fingerprints, drafts)


def fingerprints_of(
    entries: Sequence[Entry],
    origin: Origin,
    site: str,
    *,
    full_text: bool,
    guid_hashes: Sequence[str] = (),
) -> Fingerprints:
    """Return the fingerprints of the entries of a response.

    Args:
        entries: the entries.
        origin: their origin, with the source of the articles.
        site: the web page of the feed, which identifies no entry.
        full_text: whether the pages of entries belong to their content.
        guid_hashes: see `plan.FetchedEntries`.
    """
    feed = origin.key
    addresses = {feed, feed_key(site)} - {""}
    hashes = guid_hashes or [""] * len(entries)
    pairs = zip(entries, hashes, strict=True)
    keys = tuple(keys_of(entry, addresses, guid_hash) for entry, guid_hash in pairs)
    matches = match_alone(keys)
    triples = zip(entries, matches.keys, hashes, strict=True)
    return Fingerprints(
        origin.source,
        keys,
        matches,
        tuple(new_id(feed, entry, key, 0, guid_hash) for entry, key, guid_hash in triples),
        tuple(content_hash(entry, origin.source, full_text) for entry in entries),
        tuple(_neighbour_dates(entries)),
    )


def _neighbour_dates(entries: Sequence[Entry]) -> list[datetime | None]:
    """Return for each entry without a date that of the nearest before it, else the first."""
    nearest = next((entry.date for entry in entries if entry.date), None)
    found: list[datetime | None] = []
    for entry in entries:
        nearest = entry.date or nearest
        found.append(None if entry.date else nearest)
    return found


def _drafts(
    entries: Sequence[Entry], fingerprints: Fingerprints, origin: Origin, now: datetime
) -> list[Draft | None]:
    """Return the file of each entry as a new article."""
    first = fingerprints.matches.first
    return [
        draft(entry, fingerprints.ids[place], origin, fingerprints.first_seen(place, now))
        if first[place] == place
        else None
        for place, entry in enumerate(entries)
    ]


def draft(entry: Entry, identity: ArticleId, origin: Origin, seen: datetime) -> Draft:
    """Return the file of an article, see `article_text.article_of`."""
    article = article_of(entry, identity, origin, seen)
    text = text_of(article, entry, origin)
    head = text[: len(text) - len(article.body)]
    # Front matter without multi-line strings ends where the body begins.
    plain = '"""' not in head and "'''" not in head
    body = article.body.lstrip("\n") if plain else body_in(text)
    return Draft(identity, new_path(article), text, digest(text), digest(body))


T = TypeVar("T")


async def feed_in_worker(
    pool: WorkerPool, work: Callable[[], T], *, seconds: float = FEED_SECONDS
) -> T:
    """Call a function that reads a feed or writes out its articles, in a worker.

    Args:
        pool: the pool of the worker.
        work: a pure function with its arguments.
        seconds: limit of its processor time.

    Raises:
        FetchError: it takes too long, or ends the worker; also what `work` raises.
    """
    try:
        return await pool.run(work, seconds=seconds)
    except WorkTimeoutError as error:
        reason = f"it takes longer than {seconds:g} seconds to read"
        raise FetchError(Failure.TOO_LARGE, reason) from error
    except WorkerDiedError as error:
        reason = "reading it ends the process that reads it"
        raise FetchError(Failure.BROKEN, reason) from error


async def page_in_worker(
    pool: WorkerPool, work: Callable[[], T], *, seconds: float = PAGE_SECONDS
) -> T:
    """Call a function that reads a page, in a worker.

    Args:
        pool: the pool of the worker.
        work: a function of `rilo_reader.pages` with its arguments.
        seconds: limit of its processor time.

    Raises:
        NotReadableError: it is not a page, takes too long, or something in it cannot be read.
    """
    try:
        return await pool.run(partial(_call, work), seconds=seconds)
    except WorkTimeoutError as error:
        reason = f"It takes longer than {seconds:g} seconds to read."
        raise NotReadableError(reason) from error
    except WorkerDiedError as error:
        raise NotReadableError("Reading it ends the process that reads it.") from error


def _call(work: Callable[[], T]) -> T:
    with readable():
        return work()
