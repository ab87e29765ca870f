"""What an article's HTML means, before it is written as Markdown (pure values)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What a run is."""

    TEXT = auto()
    CODE = auto()
    IMAGE = auto()
    """`text` is its description, `target` its address."""
    BREAK = auto()
    """A line break that is meant."""
    NOTE = auto()
    """A reference to the footnote labelled `text`."""
    RAW = auto()
    """Markdown or TeX that is to stand as it is."""


class Mark(NamedTuple):
    """What is said of a stretch of text.

    Attributes:
        name: strong, em, del, link, or an HTML element that Markdown has no sign for (sup, kbd, …).
        target: where a link leads.
        title: what a link says when one points at it.
    """

    name: str
    target: str = ""
    title: str = ""


class Run(NamedTuple):
    """A stretch of text that is of one kind, with its marks from the outermost to the innermost."""

    text: str
    marks: tuple[Mark, ...] = ()
    kind: Kind = Kind.TEXT
    target: str = ""


@dataclass
class Paragraph:
    """Text."""

    runs: list[Run]


@dataclass
class Heading:
    """A heading of level 1 to 6."""

    level: int
    runs: list[Run]


@dataclass
class Code:
    """Lines that stand as they are, in a language or in none ("")."""

    text: str
    language: str = ""


@dataclass
class Quote:
    """A quotation; `callout` names its sort where it is a box beside the text ("note").

    `title` is plain text at the head of a callout.
    """

    blocks: list[Block] = field(default_factory=list)
    callout: str = ""
    title: str = ""


@dataclass
class Listing:
    """A list; `start` is the first number, None where it has bullets."""

    start: int | None = None
    items: list[list[Block]] = field(default_factory=list)


@dataclass
class Table:
    """Rows of cells, all of one length; the first row is the header."""

    rows: list[list[list[Run]]]
    aligns: list[str]


@dataclass
class Rule:
    """A line between parts."""


@dataclass
class Note:
    """A footnote's text."""

    label: str
    blocks: list[Block]


Block = Paragraph | Heading | Code | Quote | Listing | Table | Rule | Note
