"""Settings in settings.toml, and tables in TOML files; problems are named by file, line and key."""

from __future__ import annotations

from rilo_reader.config.settings import MUTES, SEARCHES, change, load, write_template
from rilo_reader.config.values import (
    AUTO,
    Config,
    MarkRead,
    Mute,
    SavedSearch,
    SettingsProblem,
    find_search,
)

__all__ = [
    "AUTO",
    "MUTES",
    "SEARCHES",
    "Config",
    "MarkRead",
    "Mute",
    "SavedSearch",
    "SettingsProblem",
    "change",
    "find_search",
    "load",
    "write_template",
]
