"""The program's folders, by the conventions of the platform."""

import os
import re
import zlib
from pathlib import Path
from typing import NamedTuple

from platformdirs import PlatformDirs

from rilo_reader.errors import LibraryError

APPLICATION = "rilo-reader"


class Paths(NamedTuple):
    """The four folders of the program, which need not exist."""

    config: Path  # settings.toml and feeds.toml, which users edit
    data: Path  # articles of the default library and notes, and nothing that can be recreated
    state: Path  # marks, and nothing that can be recreated
    cache: Path  # indexes, which can be deleted at any time

    @property
    def settings_file(self) -> Path:
        """The user's settings.toml."""
        return self.config / "settings.toml"

    @property
    def feeds_file(self) -> Path:
        """The user's feeds.toml."""
        return self.config / "feeds.toml"

    @property
    def themes_folder(self) -> Path:
        """The user's own themes, a file each."""
        return self.config / "themes"

    @property
    def version_file(self) -> Path:
        """The version of the program whose reader was opened last."""
        return self.state / "version"

    @property
    def failures_file(self) -> Path:
        """The failures of plugins of others."""
        return self.state / "plugin-failures.json"

    @property
    def default_library(self) -> Path:
        """The folder that is opened if neither the command line nor the settings name one."""
        return self.data / "articles"

    def state_file(self, folder: Path, suffix: str = "") -> Path:
        """The file of the marks of a library, or of what else is kept of it: ".collected"."""
        return self.state / f"{library_name(folder.expanduser().resolve())}{suffix}.db"


def user_paths() -> Paths:
    """The current user's folders, from platformdirs (XDG variables on Linux)."""
    folders = PlatformDirs(APPLICATION, appauthor=False)
    return Paths(
        config=folders.user_config_path,
        data=folders.user_data_path,
        state=folders.user_state_path,
        cache=folders.user_cache_path,
    )


def marks_file(folder: Path, paths: Paths) -> Path:
    """The path of the marks of a library."""
    return paths.state_file(folder)


def index_directory(folder: Path, paths: Paths, *, with_drafts: bool) -> Path:
    """The directory of the indexes of a library, which may be deleted at any time.

    A library has two, with and without drafts.
    """
    name = library_name(folder.expanduser().resolve())
    return paths.cache / "index" / (f"{name}-drafts" if with_drafts else name)


def library_name(folder: Path) -> str:
    """The unique, readable name of a folder's index and marks."""
    path = os.fsencode(folder)
    # Two checksums of 32 bits suffice for one user's libraries; hashlib adds 3 ms to every launch.
    sums = f"{zlib.crc32(path):08x}{zlib.crc32(path[::-1]):08x}"
    words = re.sub(r"[^A-Za-z0-9-]+", "-", folder.name)[:40].strip("-")
    return f"{words}-{sums}".strip("-")


def guide_folder() -> Path:
    """The folder of the articles that ship with the program, which are its guide."""
    return _find_shipped("articles")


def changelog_file() -> Path:
    """The changelog that ships with the program."""
    return _find_shipped("CHANGELOG.md")


def _find_shipped(name: str) -> Path:
    """Files in the package, and in a clone beside its source."""
    here = Path(__file__).resolve().parent
    return here / name if (here / name).exists() else here.parent.parent / name


def expand_path(text: str) -> Path:
    """The path that a user typed, from a home where it begins with `~`.

    Raises:
        LibraryError: it is below the home of a user that does not exist.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise LibraryError(f"{text} is in the home of a user that does not exist.") from None
