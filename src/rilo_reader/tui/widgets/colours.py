"""The colours of the page as Rich styles, for widgets that draw lines themselves."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.style import Style
from textual.color import Color
from textual.widget import Widget


class Colours(NamedTuple):
    """Styles by purpose; only `row` and `hit` have a background."""

    text: Style
    dim: Style
    rule: Style
    accent: Style
    error: Style
    unread_dot: Style
    star: Style
    row: Style
    hit: Style


def colours_of(widget: Widget) -> Colours:
    """Return the colours of the current theme."""
    variables = widget.app.theme_variables
    return _colours(tuple((name, variables[name]) for name in _NAMES))


_NAMES = (
    *("page-text", "page-dim", "page-rule", "page-accent", "page-error", "unread-dot", "star"),
    *("row-ground", "hit-text", "hit-ground"),
    *("dim-text-style", "row-text-style", "hit-text-style"),
)


@lru_cache(maxsize=4)
def _colours(variables: tuple[tuple[str, str], ...]) -> Colours:
    value = dict(variables)
    return Colours(
        text=_style(value["page-text"]),
        dim=_style(value["page-dim"], attributes=value["dim-text-style"]),
        rule=_style(value["page-rule"]),
        accent=_style(value["page-accent"]),
        error=_style(value["page-error"]),
        unread_dot=_style(value["unread-dot"]),
        star=_style(value["star"]),
        row=_style(ground=value["row-ground"], attributes=value["row-text-style"]),
        hit=_style(value["hit-text"], value["hit-ground"], value["hit-text-style"]),
    )


def _style(colour: str = "", ground: str = "", attributes: str = "none") -> Style:
    style = Style(
        color=Color.parse(colour).rich_color if colour else None,
        bgcolor=Color.parse(ground).rich_color if ground else None,
    )
    return style if attributes == "none" else style + Style.parse(attributes)
