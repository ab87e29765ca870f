"""Which folder a command is about, and opening it."""

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
        folder: absolute.
        instead_of: the user's own folder where it holds nothing to read, so that the articles
            that ship with the program stand in for it; None where `folder` is what was meant.
        missing: whether that folder is named in settings.toml and not there at all.
    """

    folder: Path
    instead_of: Path | None = None
    missing: bool = False

    @property
    def hint(self) -> str:
        """One line on why this is not the folder that the user might expect, "" where it is."""
        if self.instead_of is None:
            return ""
        if self.missing:
            return f"This is the guide: {self.instead_of}, named in settings.toml, is not there."
        return "This is the guide. To read your own articles: rilo-reader FOLDER"


def named(name: str, verbs: Sequence[str] = ()) -> Path:
    """The folder of a word on the command line.

    Raises:
        UsageError: there is no such folder; suggests what might have been meant.
    """
    # "" would mean the current folder to pathlib, and to nobody who typed an empty variable.
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

    asked = {"help": "rilo-reader --help", "version": "rilo-reader --version"}
    if name in asked:
        return f"'{name}' is no folder. Did you mean {asked[name]}?"
    close = get_close_matches(name.lower(), verbs, n=1)
    if close:
        return f"'{name}' is neither a folder nor a command. Did you mean rilo-reader {close[0]}?"
    return (
        f"'{name}' is neither a folder nor a command. "
        f"To find articles about it: rilo-reader search '{name}'"
    )


def _unknown_path(name: str) -> str:
    """Where a path leads nowhere: how far it leads, and a name there that was perhaps meant."""
    from difflib import get_close_matches

    from rilo_reader.text import clean_line

    missing = whole = Path(name).expanduser().absolute()
    while not missing.parent.exists() and missing.parent != missing:
        missing = missing.parent
    parent, said = missing.parent, f"there is no folder '{name}'"
    where = clean_line(str(parent), 4_000)
    if not parent.is_dir():
        return f"{said}: {where} is a file."
    try:
        there = [each.name for each in parent.iterdir() if each.is_dir()]
    except OSError as error:
        return f"{said}: {where} cannot be read ({error.strerror})."
    close = get_close_matches(missing.name, there, n=1)
    if not close:
        return f"{said}: {where} has no '{missing.name}'."
    meant = parent / close[0] / whole.relative_to(missing)
    return (
        f"{said}. Did you mean {clean_line(str(meant if meant.is_dir() else parent / close[0]))}?"
    )


def too_many(words: Sequence[str], verbs: Sequence[str]) -> UsageError:
    """The error for more than one folder; sees a name with spaces that was not quoted."""
    whole = " ".join(words)
    if Path(whole).is_dir():
        return UsageError(f"quote a name with spaces: rilo-reader '{whole}'")
    if not Path(words[0]).is_dir():
        return UsageError(_unknown(words[0], verbs))
    return UsageError("one folder at a time: rilo-reader [FOLDER]. See rilo-reader --help")


def choose(name: str | None, config: Config, paths: Paths, verbs: Sequence[str] = ()) -> Choice:
    """The folder that is named, else the first of the settings, else the default library.

    Where the user named none and there is nothing to read in that place, the articles that ship
    with the program stand in, and the hint says so.

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
    """Whether an article is found among the first `most` entries of a folder and those in it."""
    from rilo_reader.store.file_names import is_left_out
    from rilo_reader.store.folder import is_article_file

    waiting, seen = [folder], 0
    while waiting:
        try:
            entries = [each for each in waiting.pop().iterdir() if not is_left_out(each.name)]
        except OSError:
            continue
        for entry in entries:
            if is_article_file(entry):
                return True
            if entry.is_dir() and not entry.is_symlink():
                waiting.append(entry)
        seen += len(entries)
        if seen > most:
            # So full a folder is somebody's, whatever it holds: never hide it behind the guide.
            return True
    return False


def user_settings() -> Config:
    """The user's settings, without a word about what is wrong in them: doctor tells that."""
    from rilo_reader import config as settings
    from rilo_reader.paths import user_paths

    return settings.load(user_paths().settings_file)[0]


