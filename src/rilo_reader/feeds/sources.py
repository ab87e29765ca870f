"""Sources of feeds besides feeds.toml, which plugins bring; users call each an account.

feeds.toml is not one of them: pausing, muting and intervals exist only there. Sources are changed
first, and feeds.toml only if all went well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rilo_reader.config import Config, SettingsProblem
from rilo_reader.feeds.ledger import ledger_file
from rilo_reader.feeds.progress import FeedProgress
from rilo_reader.feeds.status import (
    AccountFeeds,
    FeedStatus,
    apply_mutes,
    read_feed_statuses,
    read_sources_by_tag,
)
from rilo_reader.feeds.subscriptions import load
from rilo_reader.library import LibraryError
from rilo_reader.paths import Paths, library_name
from rilo_reader.plugin_list import plugins_with

if TYPE_CHECKING:
    from rilo_reader.feeds.update_session import UpdateSession
    from rilo_reader.fetch.messages import ServerClient
    from rilo_reader.store.state import State

# Feeds are named by their addresses: one that is added again may have another id.


class FeedAddition(NamedTuple):
    """Follow a feed; "" as its title is its own, no category is that of the source."""

    url: str
    title: str = ""
    categories: tuple[str, ...] = ()


class FeedRename(NamedTuple):
    """Give a feed another title."""

    url: str
    title: str


class FeedMove(NamedTuple):
    """File a feed under other categories, instead of all it is filed under."""

    url: str
    categories: tuple[str, ...]


class FeedRemoval(NamedTuple):
    """Stop following a feed; its articles stay here."""

    url: str


FeedChange = FeedAddition | FeedRename | FeedMove | FeedRemoval


class ChangeOutcome(NamedTuple):
    """The outcome of a change."""

    undo: FeedChange | None = None  # None: there was nothing to do
    error: str = ""  # why it failed, or ""


class FeedChangeError(LibraryError):
    """A feed of a source could not be changed; the message says why, and what to do."""

    def __init__(self, message: str, *, is_offline: bool = False) -> None:
        super().__init__(message)
        self.is_offline = is_offline  # whether the source could not be reached


class SourceUpdate(Protocol):
    """The part of a source in one refresh."""

    progress: FeedProgress  # before it runs

    @property
    def warning(self) -> str:
        """The warning to show before the update, or ""."""

    async def run(
        self, session: UpdateSession, report: Callable[[FeedProgress], None]
    ) -> FeedProgress:
        """Fetch what is new; report progress, and return the final one; raises LibraryError."""


class FeedSource(Protocol):
    """Feeds that are followed elsewhere. Every method may block, and raises LibraryError."""

    name: str  # what the user calls it
    description: str  # where it is, and whose
    check_command: str  # a command line that tells what is wrong with it
    has_one_category: bool  # whether each feed there is in exactly one
    can_add_feeds: bool  # whether feeds can be followed there

    def read_feeds(self) -> AccountFeeds:
        """Return its feeds as they were last known; asks nobody."""

    def apply_changes(
        self, changes: Sequence[FeedChange], on_progress: Callable[[int], object] = lambda _: None
    ) -> list[ChangeOutcome]:
        """Apply changes; one that fails stops no other. `on_progress` gets how many are done."""

    def join_update(
        self, marks: State, client: ServerClient
    ) -> AbstractContextManager[SourceUpdate]:
        """Take part in a refresh while the context is open; `marks` are those of the library."""

    def remove(self) -> Callable[[], None]:
        """Stop following the source, whose articles stay; return a function that undoes it."""


class FeedSources(NamedTuple):
    """Sources, and what is wrong with the settings of others."""

    sources: tuple[FeedSource, ...] = ()
    problems: tuple[SettingsProblem, ...] = ()
    add_command: str = ""  # a command line that adds one; "" if there can be none

    def find_source(self, name: str) -> FeedSource:
        """Return the source of a name; raises FeedChangeError if it is gone meanwhile."""
        for source in self.sources:
            if source.name == name:
                return source
        raise FeedChangeError(f"there is no longer an account {name}.")


class _SourcePlugin(Protocol):
    def feed_sources(self, folder: Path, paths: Paths, config: Config) -> FeedSources | None: ...


def feed_sources(folder: Path, paths: Paths, config: Config) -> FeedSources:
    """Return the sources of all plugins for a library."""
    asked = (one.feed_sources(folder, paths, config) for one in plugins_with(_SourcePlugin))
    found = [each for each in asked if each is not None]
    return FeedSources(
        tuple(source for each in found for source in each.sources),
        tuple(problem for each in found for problem in each.problems),
        next((each.add_command for each in found), ""),
    )


class FollowedFeeds(NamedTuple):
    """All feeds with their status, and the accounts that follow some of them."""

    statuses: Sequence[FeedStatus] = ()
    faults: Sequence[str] = ()  # what is wrong with the settings, a sentence each
    accounts: Sequence[tuple[FeedSource, AccountFeeds]] = ()


def read_followed(folder: Path, paths: Paths, config: Config, now: datetime) -> FollowedFeeds:
    """Read the feeds of feeds.toml and of accounts as they are now; raises LibraryError."""
    feeds_here, problems = load(paths.feeds_file)
    accounts, more_problems, _ = feed_sources(folder, paths, config)
    of_accounts = [account.read_feeds() for account in accounts]
    feeds = read_feed_statuses(folder, paths, feeds_here, now, of_accounts)
    faults = [each.short_message for each in (*problems, *more_problems)]
    # An account that has never been in step has no feeds that could show its problem.
    faults += [
        f"{each.name}: {each.problem}" for each in of_accounts if each.problem and not each.feeds
    ]
    known = list(zip(accounts, of_accounts, strict=True))
    return FollowedFeeds(apply_mutes(feeds, config.mutes), faults, known)


def read_feeds_of(folder: Path, paths: Paths, config: Config, now: datetime) -> FollowedFeeds:
    """Read the feeds whose articles are in a folder: of the user's library, or fetched into it.

    `folder` is absolute and without links, as that of a `Library`; raises LibraryError.
    """
    is_own = folder == config.first_library(paths).expanduser().resolve()
    if is_own or ledger_file(folder, paths).exists():
        return read_followed(folder, paths, config, now)
    return FollowedFeeds()


class TagReader:
    """Reads which sources have which tags (`ArticleSearch.read_tags`) once for each change."""

    def __init__(self, folder: Path, paths: Paths, config: Config) -> None:
        self._folder, self._paths, self._config = folder, paths, config
        self._known: tuple[object, Mapping[str, Sequence[str]]] | None = None

    def __call__(self) -> Mapping[str, Sequence[str]]:
        """Return the sources by tag as feeds.toml and accounts have them now."""
        stamps, known = sorted(self._iter_stamps()), self._known
        if known is None or known[0] != stamps:
            accounts = feed_sources(self._folder, self._paths, self._config).sources
            feeds = load(self._paths.feeds_file)[0], [each.read_feeds() for each in accounts]
            known = self._known = stamps, read_sources_by_tag(self._folder, self._paths, *feeds)
        return known[1]

    def _iter_stamps(self) -> Iterator[tuple[Path, int, int]]:
        """Yield what changes with the settings, and with records of the library but its marks."""
        name = library_name(self._folder.expanduser().resolve())
        records = self._paths.state.glob(f"{name}.*.db*")
        for file in (*self._paths.config.glob("*.toml"), *records):
            with suppress(OSError):
                stamp = file.stat()
                if stamp.st_size and not file.name.endswith("-shm"):
                    yield file, stamp.st_mtime_ns, stamp.st_size
