"""`feeds ACTION`: change feeds, in feeds.toml and on the servers of accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from rilo_reader.cli.account_feeds import change_on_servers, remote_feeds_of
from rilo_reader.cli.collecting import Place, select_feeds
from rilo_reader.cli.output import PROGRAM, UsageError, errors, output
from rilo_reader.fetch.addresses import without_login
from rilo_reader.library import LibraryError

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.feeds.status import Listed
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.sync.services.feeds import Change

SWITCHES: Mapping[str, tuple[str, bool, str]] = {
    "pause": ("paused", True, "Paused"),
    "resume": ("paused", False, "Fetched again"),
    "mute": ("muted", True, "Muted"),
    "unmute": ("muted", False, "Shown again"),
}
"""Actions that set one key of a subscription: the key, its value, and a word for the result."""

ACTIONS = (*SWITCHES, "allow", "remove", "rename", "tag")

ON_SERVERS = ("remove", "rename", "tag")
"""Actions that are done on the server for a feed of an account."""


def act(where: Place, feeds: Mapping[str, Listed], options: Options) -> int:
    """Do an action; return the exit code, 1 if it failed for a feed.

    Args:
        where: the library.
        feeds: all feeds by address.
        options: the action, feeds, and what else it takes.
    """
    action, *words = options.feeds
    if not words:
        raise UsageError(f"feeds {action} needs a feed. See {PROGRAM} feeds --help")
    if action in ("rename", "tag"):
        names, values = words[:1], words[1:]
        if action == "rename" and len(values) != 1:
            raise UsageError(
                f"feeds rename takes a feed and a title; quote names with spaces. "
                f"For example: {PROGRAM} feeds rename example.org 'The Example'"
            )
    else:
        names, values = words, []
    found = select_feeds(names, [each.subscription for each in feeds.values()])
    if len(found) > len(names) and not options.all:
        listed = [f"  {without_login(each.url)}  {each.title}".rstrip() for each in found]
        raise UsageError(f"{len(found)} feeds match; name one, or add --all", *listed)
    chosen = [feeds[each.url] for each in found]
    for feed in chosen:
        _check(feed, action)
    return _act(where, chosen, options, values)


def _act(where: Place, feeds: Sequence[Listed], options: Options, values: Sequence[str]) -> int:
    action, out, code = options.feeds[0], output(), 0
    faults = {} if options.dry_run else _on_servers(where, feeds, options, values)
    for feed in feeds:
        subscription = feed.subscription
        name = subscription.title or without_login(subscription.url)
        message = f"{name}: {_outcome(feed, action, values)}"
        if options.dry_run:
            out.line(f"{message} (not done: --dry-run)")
        elif subscription.url in faults:
            errors().complain(f"{name}: {faults[subscription.url]}")
            code = 1
        else:
            if feed.is_own:
                _change(where, subscription, action, values)
            elif action in ("mute", "unmute"):
                _mute_source(where, subscription, mute=action == "mute")
            out.line(message)
    return code


def _check(feed: Listed, action: str) -> None:
    """Check that an action is one for a feed.

    Raises:
        LibraryError: its server fetches it.
    """
    if not feed.is_own and action in ("pause", "resume", "allow"):
        url, names = without_login(feed.subscription.url), " and ".join(feed.accounts)
        advice = f" To hide its articles: {PROGRAM} feeds mute {quote(url)}"
        raise LibraryError(
            f"{url} is fetched by the server of {names}; {action} it there."
            f"{advice if action == 'pause' else ''}"
        )


def _on_servers(
    where: Place, feeds: Sequence[Listed], options: Options, values: Sequence[str]
) -> dict[str, str]:
    """Change the feeds that accounts have there; return why, by address, some are not changed."""
    action = options.feeds[0]
    if action not in ON_SERVERS:
        return {}
    faults: dict[str, str] = {}
    for account in dict.fromkeys(name for feed in feeds for name in feed.accounts):
        here = [each for each in feeds if account in each.accounts]
        changes = [_change_there(each.subscription.url, action, values) for each in here]
        remote = remote_feeds_of(where, options)
        outcomes = change_on_servers(remote, account, changes, options.progress_delay)
        for feed, outcome in zip(here, outcomes, strict=True):
            if outcome.error:
                faults[feed.subscription.url] = outcome.error
    return faults


def _change_there(url: str, action: str, values: Sequence[str]) -> Change:
    from rilo_reader.sync.services.feeds import Move, Remove, Rename

    if action == "remove":
        return Remove(url)
    return Rename(url, values[0]) if action == "rename" else Move(url, tuple(values))


def _outcome(feed: Listed, action: str, values: Sequence[str]) -> str:
    if action in SWITCHES:
        still = " and ".join(feed.accounts) if action == "pause" else ""
        return f"{SWITCHES[action][2]}{f'; {still} goes on fetching it' if still else ''}."
    if action == "allow":
        return "It may be on your own network from now on, and is fetched again."
    too = " too" if feed.is_own else ""
    there = f", on {' and '.join(feed.accounts)}{too}" if feed.accounts else ""
    if action == "remove":
        return f"No longer followed{there}; its articles stay."
    if action == "rename":
        return f"Now called {values[0]}{there}." if values[0] else "It has its own title again."
    return f"Tagged {', '.join(values)}{there}." if values else f"It has no tags now{there}."


def _change(where: Place, feed: Subscription, action: str, values: Sequence[str]) -> None:
    """Change one's own feed."""
    from rilo_reader.feeds import subscriptions

    file = where.paths.feeds_file
    try:
        if action == "remove":
            subscriptions.remove(file, feed.url)
        elif action == "rename":
            _rename(where, feed, values[0])
        elif action == "tag":
            subscriptions.change(file, feed.url, tags=tuple(values))
        elif action == "allow":
            subscriptions.change(file, feed.url, private=True, paused=False)
        else:
            key, value, _ = SWITCHES[action]
            subscriptions.change(file, feed.url, **{key: value})
    except ValueError as error:
        raise LibraryError(f"{file}: {error}.") from error


def _rename(where: Place, feed: Subscription, title: str) -> None:
    """Rename a feed in feeds.toml and in its articles."""
    from rilo_reader.feeds import subscriptions
    from rilo_reader.feeds.collection import ledger_file, open_collection
    from rilo_reader.feeds.renaming import rename_source

    subscriptions.change(where.paths.feeds_file, feed.url, title=title)
    if ledger_file(where.folder, where.paths).exists():
        with open_collection(where.folder, where.paths) as collection:
            rename_source(collection, feed.url, title)


def _mute_source(where: Place, feed: Subscription, *, mute: bool) -> None:
    """Mute the source of a feed of an account, or show it again."""
    from rilo_reader.config import MUTES, Mute
    from rilo_reader.feeds.status import mute_of_source, sources_of

    sources = sources_of(where.folder, where.paths, [feed])
    query = mute_of_source(sources[0]) if sources else ""
    if not query:
        name = feed.title or without_login(feed.url)
        raise LibraryError(f"no article of {name} has come yet; there is nothing to mute.")
    file = where.paths.settings_file
    is_muted = any(each.query == query for each in where.config.mutes)
    try:
        if mute and not is_muted:
            MUTES.put(file, Mute(query))
        elif is_muted and not mute:
            MUTES.remove(file, query)
    except ValueError as error:
        raise LibraryError(f"{file}: {error}.") from error
