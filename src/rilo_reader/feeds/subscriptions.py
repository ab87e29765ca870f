"""Subscriptions in feeds.toml, which users may edit by hand: a `TomlTable`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from rilo_reader.config.checks import (
    SettingError,
    check_age,
    check_bool,
    check_text,
    make_number_check,
    quote_short,
    suggest_name,
)
from rilo_reader.config.toml_table import RowEdits, TomlTable
from rilo_reader.entry import Selectors
from rilo_reader.extras import PAGES, PICTURES
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.request_headers import check_command, check_headers
from rilo_reader.fetch.messages import Headers
from rilo_reader.plugin_list import plugins_with
from rilo_reader.text import clean_line, make_slug, redact_address, safe_url

TAG_LIMIT = 200
TITLE_LIMIT = 300
MAX_INTERVAL_MINUTES = 366 * 24 * 60
MAX_ENTRIES = 100_000

HEAD = """\
# The feeds that you follow. You can edit this file: when rilo-reader changes something for you, it
# keeps your comments. A feed needs a url; the rest is optional:
#   title = "…"          your name for it, instead of its own
#   tags = ["…"]         its tags; "News/Europe" is a tag below "News"
#   full_text = true     fetch each article's page, for feeds that have only the beginning;
#                        it needs rilo-reader[pages]
#   every = 60           minutes between two fetches; 0: as the feed asks
#   limit = 20           how many entries to take at most; 0: all
#   read_after = "14d"   mark its articles as read when they are older; "never": no rule does
#   keep_unread = 200    mark all but its newest 200 as read
#   muted = true         hide its articles in the list until you ask for them
#   paused = true        do not fetch it
#   private = true       it may be on your own network, even if it was public before
#   headers = { Cookie = "…" }           headers for its host, if it needs a login
#   header_command = ["pass", "show", "example"]  prints such headers, a line each: Cookie: …
#   user_agent = "…"     the name that rilo-reader sends
#   filter = ["my-filter"]  a program that gets the feed, and prints what counts
#   run = ["my-source"]  instead of url: a program that prints the feed
#   page = { items = "article", title = "h2" }  url is a page without a feed: which elements are its
#                        entries, as CSS; rilo-reader add --page-feed URL proposes it
"""


class Subscription(NamedTuple):
    """A feed of feeds.toml, of an OPML list or of another reader."""

    url: str  # its address, perhaps with `user:pass@`; identifies it
    title: str = ""  # the user's title; "" to use the feed's
    tags: tuple[str, ...] = ()  # the user's; folders of OPML are tags with their path, "News/EU"
    site: str = ""  # its web page
    full_text: bool = False  # whether the page of each entry is fetched
    every: int = 0  # minutes between updates; 0 to use the settings and the feed
    muted: bool = False  # whether its articles are hidden
    paused: bool = False  # whether it is not updated
    limit: int = 0  # the maximum number of entries per update; 0 for all
    private: bool = False  # whether the user allows an address on the local network or computer
    pictures: bool = False  # whether the pictures of new articles are fetched
    at_most: int = 0  # the maximum number of articles in the editions of a day; 0 for any
    # the age at which its articles become read, and how many stay unread, instead of what rules of
    # the settings say; "" and 0: as these say
    read_after: str = ""
    keep_unread: int = 0
    headers: Headers = Headers()  # for its host alone; may be secret
    header_command: tuple[str, ...] = ()  # prints more headers; the program first
    user_agent: str = ""  # instead of the program's own; "" for that
    run: tuple[str, ...] = ()  # what prints it instead of a server; the program first
    filter: tuple[str, ...] = ()  # what prints it, and is given what was fetched
    page: Selectors = Selectors()  # which elements are its entries, if it is a web page


def check_address(value: object) -> str:
    """Normalise the address of a feed, which may begin with `feed:` or lack `https://`."""
    text = check_text(value).strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() == "feed":
        text = rest
    if text.startswith("//"):
        text = f"https:{text}"
    elif "://" not in text:
        text = f"https://{text}"
    url = safe_url(text)
    if not url or not url.startswith(("http://", "https://")):
        wrong = quote_short(clean_line(redact_address(check_text(value)), 80))
        raise SettingError(f"{wrong} is not a web address, such as https://example.org/feed")
    return url


RUN = "run:"


def address_of_run(run: object) -> str | None:
    """Return what replaces the address of a feed that a program prints, by its command.

    It contains the program, and not its arguments, which may be secret.
    """
    try:
        words = check_command(run)
    except SettingError:
        return None
    digest = sha256(repr(words).encode()).hexdigest()[:8]
    return f"{RUN}{make_slug(Path(words[0]).name)}-{digest}" if words else None


def _check_url(value: object) -> str:
    is_run = isinstance(value, str) and re.fullmatch(rf"{RUN}[\w-]+", value)
    return str(value) if is_run else check_address(value)


NEVER = "never"  # as `Subscription.read_after`: not even by a rule of the settings


def check_feed_age(value: object) -> str:
    """Return the age at which a feed's articles become read, or NEVER; "" is none."""
    return NEVER if value == NEVER else check_age(value)


