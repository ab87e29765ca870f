"""The outline: the headings of the article, to jump to."""

from __future__ import annotations

from collections.abc import Sequence

from rilo_reader.render.page import Heading
from rilo_reader.tui.screens.choice import ChoiceScreen


def outline(headings: Sequence[Heading], line: int) -> ChoiceScreen:
    """The headings of an article, standing on the one that `line` is under."""
    top = min((heading.level for heading in headings), default=1)
    above = [index for index, heading in enumerate(headings) if heading.line <= line]
    return ChoiceScreen(
        ["  " * (heading.level - top) + heading.title for heading in headings],
        above[-1] if above else 0,
        "enter goes there   esc closes",
    )
