"""The data files of our themes, read into Textual's Theme."""

from __future__ import annotations

import tomllib
from pathlib import Path

from textual.theme import Theme

from rilo_reader.tui.themes.variables import PLAIN_STYLES

OURS = ("ink", "paper")


def our_themes() -> tuple[Theme, ...]:
    """Our themes, for App.register_theme."""
    return tuple(read_theme(Path(__file__).with_name(f"{name}.toml")) for name in OURS)


def read_theme(file: Path) -> Theme:
    """A theme from its data file: [theme], [page] and [variables]; its name is the file's."""
    data = tomllib.loads(file.read_text("utf-8"))
    variables = {**PLAIN_STYLES, **data["page"], **data["variables"]}
    return Theme(name=file.stem, variables=variables, **data["theme"])
