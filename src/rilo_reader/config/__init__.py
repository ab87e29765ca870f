"""Read settings.toml into a `Config`, and change it; problems are named by file, line and key."""

from __future__ import annotations

from rilo_reader.config.changes import (
    change,
    change_mute,
    move_search,
    mute,
    remove_search,
    rename_search,
    save_search,
    unmute,
)
from rilo_reader.config.load import load
from rilo_reader.config.values import (
    Config,
    MarkRead,
    Mute,
    SavedSearch,
    SettingsProblem,
    find_search,
)

__all__ = [
    "Config",
    "MarkRead",
    "Mute",
    "SavedSearch",
    "SettingsProblem",
    "change",
    "change_mute",
    "find_search",
    "load",
    "move_search",
    "mute",
    "remove_search",
    "rename_search",
    "save_search",
    "unmute",
]
