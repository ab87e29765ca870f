"""The settings and what can be wrong with them, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple


class MarkRead(StrEnum):
    """When an article counts as read without being asked."""

    OPENED = "opened"
    END = "end"
    BY_HAND = "by hand"


class SavedSearch(NamedTuple):
    """A query that the user gave a name; `rilo-reader search @name` runs it."""

    name: str
    query: str


class Mute(NamedTuple):
    """A query whose articles are hidden; until the end of a day, or for ever where it is None."""

    query: str
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it hides articles on this day."""
        return self.until is None or day <= self.until


class Config(NamedTuple):
    """Every setting, with its default.

    Attributes:
        theme: name of a theme, ours ("ink", "paper") or Textual's.
        width: widest line of an article, in terminal cells (20 to 200).
        date_format: "human", "iso", or a strftime pattern.
        mark_read: when an article counts as read.
        mark_read_after: seconds an article stays open before MarkRead.OPENED counts.
        drafts: whether articles with `draft: true` are shown.
        folders: libraries; the first opens when none is named on the command line.
        keys: command id -> the keys that replace its default ones, in Textual's names; none
            where the command is to have no key. See commands.effective_keys.
        history: whether searches are remembered.
        fetch_together: addresses fetched at one time (1 to 256).
        fetch_per_host: of them from one host (1 to 32).
        fetch_megabytes: largest answer that is taken, also when unpacked (1 to 1000).
        fetch_seconds: longest that one answer may take (1 to 3600).
        refresh_every: minutes between two refreshes while the reader is open; 0 for none.
        searches: saved searches, in the user's order; no two names differ by case only.
        mutes: what is hidden, also mutes that are over.
    """

    theme: str = "ink"
    width: int = 80
    date_format: str = "human"
    mark_read: MarkRead = MarkRead.OPENED
    mark_read_after: float = 2.0
    drafts: bool = False
    folders: tuple[Path, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    history: bool = True
    fetch_together: int = 32
    fetch_per_host: int = 2
    fetch_megabytes: int = 20
    fetch_seconds: int = 60
    refresh_every: int = 0
    searches: tuple[SavedSearch, ...] = ()
    mutes: tuple[Mute, ...] = ()


class SettingsProblem(NamedTuple):
    """One thing wrong in settings.toml; the default stands in for it.

    Attributes:
        file: the settings file.
        line: 1-based, 0 where the whole file is meant.
        key: dotted key such as "keys.next_article", "" where the file itself cannot be read.
        reason: one sentence that says what is wrong and what would be right.
        choices: the names there are, where the key is none of them.
    """

    file: Path
    line: int
    key: str
    reason: str
    choices: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The problem with its place, as "/…/settings.toml, line 3, width: …"."""
        return self._sentence(str(self.file))

    @property
    def short(self) -> str:
        """The same where there is little room and one settings file, without its folder."""
        return self._sentence(self.file.name)

    def _sentence(self, file: str) -> str:
        place = [file]
        if self.line:
            place.append(f"line {self.line}")
        if self.key:
            place.append(self.key)
        return f"{', '.join(place)}: {self.reason}"


def find_search(searches: Iterable[SavedSearch], name: str) -> SavedSearch | None:
    """The saved search of a name; case does not matter, nor an "@" in front."""
    wanted = name.strip().removeprefix("@").casefold()
    return next((search for search in searches if search.name.casefold() == wanted), None)
