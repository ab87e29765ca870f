"""Choose the folder to open, with what a launch has imported anyway."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from rilo_reader.cli.output import UsageError
from rilo_reader.config import Config
from rilo_reader.paths import Paths, shipped_articles, typed_path
from rilo_reader.store.file_names import is_left_out
from rilo_reader.store.folder import is_article_file
from rilo_reader.text import clean_line


class Choice(NamedTuple):
    """The folder to open."""

    folder: Path  # absolute
    instead_of: Path | None = None  # the user's, which has no articles: the guide is opened
    missing: bool = False  # whether that is named in settings.toml but does not exist

    @property
    def hint(self) -> str:
        """A line for the user on why this is not their folder, "" if it is."""
        if self.instead_of is None:
            return ""
        if self.missing:
            return f"This is the guide: {self.instead_of}, named in settings.toml, does not exist."
        return "This is the guide. To read your own articles: rilo-reader FOLDER"


def named(name: str, verbs: Sequence[str] = ()) -> Path:
    """The folder named by an argument.

    Raises:
        UsageError: there is no such folder; the message has a suggestion.
    """
    # pathlib takes "" for the current folder, but here it is an empty shell variable.
    folder = typed_path(name).absolute() if name else None
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

    options = {"help": "rilo-reader --help", "version": "rilo-reader --version"}
    if name in options:
        return f"'{name}' is not a folder. Did you mean {options[name]}?"
    close = get_close_matches(name.lower(), verbs, n=1, cutoff=0.7)
    if close:
        return f"'{name}' is neither a folder nor a command. Did you mean rilo-reader {close[0]}?"
    return (
        f"'{name}' is neither a folder nor a command. "
        f"To find articles about it: rilo-reader search '{name}'"
    )


def _unknown_path(name: str) -> str:
    """A message for a path that does not exist: the part that does, and a similar name there."""
    missing = absolute = typed_path(name).absolute()
    while not missing.parent.exists() and missing.parent != missing:
        missing = missing.parent
    parent, problem = missing.parent, f"there is no folder '{name}'"
    where = clean_line(str(parent), 4_000)
    if not parent.is_dir():
        return f"{problem}: {where} is a file."
    try:
        folders = [folder.name for folder in parent.iterdir() if folder.is_dir()]
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
    if name is not None:
        return Choice(named(name, verbs))
    folder = config.first_library(paths)
    if holds_articles(folder):
        return Choice(folder)
    missing = bool(config.folders) and not folder.is_dir()
    return Choice(shipped_articles(), instead_of=folder, missing=missing)


def holds_articles(folder: Path, most: int = 10_000) -> bool:
    """Whether a folder or its subfolders have an article among their first `most` entries."""
    pending, seen = [folder], 0
    while pending:
        try:
            entries = [entry for entry in pending.pop().iterdir() if not is_left_out(entry.name)]
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
