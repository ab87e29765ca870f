"""Subscriptions as values, and the validation of what users write in feeds.toml (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.config.schema import SettingError, near, shown, text_of
from rilo_reader.feeds.identity import feed_key
from rilo_reader.text import clean_line, safe_url

LIST = "feeds"
TAG_LIMIT = 200
TITLE_LIMIT = 300
LONGEST_INTERVAL = 366 * 24 * 60
MOST_ENTRIES = 100_000

Fault = tuple[tuple[str | int, ...], str]
"""The path of a key (numbers are indexes in a list), and what is wrong with it."""


class Subscription(NamedTuple):
    """A feed of feeds.toml, of an OPML list or of another reader.

    Attributes:
        url: its address, perhaps with `user:pass@`; identifies it.
        title: the user's title; "" to use the feed's.
        tags: the user's tags; folders of OPML are tags with their path, "News/Europe".
        site: its web page, or "".
        full_text: whether the page of each entry is fetched.
        every: minutes between updates; 0 to use the settings and the feed.
        muted: whether its articles are hidden.
        paused: whether it is not updated.
        limit: the maximum number of entries per update; 0 for all.
        private: whether the user allows an address on the local network or computer.
    """

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    site: str = ""
    full_text: bool = False
    every: int = 0
    muted: bool = False
    paused: bool = False
    limit: int = 0
    private: bool = False


def address_of(value: object) -> str:
    """Normalise the address of a feed, which may begin with `feed:` or lack `https://`.

    Raises:
        SettingError: it is not an address.
    """
    text = text_of(value).strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() == "feed":
        text = rest
    if text.startswith("//"):
        text = f"https:{text}"
    elif "://" not in text:
        text = f"https://{text}"
    url = safe_url(text)
    if not url or not url.startswith(("http://", "https://")):
        wrong = shown(clean_line(text_of(value), 80))
        raise SettingError(f"{wrong} is not a web address, such as https://example.org/feed")
    return url


def tags_of(value: object) -> tuple[str, ...]:
    """Return tags without duplicates; a string is one tag.

    Raises:
        SettingError: it is neither a string nor a list of strings.
    """
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list | tuple):
        raise SettingError(f'expected a list of tags, such as ["news"], not {shown(value)}')
    tags = (clean_line(text_of(tag), TAG_LIMIT) for tag in several)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _title(value: object) -> str:
    return clean_line(text_of(value), TITLE_LIMIT)


def _site(value: object) -> str:
    return address_of(value) if text_of(value).strip() else ""


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"expected true or false, not {shown(value)}")
    return value


def _number(most: int, what: str) -> Callable[[object], int]:
    def rule(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise SettingError(f"expected a whole number of {what}, not {shown(value)}")
        if not 0 <= value <= most:
            raise SettingError(f"{value} is not between 0 and {most:,} {what}")
        return value

    return rule


RULES: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "url": address_of,
        "title": _title,
        "tags": tags_of,
        "site": _site,
        "full_text": _yes_or_no,
        "every": _number(LONGEST_INTERVAL, "minutes"),
        "muted": _yes_or_no,
        "paused": _yes_or_no,
        "limit": _number(MOST_ENTRIES, "entries"),
        "private": _yes_or_no,
    }
)
"""Validators by key, which return the value for Subscription or raise SettingError."""


def subscriptions_of(
    data: Mapping[str, object],
) -> tuple[tuple[Subscription, ...], list[Fault]]:
    """Return the valid subscriptions, and all faults.

    An invalid value is replaced by the default, but a subscription needs a valid url.
    """
    faults: list[Fault] = [
        ((name,), f"feeds.toml has only [[{LIST}]] tables{near(name, [LIST])}")
        for name in data
        if name != LIST
    ]
    entries = data.get(LIST, [])
    if not isinstance(entries, list):
        reason = f"expected a list of tables, each below [[{LIST}]], not {shown(entries)}"
        return (), [*faults, ((LIST,), reason)]
    right: dict[str, Subscription] = {}
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            faults.append(((LIST, index), f"expected a table, not {shown(entry)}"))
            continue
        found, wrong = _subscription(entry)
        faults += [((LIST, index, key), reason) for key, reason in wrong]
        if found is None:
            continue
        key = feed_key(found.url)
        if key in right:
            reason = f"this is the same feed as {right[key].url} above; this one is left out"
            faults.append(((LIST, index, "url"), reason))
            continue
        right[key] = found
    return tuple(right.values()), faults


def _subscription(
    entry: Mapping[str, object],
) -> tuple[Subscription | None, list[tuple[str, str]]]:
    """Return the subscription in a table, and the faults of its keys."""
    values: dict[str, object] = {}
    faults: list[tuple[str, str]] = []
    for key, value in entry.items():
        if key not in RULES:
            faults.append((key, f"a feed has no {key}{near(key, RULES)}"))
            continue
        try:
            values[key] = RULES[key](value)
        except SettingError as error:
            faults.append((key, str(error)))
    if "url" not in values:
        if "url" not in entry:
            faults.append(("url", "url is missing"))
        return None, faults
    return Subscription(**values), faults  # type: ignore[arg-type]  # each checked by its rule


def checked(subscription: Subscription) -> Subscription:
    """Validate a subscription before writing it; an invalid site is dropped.

    Raises:
        SettingError: another value is invalid.
    """
    fields = subscription._asdict()
    try:
        fields["site"] = _site(fields["site"])
    except SettingError:
        fields["site"] = ""
    values = {name: RULES[name](value) for name, value in fields.items()}
    return Subscription(**values)  # type: ignore[arg-type]  # each checked by its rule


def written(subscription: Subscription) -> dict[str, object]:
    """Return the keys of a subscription that differ from their default, in order."""
    default = Subscription("")._asdict()
    fields = subscription._asdict()
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in fields.items()
        if value != default[key]
    }
