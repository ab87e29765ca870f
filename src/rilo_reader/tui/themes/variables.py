"""CSS variables for the colours of the page, derived from any theme.

All themes define the same names, so widgets do not depend on the theme:

    page-ground page-text page-dim page-rule page-accent page-error
    row-ground unread-dot star link quote-bar code-ground code-text
    hit-ground hit-text current-hit-ground current-hit-text
    dim-text-style row-text-style hit-text-style current-hit-text-style

Also here: which themes a terminal can show, contrast as in WCAG 2, and reading our theme files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from textual.color import Color
from textual.theme import Theme

NAMES = (
    *("page-ground", "page-text", "page-dim", "page-rule", "page-accent", "page-error"),
    *("row-ground", "unread-dot", "star", "link", "quote-bar", "code-ground", "code-text"),
    *("hit-ground", "hit-text", "current-hit-ground", "current-hit-text"),
    *("dim-text-style", "row-text-style", "hit-text-style", "current-hit-text-style"),
)
"""All variables."""

PLAIN_STYLES = {
    "dim-text-style": "none",
    "row-text-style": "none",
    "hit-text-style": "none",
    "current-hit-text-style": "none",
}
"""Text styles of themes with colours."""

# Text styles of themes without: NO_COLOR removes all colours, and terminals with sixteen colours
# define their own. So text keeps the terminal's colour and is marked by attributes.
_ANSI = {
    "page-ground": "ansi_default",
    "page-text": "ansi_default",
    "page-dim": "ansi_default",
    "page-rule": "ansi_bright_black",
    "row-ground": "ansi_default",
    "hit-ground": "ansi_default",
    "hit-text": "ansi_default",
    "current-hit-ground": "ansi_default",
    "current-hit-text": "ansi_default",
    "code-ground": "ansi_default",
    "quote-bar": "ansi_bright_black",
    "dim-text-style": "dim",
    "row-text-style": "none",
    "hit-text-style": "reverse",
    "current-hit-text-style": "bold reverse underline",
}
_ANSI_ACCENTS = {
    True: {"accent": "ansi_cyan", "error": "ansi_bright_red", "star": "ansi_yellow"},
    False: {"accent": "ansi_blue", "error": "ansi_red", "star": "ansi_magenta"},
}


def page_variables(theme: Theme) -> dict[str, str]:
    """Return the variables of a theme, for App.get_theme_variable_defaults.

    Textual prefers the variables that a theme defines itself, as ours do.
    """
    if theme.ansi:
        return _ansi(theme)
    given = {name: theme.variables[name] for name in NAMES if name in theme.variables}
    # Our themes are complete; deriving their colours would slow down every launch.
    return given if len(given) == len(NAMES) else _derived(theme)


def _ansi(theme: Theme) -> dict[str, str]:
    colours = _ANSI_ACCENTS[theme.dark]
    accent = colours["accent"]
    return {
        **_ANSI,
        "page-accent": accent,
        "page-error": colours["error"],
        "unread-dot": accent,
        "star": colours["star"],
        "link": accent,
        "code-text": accent,
    }


def _derived(theme: Theme) -> dict[str, str]:
    colours = theme.to_color_system().generate()
    ground = _hex(colours["background"])
    own = _hex(colours["foreground"])
    accent = _hex(colours["accent"])
    warning = _hex(colours["warning"])
    row = blend(ground, own, 0.08)
    code = blend(ground, own, 0.06)
    both = (ground, row)
    text = readable(own, (*both, code), TEXT)
    hit = _hit_ground(ground, warning)
    mark = readable(accent, both, DIM)
    ink = readable(ground, (warning,), TEXT)
    return {
        **PLAIN_STYLES,
        "page-ground": ground,
        "page-text": text,
        "page-dim": dimmed(text, ground, both, DIM),
        "page-rule": blend(ground, own, 0.2),
        "page-accent": mark,
        "page-error": readable(_hex(colours["error"]), both, DIM),
        "row-ground": row,
        "unread-dot": mark,
        "star": readable(warning, both, DIM),
        "hit-ground": hit,
        "hit-text": readable(text, (hit,), TEXT),
        "current-hit-ground": readable(warning, (ink,), TEXT),
        "current-hit-text": ink,
        "code-ground": code,
        "code-text": text,
        "quote-bar": blend(ground, own, 0.4),
        "link": mark,
    }


def _hit_ground(ground: str, warning: str) -> str:
    """Return the theme's warning colour, blended until text on it is readable."""
    for amount in (0.35, 0.3, 0.25, 0.2, 0.15):
        mixed = blend(ground, warning, amount)
        if max(ratio(mixed, "#000000"), ratio(mixed, "#ffffff")) >= TEXT:
            return mixed
    return ground


