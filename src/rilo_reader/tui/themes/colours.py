"""Colours of the page from any theme, readable by their contrast as WCAG 2 defines it (pure)."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Sequence

from textual.color import Color
from textual.theme import Theme

from rilo_reader.render.page import SYNTAX

TEXT = 7.0  # minimum contrast of text
DIM = 4.5  # minimum contrast of dim text, links and marks

_STEPS = 50


def contrast_ratio(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 (none) to 21 (black on white)."""
    light, dark = sorted((_luminance_of(one), _luminance_of(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def blend_colours(start: str, end: str, amount: float) -> str:
    """Blend two colours, from `start` (0.0) to `end` (1.0)."""
    pairs = zip(Color.parse(start).rgb, Color.parse(end).rgb, strict=True)
    return "#" + "".join(f"{round(a + (b - a) * amount):02x}" for a, b in pairs)


def make_readable(colour: str, grounds: Iterable[str], least: float) -> str:
    """Move a colour towards white or black until it is readable on every background.

    If that is impossible, return white or black, whichever is better.
    """
    grounds = tuple(grounds)

    def worst(tried: str) -> float:
        return min(contrast_ratio(tried, ground) for ground in grounds)

    if worst(colour) >= least:
        return colour
    end = max("#000000", "#ffffff", key=worst)
    for step in range(1, _STEPS):
        moved = blend_colours(colour, end, step / _STEPS)
        if worst(moved) >= least:
            return moved
    return end


def dim_text(text: str, ground: str, grounds: Iterable[str], least: float) -> str:
    """Blend text into its background as far as it stays readable on every background."""
    grounds = tuple(grounds)
    for step in range(_STEPS - 1, 0, -1):
        moved = blend_colours(text, ground, step / _STEPS)
        if min(contrast_ratio(moved, each) for each in grounds) >= least:
            return moved
    return text


def _luminance_of(colour: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in Color.parse(colour).normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


_TEXT_STYLES = (
    *("dim-text-style", "row-text-style", "hit-text-style", "current-hit-text-style"),
    "highlight-text-style",
)
_HIGHLIGHT_GROUNDS = tuple(f"highlight-{kind}-ground" for kind in range(1, 5))

NAMES = (
    *("page-ground", "page-text", "page-dim", "page-rule", "page-accent", "page-error"),
    *("row-ground", "unread-dot", "star", "link", "quote-bar", "code-ground", "code-text"),
    *("hit-ground", "hit-text", "current-hit-ground", "current-hit-text"),
    *("highlight-text", *_HIGHLIGHT_GROUNDS, *_TEXT_STYLES),
    *(f"code-{kind}" for kind in SYNTAX),
)
"""All variables."""

PLAIN_STYLES = dict.fromkeys(_TEXT_STYLES, "none")  # text styles of themes with colours

# Text styles of themes without: NO_COLOR removes all colours, and terminals with sixteen colours
# define their own. So text keeps the terminal's colour and is marked by attributes.
_ANSI = {
    **dict.fromkeys(NAMES, "ansi_default"),
    "page-rule": "ansi_bright_black",
    "quote-bar": "ansi_bright_black",
    "dim-text-style": "dim",
    "row-text-style": "none",
    "hit-text-style": "not dim reverse",
    "current-hit-text-style": "not dim bold reverse underline",
    "highlight-text-style": "underline",
    "code-keyword": "ansi_magenta",
    "code-string": "ansi_green",
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
        return _make_ansi_variables(theme)
    given = {name: theme.variables[name] for name in NAMES if name in theme.variables}
    # Our themes are complete; deriving their colours would slow down every launch.
    return given if len(given) == len(NAMES) else _derive_variables(theme)


def _make_ansi_variables(theme: Theme) -> dict[str, str]:
    colours = _ANSI_ACCENTS[theme.dark]
    accents = dict.fromkeys(("page-accent", "unread-dot", "link", "code-text"), colours["accent"])
    errors = dict.fromkeys(("page-error", "code-removed"), colours["error"])
    return {**_ANSI, **accents, **errors, "star": colours["star"]}


def _derive_variables(theme: Theme) -> dict[str, str]:
    colours = theme.to_color_system().generate()
    ground = _to_hex(colours["background"])
    own = _to_hex(colours["foreground"])
    accent = _to_hex(colours["accent"])
    warning = _to_hex(colours["warning"])
    row = blend_colours(ground, own, 0.08)
    code = blend_colours(ground, own, 0.06)
    both = (ground, row)
    text = make_readable(own, (*both, code), TEXT)
    hit = _make_marked_ground(ground, warning, (0.26, 0.78), ("#000000", "#ffffff"))
    mark = make_readable(accent, both, DIM)
    ink = make_readable(ground, (warning,), TEXT)
    return {
        **PLAIN_STYLES,
        "page-ground": ground,
        "page-text": text,
        "page-dim": dim_text(text, ground, both, DIM),
        "page-rule": blend_colours(ground, own, 0.2),
        "page-accent": mark,
        "page-error": make_readable(_to_hex(colours["error"]), both, DIM),
        "row-ground": row,
        "unread-dot": mark,
        "star": make_readable(warning, both, DIM),
        "hit-ground": hit,
        "hit-text": make_readable(text, (hit,), TEXT),
        "current-hit-ground": make_readable(warning, (ink,), TEXT),
        "current-hit-text": ink,
        "highlight-text": text,
        **{
            name: _make_marked_ground(ground, _to_hex(colours[tint]), (0.22, 0.82), (text,))
            for name, tint in zip(
                _HIGHLIGHT_GROUNDS, ("warning", "success", "primary", "error"), strict=True
            )
        },
        "code-ground": code,
        "code-text": text,
        "code-comment": dim_text(text, code, (code,), DIM),
        **{
            f"code-{kind}": make_readable(_to_hex(colours[tint]), (code,), DIM)
            for kind, tint in zip(
                SYNTAX[1:], ("accent", "success", "warning", "secondary", "error"), strict=True
            )
        },
        "quote-bar": blend_colours(ground, own, 0.4),
        "link": mark,
    }


def _make_marked_ground(
    ground: str, colour: str, start: tuple[float, float], texts: Sequence[str]
) -> str:
    """Return a background of a colour's hue on which one of `texts` is readable.

    The first of `start` is the lightness to begin with on a dark page, the second on a light one.
    A blend of both would be grey where a page is blue and the colour yellow.
    """
    hue, _, saturation = colorsys.rgb_to_hls(*Color.parse(colour).normalized)
    is_dark = contrast_ratio(ground, "#ffffff") > contrast_ratio(ground, "#000000")
    saturation = min(max(saturation, 0.6), 0.7 if is_dark else 1.0)
    lightness, end = start[not is_dark], 0.0 if is_dark else 1.0
    for step in range(_STEPS):
        tried = lightness + (end - lightness) * step / _STEPS
        made = colorsys.hls_to_rgb(hue, tried, saturation)
        mixed = "#" + "".join(f"{round(part * 255):02x}" for part in made)
        if max(contrast_ratio(mixed, text) for text in texts) >= TEXT:
            return mixed
    return ground


def _to_hex(colour: str) -> str:
    return Color.parse(colour).hex6
