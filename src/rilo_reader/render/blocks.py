"""What an article is made of, once its Markdown and HTML are read: blocks of inked text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Paragraph:
    """A paragraph; `goes_on` where it continues the one before it without a blank line."""

    runs: list[Run]
    goes_on: bool = False


@dataclass(slots=True)
class Title:
    """A heading of level 1 to 6."""

    level: int
    runs: list[Run]


@dataclass(slots=True)
class Quote:
    """A quotation."""

    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """An item of a list: its marker ("•", "3.", "☐") and what it holds.

    `anchor` names the place for jumps, "" for none.
    """

    marker: str
    blocks: list[Block] = field(default_factory=list)
    anchor: str = ""


@dataclass(slots=True)
class Listing:
    """A list; `tight` puts no blank line between its items, `goes_on` none above the first."""

    items: list[Item] = field(default_factory=list)
    tight: bool = True
    goes_on: bool = False


@dataclass(slots=True)
class Code:
    """Code on lines of its own, and the language it names."""

    text: str
    language: str = ""


@dataclass(slots=True)
class Rule:
    """A thin line across the page."""


@dataclass(slots=True)
class Table:
    """A table: a header row (may be empty), rows of cells, "left", "right" or "center" each.

    `goes_on` where it continues the one before it, whose header and columns it shares.
    """

    header: list[list[Run]]
    rows: list[list[list[Run]]]
    aligns: list[str]
    goes_on: bool = False


Block = Paragraph | Title | Quote | Listing | Code | Rule | Table
"""Any of them."""
