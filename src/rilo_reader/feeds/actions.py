"""Actions on feeds, as values: changes of files and at accounts, and a message.

results = perform_actions(paths, actions, sources)  # accounts first, then files if all went well
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.config import MUTES, Mute
from rilo_reader.config.settings import rewrite_queries
from rilo_reader.config.toml_table import RowEdits
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.identity import feed_key
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
from rilo_reader.feeds.subscriptions import FEEDS, Subscription
from rilo_reader.paths import Paths
from rilo_reader.query.edit import replace_feed_tag
from rilo_reader.query.tree import fold_tag

Edit = Callable[[], object]
FeedEdits = Mapping[str, Mapping[str, object] | None]  # fields to set, by address; None removes
Changes = Mapping[str, Sequence[FeedChange]]  # of each account, by its name


def do_nothing() -> None:
    """Change nothing."""


class FeedAction(NamedTuple):
    """A change of feeds."""

    message: str  # what it has done, for the user, without a full stop
    account_changes: Changes = MappingProxyType({})
    feed_edits: FeedEdits = MappingProxyType({})  # in feeds.toml
    mutes: Mapping[str, bool] = MappingProxyType({})  # in the settings, by query: whether it is
    apply_locally: Edit = do_nothing  # changes files of the user's; raises OSError or ValueError

    @property
    def short_message(self) -> str:
        """The message without a clause on its articles."""
        return self.message.partition("; its articles are kept")[0]


class ActionResult(NamedTuple):
    """The outcome of an action."""

    account_changes: Changes = MappingProxyType({})  # what undoes it at accounts
    error: str = ""  # why some of it was not done, or ""


def join_changes(results: Iterable[ActionResult]) -> Changes:
    """Return what undoes all of some actions at accounts, the last first."""
    changes: dict[str, list[FeedChange]] = {}
    for result in results:
        for name, several in result.account_changes.items():
            changes[name] = [*several, *changes.get(name, ())]
    return changes


Ask = Callable[[FeedSource, Sequence[FeedChange]], Sequence[ChangeOutcome]]


def ask_source(source: FeedSource, changes: Sequence[FeedChange]) -> Sequence[ChangeOutcome]:
    """Apply changes at a source, without a word."""
    return source.apply_changes(changes)


def perform_actions(
    paths: Paths, actions: Sequence[FeedAction], sources: FeedSources, ask: Ask = ask_source
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
    done = [action for action, error in zip(actions, errors, strict=True) if not error]
    faults, mute_fault = _edit_feeds(paths, done), _edit_mutes(paths, done)
    return [
        ActionResult(undo, error=error or _apply_locally(action, faults, mute_fault))
        for action, undo, error in zip(actions, undos, errors, strict=True)
    ]


def _edit_feeds(paths: Paths, actions: Sequence[FeedAction]) -> Mapping[str, str]:
    """Change feeds.toml once for all actions; return why feeds were not changed, by address."""
    edits = {url: fields for action in actions for url, fields in action.feed_edits.items()}
    removed = {feed_key(url) for url, fields in edits.items() if fields is None}
    changed = {url: fields for url, fields in edits.items() if fields is not None}
    if not edits:
        return {}
    try:
        rows = RowEdits[Subscription](removed=removed, changed=changed)
        return FEEDS.edit_many(paths.feeds_file, rows)
    except (OSError, ValueError) as error:
        return dict.fromkeys(edits, str(error))


def _edit_mutes(paths: Paths, actions: Sequence[FeedAction]) -> str:
    """Change mutes of the settings once for all actions; return why they were not, or ""."""
    mutes = {query: muted for action in actions for query, muted in action.mutes.items()}
    removed = {MUTES.key(query) for query, muted in mutes.items() if not muted}
    added = [Mute(query) for query, muted in mutes.items() if muted]
    try:
        if mutes:
            MUTES.edit_many(paths.settings_file, RowEdits(removed=removed, added=added))
    except (OSError, ValueError) as error:
        return f"settings.toml could not be changed: {error}"
    return ""


def _apply_locally(action: FeedAction, faults: Mapping[str, str], mute_fault: str) -> str:
    """Change other files of an action that went well; return why some of it failed, or "".

    `faults` is why feeds were not changed, `mute_fault` why mutes were not.
    """
    if action.mutes and mute_fault:
        return mute_fault
    fault = next((faults[url] for url in action.feed_edits if url in faults), "")
    try:
        action.apply_locally()
    except (OSError, ValueError) as error:
        fault = str(error)
    return f"feeds.toml could not be changed: {fault}" if fault else ""


# -- the actions ----------------------------------------------------------------------------------


def change_fields(
    feed: FeedStatus,
    message: str,
    fields: Mapping[str, object],
    account_changes: Sequence[FeedChange] = (),
) -> FeedAction:
    """Set fields of a feed in feeds.toml, if it is there, and change it at accounts."""
    changes = dict.fromkeys(feed.accounts if account_changes else (), account_changes)
    return FeedAction(message, changes, {feed.subscription.url: fields} if feed.is_own else {})


def rename_feed(feed: FeedStatus, title: str) -> FeedAction:
    """Give a feed a title; "" restores its own."""
    where = _describe_places(feed)
    message = f"Gave {feed.name} its own title again{where}"
    if title:
        message = f"Renamed {feed.name} to {title}{where}"
    renames = (FeedRename(feed.subscription.url, title),)
    return change_fields(feed, message, {"title": title}, renames)


def tag_feed(feed: FeedStatus, tags: tuple[str, ...]) -> FeedAction:
    """Give a feed tags, which are categories at accounts, instead of all it has."""
    done = f"Tagged {feed.name} with {', '.join(tags)}" if tags else f"Untagged {feed.name}"
    moves = (FeedMove(feed.subscription.url, tags),)
    return change_fields(feed, done + _describe_places(feed), {"tags": tags}, moves)


SWITCHES: Mapping[str, tuple[Mapping[str, bool], str]] = MappingProxyType(
    {
        "pause": ({"paused": True}, "Paused {}"),
        "resume": ({"paused": False}, "Resumed {}"),
        "mute": ({"muted": True}, "Muted {}"),
        "unmute": ({"muted": False}, "Unmuted {}"),
        "allow": ({"private": True, "paused": False}, "Allowed {} on your own network"),
    }
)
"""Actions that set fields of a feed, and the message, with a place for its name."""


def switch_feed(feed: FeedStatus, name: str) -> FeedAction:
    """Do one of SWITCHES; of a feed that only accounts have, articles are muted in the settings."""
    fields, words = SWITCHES[name]
    message = words.format(feed.name)
    if name == "pause" and feed.accounts:
        message += f"; {' and '.join(feed.accounts)} still fetches it"
    if feed.is_own:
        return change_fields(feed, message, fields)
    if feed.subscription.muted == fields["muted"]:
        return FeedAction(message)
    return FeedAction(message, mutes={mute_of_source(feed.source): fields["muted"]})


def set_daily_limit(feed: FeedStatus, number: int) -> FeedAction:
    """Limit a feed's articles per day in editions; 0: no limit."""
    few = f"Limited {feed.name} to {number:,} a day in editions"
    message = few if number else f"Removed the limit of {feed.name} in editions"
    return change_fields(feed, message, {"at_most": number})


