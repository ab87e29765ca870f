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
    background: $page-ground;
    color: $page-text;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-gutter: stable;
    scrollbar-size-vertical: 1;
    & .article--title { color: $page-text; text-style: bold; }
    & .article--dim { color: $page-dim; text-style: $dim-text-style; }
    & .article--heading { color: $page-text; text-style: bold; }
    & .article--strong { text-style: bold; }
    & .article--code { background: $code-ground; color: $code-text; }
    & .article--code-block { background: $code-ground; color: $code-text; }
    & .article--quote { color: $page-text; }
    & .article--bar { color: $quote-bar; }
    & .article--link { color: $link; text-style: underline; }
    & .article--link-hover { background: $row-ground; text-style: bold underline; }
    & .article--rule { color: $page-rule; }
    & .article--hit { background: $hit-ground; color: $hit-text; text-style: $hit-text-style; }
    & .article--hit-current {
        background: $current-hit-ground;
        color: $current-hit-text;
        text-style: $current-hit-text-style;
    }
}
"""
"""On the variables of tui/themes, which every theme has in this program."""


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
        marker=over("article--dim"),
        link=component(widget, "article--link"),
        rule=over("article--rule"),
    )
