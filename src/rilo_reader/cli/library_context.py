"""Choose the folder of a launch or a verb, with what a launch has imported anyway."""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from rilo_reader.cli.output import UsageError
from rilo_reader.config import Config, SettingsProblem
from rilo_reader.dialects.sites import markdown_suffixes
from rilo_reader.files import find_leftovers, read_user_text, replace_file
from rilo_reader.library import Library, LibraryError, open_library
from rilo_reader.library.library import ArchivePlugin, bring_marks
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.library.search import SourcesByTag
from rilo_reader.paths import Paths, expand_path, guide_folder, index_directory
from rilo_reader.plugin_list import plugins_with
from rilo_reader.store.file_kinds import is_ignored
from rilo_reader.store.folder import is_article_file
from rilo_reader.text import has_secret

Format = TypeVar("Format", bound=str)


class LibraryContext(NamedTuple):
    """A folder of articles, and the user's own folders and settings."""

    folder: Path  # absolute; the user's may not exist yet
    paths: Paths
    config: Config
    wanted_folder: Path | None = None  # the user's, which has no articles: this is the guide
    is_unclear: bool = False  # whether settings.toml does not say which it is: this is the guide
    doubt: str = ""  # why marks may be of the user's folder and are not used

    @property
    def missing_note(self) -> str:
        """A sentence on the user's folder if settings.toml names it and it is not there, or ""."""
        folder = self.wanted_folder or self.folder
        if not self.config.folders or os.path.isdir(folder):  # noqa: PTH112  # False if it is hidden
            return ""
        if os.path.exists(folder):  # noqa: PTH110  # as above
            return f"{folder}, named in settings.toml, is a file, not a folder."
        return f"{folder}, named in settings.toml, does not exist, or its disk is not connected."

    @property
    def vanished_articles(self) -> int:
        """Number of indexed articles of a folder that is empty now, as without its disk; else 0.

        0 also for the default library, which begins empty.
        """
        folder = self.wanted_folder or self.folder
        if folder == self.paths.default_library or not _has_nothing(folder):
            return 0
        from rilo_reader.index.read_only import open_as_it_is

        with suppress(LibraryError):
            directory = index_directory(folder, self.paths, with_drafts=self.config.drafts)
            snapshot = open_as_it_is(directory)
            return snapshot.searcher.num_docs if snapshot else 0
        return 0

    @property
    def guide_hint(self) -> str:
        """A line for the user on why this is not their folder, "" if it is."""
        if self.is_unclear:
            return "Check which folder settings.toml means: it is not clear. This is the guide."
        if self.wanted_folder is None:
            return ""
        if note := self.missing_note or self.doubt:
            return f"{note} This is the guide."
        if self.vanished_articles:
            return f"Is its disk connected? {self.wanted_folder} is empty. This is the guide."
        return "Your own articles: rilo-reader FOLDER. This is the guide."

    def open_library(self, *, fills_itself: bool = False) -> Library:
        """Open it; see `open_library`."""
        limits = ReadingLimits(dialects=self.config.dialects)
        asks_git = self.config.git_dates and self.folder != guide_folder()
        library = open_library(
            self.folder,
            self.paths,
            drafts=self.config.drafts,
            fills_itself=fills_itself,
            limits=limits if asks_git else limits._replace(git_seconds=0),
        )
        library.search.read_tags = self.make_tag_reader()
        return library

    def make_tag_reader(self) -> Callable[[], SourcesByTag]:
        """Return what reads the tags of the feeds of the library, for its searches."""

        @cache
        def make_reader() -> Callable[[], SourcesByTag]:
            from rilo_reader.feeds.sources import TagReader  # few searches name a tag of feeds

            return TagReader(self.folder, self.paths, self.config)

        def read_tags() -> SourcesByTag:
            return make_reader()()

        return read_tags


def resolve_folder(name: str, verbs: Sequence[str] = ()) -> Path:
    """The folder named by an argument.

    Raises LibraryError if there is none, UsageError if it may be meant as a command.
    """
    # pathlib takes "" for the current folder, but here it is an empty shell variable.
    folder = expand_path(name).absolute() if name else None
    if folder is not None and folder.is_dir():
        return folder
    if folder is not None and folder.is_file():
        from rilo_reader.cli.synonyms import describe_file_commands

        raise LibraryError(f"'{name}' is a file, not a folder. {describe_file_commands(name)}")
    if not verbs or (name and Path(name).name != name):
        raise LibraryError(f"there is no folder '{name}'.")
    if not name:
        raise UsageError(
            "'' is neither a folder nor a command; is a variable not set? See rilo-reader --help"
        )
    raise UsageError(_describe_unknown(name, verbs))


def _describe_unknown(name: str, verbs: Sequence[str], rest: Sequence[str] = ()) -> str:
    from rilo_reader.cli.synonyms import find_similar_commands

    find = f"To find articles about it: rilo-reader search '{' '.join((name, *rest))}'"
    close = find_similar_commands(name, rest, verbs)
    advice = f"Did you mean {' or '.join(close)}?" if close else find
    return f"'{name}' is neither a folder nor a command. {advice}"