def check_tags(value: object) -> tuple[str, ...]:
    """Return tags without duplicates; a string is one tag."""
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list | tuple):
        raise SettingError(f'expected a list of tags, such as ["news"], not {quote_short(value)}')
    tags = (clean_line(check_text(tag), TAG_LIMIT) for tag in several)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


MAX_SELECTOR_LENGTH = 500


def check_selectors(value: object) -> Selectors:
    """Check the selectors of a page, a table of texts by name."""
    table = value._asdict() if isinstance(value, Selectors) else value
    if table in ({}, Selectors()._asdict()):
        return Selectors()
    if not isinstance(table, Mapping) or not table.get("items"):
        raise SettingError('expected what its entries are, such as { items = "article" }')
    for name, selector in table.items():
        if name not in Selectors._fields:
            wrong = quote_short(clean_line(name, 40))
            raise SettingError(f"page has no {wrong}{suggest_name(name, Selectors._fields)}")
        if not isinstance(selector, str) or len(selector) > MAX_SELECTOR_LENGTH:
            raise SettingError(f'{name} must be a selector of CSS, such as "h2"')
    return Selectors(**table)


def selectors_text(page: Selectors) -> str:
    """Return selectors as JSON, "" for none; for lists of feeds and other devices."""
    return json.dumps(page._asdict(), ensure_ascii=False) if page.items else ""


def parse_selectors(text: str) -> Selectors:
    """Return the selectors of `selectors_text`; raises ValueError, or RecursionError."""
    return check_selectors(json.loads(text or "{}"))


class _FeedSettingsPlugin(Protocol):
    def feed_settings(self) -> Mapping[str, str]: ...


def settings_of_plugins() -> dict[str, str]:
    """Return the settings of plugins in feeds.toml: for each key an example and its meaning."""
    return {
        example.partition(" ")[0]: f"{example:<20} {meaning}"
        for plugin in plugins_with(_FeedSettingsPlugin)
        for example, meaning in plugin.feed_settings().items()
    }


def _make_file_head() -> str:
    return HEAD + "".join(f"#   {line}\n" for line in settings_of_plugins().values()) + "\n"


def _check_title(value: object) -> str:
    return clean_line(check_text(value), TITLE_LIMIT)


def _check_site(value: object) -> str:
    return check_address(value) if check_text(value).strip() else ""


FEEDS = TomlTable(
    "feeds",
    Subscription,
    {
        "url": _check_url,
        "title": _check_title,
        "tags": check_tags,
        "site": _check_site,
        "full_text": check_bool,
        "pictures": check_bool,
        "every": make_number_check(0, MAX_INTERVAL_MINUTES, "minutes"),
        "muted": check_bool,
        "paused": check_bool,
        "limit": make_number_check(0, MAX_ENTRIES, "entries"),
        "private": check_bool,
        "at_most": make_number_check(0, MAX_ENTRIES, "articles"),
        "read_after": check_feed_age,
        "keep_unread": make_number_check(0, MAX_ENTRIES, "articles"),
        "headers": check_headers,
        "header_command": check_command,
        "user_agent": _check_title,
        "run": check_command,
        "filter": check_command,
        "page": check_selectors,
    },
    key=feed_key,
    derive_key=lambda table: address_of_run(table.get("run")),
    duplicate_message="you already follow {}",
    missing_message="you no longer follow {}",
    make_head=_make_file_head,
)


