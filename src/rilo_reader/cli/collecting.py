"""What the verbs that collect share: the library they write to, subscriptions, the HTTP client."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.cli.libraries import named
from rilo_reader.cli.output import PROGRAM, UsageError, errors

if TYPE_CHECKING:
    from rilo_reader.config import Config
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.fetch.client import HttpClient
    from rilo_reader.paths import Paths


class Place(NamedTuple):
    """The library to collect into.

    Attributes:
        folder: the library, absolute; it may not exist yet.
        paths: the user's folders.
        config: the user's settings.
    """

    folder: Path
    paths: Paths
    config: Config


def place(name: str | None) -> Place:
    """The library that a verb writes to: the named one, else the user's, which may not exist yet.

    Raises:
        UsageError: the named folder does not exist.
        LibraryError: the folder named in the settings does not exist.
    """
    from rilo_reader import config as settings
    from rilo_reader.library import LibraryError
    from rilo_reader.paths import user_paths

    paths = user_paths()
    config, _ = settings.load(paths.settings_file)
    if name is not None:
        return Place(named(name), paths, config)
    if config.folders:
        folder = config.folders[0]
        if not folder.is_dir():
            raise LibraryError(f"the folder {folder}, named in settings.toml, does not exist.")
        return Place(folder, paths, config)
    return Place(paths.default_library, paths, config)


def subscriptions_of(where: Place) -> tuple[Subscription, ...]:
    """The user's subscriptions; problems in feeds.toml are printed on stderr.

    Raises:
        LibraryError: the problems leave no feed at all.
    """
    from rilo_reader.feeds.subscriptions import load
    from rilo_reader.library import LibraryError

    found, problems = load(where.paths.feeds_file)
    sentences = [problem.sentence for problem in problems]
    if sentences and not found:
        raise LibraryError("\n".join(sentences))
    for sentence in sentences:
        errors().line(sentence)
    return found


def select_feeds(names: Sequence[str], subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """The subscriptions that arguments name, without duplicates.

    Raises:
        UsageError: an argument names none of them.
    """
    from rilo_reader.feeds.subscriptions import find

    found: dict[str, Subscription] = {}
    for name in names:
        several = find(subscriptions, name)
        if not several:
            raise UsageError(_unknown_feed(name, subscriptions))
        found.update((each.url, each) for each in several)
    return list(found.values())


def _unknown_feed(name: str, subscriptions: Sequence[Subscription]) -> str:
    from difflib import get_close_matches

    if not subscriptions:
        return f"you follow no feed yet. To follow one: {PROGRAM} add URL"
    if "://" in name:
        return f"you do not follow {name}. To follow it: {PROGRAM} add {quote(name)}"
    close = get_close_matches(name, [each.title for each in subscriptions], n=1)
    advice = f"Did you mean '{close[0]}'?" if close else f"To list them all: {PROGRAM} feeds"
    return f"you follow no feed called '{name}'. {advice}"


def fetcher_of(config: Config) -> HttpClient:
    """An HTTP client with the limits of the settings, to be used as a context manager."""
    from rilo_reader.fetch.client import HttpClient
    from rilo_reader.fetch.values import Limits

    limits = Limits(
        together=config.fetch_together,
        per_host=config.fetch_per_host,
        size=config.fetch_megabytes * 1_000_000,
        whole=float(config.fetch_seconds),
    )
    return HttpClient(limits)
