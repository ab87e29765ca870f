"""Which folder a command is about, and opening it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.cli.output import UsageError, errors

if TYPE_CHECKING:
    from rilo_reader.config import Config
    from rilo_reader.library import Library
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

    from rilo_reader.article import clean_line

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
    from rilo_reader.cli.progress import follow
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
