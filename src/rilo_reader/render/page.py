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
    """Something that begins on a line.

    Attributes:
        kind: "heading", "anchor", or LINK.
        number: the level of a heading, or the number of a link.
        text: the title of a heading, the name of an anchor, or the text of a link on this line.
    """

    kind: str
    number: int
    text: str


class Line(NamedTuple):
    """One line of a page.

    Attributes:
        segments: styled text without a line end, never wider than the page.
        indent: the number of leading characters that are not the article's text (list markers,
            quote bars, indentation, the space before right-to-left text).
        letters: the number of visible characters of the article's body on the line, without spaces
            and `indent`; the sum over a page does not depend on its width.
        joint: what separates the text from that of the next line: a line end, a space within a
            paragraph, or nothing within a word.
        tail: the number of trailing characters that are not the article's text.
        marks: the headings, links and anchors that begin, or continue, on the line.
    """

    segments: tuple[Segment, ...]
    indent: int = 0
    letters: int = 0
    joint: str = "\n"
    tail: int = 0
    marks: tuple[Mark, ...] = ()

    @property
    def text(self) -> str:
        """The plain text of the line."""
        return "".join(segment.text for segment in self.segments)


class Page(NamedTuple):
    """A page, or the part of it that is rendered so far.

    Attributes:
        width: the maximum width of lines, in cells.
        lines: all lines, from the title on.
        headings: in order.
        links: in order.
        anchors: the lines of footnotes and headings, by name.
        complete: whether it is the whole article.
        title_lines: the number of lines of the title.
        head_lines: the number of lines before the body: title, source, date, faults.
    """

    width: int
    lines: tuple[Line, ...]
    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    anchors: Mapping[str, int] = MappingProxyType({})
    complete: bool = True
    title_lines: int = 0
    head_lines: int = 0
