"""Translate newsboat's settings, `config`, as far as they have an equivalent (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from shlex import quote
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.commands import commands_by_id, effective_keys
from rilo_reader.config.model import Config, SavedSearch
from rilo_reader.keys import KeyNameError, key_name
from rilo_reader.plugins.importers.newsboat.filters import (
    Addresses,
    NoCounterpartError,
    Sources,
    to_query,
)
from rilo_reader.text import clean_line, clean_text, redact_address


class NewsboatFilter(NamedTuple):
    """A filter in newsboat's syntax."""

    place: str  # where it stands and what it is: "config, line 3: the filter"
    name: str  # name of a defined filter or a query feed; "" for ignored articles
    expression: str
    feed: str = ""  # the address of the only feed it is for, as written; "" for all


SERVICES = {
    "miniflux": ("miniflux", ""),
    "freshrss": ("greader", ""),
    "feedhq": ("greader", "https://feedhq.org"),
    "oldreader": ("greader", "https://theoldreader.com"),
    "bazqux": ("greader", "https://bazqux.com"),
}
"""Services that `urls-source` can name -> what `account add` calls them, address of the server."""

_HOOKS = "put it on a key with [[commands]] in settings.toml, as docs/hooks.md shows"
SETTINGS_HINTS: Mapping[str, str] = {
    "macro": f"runs several operations, which keys of rilo-reader cannot; for a program, {_HOOKS}",
    "bookmark-cmd": f'runs a program: {_HOOKS}: run = [PROGRAM, "{{url}}", "{{title}}"]',
    "player": f'runs a program: {_HOOKS}: run = ["mpv", "--", "{{enclosure}}"], terminal = true',
    "notify-program": "runs a program for new articles: use [[on_new]] in settings.toml, as "
    "docs/hooks.md shows; it gets the articles as JSON lines on standard input",
    "browser": "names a program: set the environment variable BROWSER, which o uses",
    "article-sort-order": "is set otherwise: O changes the order of a source, and "
    'sort = "oldest" in settings.toml that of all',
    "unbind-key": "is not supported: keys are set below [keys] in settings.toml",
}
"""Settings with an equivalent of another form, and the rest of a sentence that says which."""


OPERATIONS: Mapping[str, str] = {
    "open": "open", "quit": "back", "hard-quit": "quit", "reload-all": "refresh",
    "reload": "refresh", "mark-feed-read": "all_read", "next-unread": "next_hit",
    "mark-all-above-as-read": "above_read", "prev-unread": "previous_hit",
    "next": "next_article", "prev": "previous_article", "save": "export",
    "next-feed": "next_source", "prev-feed": "previous_source",
    "next-unread-feed": "next_source", "prev-unread-feed": "previous_source",
    "open-in-browser": "browser", "help": "help", "toggle-article-read": "read",
    "show-urls": "links", "goto-url": "links", "open-search": "search", "set-filter": "search",
    "select-filter": "saved_searches", "set-tag": "facets", "edit-flags": "tags",
    "toggle-show-read-feeds": "toggle_unread", "up": "up", "down": "down", "pageup": "page_up",
    "pagedown": "page_down", "halfpageup": "half_up", "halfpagedown": "half_down", "home": "top",
    "end": "bottom",
}  # fmt: skip
"""newsboat's operations, and our equivalent commands.

Its `quit` is one step back, and leaves only from the list of feeds, its first dialog: `back` here,
except for the key `q`, which users expect to leave the program.
"""

_KEYS = {"PPAGE": "pageup", "NPAGE": "pagedown", "SPACE": "space", "ESC": "escape"}
_DIALOGS = frozenset(
    {"all", "feedlist", "articlelist", "article", "searchresultslist", "everywhere"}
)
_LISTS = frozenset({"feedlist", "articlelist", "searchresultslist"})
_EVERYWHERE = frozenset({"all", "everywhere"})
_IN_LISTS = {"next": "down", "prev": "up"}
"""In lists, "next" is the entry below."""


