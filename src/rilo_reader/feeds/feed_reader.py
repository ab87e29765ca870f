"""Read feeds and pages in worker processes, each within a limit of processor time.

They come from strangers. One that takes too long, or ends the process that reads it, fails alone.
What `parse_response` does is pure: it needs only bytes, addresses and names, and a worker sends
back what `plan` needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry, Feed
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.feeds.article_text import Origin, content_hash, is_cut
from rilo_reader.feeds.identity import Keys, Matches, feed_key, make_entry_keys, match_alone, new_id
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.update_request import FEED_SECONDS, PAGE_SECONDS
from rilo_reader.fetch.messages import Failure, FetchError, Response
from rilo_reader.parsers import read_feed
from rilo_reader.parsers.json_lines import is_json_lines, read_json_lines
from rilo_reader.workers import WorkerDiedError, WorkerPool, WorkTimeoutError

T = TypeVar("T")


class Fingerprints(NamedTuple):
    """The keys and digests of the entries of a response."""

    source: str  # that of the articles for which they were computed
    keys: tuple[Keys, ...]
    matches: Matches  # the entries matched with each other only
    ids: tuple[ArticleId, ...]  # for each entry the identity of its article if it is new
    content_hashes: tuple[bytes, ...]
    # for each entry without a date that of a neighbour, None if there is none
    neighbour_dates: tuple[datetime | None, ...]


class FetchedEntries(NamedTuple):
    """The entries of a feed, a page or a file."""

    origin: Origin  # where they come from; known feeds keep their source
    entries: Sequence[Entry]
    site: str = ""  # the web page of the feed, which identifies no entry
    full_text: bool = False  # whether the pages of entries belong to their content
    fingerprints: Fingerprints | None = None  # if computed before
    # for entries of a server the sha256 of each guid in hexadecimal digits, "" if it is unknown;
    # empty for entries that were fetched from their feed
    guid_hashes: Sequence[str] = ()
    keep_known: bool = False  # whether articles that exist are only found, not written again


def parse_response(
    response: Response, subscription: Subscription, source: str
) -> tuple[Feed, FetchedEntries]:
    """Read a response (pure): the feed without entries, and those up to the limit.

    `source` is that of the articles of the feed, "" if there are none. Raises NotReadableError.
    """
    base = (subscription.run and subscription.site) or response.url
    if subscription.page.items:
        # Only for those who have such feeds.
        from rilo_reader.pages.entry_list import read_list

        feed = read_list(response.data, base, response.content_type, subscription.page)
    elif (subscription.run or subscription.filter) and is_json_lines(response.data):
        feed = read_json_lines(response.data)
    else:
        feed = read_feed(response.data, base, response.content_type)
    host = urlsplit(subscription.url).hostname or subscription.url
    origin = Origin(subscription.url, subscription.title or feed.title or host, feed.lang)
    entries = feed.entries[: subscription.limit or None]
    fetched = FetchedEntries(origin, entries, feed.url, subscription.full_text)
    named = origin._replace(source=source or origin.source)
    fetched = fetched._replace(fingerprints=make_fingerprints(fetched, named))
    if long := sum(map(is_cut, entries)):
        said = "1 entry is too long for an article; only its beginning is kept."
        if long > 1:
            said = f"{long:,} entries are too long for articles; only their beginnings are kept."
        feed = feed._replace(omission=f"{feed.omission} {said}".strip())
    return feed._replace(entries=()), fetched


def make_fingerprints(fetched_entries: FetchedEntries, origin: Origin) -> Fingerprints:
    """Return the fingerprints of entries; `origin` has the source of the articles."""
    feed, entries = origin.key, fetched_entries.entries
    addresses = {feed, feed_key(fetched_entries.site)} - {""}
    hashes = fetched_entries.guid_hashes or [""] * len(entries)
    pairs = zip(entries, hashes, strict=True)
    keys = tuple(make_entry_keys(entry, addresses, guid_hash) for entry, guid_hash in pairs)
    matches = match_alone(keys)
    triples = zip(entries, matches.keys, hashes, strict=True)
    return Fingerprints(
        origin.source,
        keys,
        matches,
        tuple(new_id(feed, entry, key, 0, guid_hash) for entry, key, guid_hash in triples),
        tuple(content_hash(entry, origin.source, fetched_entries.full_text) for entry in entries),
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


# -- in workers ---------------------------------------------------------------------------------


async def feed_in_worker(
    pool: WorkerPool, work: Callable[[], T], *, seconds: float = FEED_SECONDS
) -> T:
    """Call a function that reads a feed or writes out its articles, in a worker.

    Raises FetchError if it takes more `seconds` of processor time, or ends the worker; also what
    `work` raises.
    """
    try:
        return await pool.run(work, seconds=seconds)
    except WorkTimeoutError as error:
        reason = f"it takes longer than {seconds:g} seconds to read"
        raise FetchError(Failure.TOO_LARGE, reason) from error
    except MemoryError as error:
        raise FetchError(Failure.TOO_LARGE, "it takes too much memory to read") from error
    except WorkerDiedError as error:
        raise FetchError(Failure.BROKEN, "it crashes the process that reads it") from error


async def page_in_worker(
    pool: WorkerPool, work: Callable[[], T], *, seconds: float = PAGE_SECONDS
) -> T:
    """Call a function of `rilo_reader.pages` that reads a page, in a worker.

    Raises NotReadableError if it is not a page, takes more `seconds` of processor time, or
    something in it cannot be read.
    """
    try:
        return await pool.run(partial(_call_readable, work), seconds=seconds)
    except WorkTimeoutError as error:
        raise NotReadableError(f"It takes longer than {seconds:g} seconds to read.") from error
    except WorkerDiedError as error:
        raise NotReadableError("It crashes the process that reads it.") from error


def _call_readable(work: Callable[[], T]) -> T:
    with parser_errors():
        return work()