def set_request_headers(feed: FeedStatus, login: Login) -> FeedAction:
    """Send headers of the user's own with the requests for a feed."""
    names = [*login.headers, *(["what its command prints"] if login.header_command else [])]
    what = " and ".join(names) or ("another name" if login.user_agent else "no headers of yours")
    return change_fields(feed, f"Gave requests for {feed.name} {what}", login._asdict())


def remove_feed(feed: FeedStatus, hint: str = "") -> FeedAction:
    """Stop following a feed: the user's own alone, if it is both there and at accounts.

    `hint` is how to remove it there, too.
    """
    url = feed.subscription.url
    if not feed.is_own:
        message = f"Removed {feed.name}{_describe_places(feed)}; its articles are kept"
        return FeedAction(message, dict.fromkeys(feed.accounts, (FeedRemoval(url),)))
    still = f". Still on {' and '.join(feed.accounts)}{hint}" if feed.accounts else ""
    message = f"Removed {feed.name}; its articles are kept{still}"
    return FeedAction(message, feed_edits={url: None})


def rename_tag(paths: Paths, old: str, new: str, feeds: Iterable[FeedStatus]) -> FeedAction:
    """Give a tag another name on all of some feeds; "" removes it."""
    changes: dict[str, list[FeedChange]] = {}
    for feed in feeds:
        before = feed.subscription.tags
        renamed = (subscriptions.replace_tag(each, old, new) for each in before)
        tags = tuple(dict.fromkeys(filter(None, renamed)))
        for name in feed.accounts if tags != before and not feed.is_own else ():
            changes.setdefault(name, []).append(FeedMove(feed.subscription.url, tags))
    message = f"Renamed {old} to {new}" if new else f"Removed the tag {old}"
    return FeedAction(
        message, changes, apply_locally=partial(_rename_tag_in_files, paths, old, new)
    )


def _rename_tag_in_files(paths: Paths, old: str, new: str) -> None:
    """Rename a tag on feeds, and in saved searches, mutes and whatever else has a query."""
    subscriptions.rename_tag(paths.feeds_file, old, new)
    rename = partial(subscriptions.replace_tag, old=fold_tag(old), new=new)
    if new:
        rewrite_queries(paths.settings_file, lambda query: replace_feed_tag(query, rename))


def _describe_places(feed: FeedStatus) -> str:
    """Return the accounts where something is done besides feeds.toml, as a clause."""
    too = " too" if feed.is_own else ""
    return f", on {' and '.join(feed.accounts)}{too}" if feed.accounts else ""
