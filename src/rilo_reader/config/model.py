"""`Config` and the values in it, and problems of settings."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self, TypeVar

from rilo_reader.paths import Paths
from rilo_reader.third_parties import warn_of_old_name

Values = TypeVar("Values")


class MarkRead(StrEnum):
    """When an article is marked as read automatically."""

    OPENED = "opened"
    END = "end"
    BY_HAND = "by hand"


class ListOrder(StrEnum):
    """The order of lists whose query says none."""

    NEWEST = "newest"
    OLDEST = "oldest"


class SavedSearch(NamedTuple):
    """A query with a name; `rilo-reader search @name` runs it."""

    name: str
    query: str


class Mute(NamedTuple):
    """A query whose articles are hidden, until the end of a day, or forever if that is None."""

    query: str
    until: date | None = None

    def is_active(self, day: date) -> bool:
        """Return whether it is in effect on a day."""
        return self.until is None or day <= self.until


class ArrivalRule(NamedTuple):
    """A query, and what is done with the articles that it finds: once as they come, or later."""

    name: str
    query: str
    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()
    read_after: str = ""  # the age at which unread ones become read, such as "14d"; "" for none
    keep_unread: int = 0  # how many of them stay unread, the newest; 0 for all


AUTO = "auto"  # the theme that goes with the background of the terminal


class Config(NamedTuple):
    """Every setting, with its default."""

    theme: str = AUTO  # AUTO (ink or paper), or the name of a theme
    width: int = 80  # widest line of an article, in terminal cells (20 to 200)
    date_format: str = "human"  # "human", "iso", or a strftime pattern
    title_rows: int = 0  # most lines of a title in the list, 1 to 3; 0: by its width
    sort: ListOrder = ListOrder.NEWEST
    mark_read: MarkRead = MarkRead.OPENED  # when an article counts as read
    mark_read_after: float = 2.0  # seconds an article stays open before MarkRead.OPENED counts
    drafts: bool = False  # whether articles with `draft: true` are shown
    # whether files of a git checkout without a date get that of the commit that added them
    git_dates: bool = True
    folders: tuple[Path, ...] = ()  # libraries; see `first_library`
    # Command id -> keys that replace its default ones, in Textual's names; an empty tuple for no
    # key. See `commands.effective_keys`.
    keys: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    history: bool = True  # whether searches are stored
    fetch_together: int = 32  # concurrent requests (1 to 256)
    fetch_per_host: int = 2  # concurrent requests to one host (1 to 32)
    fetch_megabytes: int = 20  # size of the largest response, also decompressed (1 to 1000)
    fetch_seconds: int = 60  # longest duration of one request (1 to 3600)
    refresh_every: int = 0  # minutes between two refreshes while the reader is open; 0 for none
    # saved searches, in the user's order; names are unique regardless of case
    searches: tuple[SavedSearch, ...] = ()
    mutes: tuple[Mute, ...] = ()  # mutes, also those that have expired
    # folder, in a library or absolute -> name of the dialect of its texts; see `dialects.sites`
    dialects: Mapping[str, str] = MappingProxyType({})
    plugins: tuple[str, ...] = ()  # modules of others that are plugins
    rules: tuple[ArrivalRule, ...] = ()  # what is done with articles that arrive
    # the settings of plugins, by the class that each has for them
    of_plugins: Mapping[type[Any], Any] = MappingProxyType({})

    def plugin_values(self, kind: type[Values]) -> Values:
        """The settings of a plugin, which has the class `kind` for them."""
        return self.of_plugins.get(kind) or kind()

    def of(self, kind: type[Values]) -> Values:
        """The old name of `plugin_values`, for one release."""
        warn_of_old_name("a plugin", "Config.of", "Config.plugin_values")
        return self.plugin_values(kind)

    def with_plugin_values(self, values: object) -> Self:
        """The same settings, but for those of a plugin."""
        return self._replace(of_plugins={**self.of_plugins, type(values): values})

    def first_library(self, paths: Paths) -> Path:
        """The library that opens where none is named, into which feeds and accounts are fetched."""
        return self.folders[0] if self.folders else paths.default_library


class SettingsProblem(NamedTuple):
    """A problem in settings.toml; the setting has its default instead."""

    file: Path  # the settings file
    line: int  # 1-based line, 0 for the whole file
    key: str  # dotted key such as "keys.next_article", "" if the file cannot be read
    reason: str  # one sentence that says what is wrong and what would be right
    choices: tuple[str, ...] = ()  # the names of all settings, if there is no such key
    # Whether the file may say something else than was meant, so that nothing may be changed; and
    # whether it is not known which library was meant.
    is_grave: bool = False
    hides_library: bool = False

    @property
    def message(self) -> str:
        """The problem with its location, such as "/…/settings.toml, line 3, width: …"."""
        return str(self.file).removesuffix(self.file.name) + self.short_message

    @property
    def short_message(self) -> str:
        """The same as `message`, without the folder of the file."""
        line = f"line {self.line}" if self.line else ""
        return f"{', '.join(filter(None, (self.file.name, line, self.key)))}: {self.reason}"


def find_search(searches: Iterable[SavedSearch], name: str) -> SavedSearch | None:
    """The saved search with a name, ignoring case and a leading "@"."""
    folded = name.strip().removeprefix("@").casefold()
    return next((search for search in searches if search.name.casefold() == folded), None)


def queries_by_name(searches: Iterable[SavedSearch]) -> Mapping[str, str] | None:
    """The saved searches, name -> query, as `parse` takes them; None if none, and @ is a letter."""
    return {search.name: search.query for search in searches} or None
