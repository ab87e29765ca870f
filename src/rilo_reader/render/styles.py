"""How each part of a page looks: Rich styles that a theme fills in."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.style import Style


@dataclass(frozen=True, slots=True)
class Styles:
    """One style for each part of a page; the defaults need no colours.

    Attributes:
        text: what everything else lies on.
        title: the article's title.
        dim: source and date, footnote numbers, notes of ours.
        heading: headings in the text.
        strong: bold text.
        code: code within a line.
        code_block: the ground of code on lines of its own.
        quote: text of a quotation.
        bar: the bar beside a quotation.
        marker: bullets and numbers of lists.
        link: links.
        rule: thin horizontal lines.
    """

    text: Style = field(default_factory=Style.null)
    title: Style = field(default_factory=lambda: Style(bold=True))
    dim: Style = field(default_factory=lambda: Style(dim=True))
    heading: Style = field(default_factory=lambda: Style(bold=True))
    strong: Style = field(default_factory=lambda: Style(bold=True))
    code: Style = field(default_factory=Style.null)
    code_block: Style = field(default_factory=Style.null)
    quote: Style = field(default_factory=Style.null)
    bar: Style = field(default_factory=lambda: Style(dim=True))
    marker: Style = field(default_factory=Style.null)
    link: Style = field(default_factory=lambda: Style(underline=True))
    rule: Style = field(default_factory=lambda: Style(dim=True))