class NewsboatConfig:
    """The settings of newsboat that matter here, read from one file after another."""

    def __init__(self) -> None:
        self.values: dict[str, int | str | bool] = {}  # ours
        # Flags that stand for a star, as at services that newsboat syncs with.
        self.star_flags = ""
        self.filters: list[NewsboatFilter] = []
        self.ignored_filters: list[NewsboatFilter] = []  # of articles to hide, of all feeds
        self.files: dict[str, str] = {}  # as written: of "cache-file" and "cookie-cache"
        self.source = "local"  # where newsboat gets its list of feeds
        self.logins: dict[str, str] = {}  # addresses and user names of services: "miniflux-url"
        self.skipped_lines: list[str] = []  # a sentence for each setting without an equivalent
        self._includes: list[str] = []
        self._bound_keys: dict[str, str] = {}
        self._keys_everywhere: set[str] = set()
        self._reloads = False
        self._minutes = 60

    def parse_config(self, text: str) -> list[str]:
        """Read the text of a `config`; nothing in it is executed or opened.

        Returns further files, as written.
        """
        self._includes = []
        for line in split_lines(clean_text(text), comments=True):
            self._parse_line(line)
        if self._reloads and self._minutes:
            self.values["refresh_every"] = self._minutes
        return self._includes

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """Keys of each command in Textual's names: newsboat's, then our own that are free."""
        theirs: dict[str, tuple[str, ...]] = {}
        for key, command in self._bound_keys.items():
            theirs[command] = (*theirs.get(command, ()), key)
        return {
            command: (
                *keys,
                *(key for key in commands_by_id()[command].keys if key not in self._bound_keys),
            )
            for command, keys in theirs.items()
        }

    def _skip_line(self, line: ConfigLine, reason: str) -> None:
        """Report an unsupported setting by name only: its value may be a password."""
        name = clean_line(line.words[0], 60)
        self.skipped_lines.append(f"config, line {line.number}: {name} {reason}.")

    def _parse_line(self, line: ConfigLine) -> None:
        name, *values = line.words
        place = f"config, line {line.number}: the filter"
        if line.runs:
            self._skip_line(line, "takes its value from a command, and rilo-reader runs none")
        elif name in ("bind-key", "bind"):
            self._parse_binding(line, values)
        elif name in SETTINGS_HINTS:
            self._skip_line(line, SETTINGS_HINTS[name])
        elif name == "urls-source" and values:
            self.source = clean_line(values[0], 40)
        elif re.fullmatch("[a-z]+-(?:url|login)", name) and values:
            self.logins[name] = clean_line(values[0], 2000)
        elif name.endswith("-flag-star") and values:
            self.star_flags += "".join(letter for letter in values[0][:1] if letter.isalpha())
        elif name == "define-filter" and len(values) == 2:
            self.filters.append(NewsboatFilter(place, clean_line(values[0], 80), values[1]))
        elif name == "ignore-article" and len(values) == 2:
            feed = "" if values[0] == "*" else values[0]
            self.ignored_filters.append(NewsboatFilter(place, "", values[1], feed))
        elif name == "include" and values:
            self._includes.append(values[0])
        elif name in ("cache-file", "cookie-cache") and values:
            self.files[name] = values[0]
        elif not self._parse_value(name, values):
            self._skip_line(line, "is not supported")

    def _parse_value(self, name: str, values: list[str]) -> bool:
        """Read one of our settings; return False if it is not one."""
        value = values[0] if values else ""
        if name == "text-width" and value.isdecimal() and 20 <= int(value[:9]) <= 200:
            self.values["width"] = int(value)
        elif name == "datetime-format" and "%" in value and "%L" not in value:
            self.values["date_format"] = clean_line(value, 80)
        elif name == "history-limit" and value.isdecimal():
            self.values["history"] = int(value[:9]) > 0
        elif name == "auto-reload" and value in ("yes", "no"):
            self._reloads = value == "yes"
        elif name == "reload-time" and value.isdecimal():
            self._minutes = int(value[:6])
        elif name == "reload-threads" and value.isdecimal() and 1 <= int(value[:6]) <= 256:
            self.values["fetch_together"] = int(value)
        else:
            return False
        return True

    def _parse_binding(self, line: ConfigLine, values: list[str]) -> None:
        """Read a binding: `bind-key KEY OPERATION [DIALOG]` or `bind KEY DIALOGS OPERATION …`."""
        if len(values) < 2:
            self._skip_line(line, "is not understood")
            return
        if line.words[0] == "bind":
            dialogs, operation = values[1].split(","), values[2] if len(values) > 2 else ""
        else:
            dialogs, operation = values[2:3] or ["all"], values[1]
        named = frozenset(dialog.strip() for dialog in dialogs)
        command = OPERATIONS.get(operation)
        if named <= _LISTS:
            command = _IN_LISTS.get(operation, command)
        if operation == "quit" and values[0] == "q":
            command = "quit"
        shown = clean_line(operation, 40)
        if not _DIALOGS & named:
            self._skip_line(
                line, f"binds a key in a dialog that rilo-reader does not have ({shown})"
            )
        elif command is None or command not in commands_by_id() or ";" in "".join(values[2:]):
            self._skip_line(line, f"binds an operation that rilo-reader does not have ({shown})")
        else:
            self._add_key(line, values[0], command, everywhere=bool(named & _EVERYWHERE))

    def _add_key(self, line: ConfigLine, text: str, command: str, *, everywhere: bool) -> None:
        """Bind a key; here bindings are the same in all dialogs."""
        if text.startswith("<") and text.endswith(">") and len(text) > 2:
            text = text[1:-1].replace("C-", "ctrl+").replace("S-", "shift+")
        try:
            key = key_name(_KEYS.get(text, text.lower() if len(text) > 1 else text))
        except KeyNameError as error:
            self._skip_line(line, f"binds a key that rilo-reader cannot use: {error}")
            return
        if everywhere or key not in self._keys_everywhere:
            self._bound_keys[key] = command
        if everywhere:
            self._keys_everywhere.add(key)


