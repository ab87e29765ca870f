"""The request for an update."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.messages import Response
from rilo_reader.workers import WorkerPool

FEED_SECONDS = 30.0
"""Processor time for one feed: five times that of the slowest of 20 MB that was found."""

PAGE_SECONDS = 10.0  # processor time for one page; the slowest of 724 real ones takes four


class UpdateRequest(NamedTuple):
    """The feeds to update, and how."""

    feeds: tuple[Subscription, ...]  # the subscriptions to update if they are due
    followed_keys: frozenset[str]  # the keys of all subscriptions, these included
    # feeds.toml, to change the address of a feed that has moved; None not to
    feeds_file: Path | None = None
    force: bool = False  # whether to update feeds that are not due, paused or dead, too
    dry_run: bool = False
    # those of the addresses that were named by a page rather than by the user: they may not lead to
    # a private network, now or later
    untyped_urls: frozenset[str] = frozenset()
    # those that the user has just typed, whoever named them before
    typed_urls: frozenset[str] = frozenset()
    # the addresses of feeds that the user named, which servers of accounts fetch, too
    user_urls: frozenset[str] = frozenset()
    # hosts that the user named and that have just been found to be public
    public_hosts: frozenset[str] = frozenset()
    # what servers have just answered, by address: they are not asked for it again
    answers: Mapping[str, Response] = MappingProxyType({})
    reading_seconds: float = FEED_SECONDS  # limit of processor time for a feed
    page_seconds: float = PAGE_SECONDS  # limit of processor time for the page of an entry
    # workers to read feeds and pages in, left open for the next update; None for own ones
    pool: WorkerPool | None = None


def update_request(
    feeds: Iterable[Subscription],
    subscriptions: Iterable[Subscription],
    feeds_file: Path | None = None,
    *,
    force: bool = False,
    dry_run: bool = False,
) -> UpdateRequest:
    """Return a request to update `feeds`, which are among `subscriptions`."""
    followed = frozenset(feed_key(feed.url) for feed in subscriptions)
    return UpdateRequest(tuple(feeds), followed, feeds_file, force, dry_run)
