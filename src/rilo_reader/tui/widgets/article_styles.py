"""The looks of a page's parts, from the style sheet's component classes to Rich styles."""

from __future__ import annotations

from rich.style import Style
from textual.widget import Widget

from rilo_reader.render.styles import Styles

COMPONENTS = {
    "article--title",
    "article--dim",
    "article--heading",
    "article--strong",
    "article--code",
    "article--code-block",
    "article--quote",
    "article--bar",
    "article--link",
    "article--link-hover",
    "article--rule",
    "article--hit",
    "article--hit-current",
}

SHEET = """
ArticleView {
    background: $background;
    color: $foreground;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-gutter: stable;
    scrollbar-size-vertical: 1;
    & .article--title { text-style: bold; }
    & .article--dim { color: $text-muted; }
    & .article--heading { text-style: bold; }
    & .article--strong { text-style: bold; }
    & .article--code { background: $surface; }
    & .article--code-block { background: $surface; }
    & .article--quote { color: $text-muted; }
    & .article--bar { color: $text-muted; }
    & .article--link { color: $text-accent; text-style: underline; }
    & .article--link-hover { background: $boost; }
    & .article--rule { color: $foreground 30%; }
    & .article--hit { background: $accent 40%; }
    & .article--hit-current { background: $accent; color: $background; text-style: bold; }
}
"""
"""Defaults on variables that every theme has; a theme of ours may say more."""


def component(widget: Widget, name: str) -> Style:
    """What one component class sets, with its colours laid over the widget's own ground."""
    whole = widget.get_component_rich_style(name)
    partial = widget.get_component_rich_style(name, partial=True)
    return partial + Style(
        color=whole.color if partial.color else None,
        bgcolor=whole.bgcolor if partial.bgcolor else None,
    )


def styles_of(widget: Widget) -> Styles:
    """The style of every part of a page, as the theme has it now."""
    text = widget.rich_style

    def over(name: str) -> Style:
        return text + component(widget, name)

    return Styles(
        text=text,
        title=over("article--title"),
        dim=component(widget, "article--dim"),
        heading=over("article--heading"),
        strong=component(widget, "article--strong"),
        code=component(widget, "article--code"),
        code_block=over("article--code-block"),
        quote=over("article--quote"),
        bar=over("article--bar"),
        link=component(widget, "article--link"),
        rule=over("article--rule"),
    )
