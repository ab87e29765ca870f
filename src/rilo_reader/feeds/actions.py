"""Actions on feeds, as values: changes of files and at accounts, a message, and how to undo it.

results = perform_actions(actions, sources)     at accounts first; files only if all went well
perform_actions([make_undo(results[0])], sources)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.config import MUTES, Mute
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.request_headers import Login
from rilo_reader.feeds.sources import (
    ChangeOutcome,
    FeedChange,
    FeedMove,
    FeedRemoval,
    FeedRename,
    FeedSource,
    FeedSources,
)
from rilo_reader.feeds.status import FeedStatus, mute_of_source
from rilo_reader.paths import Paths

Edit = Callable[[], object]
Changes = Mapping[str, Sequence[FeedChange]]  # of each account, by its name


def do_nothing() -> None:
    """Change nothing."""


class FeedAction(NamedTuple):
    """A change of feeds."""

    message: str  # what it has done, for the user, without a full stop
    account_changes: Changes = MappingProxyType({})
    # changes a file of the user's, and returns what undoes that; raises OSError or ValueError
    apply_locally: Callable[[], Edit] = lambda: do_nothing
    is_setting: bool = False  # whether that file is settings.toml


class ActionResult(NamedTuple):
    """The outcome of an action, and how to undo it."""

    account_changes: Changes = MappingProxyType({})
    undo_edit: Edit = do_nothing
    error: str = ""  # why some of it was not done, or ""


Ask = Callable[[FeedSource, Sequence[FeedChange]], Sequence[ChangeOutcome]]


def perform_actions(
    actions: Sequence[FeedAction],
    sources: FeedSources,
    ask: Ask = lambda source, changes: source.apply_changes(changes),
) -> list[ActionResult]:
    """Perform actions, at accounts first; raises LibraryError if one is unreachable."""
    undos: list[dict[str, list[FeedChange]]] = [{} for _ in actions]
    errors = [""] * len(actions)
    for name in dict.fromkeys(name for action in actions for name in action.account_changes):
        wanted = [
            (at, each)
            for at, action in enumerate(actions)
            for each in action.account_changes.get(name, ())
        ]
        outcomes = ask(sources.find_source(name), [change for _, change in wanted])
        for (at, _), outcome in zip(wanted, outcomes, strict=True):
            errors[at] = errors[at] or outcome.error
            if outcome.undo is not None:
                undos[at].setdefault(name, []).insert(0, outcome.undo)
    return [
        ActionResult(undo, error=error) if error else _apply_locally(action, undo)
        for action, undo, error in zip(actions, undos, errors, strict=True)
    ]


def _apply_locally(action: FeedAction, undo: Changes) -> ActionResult:
    """Change the files of an action that went well at accounts."""
    try:
        return ActionResult(undo, action.apply_locally())
    except (OSError, ValueError) as error:
        file = "settings.toml" if action.is_setting else "feeds.toml"
        return ActionResult(undo, error=f"{file} could not be changed: {error}")


def make_undo(result: ActionResult) -> FeedAction:
    """Return the action that undoes another."""

    def undo_locally() -> Edit:
        result.undo_edit()
        return do_nothing

    return FeedAction("", result.account_changes, undo_locally)


# -- the actions ----------------------------------------------------------------------------------


def change_fields(
    paths: Paths,
    feed: FeedStatus,
    message: str,
    fields: Mapping[str, object],
    account_changes: Sequence[FeedChange] = (),
) -> FeedAction:
    """Set fields of a feed in feeds.toml, if it is there, and change it at accounts."""

    def apply_locally() -> Edit:
        edit = partial(subscriptions.change, paths.feeds_file, feed.subscription.url)
        old = edit(**fields)
        return partial(edit, **{name: getattr(old, name) for name in fields})

    changes = dict.fromkeys(feed.accounts if account_changes else (), account_changes)
    return FeedAction(message, changes, apply_locally if feed.is_own else lambda: do_nothing)


def rename_feed(paths: Paths, feed: FeedStatus, title: str) -> FeedAction:
    """Give a feed a title; "" restores its own."""
    where = _describe_places(feed)
    message = f"{feed.name} has its own title again{where}"
    if title:
        message = f"Renamed {feed.name} to {title}{where}"
    renames = (FeedRename(feed.subscription.url, title),)
    return change_fields(paths, feed, message, {"title": title}, renames)


def tag_feed(paths: Paths, feed: FeedStatus, tags: tuple[str, ...]) -> FeedAction:
    """Give a feed tags, which are categories at accounts, instead of all it has."""
    done = f"Tagged {feed.name} with {', '.join(tags)}" if tags else f"{feed.name} has no tags now"
    moves = (FeedMove(feed.subscription.url, tags),)
    return change_fields(paths, feed, done + _describe_places(feed), {"tags": tags}, moves)


SWITCHES: Mapping[str, tuple[Mapping[str, bool], str]] = MappingProxyType(
    {
        "pause": ({"paused": True}, "is paused"),
        "resume": ({"paused": False}, "is fetched again"),
        "mute": ({"muted": True}, "is muted"),
        "unmute": ({"muted": False}, "is shown again"),
        "allow": (
            {"private": True, "paused": False},
            "may now be on your own network, and is fetched again",
        ),
    }
)
"""Actions that set fields of a feed, and words for the result."""


def switch_feed(paths: Paths, feed: FeedStatus, name: str) -> FeedAction:
    """Do one of SWITCHES; of a feed that only accounts have, articles are muted in the settings."""
    fields, words = SWITCHES[name]
    message = f"{feed.name} {words}"
    if name == "pause" and feed.accounts:
        message += f"; {' and '.join(feed.accounts)} still fetches it"
    if feed.is_own:
        return change_fields(paths, feed, message, fields)
    if feed.subscription.muted == fields["muted"]:
        return FeedAction(message)
    query = mute_of_source(feed.source)
    put = partial(MUTES.put, paths.settings_file, Mute(query))
    remove = partial(MUTES.remove, paths.settings_file, query)
    edit, back = (put, remove) if fields["muted"] else (remove, put)

    def apply_locally() -> Edit:
        edit()
        return back

    return FeedAction(message, apply_locally=apply_locally, is_setting=True)


def set_daily_limit(paths: Paths, feed: FeedStatus, number: int) -> FeedAction:
    """Limit a feed's articles per day in editions; 0: no limit."""
    few = f"at most {number:,} a day in editions" if number else "no limit in editions"
    return change_fields(paths, feed, f"{feed.name}: {few}", {"at_most": number})


