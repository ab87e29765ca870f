"""Widgets that draw lines themselves, and the colours of the page as Rich styles for them."""

from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from rich.style import Style
from textual.color import Color
from textual.widget import Widget

from rilo_reader.render.page import SYNTAX
from rilo_reader.tui.themes.colours import NAMES


class Colours(NamedTuple):
    """Styles by purpose; those of rows, code, hits and highlights have a background."""

    text: Style
    dim: Style
    rule: Style
    accent: Style
    error: Style
    unread_dot: Style
    star: Style
    row: Style
    code: Style
    bar: Style
    link: Style
    link_hover: Style
    note: Style
    hit: Style
    current_hit: Style
    highlights: tuple[Style, ...]
    others_highlight: Style
    syntax: tuple[Style, ...]  # of the parts of code that SYNTAX names, over `code`


class DrawnLine(Widget, can_focus=False):
    """A line of the screen that draws itself."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "DrawnLine { height: 1; background: $page-ground; }"


def colours_of(widget: Widget) -> Colours:
    """Return the colours of the current theme."""
    return _make_colours(_values_of(widget.app.theme_variables))


_values_of = itemgetter(*NAMES)


@lru_cache(maxsize=4)
def _make_colours(values: tuple[str, ...]) -> Colours:
    value = dict(zip(NAMES, values, strict=True))
    return Colours(
        text=_make_style(value["page-text"]),
        dim=_make_style(value["page-dim"], attributes=value["dim-text-style"]),
        rule=_make_style(value["page-rule"]),
        accent=_make_style(value["page-accent"]),
        error=_make_style(value["page-error"]),
        unread_dot=_make_style(value["unread-dot"]),
        star=_make_style(value["star"]),
        row=_make_style(ground=value["row-ground"], attributes=value["row-text-style"]),
        code=_make_style(value["code-text"], value["code-ground"]),
        bar=_make_style(value["quote-bar"]),
        link=_make_style(value["link"], attributes="underline"),
        link_hover=_make_style(ground=value["row-ground"], attributes="bold underline"),
        note=_make_style(value["page-accent"], attributes="bold"),
        hit=_make_style(value["hit-text"], value["hit-ground"], value["hit-text-style"]),
        current_hit=_make_style(
            value["current-hit-text"], value["current-hit-ground"], value["current-hit-text-style"]
        ),
        highlights=tuple(
            _make_style(
                value["highlight-text"],
                value[f"highlight-{kind}-ground"],
                value["highlight-text-style"],
            )
            for kind in range(1, 5)
        ),
        others_highlight=_make_style(value["page-text"], value["row-ground"], "italic underline"),
        syntax=tuple(_make_style(value[f"code-{kind}"]) for kind in SYNTAX),
    )


def _make_style(colour: str = "", ground: str = "", attributes: str = "none") -> Style:
    style = Style(
        color=Color.parse(colour).rich_color if colour else None,
        bgcolor=Color.parse(ground).rich_color if ground else None,
    )
    return style if attributes == "none" else style + Style.parse(attributes)
