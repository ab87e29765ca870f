"""Our two themes as data files, and the page's colours in each of Textual's themes."""

from __future__ import annotations

from rilo_reader.tui.themes.choice import our_themes, theme_for, theme_names, theme_problem
from rilo_reader.tui.themes.variables import page_variables

__all__ = ["our_themes", "page_variables", "theme_for", "theme_names", "theme_problem"]
