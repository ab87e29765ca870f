"""Look at an address that somebody typed: is it a feed, which feeds has it, is it a page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from rilo_reader.entry import Entry, NotReadableError
from rilo_reader.feeds.identity import feed_key
from rilo_reader.fetch.values import FetchError, Request, Response

if TYPE_CHECKING:
    from rilo_reader.feeds.progress import Gets
    from rilo_reader.pages import FoundFeed

GUESSES = 6
"""Addresses that are tried where a page names no feed."""

USUAL_SECONDS = 10.0
"""That looking in the usual places may take: nobody said that anything is there."""

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, text/html;q=0.9, */*;q=0.5"
)


class FeedCandidate(NamedTuple):
    """A feed that can be followed.

    Attributes:
        url: its address, for feeds.toml.
        title: what it or its page calls it, "" where neither does.
        type: its media type, "" where unknown.
        typed: whether it is at a host that the user typed: others may lead to nowhere private.
    """

    url: str
    title: str = ""
    type: str = ""
    typed: bool = True


class DiscoveryResult(NamedTuple):
    """What is at an address.

    Attributes:
        url: where it was found, without user and password.
        feeds: what can be followed; where the address itself is a feed, this one.
        is_feed: whether the address itself is a feed.
        page: the article of the page, None where there is none.
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
        # One of them: the others would be the same in another format.
        with suppress(TimeoutError):
            async with asyncio.timeout(USUAL_SECONDS):
                choices = (await _proved(fetcher, _usual(response.url), host))[:1]
    once = {feed_key(choice.url): choice for choice in reversed(choices)}
    return DiscoveryResult(response.url, tuple(reversed(once.values())), page=page)


def _usual(url: str) -> list[FoundFeed]:
    from rilo_reader.pages import FoundFeed, usual_addresses

    return [FoundFeed(address, sure=False) for address in usual_addresses(url)]


def _may_lead(url: str) -> bool:
    """Whether an address that a page named leads to the public net, as far as it says itself."""
    from rilo_reader.fetch.addresses import parse_address
    from rilo_reader.fetch.guard import check_host

    try:
        address = parse_address(url)
        check_host(address.host, address.port)
    except FetchError:
        return False
    return True


def _title_if_feed(response: Response) -> str | None:
    """The title of the feed that came, None where it is none."""
    from rilo_reader.parsers import read_feed

    try:
        return read_feed(response.data, response.url, response.content_type).title
    except NotReadableError:
        return None


async def _read_page(response: Response) -> tuple[tuple[FoundFeed, ...], Entry | None]:
    """The feeds that a page leads to, and its article."""
    from rilo_reader.feeds.page_reading import PageReader
    from rilo_reader.pages import find_feeds, read_page

    data, url, content_type = response.data, response.url, response.content_type
    feeds: tuple[FoundFeed, ...] = ()
    page: Entry | None = None
    with closing(PageReader()) as pages:
        with suppress(NotReadableError):
            feeds = await pages.read(find_feeds, data, url, content_type)
        with suppress(NotReadableError):
            page = await pages.read(read_page, data, url, content_type)
    return feeds, page


async def _proved(
    fetcher: Gets, guesses: Sequence[FoundFeed], host: str | None
) -> list[FeedCandidate]:
    """Those of some addresses at which there is a feed."""

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
    """The choice as its feed says it, fetched as what it is: an address that a page named.

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
