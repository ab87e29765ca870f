"""Discover what is at an address typed by the user: a feed, a site with feeds, a page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from rilo_reader.entry import Entry, Proposal
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.feed_reader import feed_in_worker, page_in_worker
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.update_request import FEED_SECONDS, PAGE_SECONDS
from rilo_reader.fetch.addresses import parse_address
from rilo_reader.fetch.guard import check_host
from rilo_reader.fetch.messages import Client, Failure, FetchError, Request, Response
from rilo_reader.pages import FoundFeed, find_feeds, read_page, usual_addresses
from rilo_reader.parsers import read_feed
from rilo_reader.text import redact_address
from rilo_reader.workers import WorkerPool

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, text/html;q=0.9, */*;q=0.5"
)


class DiscoveryLimits(NamedTuple):
    """Limits of a discovery."""

    seconds: float = 60.0  # time for an answer, which the client bounds
    guesses: int = 6  # the number of addresses in a page's text to try if it names no feed
    guess_seconds: float = 10.0  # time for the usual addresses of feeds, which may not exist
    feed_seconds: float = FEED_SECONDS  # processor time for a feed
    page_seconds: float = PAGE_SECONDS  # processor time for a page


class FeedCandidate(NamedTuple):
    """A feed that can be subscribed to."""

    url: str  # its address, for feeds.toml
    title: str = ""  # its title, or that on the page, or ""
    type: str = ""  # its media type, or ""
    # whether its host was typed by the user: others may not use private addresses
    is_trusted: bool = True


class DiscoveryResult(NamedTuple):
    """The feeds and the page at an address."""

    url: str  # the final address, without user and password
    # the feeds found; only this one if the address is that of a feed
    feeds: tuple[FeedCandidate, ...] = ()
    is_feed: bool = False
    page: Entry | None = None
    problem: str = ""  # why there is no page, a sentence


class Discoverer:
    """Discovers feeds and pages; they are read in worker processes, which end with the context."""

    def __init__(
        self,
        client: Client,
        limits: DiscoveryLimits = DiscoveryLimits(),  # noqa: B008  # immutable
        pool: WorkerPool | None = None,  # left open; None for own workers
        on_step: Callable[[str, float], None] = lambda what, seconds: None,
    ) -> None:
        """Create it; `on_step` gets what is asked, and how many seconds that takes at most."""
        self._on_step = on_step
        self._client = client
        self._limits = limits
        self._pool = pool or WorkerPool()
        self._closes_pool = pool is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._closes_pool:
            self._pool.close()

    async def discover(
        self, url: str, *, is_scheme_typed: bool = True, for_feeds: bool = True
    ) -> DiscoveryResult:
        """Discover what is at an address with a scheme.

        If the user did not type https or http, both are tried. With `for_feeds`, feeds are looked
        for if the page names none. Raises FetchError without a response, or if reading takes too
        long.
        """
        url, response = await self._fetch(url, is_scheme_typed)
        title = await self._title_if_feed(response)
        if title is not None:
            media_type = response.content_type.partition(";")[0]
            candidate = FeedCandidate(response.moved_to or url, title, media_type)
            return DiscoveryResult(response.url, (candidate,), is_feed=True)
        named, page, problem = await self._read_page(response)
        feeds = await self._find_feeds(named, url, response.url if for_feeds else None)
        once = {feed_key(feed.url): feed for feed in reversed(feeds)}
        return DiscoveryResult(response.url, tuple(reversed(once.values())), False, page, problem)

    async def propose_selectors(
        self, url: str, *, is_scheme_typed: bool = True
    ) -> tuple[str, Sequence[Proposal]]:
        """Propose how a page is read as a feed, the likeliest way first; return its address, too.

        Raises FetchError as `discover` does, also if it is a feed or not a page.
        """
        url, response = await self._fetch(url, is_scheme_typed)
        if await self._title_if_feed(response) is not None:
            raise FetchError(Failure.BROKEN, "it is a feed, so follow it without --page-feed")
        # Only for those who ask for it.
        from rilo_reader.pages.proposal import propose_selectors

        work = partial(propose_selectors, response.data, response.url, response.content_type)
        try:
            read = partial(page_in_worker, self._pool, seconds=self._limits.page_seconds)
            return response.moved_to or url, await read(work)
        except NotReadableError as error:
            raise FetchError(Failure.BROKEN, error.reason) from error

    async def _fetch(self, url: str, is_scheme_typed: bool) -> tuple[str, Response]:
        """Return the response of an address, and the address, which may be http instead."""
        self._on_step(f"Asking {redact_address(url)}", self._limits.seconds)
        try:
            return url, await self._client.get(Request(url, is_trusted=True, accept=ACCEPT))
        except FetchError:
            if is_scheme_typed or not url.startswith("https://"):
                raise
            return await self._fetch("http://" + url.removeprefix("https://"), True)

    async def verify_candidate(self, candidate: FeedCandidate) -> FeedCandidate:
        """Fetch a candidate and return it with the title of its feed; raises FetchError."""
        request = Request(candidate.url, is_trusted=candidate.is_trusted, accept=ACCEPT)
        response = await self._client.get(request)
        title = await self._title_if_feed(response)
        if title is None:
            raise FetchError(Failure.BROKEN, "there is no feed at this address")
        url = response.moved_to or candidate.url
        return candidate._replace(url=url, title=title or candidate.title)

    async def fetch_article(self, request: Request) -> Entry:
        """Fetch a page and return its article; raises FetchError, also if it has none."""
        response = await self._client.get(request)
        work = partial(read_page, response.data, response.url, response.content_type)
        try:
            return await page_in_worker(self._pool, work, seconds=self._limits.page_seconds)
        except NotReadableError as error:
            raise FetchError(Failure.BROKEN, error.reason) from error

    async def _find_feeds(
        self, found_feeds: Sequence[FoundFeed], typed: str, page: str | None
    ) -> list[FeedCandidate]:
        """Return the feeds that a page names, else those found near `page` if that is given."""
        host = urlsplit(typed).hostname
        feeds = [
            _make_candidate(feed, host)
            for feed in found_feeds
            if feed.is_sure and (urlsplit(feed.url).hostname == host or _may_be_public(feed.url))
        ]
        if feeds or page is None:
            return feeds
        guesses = [_make_candidate(feed, host) for feed in found_feeds if not feed.is_sure]
        if guesses:
            self._on_step("Trying links in the page that look like feeds", self._limits.seconds)
        feeds = await self._verify_candidates(guesses[: self._limits.guesses])
        if not feeds and urlsplit(page).hostname == host:
            self._on_step("Trying the usual addresses of feeds", self._limits.guess_seconds)
            # Only one: the others are usually other formats of the same feed.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.guess_seconds):
                    usual = [FeedCandidate(address) for address in usual_addresses(page)]
                    feeds = (await self._verify_candidates(usual))[:1]
        return feeds

    async def _verify_candidates(self, candidates: Sequence[FeedCandidate]) -> list[FeedCandidate]:
        async def verify(candidate: FeedCandidate) -> FeedCandidate | None:
            with suppress(FetchError):
                return await self.verify_candidate(candidate)
            return None

        return list(filter(None, await asyncio.gather(*map(verify, candidates))))

    async def _title_if_feed(self, response: Response) -> str | None:
        """Return the title of the feed in a response, None if it is not one."""
        work = partial(read_feed, response.data, response.url, response.content_type)
        with suppress(NotReadableError):
            feed = await feed_in_worker(self._pool, work, seconds=self._limits.feed_seconds)
            return feed.title
        return None

    async def _read_page(
        self, response: Response
    ) -> tuple[tuple[FoundFeed, ...], Entry | None, str]:
        """Return the feeds and the article of a page, or why there is none."""
        content = (response.data, response.url, response.content_type)
        read = partial(page_in_worker, self._pool, seconds=self._limits.page_seconds)
        feeds: tuple[FoundFeed, ...] = ()
        with suppress(NotReadableError):
            feeds = await read(partial(find_feeds, *content))
        try:
            return feeds, await read(partial(read_page, *content)), ""
        except NotReadableError as error:
            return feeds, None, error.reason


def _make_candidate(feed: FoundFeed, host: str | None) -> FeedCandidate:
    return FeedCandidate(feed.url, feed.title, feed.type, urlsplit(feed.url).hostname == host)


def _may_be_public(url: str) -> bool:
    """Return whether an address named by a page may be on the public internet."""
    with suppress(FetchError):
        address = parse_address(url)
        check_host(address.host, address.port)
        return True
    return False
