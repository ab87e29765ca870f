"""Choose and open the library that a verb works on; select feeds; show progress."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.cli.output import PROGRAM, UsageError, errors

if TYPE_CHECKING:
    from rilo_reader.config import Config
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.fetch.client import HttpClient
    from rilo_reader.library import Library, Progress
    from rilo_reader.library.values import Pace
    from rilo_reader.paths import Paths


class Choice(NamedTuple):
    """The folder to open.

    Attributes:
        folder: the folder, absolute.
        instead_of: the user's folder, if it has no articles and the guide that ships with the
            program is opened instead; else None.
        missing: whether that folder is named in settings.toml but does not exist.
    """

    folder: Path
    instead_of: Path | None = None
    missing: bool = False

    @property
    def hint(self) -> str:
        """A line for the user on why this is not their folder, "" if it is."""
        if self.instead_of is None:
            return ""
        if self.missing:
            return f"This is the guide: {self.instead_of}, named in settings.toml, is not there."
        return "This is the guide. To read your own articles: rilo-reader FOLDER"


def named(name: str, verbs: Sequence[str] = ()) -> Path:
    """The folder named by an argument.

    Raises:
        UsageError: there is no such folder; the message has a suggestion.
    """
    # pathlib takes "" for the current folder, but here it is an empty shell variable.
    folder = Path(name).expanduser().absolute() if name else None
    if folder is not None and folder.is_dir():
        return folder
    if folder is not None and folder.is_file():
        raise UsageError(f"'{name}' is a file, not a folder. To read it: rilo-reader show '{name}'")
    raise UsageError(_unknown(name, verbs))


def _unknown(name: str, verbs: Sequence[str]) -> str:
    if name and Path(name).name != name:
        return _unknown_path(name)
    if not verbs:
        return f"there is no folder '{name}'."
    from difflib import get_close_matches

    options = {"help": "rilo-reader --help", "version": "rilo-reader --version"}
    if name in options:
        return f"'{name}' is no folder. Did you mean {options[name]}?"
    close = get_close_matches(name.lower(), verbs, n=1)
    if close:
        return f"'{name}' is neither a folder nor a command. Did you mean rilo-reader {close[0]}?"
    return (
        f"'{name}' is neither a folder nor a command. "
        f"To find articles about it: rilo-reader search '{name}'"
    )


def _unknown_path(name: str) -> str:
    """A message for a path that does not exist: the part that does, and a similar name there."""
    from difflib import get_close_matches

    from rilo_reader.text import clean_line

    missing = absolute = Path(name).expanduser().absolute()
    while not missing.parent.exists() and missing.parent != missing:
        missing = missing.parent
    parent, problem = missing.parent, f"there is no folder '{name}'"
    where = clean_line(str(parent), 4_000)
    if not parent.is_dir():
        return f"{problem}: {where} is a file."
    try:
        folders = [each.name for each in parent.iterdir() if each.is_dir()]
    except OSError as error:
        return f"{problem}: {where} cannot be read ({error.strerror})."
    close = get_close_matches(missing.name, folders, n=1)
    if not close:
        return f"{problem}: {where} has no '{missing.name}'."
    suggestion = parent / close[0] / absolute.relative_to(missing)
    if not suggestion.is_dir():
        suggestion = parent / close[0]
    return f"{problem}. Did you mean {clean_line(str(suggestion))}?"


def too_many(words: Sequence[str], verbs: Sequence[str]) -> UsageError:
    """The error for more than one folder, or for a name with spaces that was not quoted."""
    absolute = " ".join(words)
    if Path(absolute).is_dir():
        return UsageError(f"quote a name with spaces: rilo-reader '{absolute}'")
    if not Path(words[0]).is_dir():
        return UsageError(_unknown(words[0], verbs))
    return UsageError("one folder at a time: rilo-reader [FOLDER]. See rilo-reader --help")


def choose(name: str | None, config: Config, paths: Paths, verbs: Sequence[str] = ()) -> Choice:
    """The named folder, else the first in the settings, else the default library.

    If none is named and that folder has no articles, the guide is opened instead.

    Raises:
        UsageError: the named folder does not exist.
    """
    from rilo_reader.paths import shipped_articles

    if name is not None:
        return Choice(named(name, verbs))
    folder = config.folders[0] if config.folders else paths.default_library
    if holds_articles(folder):
        return Choice(folder)
    missing = bool(config.folders) and not folder.is_dir()
    return Choice(shipped_articles(), instead_of=folder, missing=missing)


def holds_articles(folder: Path, most: int = 10_000) -> bool:
    """Whether a folder or its subfolders have an article among their first `most` entries."""
    from rilo_reader.store.file_names import is_left_out
    from rilo_reader.store.folder import is_article_file

    pending, seen = [folder], 0
    while pending:
        try:
            entries = [each for each in pending.pop().iterdir() if not is_left_out(each.name)]
        except OSError:
            continue
        for entry in entries:
            if is_article_file(entry):
                return True
            if entry.is_dir() and not entry.is_symlink():
                pending.append(entry)
        seen += len(entries)
        if seen > most:
            # A folder with so many files is in use; do not show the guide instead.
            return True
    return False


def user_settings() -> Config:
    """The user's settings; problems in them are ignored, since `doctor` reports them."""
    from rilo_reader import config as settings
    from rilo_reader.paths import user_paths

    return settings.load(user_paths().settings_file)[0]