def set_request_headers(paths: Paths, feed: FeedStatus, login: Login) -> FeedAction:
    """Send headers of the user's own with the requests for a feed."""
    names = [*login.headers, *(["what its command prints"] if login.header_command else [])]
    what = " and ".join(names) or ("another name" if login.user_agent else "no headers of yours")
    return change_fields(paths, feed, f"Requests for {feed.name} now send {what}", login._asdict())


def remove_feed(paths: Paths, feed: FeedStatus, hint: str = "") -> FeedAction:
    """Stop following a feed: the user's own alone, if it is both there and at accounts.

    `hint` is how to remove it there, too.
    """
    url = feed.subscription.url
    if not feed.is_own:
        message = f"Removed {feed.name}{_describe_places(feed)}; its articles are kept"
        return FeedAction(message, dict.fromkeys(feed.accounts, (FeedRemoval(url),)))

    def apply_locally() -> Edit:
        removed = subscriptions.remove(paths.feeds_file, url)
        return partial(subscriptions.restore, paths.feeds_file, removed)

    still = f". Still on {' and '.join(feed.accounts)}{hint}" if feed.accounts else ""
    message = f"Removed {feed.name}; its articles are kept{still}"
    return FeedAction(message, apply_locally=apply_locally)


def rename_tag(paths: Paths, old: str, new: str, feeds: Iterable[FeedStatus]) -> FeedAction:
    """Give a tag another name on all of some feeds; "" removes it."""

    def apply_locally() -> Edit:
        before = subscriptions.rename_tag(paths.feeds_file, old, new)

        def restore_tags() -> None:
            for each in reversed(before):
                subscriptions.change(paths.feeds_file, each.url, tags=each.tags)

        return restore_tags

    changes: dict[str, list[FeedChange]] = {}
    for feed in feeds:
        before = feed.subscription.tags
        renamed = (subscriptions.replace_tag(each, old, new) for each in before)
        tags = tuple(dict.fromkeys(filter(None, renamed)))
        for name in feed.accounts if tags != before and not feed.is_own else ():
            changes.setdefault(name, []).append(FeedMove(feed.subscription.url, tags))
    message = f"Renamed {old} to {new}" if new else f"Removed the tag {old}"
    return FeedAction(message, changes, apply_locally)


def _describe_places(feed: FeedStatus) -> str:
    """Return the accounts where something is done besides feeds.toml, as a clause."""
    too = " too" if feed.is_own else ""
    return f", on {' and '.join(feed.accounts)}{too}" if feed.accounts else ""