def find_keys_to_set(found: NewsboatConfig, config: Config) -> dict[str, tuple[str, ...]]:
    """Return the keys to set: not those that the user has set here, or that are defaults."""
    now = effective_keys(config.keys)
    taken = {key for keys in config.keys.values() for key in keys}
    wanted: dict[str, tuple[str, ...]] = {}
    for command, keys in found.keys.items():
        free = tuple(key for key in keys if key not in taken)
        if command not in config.keys and set(free) != set(now[command]):
            wanted[command] = free
    return wanted


def commands_without_key(
    own: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """Return the titles of commands that lose their last key when more keys are set."""
    before, after = effective_keys(own), effective_keys({**own, **more})
    lost = (name for name, keys in after.items() if before[name] and not keys)
    return [commands_by_id()[name].title for name in lost]


def describe_service(config: NewsboatConfig) -> str:
    """Return what to do instead where newsboat reads the feeds of a service; "" for `urls`."""
    source = config.source
    if source == "local":
        return ""
    ignored = f"newsboat gets its feeds from “{source}”, not from urls, so these are not followed"
    if source == "opml":
        return f"{ignored}: save that list and run: rilo-reader import FILE.opml"
    if source not in SERVICES:
        return f"{ignored}; rilo-reader cannot sync with that service"
    api, server = SERVICES[source]
    url = redact_address(config.logins.get(f"{source}-url") or server) or "URL"
    user = config.logins.get(f"{source}-login") or "NAME"
    # The address is last: before a name with an @, it would look like an address with a login.
    command = f"rilo-reader account add {api} --user {quote(user)} {quote(url)}"
    return f"{ignored}. To follow the account: {command}"


def to_queries(
    expressions: Iterable[NewsboatFilter],
    star: str,
    sources: Sources,
    source_of: Callable[[str], str | None] = lambda feed: None,
    addresses: Addresses = MappingProxyType({}),
) -> tuple[list[SavedSearch], list[str]]:
    """Translate filters; return the searches, and a sentence for each one without an equivalent.

    `source_of` returns the name of a feed by its address, None if it is not followed; `addresses`
    has those of all.
    """
    found, faults, names = [], [], set()
    for place, name, expression, feed in expressions:
        try:
            query = to_query(expression, star, sources, addresses)
            if feed:
                query = _restrict_to_feed(feed, query, source_of)
            search = SavedSearch(name, query)
        except NoCounterpartError as error:
            shown = name or clean_line(expression, 60)
            faults.append(f"{place} “{shown}” cannot be converted ({error}).")
            continue
        if name and name.casefold() in names:
            faults.append(f"{place} “{name}” has the same name as another.")
            continue
        names.add(name.casefold())
        found.append(search)
    return found, faults


def _restrict_to_feed(feed: str, query: str, source_of: Callable[[str], str | None]) -> str:
    """Return a query for one feed only; raises NoCounterpartError if it is not followed."""
    name = source_of(feed)
    if name is None or '"' in name:
        raise NoCounterpartError(f"“{clean_line(redact_address(feed), 80)}” is not a feed of urls")
    return f'source:="{name}" ' + (f"({query})" if " " in query else query)


class ConfigLine(NamedTuple):
    """A line with content."""

    number: int  # 1-based
    words: tuple[str, ...]  # at least one
    runs: bool = False  # whether it contains a shell command (in backticks)


LINE_LIMIT = 100_000  # maximum number of lines of a file, and of characters in a line
_QUOTED_WORD = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|$)')
_BARE = re.compile(r"(?:[^\s\"]|(?<=.)\")+")
_WORD_BEFORE_COMMENT = re.compile(r"(?:[^\s\"\\#]|\\\S?|(?<=.)\")+")
_ESCAPE = re.compile(r"\\(.)")
_COMMAND = re.compile(r"(?<!\\)`[^`]*`")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def split_lines(text: str, *, comments: bool) -> list[ConfigLine]:
    """Split the lines of a file into words.

    A # outside quotes begins a comment: with `comments`, as in `config`, anywhere; in `urls`, where
    addresses have it, only at the start of a word.
    """
    found = []
    number, pending, begun = 0, "", 0
    for line in text.splitlines()[:LINE_LIMIT]:
        number += 1
        begun = begun if pending else number
        whole = pending + line[:LINE_LIMIT]
        if comments and whole.endswith("\\") and len(whole) < LINE_LIMIT:
            pending = whole[:-1]
            continue
        pending = ""
        words = _split_words(whole, comments=comments)
        if words:
            found.append(ConfigLine(begun, words, comments and _COMMAND.search(whole) is not None))
    return found


def _split_words(line: str, *, comments: bool) -> tuple[str, ...]:
    if line.lstrip().startswith("#"):
        return ()
    words: list[str] = []
    index = 0
    while index < len(line):
        character = line[index]
        if character.isspace():
            index += 1
        elif character == "#":
            break
        elif character == '"':
            quoted = _QUOTED_WORD.match(line, index)
            if quoted is None:
                break
            words.append(unescape_quoted(quoted[1]))
            index = quoted.end()
        else:
            bare = (_WORD_BEFORE_COMMENT if comments else _BARE).match(line, index)
            end = bare.end() if bare else index + 1
            words.append(line[index:end])
            index = end
    return tuple(words)


def unescape_quoted(text: str) -> str:
    """Return the content of quotes without escapes."""
    return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), text)
