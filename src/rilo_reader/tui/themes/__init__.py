"""Our two themes as data files, and the page's colours in each of Textual's themes."""

from __future__ import annotations

from rilo_reader.tui.themes.variables import (
    our_themes,
    page_variables,
    theme_for,
    theme_names,
    theme_problem,
)

__all__ = ["our_themes", "page_variables", "theme_for", "theme_names", "theme_problem"]
