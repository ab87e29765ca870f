"""A rendered page: lines of styled segments, with headings, links and anchors."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from rich.segment import Segment

JUMP = "jump"
"""Key in the meta of a segment's style: the anchor it leads to (see `Page.anchors`)."""

LINK = "link"
"""Key in the meta of a segment's style: the number of its link."""


class Heading(NamedTuple):
    """A heading: its level (1 to 6), text, and line on the page."""

    level: int
    title: str
    line: int


class Link(NamedTuple):
    """A link: its number (from 1), text, safe address, and line on the page."""

    number: int
    text: str
    url: str
    line: int


class Mark(NamedTuple):
    """Something that begins on a line."""

    kind: str  # "heading", "anchor", or LINK
    number: int  # level of a heading, or the number of a link
    text: str  # title of a heading, the name of an anchor, or the text of a link on this line


class Line(NamedTuple):
    """One line of a page."""

    segments: tuple[Segment, ...]  # styled text without a line end, never wider than the page
    # the number of leading characters that are not the article's text (list markers, quote bars,
    # indentation, the space before right-to-left text)
    indent: int = 0
    # the number of visible characters of the article's body on the line, without spaces and
    # `indent`; the sum over a page does not depend on its width
    letters: int = 0
    # what separates the text from that of the next line: a line end, a space within a paragraph, or
    # nothing within a word
    joint: str = "\n"
    tail: int = 0  # trailing characters that are not the article's text
    # the headings, links and anchors that begin, or continue, on the line
    marks: tuple[Mark, ...] = ()

    @property
    def text(self) -> str:
        """The plain text of the line."""
        return "".join(segment.text for segment in self.segments)


class Page(NamedTuple):
    """A page, or the part of it that is rendered so far."""

    width: int  # maximum width of lines, in cells
    lines: tuple[Line, ...]  # all lines, from the title on
    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    # the lines of footnotes and headings, by name
    anchors: Mapping[str, int] = MappingProxyType({})
    complete: bool = True  # whether it is the whole article
    title_lines: int = 0  # lines of the title
    head_lines: int = 0  # lines before the body: title, source, date, faults
