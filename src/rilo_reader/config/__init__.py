"""Settings in settings.toml, and tables in TOML files; problems are named by file, line and key."""

from __future__ import annotations

from rilo_reader.config.settings import MUTES, RULES, SEARCHES, change, load, unset, write_template
from rilo_reader.config.values import (
    AUTO,
    ArrivalRule,
    Config,
    MarkRead,
    Mute,
    SavedSearch,
    SettingsProblem,
    by_name,
    find_search,
)

__all__ = [
    "AUTO",
    "MUTES",
    "RULES",
    "SEARCHES",
    "ArrivalRule",
    "Config",
    "MarkRead",
    "Mute",
    "SavedSearch",
    "SettingsProblem",
    "by_name",
    "change",
    "find_search",
    "load",
    "unset",
    "write_template",
]
