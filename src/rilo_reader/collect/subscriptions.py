"""feeds.toml: the feeds that the user follows; hand-editable, and so is every byte of it kept.

Each change is read, edited and put back whole; comments, order and spacing stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from rilo_reader.collect.identity import feed_key
from rilo_reader.collect.subscription import Subscription
from rilo_reader.collect.subscription_editing import (
    Removed,
    with_change,
    with_restored,
    with_subscriptions,
    without_subscription,
)
from rilo_reader.config import SettingsProblem
from rilo_reader.paths import Paths

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

RETRIES = 5
"""How often a change is made anew that another process's change has overtaken."""


def feeds_file(paths: Paths) -> Path:
    """Where the user's subscriptions are kept."""
    return paths.config / "feeds.toml"


def load(file: Path) -> tuple[tuple[Subscription, ...], tuple[SettingsProblem, ...]]:
    """Read feeds.toml: everything that is right counts, everything else is named with its line."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return (), ()
    except OSError as error:
        return (), (SettingsProblem(file, 0, "", f"it cannot be read: {error.strerror or error}"),)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reason = "there is a byte that is not UTF-8, so no feed is known; save it as UTF-8"
        return (), (SettingsProblem(file, line, "", reason),)
    from rilo_reader.collect.subscription_rules import subscriptions_of
    from rilo_reader.config.check import parse
    from rilo_reader.config.toml_edit import line_of
    from rilo_reader.text import clean_line

    data, fault = parse(text)
    if fault is not None:
        return (), (SettingsProblem(file, fault[0], "", f"{fault[1]}; no feed is known"),)
    right, faults = subscriptions_of(data)
    problems = [
        SettingsProblem(
            file,
            line_of(text, key),
            clean_line(".".join(part for part in key if isinstance(part, str))),
            clean_line(reason),
        )
        for key, reason in faults
    ]
    return right, tuple(sorted(problems, key=lambda problem: problem.line))


def find(subscriptions: Iterable[Subscription], name: str) -> list[Subscription]:
    """The subscriptions of an address, else of a title, else of a tag, else of a part of either."""
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


# -- change -------------------------------------------------------------------------------------


def add(file: Path, subscriptions: Sequence[Subscription]) -> tuple[Subscription, ...]:
    """Follow more feeds; returns those that were not followed before, as they are kept.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: the file is no TOML, or a value cannot be kept; the file is as it was.
    """
    return _change(file, lambda text: with_subscriptions(text, subscriptions))


def change(file: Path, url: str, /, **fields: object) -> Subscription:
    """Change keys of a subscription; one that gets its default value is taken out.

    Returns:
        The subscription as it was before, so that `change` with its fields takes the change back.

    Raises:
        OSError, ValueError: as `add`; also where the feed is not followed.
    """
    return _change(file, lambda text: with_change(text, url, fields))


def rename_tag(file: Path, old: str, new: str) -> tuple[Subscription, ...]:
    """Give a tag another name, and those below it too ("News/Europe" with "News"); "" drops it.

    Returns:
        The subscriptions that had it, as they were before.

    Raises:
        OSError, ValueError: as `add`.
    """
    changed = []
    for subscription in load(file)[0]:
        tags = tuple(dict.fromkeys(_renamed(tag, old, new) for tag in subscription.tags))
        if tags != subscription.tags:
            changed.append(change(file, subscription.url, tags=tuple(filter(None, tags))))
    return tuple(changed)


def _renamed(tag: str, old: str, new: str) -> str:
    if tag == old:
        return new
    below = tag.removeprefix(f"{old}/")
    return (f"{new}/{below}" if new else below) if below != tag else tag


def remove(file: Path, url: str) -> Removed:
    """Follow a feed no longer; its articles stay.

    Raises:
        OSError, ValueError: as `change`.
    """
    return _change(file, lambda text: without_subscription(text, url))


def restore(file: Path, removed: Removed) -> None:
    """Put a subscription back where it was, with its comments; one that is there again stays.

    Raises:
        OSError, ValueError: as `add`.
    """
    _change(file, lambda text: (with_restored(text, removed), None))


T = TypeVar("T")


def _change(file: Path, edit: Callable[[str], tuple[str, T]]) -> T:
    """Read, edit and replace the file; anew where somebody else has replaced it meanwhile."""
    from rilo_reader.config.changes import replace_file

    target = file.resolve()
    for _ in range(RETRIES):
        before = _bytes(target)
        text = before.decode("utf-8") if before is not None else HEAD
        changed, told = edit(text)
        if changed == text and before is not None:
            return told
        if _bytes(target) == before:
            replace_file(target, changed)
            return told
    raise ValueError(f"{file.name} is being changed by something else; try again")


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
