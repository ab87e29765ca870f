"""An article as a page: lines of styled cells, with its headings and links."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the article: its level (1 to 6), its text, and the line of the page."""

    level: int
    title: str
    line: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the article: its number (from 1), its text, its safe address, and its line."""

    number: int
    text: str
    url: str
    line: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or the part of it that is rendered so far.

    Attributes:
        width: cells of every line.
        lines: one list of segments a line, without line ends.
        headings: in order.
        links: in order.
        complete: whether the whole article is there.
    """

    width: int
    lines: tuple[tuple[Segment, ...], ...]
    headings: tuple[Heading, ...]
    links: tuple[Link, ...]
    complete: bool
