"""Feeds of a list into feeds.toml: those that are not followed yet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.collect.identity import feed_key
from rilo_reader.collect.subscription import Subscription
from rilo_reader.collect.subscriptions import add, load
from rilo_reader.fetch.addresses import parse_address
from rilo_reader.fetch.guard import names_private
from rilo_reader.fetch.values import FetchError
from rilo_reader.library import LibraryError

if TYPE_CHECKING:
    from rilo_reader.collect.shelf import Shelf


def follow(
    file: Path, subscriptions: Sequence[Subscription], *, dry_run: bool
) -> tuple[Subscription, ...]:
    """Follow feeds that the user named; returns those not followed before, or that would be.

    Raises:
        LibraryError: feeds.toml cannot be read or written; it is as it was.
    """
    if dry_run:
        return _not_followed(file, subscriptions)
    if not subscriptions:
        return ()
    try:
        return add(file, subscriptions)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LibraryError(f"{file} cannot be changed: {reason}.") from error


def follow_list(
    file: Path, shelf: Shelf, subscriptions: Sequence[Subscription], *, dry_run: bool
) -> tuple[Subscription, ...]:
    """Follow the feeds of a list that anybody may have written; returns as `follow`.

    None of them may lead to a private address until the user allows it, and those whose address
    says that it is one are paused.

    Raises:
        LibraryError: feeds.toml cannot be read or written; it is as it was.
        CollectingError, sqlite3.Error: what is known of them cannot be kept.
    """
    new = [
        each._replace(paused=True) if is_private(each) else each
        for each in _not_followed(file, subscriptions)
    ]
    if not dry_run:
        # Before they are followed: stopped in between, none would pass for typed.
        shelf.note_named([each.url for each in new])
    return follow(file, new, dry_run=dry_run)


def is_private(subscription: Subscription) -> bool:
    """Whether the address of a feed says by itself that it is on a private network."""
    try:
        return names_private(parse_address(subscription.url).host)
    except FetchError:
        return False


def _not_followed(file: Path, subscriptions: Sequence[Subscription]) -> tuple[Subscription, ...]:
    known = {feed_key(each.url) for each in load(file)[0]}
    new: dict[str, Subscription] = {}
    for each in subscriptions:
        if feed_key(each.url) not in known:
            new.setdefault(feed_key(each.url), each)
    return tuple(new.values())