@contextmanager
def opened(name: str | None, *, current: bool = True) -> Iterator[Library]:
    """Open the library of a verb, and bring its index up to date unless `current` is False.

    Raises:
        UsageError: the named folder does not exist.
        LibraryError: the folder cannot be read.
    """
    from rilo_reader import config as settings
    from rilo_reader.library import LibraryBusy, LibraryError, open_library
    from rilo_reader.paths import user_paths

    paths = user_paths()
    config, _ = settings.load(paths.settings_file)
    choice = choose(name, config, paths)
    if choice.missing:
        raise LibraryError(f"the folder {choice.instead_of}, named in settings.toml, is not there.")
    if choice.instead_of:
        errors().line(f"There are no articles in {choice.instead_of} yet: this is the guide.")
    # Output must not come partly from an index that was replaced by an empty one.
    with open_library(choice.folder, paths, drafts=config.drafts, fills_itself=True) as library:
        notices = library.notices
        for notice in notices:
            errors().line(notice)
        if current:
            try:
                follow(library)
            except LibraryBusy as busy:
                # Another process is writing the index; use what it has committed.
                errors().line(str(busy))
        yield library
        for notice in library.notices:
            if notice not in notices:
                errors().line(notice)  # new while in use


# -- collecting: the library to write to, and feeds by name ---------------------------------------


class Place(NamedTuple):
    """The library to collect into.

    Attributes:
        folder: the library, absolute; it may not exist yet.
        paths: the user's folders.
        config: the user's settings.
    """

    folder: Path
    paths: Paths
    config: Config

    @property
    def feeds_file(self) -> Path:
        """The user's feeds.toml."""
        from rilo_reader.feeds.subscriptions import feeds_file

        return feeds_file(self.paths)


def place(name: str | None) -> Place:
    """The library that a verb writes to: the named one, else the user's, which may not exist yet.

    Raises:
        UsageError: the named folder does not exist.
        LibraryError: the folder named in the settings does not exist.
    """
    from rilo_reader import config as settings
    from rilo_reader.library import LibraryError
    from rilo_reader.paths import user_paths

    paths = user_paths()
    config, _ = settings.load(paths.settings_file)
    if name is not None:
        return Place(named(name), paths, config)
    if config.folders:
        folder = config.folders[0]
        if not folder.is_dir():
            raise LibraryError(f"the folder {folder}, named in settings.toml, is not there.")
        return Place(folder, paths, config)
    return Place(paths.default_library, paths, config)


