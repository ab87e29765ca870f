"""Colours of the page from any theme, readable by their contrast as WCAG 2 defines it (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from textual.color import Color
from textual.theme import Theme

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


NAMES = (
    *("page-ground", "page-text", "page-dim", "page-rule", "page-accent", "page-error"),
    *("row-ground", "unread-dot", "star", "link", "quote-bar", "code-ground", "code-text"),
    *("hit-ground", "hit-text", "current-hit-ground", "current-hit-text"),
    *("highlight-text", *(f"highlight-{kind}-ground" for kind in range(1, 5))),
    "highlight-text-style",
    *("dim-text-style", "row-text-style", "hit-text-style", "current-hit-text-style"),
)
"""All variables."""

PLAIN_STYLES = {
    "dim-text-style": "none",
    "row-text-style": "none",
    "hit-text-style": "none",
    "current-hit-text-style": "none",
    "highlight-text-style": "none",
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
    "highlight-text": "ansi_default",
    **{f"highlight-{kind}-ground": "ansi_default" for kind in range(1, 5)},
    "highlight-text-style": "underline",
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
        "highlight-text": text,
        **{
            f"highlight-{kind}-ground": _tinted(ground, _hex(colours[name]), text)
            for kind, name in enumerate(("warning", "success", "primary", "error"), 1)
        },
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


def _tinted(ground: str, colour: str, text: str) -> str:
    """Return a colour, blended into the background until the text on it is readable."""
    for amount in (0.28, 0.22, 0.16, 0.1, 0.05):
        mixed = blend(ground, colour, amount)
        if ratio(mixed, text) >= TEXT:
            return mixed
    return ground


def _hex(colour: str) -> str:
    return Color.parse(colour).hex6
