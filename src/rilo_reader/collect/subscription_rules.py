"""What may stand below [[feeds]] in feeds.toml: values of the file -> subscriptions (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rilo_reader.collect.identity import feed_key
from rilo_reader.collect.subscription import Subscription
from rilo_reader.config.schema import SettingError, near, shown, text_of
from rilo_reader.text import clean_line, safe_url

LIST = "feeds"
TAG_LIMIT = 200
TITLE_LIMIT = 300
LONGEST_INTERVAL = 366 * 24 * 60
MOST_ENTRIES = 100_000

Fault = tuple[tuple[str | int, ...], str]
"""The path of a key (a number is a place in a list, from 0), and what is wrong with it."""


def address_of(value: object) -> str:
    """The address of a feed; `feed:` and a missing `https://` are put right.

    Raises:
        SettingError: it is none.
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
        raise SettingError(f"{wrong} is no address of the web, such as https://example.org/feed")
    return url


def tags_of(value: object) -> tuple[str, ...]:
    """Tags, each once and in order; a single text is one tag.

    Raises:
        SettingError: it is neither a text nor a list of texts.
    """
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list | tuple):
        raise SettingError(f'a list of tags is wanted, such as ["news"], not {shown(value)}')
    tags = (clean_line(text_of(tag), TAG_LIMIT) for tag in several)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _title(value: object) -> str:
    return clean_line(text_of(value), TITLE_LIMIT)


def _site(value: object) -> str:
    return address_of(value) if text_of(value).strip() else ""


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"true or false is wanted, not {shown(value)}")
    return value


def _number(most: int, what: str) -> Callable[[object], int]:
    def rule(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise SettingError(f"a whole number of {what} is wanted, not {shown(value)}")
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
"""What each key may be: the value as Subscription has it, or SettingError."""


def subscriptions_of(
    data: Mapping[str, object],
) -> tuple[tuple[Subscription, ...], list[Fault]]:
    """The subscriptions that are right, and the faults of the rest.

    A key that is wrong is named, and its default stands in; without a right url there is none.
    """
    faults: list[Fault] = [
        ((name,), f"feeds.toml has only [[{LIST}]] tables{near(name, [LIST])}")
        for name in data
        if name != LIST
    ]
    entries = data.get(LIST, [])
    if not isinstance(entries, list):
        reason = f"a list of tables is wanted, each below [[{LIST}]], not {shown(entries)}"
        return (), [*faults, ((LIST,), reason)]
    right: dict[str, Subscription] = {}
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict):
            faults.append(((LIST, place), f"a table is wanted, not {shown(entry)}"))
            continue
        found, wrong = _subscription(entry)
        faults += [((LIST, place, key), reason) for key, reason in wrong]
        if found is None:
            continue
        key = feed_key(found.url)
        if key in right:
            reason = f"this is the same feed as {right[key].url} above; this one is left out"
            faults.append(((LIST, place, "url"), reason))
            continue
        right[key] = found
    return tuple(right.values()), faults


def _subscription(
    entry: Mapping[str, object],
) -> tuple[Subscription | None, list[tuple[str, str]]]:
    """One table as a subscription, and the faults of its keys."""
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
    """A subscription as feeds.toml can hold it; a site that is no address is left out.

    Raises:
        SettingError: a value cannot be one.
    """
    said = subscription._asdict()
    try:
        said["site"] = _site(said["site"])
    except SettingError:
        said["site"] = ""
    values = {name: RULES[name](value) for name, value in said.items()}
    return Subscription(**values)  # type: ignore[arg-type]  # each checked by its rule


def written(subscription: Subscription) -> dict[str, object]:
    """The keys of a subscription that say more than their default, in order."""
    default = Subscription("")._asdict()
    said = subscription._asdict()
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in said.items()
        if value != default[key]
    }
