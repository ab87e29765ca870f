"""What the verbs that collect share: the library they write to, subscriptions, accounts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.cli.libraries import named
from rilo_reader.cli.output import PROGRAM, UsageError, errors

if TYPE_CHECKING:
    from rilo_reader.config import Config, SettingsProblem
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.paths import Paths
    from rilo_reader.sync.services.service import Account


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
    folder = config.first_library(paths)
    if name is not None and name != str(folder):
        return Place(named(name), paths, config)
    if config.folders and not folder.is_dir():
        raise LibraryError(f"the folder {folder}, named in settings.toml, does not exist.")
    return Place(folder, paths, config)


def check_is_first(where: Place) -> None:
    """Check that feeds and accounts are fetched into a library.

    Raises:
        LibraryError: they are fetched into another one.
    """
    from rilo_reader.library import LibraryError

    folder, first = where.folder, where.config.first_library(where.paths)
    if folder.resolve() != first.resolve():
        raise LibraryError(
            f"feeds and accounts are fetched into {first}, not into {folder}. To do so: {PROGRAM} "
            f"refresh. To fetch them into {folder} from now on, put it first in "
            f'{where.paths.settings_file}: folders = ["{folder}"]'
        )


def subscriptions_of(where: Place) -> tuple[Subscription, ...]:
    """The user's subscriptions; problems in feeds.toml are printed on stderr.

    Raises:
        LibraryError: the problems leave no feed at all.
    """
    from rilo_reader.feeds.subscriptions import load

    found, problems = load(where.paths.feeds_file)
    _print_problems(problems, are_all=not found)
    return found


def accounts_of(where: Place) -> tuple[Account, ...]:
    """The user's accounts; problems in accounts.toml are printed on stderr.

    Raises:
        LibraryError: the problems leave no account at all.
    """
    # Most people have none, and nothing is imported for them.
    if not where.paths.accounts_file.exists():
        return ()
    from rilo_reader.sync.services.accounts import load

    found, problems = load(where.paths.accounts_file)
    _print_problems(problems, are_all=not found)
    return found


def _print_problems(problems: Sequence[SettingsProblem], *, are_all: bool) -> None:
    from rilo_reader.library import LibraryError

    sentences = [problem.sentence for problem in problems]
    if sentences and are_all:
        raise LibraryError("\n".join(sentences))
    for sentence in sentences:
        errors().line(sentence)


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


def select_account(name: str, accounts: Sequence[Account]) -> Account:
    """The account that an argument names.

    Raises:
        UsageError: it names none.
    """
    from rilo_reader.fetch.addresses import without_login
    from rilo_reader.sync.services.accounts import find

    account = find(accounts, name)
    if account is not None:
        return account
    if not accounts:
        raise UsageError(f"you have no account yet. To add one: {PROGRAM} account add miniflux URL")
    shown = without_login(name)
    advice = _advice(shown, [each.name for each in accounts], f"{PROGRAM} account list")
    raise UsageError(f"you have no account called '{shown}'. {advice}")


def _unknown_feed(name: str, subscriptions: Sequence[Subscription]) -> str:
    if not subscriptions:
        return f"you follow no feed yet. To follow one: {PROGRAM} add URL"
    if "://" in name:
        return f"you do not follow {name}. To follow it: {PROGRAM} add {quote(name)}"
    advice = _advice(name, [each.title for each in subscriptions], f"{PROGRAM} feeds")
    return f"you follow no feed called '{name}'. {advice}"


def _advice(name: str, names: Sequence[str], command: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    return f"Did you mean '{close[0]}'?" if close else f"To list them all: {command}"
