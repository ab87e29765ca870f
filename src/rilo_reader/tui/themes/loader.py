"""The data files of our themes, read into Textual's Theme."""

from __future__ import annotations

import json
from pathlib import Path

from textual.theme import Theme

from rilo_reader.tui.themes.variables import PLAIN_STYLES

OURS = ("ink", "paper")


def our_themes() -> tuple[Theme, ...]:
    """Our themes, for App.register_theme."""
    return tuple(read_theme(Path(__file__).with_name(f"{name}.json")) for name in OURS)


def read_theme(file: Path) -> Theme:
    """A theme from its data file, named as the file.

    `theme` is what Textual's Theme takes, `page` the colours of the page, and `variables` what
    Textual's own widgets take. JSON, since every launch reads it and has its parser loaded.
    """
    data = json.loads(file.read_text("utf-8"))
    variables = {**PLAIN_STYLES, **data["page"], **data["variables"]}
    return Theme(name=file.stem, variables=variables, **data["theme"])
