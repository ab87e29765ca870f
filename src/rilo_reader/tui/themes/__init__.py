"""Themes: ours as data files beside this one, Textual's, and which of them a terminal can show."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from textual.theme import Theme

from rilo_reader.config import AUTO
from rilo_reader.tui.themes.colours import PLAIN_STYLES

OURS = ("ink", "paper")  # our themes, each in a JSON file beside this one

DEFAULT = "ink"
_WINDOWS = sys.platform == "win32"


def theme_for(
    environment: Mapping[str, str],
    configured: str,
    *,
    is_light: bool = False,
    windows: bool = _WINDOWS,
) -> str:
    """Return the theme to start with: the configured one if the terminal can show it.

    AUTO is ours for a terminal that `is_light` or dark.

    NO_COLOR (not empty), TERM=dumb and terminals with sixteen colours get the light or dark theme
    in the terminal's own colours. An unknown name is replaced by the default. `environment` is
    as it was before Textual's App removed NO_COLOR; on Windows, TERM is not set.
    """
    from textual.theme import BUILTIN_THEMES

    if configured == AUTO:
        configured = auto_theme(is_light=is_light)
    name = configured if configured in (*OURS, *BUILTIN_THEMES) else DEFAULT
    if name in BUILTIN_THEMES and BUILTIN_THEMES[name].ansi:
        return name
    if not environment.get("NO_COLOR") and _many_colours(environment, windows):
        return name
    dark = BUILTIN_THEMES[name].dark if name in BUILTIN_THEMES else name != "paper"
    return "ansi-dark" if dark else "ansi-light"


def auto_theme(*, is_light: bool) -> str:
    """Return our theme for a light or a dark terminal."""
    return "paper" if is_light else "ink"


def theme_names() -> list[str]:
    """Return the names of all themes: AUTO, ours, then Textual's."""
    from textual.theme import BUILTIN_THEMES

    return [AUTO, *OURS, *sorted(BUILTIN_THEMES)]


def theme_problem(name: str) -> str:
    """Return an error message for an unknown theme, or ""."""
    names = theme_names()
    if name in names:
        return ""
    from rilo_reader.config.rules import near

    return f"There is no theme {name!r}{near(name, names)}"


def _many_colours(environment: Mapping[str, str], windows: bool) -> bool:
    """Return whether the terminal has at least 256 colours, by Rich's rules."""
    system = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if system != "auto":
        return system in ("truecolor", "256", "windows")
    if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit") or windows:
        return environment.get("TERM", "") not in ("dumb", "unknown")
    return environment.get("TERM", "").strip().lower().rpartition("-")[2] in ("256color", "kitty")


def ground_of(name: str) -> str:
    """The background of one of our themes, that of DEFAULT for any other, as "#15171a"."""
    theme = read_theme(Path(__file__).with_name(f"{name if name in OURS else DEFAULT}.json"))
    return theme.background or ""


def our_themes() -> tuple[Theme, ...]:
    """Return our themes, for App.register_theme."""
    return tuple(read_theme(Path(__file__).with_name(f"{name}.json")) for name in OURS)


def read_theme(file: Path) -> Theme:
    """Read a theme from its data file, whose name it has.

    `theme` has the arguments of Textual's Theme, `page` the colours of the page, `variables` those
    of Textual's widgets. JSON is the fastest to read on every launch.
    """
    data = json.loads(file.read_text("utf-8"))
    variables = {**PLAIN_STYLES, **data["page"], **data["variables"]}
    return Theme(name=file.stem, variables=variables, **data["theme"])