def subscriptions_of(where: Place) -> tuple[Subscription, ...]:
    """The user's subscriptions; problems in feeds.toml are printed on stderr.

    Raises:
        LibraryError: the problems leave no feed at all.
    """
    from rilo_reader.feeds.subscriptions import load
    from rilo_reader.library import LibraryError

    found, problems = load(where.feeds_file)
    sentences = [problem.sentence for problem in problems]
    if sentences and not found:
        raise LibraryError("\n".join(sentences))
    for sentence in sentences:
        errors().line(sentence)
    return found


def select_feeds(names: Sequence[str], subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """The subscriptions that arguments name, without duplicates.

    Raises:
        UsageError: an argument names none of them.
    """
    from rilo_reader.feeds.subscriptions import find

    found: dict[str, Subscription] = {}
    for name in names:
        several = find(subscriptions, name)
        if not several:
            raise UsageError(_unknown_feed(name, subscriptions))
        found.update((each.url, each) for each in several)
    return list(found.values())


def _unknown_feed(name: str, subscriptions: Sequence[Subscription]) -> str:
    from difflib import get_close_matches

    if not subscriptions:
        return f"you follow no feed yet. To follow one: {PROGRAM} add URL"
    if "://" in name:
        return f"you do not follow {name}. To follow it: {PROGRAM} add {quote(name)}"
    close = get_close_matches(name, [each.title for each in subscriptions], n=1)
    advice = f"Did you mean '{close[0]}'?" if close else f"{PROGRAM} feeds lists them all."
    return f"you follow no feed '{name}'. {advice}"


def fetcher_of(config: Config) -> HttpClient:
    """An HTTP client with the limits of the settings, to be used as a context manager."""
    from rilo_reader.fetch.client import HttpClient
    from rilo_reader.fetch.values import Limits

    limits = Limits(
        together=config.fetch_together,
        per_host=config.fetch_per_host,
        size=config.fetch_megabytes * 1_000_000,
        whole=float(config.fetch_seconds),
    )
    return HttpClient(limits)


# -- progress for people who wait -----------------------------------------------------------------

PATIENCE = 0.5
"""Seconds before progress is shown."""


def follow(
    library: Library, *, rebuild: bool = False, patience: float = PATIENCE
) -> Progress | None:
    """Reconcile, with a line of progress if it takes long and stderr is a terminal.

    Returns:
        The last report, or None.
    """
    from rilo_reader.library.values import Pace

    screen, pace = errors(), Pace()
    started = time.monotonic()
    shown, last = False, None
    try:
        for last in library.reconcile(rebuild=rebuild):
            pace.add(last)
            if screen.terminal and time.monotonic() - started > patience:
                shown = True  # set first, since Ctrl-C may come while the line is written
                screen.status(describe(last, pace))
    finally:
        # Also after Ctrl-C, so that no partial line remains.
        if shown:
            screen.status("")
    library.reload()
    return last


def describe(progress: Progress, pace: Pace | None = None) -> str:
    """Progress in words: "Reading 1,200 of 20,000 files · 9,500 a second · 2 s left"."""
    from rilo_reader.library.values import rough_duration

    if progress.total is None:
        return f"Looking through the folder … {progress.done:,}"
    reading = f"Reading {progress.done:,} of {progress.total:,} files"
    if pace is None or pace.speed is None:
        return f"{reading} …"
    parts = [reading, f"{pace.speed:,.0f} a second"]
    if pace.seconds_left:
        parts.append(f"{rough_duration(pace.seconds_left)} left")
    # No wider than the terminal: the next line would not replace all of a wrapped one.
    return " · ".join(parts)[: shutil.get_terminal_size().columns - 1]


@contextmanager
def counting(
    what: str, total: int | None = None, *, patience: float = PATIENCE
) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr: "Writing 1,200 of 20,000 …".

    Yields a function to call with the number that is done. It prints nothing during the first
    `patience` seconds, at most ten lines a second, and nothing if stderr is not a terminal.
    """
    screen = errors()
    last = time.monotonic() + patience - 0.1
    shown = False

    def report(done: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if screen.terminal and now - last > 0.1:
            of = f" of {total:,}" if total is not None else ""
            last, shown = now, True
            screen.status(f"{what} {done:,}{of} …")

    try:
        yield report
    finally:
        if shown:
            screen.status("")
