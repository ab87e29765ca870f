"""Settings in settings.toml, and tables in TOML files; problems are named by file, line and key."""

from __future__ import annotations

from rilo_reader.config.model import (
    AUTO,
    ArrivalRule,
    Config,
    MarkRead,
    Mute,
    SavedSearch,
    SettingsProblem,
    find_search,
    queries_by_name,
)
from rilo_reader.config.settings import (
    MUTES,
    RULES,
    SEARCHES,
    change_keys,
    change_setting,
    load,
    remove_setting,
    write_template,
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
    "change_keys",
    "change_setting",
    "find_search",
    "load",
    "queries_by_name",
    "remove_setting",
    "write_template",
]
