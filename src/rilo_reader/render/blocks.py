"""What an article is made of, once its Markdown and HTML are read: blocks of inked text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Ink(NamedTuple):
    """How a run of text is meant.

    Attributes:
        strong, emphasis, strike, under, code: as in Markdown and HTML.
        dim: of less weight than the text.
        added: not of the article's own words, such as the number of a link.
        link: the number of its link, from 1, or 0.
        jump: a place in the same page that a click goes to, "" for none.
    """

    strong: bool = False
    emphasis: bool = False
    strike: bool = False
    under: bool = False
    code: bool = False
    dim: bool = False
    added: bool = False
    link: int = 0
    jump: str = ""


PLAIN = Ink()


class Run(NamedTuple):
    """Text in one ink; a line end in it is a line break that is meant."""

    text: str
    ink: Ink = PLAIN


def text_of(runs: Sequence[Run]) -> str:
    """The text of runs."""
    return "".join(run.text for run in runs)


# Plain classes: a dataclass takes ten times as long to define, and these are on a launch's path.


class Paragraph:
    """A paragraph; `goes_on` where it continues the one before it without a blank line."""

    __slots__ = ("goes_on", "runs")

    def __init__(self, runs: list[Run], goes_on: bool = False) -> None:
        self.runs = runs
        self.goes_on = goes_on


class Title:
    """A heading of level 1 to 6."""

    __slots__ = ("level", "runs")

    def __init__(self, level: int, runs: list[Run]) -> None:
        self.level = level
        self.runs = runs


class Quote:
    """A quotation."""

    __slots__ = ("blocks",)

    def __init__(self) -> None:
        self.blocks: list[Block] = []


class Item:
    """An item of a list: its marker ("•", "3.", "☐") and what it holds.

    `anchor` names the place for jumps, "" for none.
    """

    __slots__ = ("anchor", "blocks", "marker")

    def __init__(self, marker: str, blocks: list[Block] | None = None, anchor: str = "") -> None:
        self.marker = marker
        self.blocks = [] if blocks is None else blocks
        self.anchor = anchor


class Listing:
    """A list; `tight` puts no blank line between its items, `goes_on` none above the first."""

    __slots__ = ("goes_on", "items", "tight")

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.tight = True
        self.goes_on = False


class Code:
    """Code on lines of its own, and the language it names."""

    __slots__ = ("language", "text")

    def __init__(self, text: str, language: str = "") -> None:
        self.text = text
        self.language = language


class Rule:
    """A thin line across the page."""

    __slots__ = ()


class Table:
    """A table: a header row (may be empty), rows of cells, "left", "right" or "center" each.

    `goes_on` where it continues the one before it, whose header and columns it shares.
    """

    __slots__ = ("aligns", "goes_on", "header", "rows")

    def __init__(
        self, header: list[list[Run]], rows: list[list[list[Run]]], aligns: list[str]
    ) -> None:
        self.header = header
        self.rows = rows
        self.aligns = aligns
        self.goes_on = False


Block = Paragraph | Title | Quote | Listing | Code | Rule | Table
"""Any of them."""
