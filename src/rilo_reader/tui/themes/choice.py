"""Which theme a terminal can show."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from rilo_reader.tui.themes.loader import OURS

DEFAULT = "ink"
_WINDOWS = sys.platform == "win32"


def theme_for(environment: Mapping[str, str], configured: str, *, windows: bool = _WINDOWS) -> str:
    """The theme to start with: the configured one, where the terminal can show its colours.

    NO_COLOR (not empty), TERM=dumb and terminals of sixteen colours get a theme in the terminal's
    own colours, the light or the dark one. A name that no theme has gives the default.

    Args:
        environment: the process's environment, as it was before Textual's App took NO_COLOR out.
        configured: the name in the settings.
        windows: whether this is Windows, whose terminals have no TERM.
    """
    from textual.theme import BUILTIN_THEMES

    name = configured if configured in (*OURS, *BUILTIN_THEMES) else DEFAULT
    if name in BUILTIN_THEMES and BUILTIN_THEMES[name].ansi:
        return name
    if not environment.get("NO_COLOR") and _many_colours(environment, windows):
        return name
    dark = BUILTIN_THEMES[name].dark if name in BUILTIN_THEMES else name != "paper"
    return "ansi-dark" if dark else "ansi-light"


def theme_names() -> list[str]:
    """Every theme: ours, then Textual's."""
    from textual.theme import BUILTIN_THEMES

    return [*OURS, *sorted(BUILTIN_THEMES)]


def theme_problem(name: str) -> str:
    """One sentence on a theme's name that no theme has, "" where one has it."""
    names = theme_names()
    if name in names:
        return ""
    from rilo_reader.config.schema import near

    return f"There is no theme {name!r}{near(name, names)}"


def _many_colours(environment: Mapping[str, str], windows: bool) -> bool:
    """Whether the terminal shows 256 colours or more, judged as Rich judges it when drawing."""
    system = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if system != "auto":
        return system in ("truecolor", "256", "windows")
    if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit") or windows:
        return environment.get("TERM", "") not in ("dumb", "unknown")
    return environment.get("TERM", "").strip().lower().rpartition("-")[2] in ("256color", "kitty")
