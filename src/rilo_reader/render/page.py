"""An article as a page: lines of styled cells, with its headings and links."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from rich.segment import Segment

JUMP = "jump"
"""Key in a segment's style meta: the name of a place in the same page (see Page.anchors)."""

LINK = "link"
"""Key in a segment's style meta: the number of the link that a click on it follows."""


class Heading(NamedTuple):
    """A heading of the article: its level (1 to 6), its text, and the line of the page."""

    level: int
    title: str
    line: int


class Link(NamedTuple):
    """A link of the article: its number (from 1), its text, its safe address, and its line."""

    number: int
    text: str
    url: str
    line: int


class Mark(NamedTuple):
    """Something that begins on a line.

    Attributes:
        kind: "heading", "anchor", or LINK.
        number: the level of a heading, or the number of a link.
        text: the title of a heading, the name of an anchor, or what of a link's words is here.
    """

    kind: str
    number: int
    text: str


class Line(NamedTuple):
    """One line of a page.

    Attributes:
        segments: styled text without a line end, never wider than the page.
        indent: how many characters at the start are no text of the article (list markers,
            quote bars, indentation, the space before text that runs from right to left).
        letters: how many visible characters of the article's body stand on the line, spaces
            and what `indent` covers not counted: the same in sum whatever the width.
        joint: what stands between this line's text and the next one's: a line end, a space
            where one paragraph goes on, or nothing where a word does.
        tail: how many characters at the end are no text of the article.
        marks: the headings, links and anchors that begin on the line, or go on there.
    """

    segments: tuple[Segment, ...]
    indent: int = 0
    letters: int = 0
    joint: str = "\n"
    tail: int = 0
    marks: tuple[Mark, ...] = ()

    @property
    def text(self) -> str:
        """The line as plain text."""
        return "".join(segment.text for segment in self.segments)


class Page(NamedTuple):
    """A page, or the part of it that is rendered so far.

    Attributes:
        width: cells that no line exceeds.
        lines: from the title down.
        headings: in order.
        links: in order.
        anchors: names of places in the page (footnotes, headings) and their lines.
        complete: whether the whole article is there.
        title_lines: how many lines at the top hold the title.
        head_lines: how many lines at the top are no body: title, source, date, faults.
    """

    width: int
    lines: tuple[Line, ...]
    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    anchors: Mapping[str, int] = MappingProxyType({})
    complete: bool = True
    title_lines: int = 0
    head_lines: int = 0
