"""The document model between HTML and Markdown: blocks that hold runs of text (pure values)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """The kind of content in a `Run`."""

    TEXT = auto()
    CODE = auto()
    IMAGE = auto()
    """`text` is the alternative text, `target` the URL."""
    BREAK = auto()
    """A hard line break."""
    NOTE = auto()
    """A reference to the footnote with the label `text`."""
    RAW = auto()
    """Markdown or TeX that is written without escaping."""


class Mark(NamedTuple):
    """Formatting of a run.

    Attributes:
        name: strong, em, del, link, or an HTML element without a Markdown equivalent (sup, kbd, …).
        target: the URL of a link.
        title: the title of a link.
    """

    name: str
    target: str = ""
    title: str = ""


class Run(NamedTuple):
    """Text, or one inline object, with its marks from the outermost to the innermost."""

    text: str
    marks: tuple[Mark, ...] = ()
    kind: Kind = Kind.TEXT
    target: str = ""


@dataclass
class Paragraph:
    """A paragraph."""

    runs: list[Run]


@dataclass
class Heading:
    """A heading of level 1 to 6."""

    level: int
    runs: list[Run]


@dataclass
class Code:
    """A code block; `language` is "" if unknown."""

    text: str
    language: str = ""


@dataclass
class Quote:
    """A block quote, or a callout if `callout` is its kind ("note").

    `title` is the plain-text title of a callout.
    """

    blocks: list[Block] = field(default_factory=list)
    callout: str = ""
    title: str = ""


@dataclass
class Listing:
    """A list; `start` is the first number, or None for bullets."""

    start: int | None = None
    items: list[list[Block]] = field(default_factory=list)


@dataclass
class Table:
    """Rows of equally many cells; the first row is the header.

    `aligns` has "left", "center", "right" or "" for each column.
    """

    rows: list[list[list[Run]]]
    aligns: list[str]


@dataclass
class Rule:
    """A thematic break."""


@dataclass
class Note:
    """The definition of a footnote."""

    label: str
    blocks: list[Block]


Block = Paragraph | Heading | Code | Quote | Listing | Table | Rule | Note