def make_surplus_error(words: Sequence[str], verbs: Sequence[str]) -> UsageError:
    """The error for more than one folder, or for a name with spaces that was not quoted."""
    if Path(" ".join(words)).is_dir():
        return UsageError(f"quote a name with spaces: rilo-reader '{' '.join(words)}'")
    if not Path(words[0]).is_dir():
        return UsageError(_describe_unknown(words[0], verbs, words[1:]))
    return UsageError("one folder at a time: rilo-reader [FOLDER]. See rilo-reader --help")


def resolve_output_file(verb: str, name: str) -> Path:
    """The file named by an argument, in a folder that exists; LibraryError if it is not one."""
    path = expand_path(name)
    if path.is_dir():
        raise LibraryError(f"{verb}: '{name}' is a folder; name a file in it.")
    if path.exists() and not path.is_file():  # it would be replaced by a file
        raise LibraryError(f"{verb}: '{name}' is a pipe, socket or device; name a file.")
    if not path.absolute().parent.is_dir():
        raise LibraryError(f"{verb}: there is no folder '{path.parent}'.")
    return path


@contextmanager
def open_output(target: Path | None, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file that is replaced once all is written to it; None: standard output.

    Bytes, in the encoding of a format and not in that of the terminal. Only the user may read it
    if it is `private`.
    """
    if target is not None:
        with replace_file(target, private=private) as file:
            yield file
    else:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()


def list_private_folders(paths: Paths) -> set[Path]:
    """Return the folders of the user's own files; one may be a link into another."""
    files = paths.feeds_file, paths.settings_file, paths.version_file
    return {Path(os.path.realpath(file)).parent for file in files}


def is_exposed(file: Path) -> bool:
    """Return whether a TOML file has secrets that other users of the computer can read."""
    with suppress(OSError, ValueError):
        can_read = os.name != "nt" and file.stat().st_mode & 0o077
        return bool(can_read) and has_secret(read_user_text(file))
    return False


def protect_files(paths: Paths) -> list[str]:
    """Delete what killed processes have left, and keep secrets to the user; return sentences."""
    for leftover in find_leftovers(list_private_folders(paths)):
        with suppress(OSError):
            leftover.unlink()
    with suppress(OSError):  # doctor names it
        if is_exposed(file := paths.feeds_file):
            file.chmod(0o600)
            return [f"{file} has headers or logins, and others could read it: now only you can."]
    return []


def format_of(verb: str, name: str, endings: Mapping[str, Format]) -> Format:
    """The format that the ending of a file's name stands for; UsageError if it is not one."""
    if form := endings.get(Path(name).suffix.lower()):
        return form
    names = ", ".join(dict.fromkeys(endings.values()))
    raise UsageError(f"{verb}: the format is not clear from '{name}'; add --format ({names})")


def choose_library(
    name: str | None,
    config: Config,
    paths: Paths,
    verbs: Sequence[str] = (),
    problems: Sequence[SettingsProblem] = (),
) -> LibraryContext:
    """The named folder, else the user's own; the guide instead of one that has no articles.

    The guide, too, if the `problems` of the settings leave open which folder is the user's. A
    folder that cannot be read is not taken for empty: opening it raises LibraryError.

    Raises what `resolve_folder` raises if the named folder does not exist.
    """
    if name is not None:
        return make_context(resolve_folder(name, verbs), paths, config)
    folder = config.first_library(paths)
    if any(problem.hides_library for problem in problems):
        return LibraryContext(guide_folder(), paths, config, is_unclear=True)
    context = make_context(folder, paths, config)
    if not is_empty(folder, markdown_suffixes(config.dialects)) or any(
        each.shared_archive(folder, paths) is not None for each in plugins_with(ArchivePlugin)
    ):
        return context
    return context._replace(folder=guide_folder(), wanted_folder=folder)


def make_context(folder: Path, paths: Paths, config: Config) -> LibraryContext:
    """The folder of articles, with the marks and records of it if it was known at another path."""
    return LibraryContext(folder, paths, config, doubt=bring_marks(folder, paths))


MOST_ENTRIES = 10_000  # files and folders after which a folder counts as one that is in use


def _has_nothing(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def is_empty(folder: Path, suffixes: Collection[str] = ()) -> bool:
    """Return whether a folder is missing, or can be read and has no articles."""
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return not has_articles(folder, suffixes)


def has_articles(folder: Path, suffixes: Collection[str] = ()) -> bool:
    """Return whether a folder or its subfolders have an article, or very many other files.

    `suffixes` are those that the user has set to be Markdown.
    """
    pending, seen = [folder], 0
    while pending:
        try:
            entries = [entry for entry in pending.pop().iterdir() if not is_ignored(entry.name)]
        except OSError:
            continue
        for entry in entries:
            if is_article_file(entry, suffixes):
                return True
            if entry.is_dir() and not entry.is_symlink():
                pending.append(entry)
        seen += len(entries)
        if seen > MOST_ENTRIES:
            return True
    return False
