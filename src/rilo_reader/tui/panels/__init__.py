"""Panels: modal screens over the reader, each with a list or a few inputs.

Controllers name one as `panels.saved_searches.SavedScreen`; its module is imported when it is
first opened.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rilo_reader.tui.panels import (
        additions,
        commands,
        facets,
        feeds,
        history,
        panel,
        pickers,
        saved_searches,
        settings,
    )

__all__ = [
    "additions",
    "commands",
    "facets",
    "feeds",
    "history",
    "panel",
    "pickers",
    "saved_searches",
    "settings",
]


if not TYPE_CHECKING:  # which would take any name for one of these

    def __getattr__(name: str) -> ModuleType:
        if name not in __all__:
            raise AttributeError(name)
        return import_module(f"{__name__}.{name}")