@contextmanager
def opened(name: str | None, *, current: bool = True) -> Iterator[Library]:
    """Open the library that a verb is about, brought up to date first unless `current` is False.

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
    # What is printed cannot be taken back: half of it must not come from an empty index.
    with open_library(choice.folder, paths, drafts=config.drafts, fills_itself=True) as library:
        notices = library.notices
        for notice in notices:
            errors().line(notice)
        if current:
            try:
                follow(library)
            except LibraryBusy as busy:
                # Another process is writing the index: what it has committed is worth having.
                errors().line(str(busy))
        yield library
        for notice in library.notices:
            if notice not in notices:
                errors().line(notice)  # found while it was in use


# What the verbs that collect share: the library that is written to, the feeds that are meant.


class Place(NamedTuple):
    """Where is collected.

    Attributes:
        folder: the library, absolute; perhaps not made yet.
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
    """The library that a verb writes to: the one named, else the user's, made when it is needed.

    Raises:
        UsageError: the named folder does not exist.
        LibraryError: the folder that the settings name is not there.
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
    """The user's subscriptions; what is wrong in feeds.toml is told on stderr.

    Raises:
        LibraryError: for what is wrong there, no feed is known at all.
    """
    from rilo_reader.feeds.subscriptions import load
    from rilo_reader.library import LibraryError

    found, problems = load(where.feeds_file)
    told = [problem.sentence for problem in problems]
    if told and not found:
        raise LibraryError("\n".join(told))
    for sentence in told:
        errors().line(sentence)
    return found


def meant(names: Sequence[str], subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """The subscriptions that words on the command line mean, each once.

    Raises:
        UsageError: a word means none of them.
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
    """What fetches, within the bounds that the settings name; to be entered."""
    from rilo_reader.fetch.client import HttpClient
    from rilo_reader.fetch.values import Limits

    limits = Limits(
        together=config.fetch_together,
        per_host=config.fetch_per_host,
        size=config.fetch_megabytes * 1_000_000,
        whole=float(config.fetch_seconds),
    )
    return HttpClient(limits)


# Bringing an index up to date in front of somebody who waits.


PATIENCE = 0.5
"""Seconds that pass before somebody who waits is told what for."""


def follow(library: Library, *, rebuild: bool = False) -> Progress | None:
    """Reconcile to the end, with a line of progress where stderr is a terminal and it takes long.

    Returns the last progress, None where the library had none to tell.
    """
    from rilo_reader.library.values import Pace

    screen, pace = errors(), Pace()
    begun = time.monotonic()
    shown, last = False, None
    try:
        for last in library.reconcile(rebuild=rebuild):
            pace.hear(last)
            if screen.terminal and time.monotonic() - begun > PATIENCE:
                shown = True  # before it is: Ctrl-C may come while it is written
                screen.status(describe(last, pace))
    finally:
        # Also when Ctrl-C ends it: nothing half said stays on the line.
        if shown:
            screen.status("")
    library.reload()
    return last


def describe(progress: Progress, pace: Pace | None = None) -> str:
    """A progress in words: "Reading 1,200 of 20,000 files · 9,500 a second · 2 s left"."""
    from rilo_reader.library.values import spoken

    if progress.total is None:
        return f"Looking through the folder … {progress.done:,}"
    reading = f"Reading {progress.done:,} of {progress.total:,} files"
    if pace is None or pace.speed is None:
        return f"{reading} …"
    parts = [reading, f"{pace.speed:,.0f} a second"]
    if pace.seconds_left:
        parts.append(f"{spoken(pace.seconds_left)} left")
    # Cut where the terminal ends: a line that is broken in two is not replaced by the next.
    return " · ".join(parts)[: shutil.get_terminal_size().columns - 1]


@contextmanager
def counting(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Tell somebody who waits how far something is: "Writing 1,200 of 20,000 …".

    What is given is called with how many are done; it says nothing for the first half second, nor
    more than ten times a second, nor where stderr is no terminal.
    """
    screen = errors()
    last = time.monotonic() + PATIENCE - 0.1
    shown = False

    def tell(done: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if screen.terminal and now - last > 0.1:
            of = f" of {total:,}" if total is not None else ""
            last, shown = now, True
            screen.status(f"{what} {done:,}{of} …")

    try:
        yield tell
    finally:
        if shown:
            screen.status("")
