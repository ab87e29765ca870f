"""Subscriptions in feeds.toml, which users may edit by hand.

Changes keep comments, order and spacing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from rilo_reader.config import SettingsProblem, toml_file
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.subscription_values import (
    LIST,
    RULES,
    Subscription,
    checked,
    subscriptions_of,
    written,
)

__all__ = [
    "HEAD",
    "Removed",
    "Subscription",
    "add",
    "change",
    "find",
    "load",
    "remove",
    "rename_tag",
    "renamed_tag",
    "restore",
]

HEAD = """\
# The feeds that you follow. Edit this file as you like: rilo-reader changes it where you ask it
# to, and keeps your comments. A feed needs a url; it may have besides
#   title = "…"          what you call it, instead of what it calls itself
#   tags = ["…"]         where it is filed; "News/Europe" is a tag below "News"
#   full_text = true     fetch the page of each entry, where the feed gives only its beginning
#   every = 60           minutes between two fetches; 0: as the feed wishes
#   limit = 20           at most so many entries of a fetch; 0: all
#   muted = true         keep its articles out of the list until you ask for them
#   paused = true        do not fetch it
#   private = true       it may be on your own network, also where it was on the public net before

"""


def load(file: Path) -> tuple[tuple[Subscription, ...], tuple[SettingsProblem, ...]]:
    """Read feeds.toml; return the valid subscriptions, and problems with their lines."""
    text, data, unreadable = toml_file.read(file, "no feed is known")
    if unreadable is not None:
        return (), (unreadable,)
    right, faults = subscriptions_of(data)
    return right, toml_file.problems_of(file, text, faults)


def find(subscriptions: Iterable[Subscription], name: str) -> list[Subscription]:
    """Return the subscriptions with an address, else a title, else a tag, else a part of either."""
    subscriptions = list(subscriptions)
    key, wanted = feed_key(name), name.strip().casefold()
    tests: tuple[Callable[[Subscription], bool], ...] = (
        lambda each: feed_key(each.url) == key,
        lambda each: each.title.casefold() == wanted,
        lambda each: any(tag.casefold() == wanted for tag in each.tags),
        lambda each: wanted in each.title.casefold() or wanted in each.url.casefold(),
    )
    for test in tests:
        found = [each for each in subscriptions if test(each)]
        if found:
            return found
    return []


# -- changes ------------------------------------------------------------------------------------


def add(file: Path, subscriptions: Sequence[Subscription]) -> tuple[Subscription, ...]:
    """Add subscriptions; return the new ones as they were written.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: the file is not TOML, or a value is invalid; the file is unchanged.
    """
    return _change(file, lambda text: with_subscriptions(text, subscriptions))


def change(file: Path, url: str, /, **fields: object) -> Subscription:
    """Change keys of a subscription; keys with their default value are removed.

    Returns:
        The previous subscription, whose fields undo the change.

    Raises:
        OSError, ValueError: as `add`; also if there is no such subscription.
    """
    return _change(file, lambda text: with_change(text, url, fields))


def rename_tag(file: Path, old: str, new: str) -> tuple[Subscription, ...]:
    """Rename a tag and those below it ("News/Europe" with "News"); "" removes it.

    Returns:
        The previous subscriptions with that tag.

    Raises:
        OSError, ValueError: as `add`.
    """
    changed = []
    for subscription in load(file)[0]:
        tags = tuple(dict.fromkeys(renamed_tag(tag, old, new) for tag in subscription.tags))
        if tags != subscription.tags:
            changed.append(change(file, subscription.url, tags=tuple(filter(None, tags))))
    return tuple(changed)


def renamed_tag(tag: str, old: str, new: str) -> str:
    """Return a tag after a tag, itself or one above it, was renamed or, by "", removed (pure)."""
    if tag == old:
        return new
    below = tag.removeprefix(f"{old}/")
    return (f"{new}/{below}" if new else below) if below != tag else tag


def remove(file: Path, url: str) -> Removed:
    """Remove a subscription; its articles stay.

    Raises:
        OSError, ValueError: as `change`.
    """
    return _change(file, lambda text: without_subscription(text, url))


def restore(file: Path, removed: Removed) -> None:
    """Add a removed subscription at its old position with its comments, if it is missing.

    Raises:
        OSError, ValueError: as `add`.
    """
    _change(file, lambda text: (with_restored(text, removed), None))


T = TypeVar("T")


def _change(file: Path, edit: Callable[[str], tuple[str, T]]) -> T:
    return toml_file.edit(file, HEAD, edit)


# Edits of its text.


class Removed(NamedTuple):
    """A removed subscription, as needed by `restore`.

    Attributes:
        subscription: the subscription.
        piece: its lines in the file, with the comment above.
        position: the number of feeds before it.
    """

    subscription: Subscription
    piece: str
    position: int


def with_subscriptions(
    text: str, subscriptions: Sequence[Subscription]
) -> tuple[str, tuple[Subscription, ...]]:
    """Return the text with the subscriptions it lacks, and these."""
    from rilo_reader.config.toml_edit import with_blocks
    from rilo_reader.config.toml_tables import literal, surely

    known = {feed_key(each.url) for _, each in _entries(text)}
    fresh: dict[str, Subscription] = {}
    for each in map(checked, subscriptions):
        if feed_key(each.url) not in known:
            fresh.setdefault(feed_key(each.url), each)
    if not fresh:
        return text, ()
    tables = [{k: literal(v) for k, v in written(each).items()} for each in fresh.values()]

    def wanted(data: dict[str, Any]) -> None:
        data.setdefault(LIST, []).extend(written(each) for each in fresh.values())

    changed = surely(
        text, lambda body: with_blocks(body, LIST, tables), wanted, "the list of feeds"
    )
    return changed, tuple(fresh.values())


def with_change(text: str, url: str, fields: Mapping[str, object]) -> tuple[str, Subscription]:
    """Return the text with changed values of a subscription, and the previous subscription."""
    from rilo_reader.config.toml_tables import with_table_values

    unknown = [name for name in fields if name not in RULES]
    if unknown:
        raise ValueError(f"a feed has no {unknown[0]}")
    index, old = _index(text, url)
    changed = checked(old._replace(**fields))  # type: ignore[arg-type]  # checked right here
    if feed_key(changed.url) != feed_key(url) and _is_followed(text, changed.url):
        raise ValueError(f"{changed.url} is followed already")
    values = written(changed)
    return with_table_values(text, LIST, index, {name: values.get(name) for name in fields}), old


def without_subscription(text: str, url: str) -> tuple[str, Removed]:
    """Return the text without a subscription, and what is needed to restore it."""
    from rilo_reader.config.toml_tables import without_table

    index, old = _index(text, url)
    changed, piece = without_table(text, LIST, index)
    return changed, Removed(old, piece, index)


def with_restored(text: str, removed: Removed) -> str:
    """Return the text with a subscription restored, unless it exists."""
    from rilo_reader.config.toml_tables import with_table_restored

    if _is_followed(text, removed.subscription.url):
        return text
    return with_table_restored(text, LIST, removed.position, removed.piece)


def _entries(text: str) -> list[tuple[int, Subscription]]:
    """Return the subscriptions of a text with the indexes of their tables."""
    from rilo_reader.config.toml_tables import tables

    found = []
    for index, table in enumerate(tables(text, LIST)):
        right, _ = subscriptions_of({LIST: [table]})
        found += [(index, each) for each in right]
    return found


def _is_followed(text: str, url: str) -> bool:
    return any(feed_key(each.url) == feed_key(url) for _, each in _entries(text))


def _index(text: str, url: str) -> tuple[int, Subscription]:
    key = feed_key(url)
    for index, subscription in _entries(text):
        if feed_key(subscription.url) == key:
            return index, subscription
    raise ValueError(f"{url} is not followed any more")
