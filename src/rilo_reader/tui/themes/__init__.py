"""Themes: ours (files beside this one), Textual's, the user's own; which a terminal can show."""

import json
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from textual.theme import Theme

from rilo_reader.config import AUTO
from rilo_reader.config.checks import suggest_name
from rilo_reader.files import read_regular
from rilo_reader.tui.themes.colours import NAMES, PLAIN_STYLES

OURS = ("ink", "paper")  # our themes, each in a JSON file beside this one

DEFAULT = "ink"
_WINDOWS = sys.platform == "win32"


class OwnThemes(NamedTuple):
    """The themes of the user's own."""

    themes: Mapping[str, Theme]  # by their names, those of their files
    faults: tuple[str, ...]  # a line for each file that is not used


NO_THEMES: Mapping[str, Theme] = MappingProxyType({})


def choose_theme(
    environment: Mapping[str, str],
    configured: str,
    *,
    is_light: bool = False,
    own: Mapping[str, Theme] = NO_THEMES,
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
    known = {**own, **BUILTIN_THEMES}
    name = configured if configured in (*OURS, *known) else DEFAULT
    if name in known and known[name].ansi:
        return name
    if not environment.get("NO_COLOR") and _has_many_colours(environment, windows):
        return name
    dark = known[name].dark if name in known else name != "paper"
    return "ansi-dark" if dark else "ansi-light"


def auto_theme(*, is_light: bool) -> str:
    """Return our theme for a light or a dark terminal."""
    return "paper" if is_light else "ink"


def theme_names(own: Collection[str] = ()) -> list[str]:
    """Return the names of all themes: AUTO, ours, the user's `own`, then Textual's."""
    from textual.theme import BUILTIN_THEMES

    return [AUTO, *OURS, *own, *sorted(BUILTIN_THEMES)]


def theme_problem(name: str, own: Collection[str] = ()) -> str:
    """Return an error message for an unknown theme, or ""."""
    names = theme_names(own)
    return "" if name in names else f"There is no theme {name!r}{suggest_name(name, names)}"


def background_of(name: str, own: Mapping[str, Theme] = NO_THEMES) -> str:
    """Return the background of a theme of ours or the user's, else of DEFAULT, as "#15171a"."""
    theme = own.get(name) or read_theme(_theme_file(name if name in OURS else DEFAULT))
    return theme.background or ""


def read_bundled_themes() -> tuple[Theme, ...]:
    """Return our themes, for App.register_theme."""
    return tuple(read_theme(_theme_file(name)) for name in OURS)


def _json_files(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(file for file in folder.iterdir() if file.suffix == ".json")
    return []


def read_own_themes(folder: Path) -> OwnThemes:
    """Read the themes of the user's own: files of a folder that have the form of ours."""
    themes: dict[str, Theme] = {}
    faults = []
    taken = theme_names()
    for file in _json_files(folder):
        try:
            data = json.loads(read_regular(file))
            fault = _find_fault(data)
            if file.stem in taken:
                fault = f"rilo-reader has a theme {file.stem}, which is used"
            if not fault:
                themes[file.stem] = _make_theme(file.stem, data)
        except (OSError, ValueError, RecursionError) as error:
            fault = str(error)
        if fault:
            faults.append(f"{folder.name}/{file.name}: {fault}")
    return OwnThemes(themes, tuple(faults))


def read_theme(file: Path) -> Theme:
    """Read one of our themes from its data file, whose name it has.

    `theme` has the arguments of Textual's Theme, `page` the colours of the page, `variables` those
    of Textual's widgets. JSON is the fastest to read on every launch.
    """
    return _make_theme(file.stem, json.loads(file.read_text("utf-8")))


def _theme_file(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.json")


def _make_theme(name: str, data: Mapping[str, Any]) -> Theme:
    variables = {**PLAIN_STYLES, **data.get("page", {}), **data.get("variables", {})}
    return Theme(name=name, variables=variables, **data["theme"])


_COLOURS = (
    *("primary", "secondary", "accent", "warning", "error", "success"),
    *("foreground", "background", "surface", "panel", "boost"),
)
_PARTS = {"about": (), "theme": (*_COLOURS, "dark"), "page": NAMES, "variables": ()}
_STYLE = r"none|(?:bold|dim|italic|reverse|underline)(?: (?:bold|dim|italic|reverse|underline))*"


def _find_fault(data: object) -> str:
    """Return what is wrong with the data of a theme, "" if nothing is.

    What gets through can be no fault of Textual's styles, which would end the program.
    """
    if not isinstance(data, dict):
        return "expected an object with theme, page and variables, as in ink.json"
    for part, values in data.items():
        if part not in _PARTS:
            return _describe_unknown(part, _PARTS)
        if part == "about":
            continue
        if not isinstance(values, dict):
            return f"{part}: expected an object of names and colours"
        for name, value in values.items():
            if _PARTS[part] and name not in _PARTS[part]:
                return f"{part}: {_describe_unknown(name, _PARTS[part])}"
            if wrong := _fault_of_value(name, value):
                return f"{part}: {name}: {value!r} is {wrong}"
    return "" if "primary" in data.get("theme", ()) else "theme: primary is missing"


def _describe_unknown(name: str, names: Iterable[str]) -> str:
    close = get_close_matches(name, names, 1)
    return f"there is no {name}{f'; did you mean {close[0]}?' if close else ''}"


def _fault_of_value(name: str, value: object) -> str:
    if name == "dark":
        return "" if isinstance(value, bool) else "neither true nor false"
    if name.endswith("-style"):
        return "" if re.fullmatch(_STYLE, str(value)) else "not a style, such as bold"
    return "" if re.fullmatch("#[0-9A-Fa-f]{6}", str(value)) else "not a colour, such as #82bbe8"


def _has_many_colours(environment: Mapping[str, str], windows: bool) -> bool:
    """Return whether the terminal has at least 256 colours, by Rich's rules."""
    system = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if system != "auto":
        return system in ("truecolor", "256", "windows")
    if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit") or windows:
        return environment.get("TERM", "") not in ("dumb", "unknown")
    return environment.get("TERM", "").strip().lower().rpartition("-")[2] in ("256color", "kitty")