def missing_extras(subscriptions: Sequence[Subscription]) -> str:
    """Return what to install for what feeds ask for, as sentences; "" if nothing is missing."""
    wanted = (
        PAGES.install_advice if any(feed.full_text for feed in subscriptions) else "",
        PICTURES.install_advice if any(feed.pictures for feed in subscriptions) else "",
    )
    return " ".join(filter(None, wanted))


load, change, remove, restore = FEEDS.load, FEEDS.change, FEEDS.remove, FEEDS.restore


def add_feeds(file: Path, subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Add those subscriptions that are new, without invalid sites; return them as written."""

    def with_valid_site(subscription: Subscription) -> Subscription:
        try:
            return subscription._replace(site=_check_site(subscription.site))
        except SettingError:
            return subscription._replace(site="")

    return FEEDS.add_missing(file, map(with_valid_site, subscriptions))


class MatchScope(Enum):
    """The parts of a title or address that find a feed by a name that is neither nor a tag."""

    ANY = "any"
    WORDS = "words"  # whole words of it
    HOST = "host"  # the whole host


def find_subscriptions(
    subscriptions: Iterable[Subscription], name: str, scope: MatchScope = MatchScope.ANY
) -> list[Subscription]:
    """Return the subscriptions with an address, else a title, else a tag, else a part of either.

    A tag has those below it too (News/Europe with "News"), but not with HOST.
    With WORDS and HOST a whole address never stands for a longer one, nor "Feed a" for "Feed ab".
    """
    if not name.strip():
        return []
    subscriptions = list(subscriptions)
    key, wanted = feed_key(name), name.strip().casefold()
    tests: tuple[Callable[[Subscription], bool], ...] = (
        lambda each: feed_key(each.url) == key,
        lambda each: redact_address(each.url) == name.strip(),
        lambda each: each.title.casefold() == wanted,
        lambda each: any(_has_tag(tag.casefold(), wanted, scope) for tag in each.tags),
        lambda each: _is_part(wanted, each, scope),
    )
    found = ([each for each in subscriptions if test(each)] for test in tests)
    return next(filter(None, found), [])


def _has_tag(tag: str, wanted: str, scope: MatchScope) -> bool:
    return tag == wanted or (scope is not MatchScope.HOST and tag.startswith(f"{wanted}/"))


def _is_part(name: str, feed: Subscription, scope: MatchScope) -> bool:
    if scope is MatchScope.HOST:
        return name == (urlsplit(feed.url).hostname or "")
    text = f"{feed.title}\n{redact_address(feed.url)}".casefold()
    if scope is MatchScope.ANY:
        return name in text
    whole = rf"(?<!\w){re.escape(name)}(?!\w)"
    return "://" not in name and re.search(whole, text) is not None


def rename_tag(file: Path, old: str, new: str) -> None:
    """Rename a tag and those below it ("News/Europe" with "News"); "" removes it."""
    changed: dict[str, Mapping[str, object]] = {}
    for subscription in FEEDS.load(file)[0]:
        tags = tuple(dict.fromkeys(replace_tag(tag, old, new) for tag in subscription.tags))
        if tags != subscription.tags:
            changed[subscription.url] = {"tags": tuple(filter(None, tags))}
    FEEDS.edit_many(file, RowEdits(changed=changed))


def replace_tag(tag: str, old: str, new: str) -> str:
    """Return a tag after a tag, itself or one above it, was renamed or, by "", removed (pure)."""
    if tag == old:
        return new
    below = tag.removeprefix(f"{old}/")
    return (f"{new}/{below}" if new else below) if below != tag else tag