def _hex(colour: str) -> str:
    return Color.parse(colour).hex6


# Themes and terminals.


DEFAULT = "ink"
_WINDOWS = sys.platform == "win32"


def theme_for(environment: Mapping[str, str], configured: str, *, windows: bool = _WINDOWS) -> str:
    """Return the theme to start with: the configured one if the terminal can show it.

    NO_COLOR (not empty), TERM=dumb and terminals with sixteen colours get the light or dark theme
    in the terminal's own colours. An unknown name is replaced by the default.

    Args:
        environment: the environment before Textual's App removed NO_COLOR.
        configured: the name in the settings.
        windows: whether this is Windows, where TERM is not set.
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
    """Return the names of all themes: ours, then Textual's."""
    from textual.theme import BUILTIN_THEMES

    return [*OURS, *sorted(BUILTIN_THEMES)]


def theme_problem(name: str) -> str:
    """Return an error message for an unknown theme, or ""."""
    names = theme_names()
    if name in names:
        return ""
    from rilo_reader.config.schema import near

    return f"There is no theme {name!r}{near(name, names)}"


def _many_colours(environment: Mapping[str, str], windows: bool) -> bool:
    """Return whether the terminal has at least 256 colours, by Rich's rules."""
    system = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if system != "auto":
        return system in ("truecolor", "256", "windows")
    if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit") or windows:
        return environment.get("TERM", "") not in ("dumb", "unknown")
    return environment.get("TERM", "").strip().lower().rpartition("-")[2] in ("256color", "kitty")


# Contrast as defined by WCAG 2.


TEXT = 7.0
"""Minimum contrast of text."""
DIM = 4.5
"""Minimum contrast of dim text, links and marks."""

_STEPS = 50


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 (none) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def blend(start: str, end: str, amount: float) -> str:
    """Blend two colours, from `start` (0.0) to `end` (1.0)."""
    pairs = zip(_channels(start), _channels(end), strict=True)
    mixed = (round(a + (b - a) * amount) for a, b in pairs)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def readable(colour: str, grounds: Iterable[str], least: float) -> str:
    """Move a colour towards white or black until it is readable on every background.

    If that is impossible, return white or black, whichever is better.
    """
    grounds = tuple(grounds)

    def worst(tried: str) -> float:
        return min(ratio(tried, ground) for ground in grounds)

    if worst(colour) >= least:
        return colour
    end = max("#000000", "#ffffff", key=worst)
    for step in range(1, _STEPS):
        moved = blend(colour, end, step / _STEPS)
        if worst(moved) >= least:
            return moved
    return end


def dimmed(text: str, ground: str, grounds: Iterable[str], least: float) -> str:
    """Blend text into its background as far as it stays readable on every background."""
    grounds = tuple(grounds)
    for step in range(_STEPS - 1, 0, -1):
        moved = blend(text, ground, step / _STEPS)
        if min(ratio(moved, each) for each in grounds) >= least:
            return moved
    return text


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        part = channel / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# Theme files.


OURS = ("ink", "paper")


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
