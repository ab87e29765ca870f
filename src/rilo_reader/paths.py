"""Where things live: articles, settings, state and the index, by platform convention."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

APPLICATION = "rilo-reader"


class Paths(NamedTuple):
    """The four folders of the program; none is created by merely naming it.

    Attributes:
        config: settings.toml; for hand editing.
        data: the default library's articles; never lost.
        state: what was read and starred; never lost.
        cache: the indexes; can be deleted at any time.
    """

    config: Path
    data: Path
    state: Path
    cache: Path

    @property
    def settings_file(self) -> Path:
        """The user's settings.toml."""
        return self.config / "settings.toml"

    @property
    def default_library(self) -> Path:
        """The folder that opens when none is named and settings name none."""
        return self.data / "articles"


def user_paths() -> Paths:
    """The current user's folders, from platformdirs (XDG variables on Linux)."""
    from platformdirs import PlatformDirs

    folders = PlatformDirs(APPLICATION, appauthor=False)
    return Paths(
        config=folders.user_config_path,
        data=folders.user_data_path,
        state=folders.user_state_path,
        cache=folders.user_cache_path,
    )


def shipped_articles() -> Path:
    """The folder of articles that ship with the program, installed or in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "articles"
    return installed if installed.is_dir() else here.parent.parent / "articles"
