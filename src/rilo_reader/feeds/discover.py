"""Discover what is at an address typed by the user: a feed, a site with feeds, a page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from rilo_reader.entry import Entry, NotReadableError
from rilo_reader.feeds.identity import feed_key
from rilo_reader.fetch.values import FetchError, Request, Response

if TYPE_CHECKING:
    from rilo_reader.feeds.progress import Gets
    from rilo_reader.pages import FoundFeed

GUESSES = 6
"""Maximum number of guessed addresses to try if a page names no feed."""

USUAL_SECONDS = 10.0
"""Time limit in seconds for guessed addresses, which may not exist."""

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, text/html;q=0.9, */*;q=0.5"
)


class FeedCandidate(NamedTuple):
    """A feed that can be subscribed to.

    Attributes:
        url: its address, for feeds.toml.
        title: its title, or that on the page, or "".
        type: its media type, or "".
        typed: whether its host was typed by the user: others may not use private addresses.
    """

    url: str
    title: str = ""
    type: str = ""
    typed: bool = True


class DiscoveryResult(NamedTuple):
    """What is at an address.

    Attributes:
        url: the final address, without user and password.
        feeds: the feeds found; only this one if the address is that of a feed.
        is_feed: whether the address is that of a feed.
        page: the article of the page, or None.
    """

    url: str
    feeds: tuple[FeedCandidate, ...] = ()
    is_feed: bool = False
    page: Entry | None = None


async def look(
    fetcher: Gets, url: str, *, typed_scheme: bool = True, for_feeds: bool = True
) -> DiscoveryResult:
    """See what is at an address.

    Args:
        fetcher: what fetches.
        url: as the user typed it, made whole.
        typed_scheme: whether the user named https or http; where not, both are tried.
        for_feeds: whether feeds are looked for where the page names none.

    Raises:
        FetchError: nothing came back.
    """
    try:
        response = await fetcher.get(Request(url, trusted=True, accept=ACCEPT))
    except FetchError:
        if typed_scheme or not url.startswith("https://"):
            raise
        plain = "http://" + url.removeprefix("https://")
        return await look(fetcher, plain, for_feeds=for_feeds)
    title = await asyncio.to_thread(_title_if_feed, response)
    if title is not None:
        own = FeedCandidate(
            response.moved_to or url, title, response.content_type.partition(";")[0]
        )
        return DiscoveryResult(response.url, (own,), is_feed=True)
    found, page = await _read_page(response)
    host = urlsplit(url).hostname
    choices = [
        FeedCandidate(feed.url, feed.title, feed.type, urlsplit(feed.url).hostname == host)
        for feed in found
        if feed.sure and (urlsplit(feed.url).hostname == host or _may_lead(feed.url))
    ]
    if not choices and for_feeds:
        guesses = [feed for feed in found if not feed.sure][:GUESSES]
        choices = await _proved(fetcher, guesses, host)
    if not choices and for_feeds and urlsplit(response.url).hostname == host:
        # Only one: the others are usually other formats of the same feed.
        with suppress(TimeoutError):
            async with asyncio.timeout(USUAL_SECONDS):
                choices = (await _proved(fetcher, _usual(response.url), host))[:1]
    once = {feed_key(choice.url): choice for choice in reversed(choices)}
    return DiscoveryResult(response.url, tuple(reversed(once.values())), page=page)


def _usual(url: str) -> list[FoundFeed]:
    from rilo_reader.pages import FoundFeed, usual_addresses

    return [FoundFeed(address, sure=False) for address in usual_addresses(url)]


def _may_lead(url: str) -> bool:
    """Return whether an address named by a page may be on the public internet."""
    from rilo_reader.fetch.addresses import parse_address
    from rilo_reader.fetch.guard import check_host

    try:
        address = parse_address(url)
        check_host(address.host, address.port)
    except FetchError:
        return False
    return True


def _title_if_feed(response: Response) -> str | None:
    """Return the title of the feed in a response, None if it is none."""
    from rilo_reader.parsers import read_feed

    try:
        return read_feed(response.data, response.url, response.content_type).title
    except NotReadableError:
        return None


async def _read_page(response: Response) -> tuple[tuple[FoundFeed, ...], Entry | None]:
    """Return the feeds and the article of a page."""
    from rilo_reader.feeds.page_reading import read_in_worker
    from rilo_reader.pages import find_feeds, read_page
    from rilo_reader.workers import WorkerPool

    page_bytes = (response.data, response.url, response.content_type)
    feeds: tuple[FoundFeed, ...] = ()
    page: Entry | None = None
    with WorkerPool(1) as pool:
        with suppress(NotReadableError):
            feeds = await read_in_worker(pool, partial(find_feeds, *page_bytes))
        with suppress(NotReadableError):
            page = await read_in_worker(pool, partial(read_page, *page_bytes))
    return feeds, page


async def _proved(
    fetcher: Gets, guesses: Sequence[FoundFeed], host: str | None
) -> list[FeedCandidate]:
    """Return the addresses at which there is a feed."""

    async def prove(guess: FoundFeed) -> FeedCandidate | None:
        typed = urlsplit(guess.url).hostname == host
        choice = FeedCandidate(guess.url, guess.title, guess.type, typed)
        try:
            return await prove_feed(fetcher, choice)
        except FetchError:
            return None

    proved = await asyncio.gather(*(prove(guess) for guess in guesses))
    return [choice for choice in proved if choice is not None]


async def prove_feed(fetcher: Gets, choice: FeedCandidate) -> FeedCandidate:
    """Fetch a candidate and return it with the title of its feed.

    Raises:
        FetchError: there is no feed, or it may not be fetched.
    """
    from rilo_reader.fetch.values import Failure

    request = Request(choice.url, trusted=choice.typed, accept=ACCEPT)
    response = await fetcher.get(request)
    title = await asyncio.to_thread(_title_if_feed, response)
    if title is None:
        raise FetchError(Failure.BROKEN, "there is no feed at this address")
    return choice._replace(url=response.moved_to or choice.url, title=title or choice.title)
