"""Feeds of a list into feeds.toml: those that are not followed yet, and tags that are new."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rilo_reader.collect.identity import feed_key
from rilo_reader.collect.subscription import Subscription
from rilo_reader.collect.subscriptions import add, load
from rilo_reader.library import LibraryError


def follow(
    file: Path, subscriptions: Sequence[Subscription], *, dry_run: bool
) -> tuple[Subscription, ...]:
    """Follow feeds; returns those that were not followed before, or would be.

    Raises:
        LibraryError: feeds.toml cannot be read or written; it is as it was.
    """
    if dry_run:
        known = {feed_key(each.url) for each in load(file)[0]}
        new: dict[str, Subscription] = {}
        for each in subscriptions:
            if feed_key(each.url) not in known:
                new.setdefault(feed_key(each.url), each)
        return tuple(new.values())
    if not subscriptions:
        return ()
    try:
        return add(file, subscriptions)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LibraryError(f"{file} cannot be changed: {reason}.") from error
