"""A page: lines with marks, styles, numbered links, and its text as before wrapping (pure)."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urljoin

from rich.segment import Segment
from rich.style import Style

from rilo_reader.text import safe_url


class Styles(NamedTuple):
    """One Rich style for each part of a page; the defaults have no colours."""

    text: Style = Style.null()  # base of all other styles
    title: Style = Style(bold=True)
    dim: Style = Style(dim=True)  # source and date, footnote numbers, text added by the program
    # headings of level 1 to 4; deeper ones have the last
    headings: tuple[Style, ...] = (*(Style(bold=True),) * 3, Style(italic=True))
    strong: Style = Style(bold=True)
    code: Style = Style.null()
    code_block: Style = Style.null()  # background of code blocks
    quote: Style = Style.null()  # text of quotations
    bar: Style = Style(dim=True)  # bar of quotations
    marker: Style = Style.null()  # bullets and numbers of lists
    link: Style = Style(underline=True)
    link_number: Style = Style(bold=True)  # what is typed to open a link; footnotes are dim
    rule: Style = Style(dim=True)


Room = Callable[[str, str, int], tuple[int, int] | None]
"""Returns the columns and lines to leave for a picture, None for one that is only named.

Takes its address as it is written, the same as a safe URL or "", and the columns there are.
"""


class PictureBoxes(NamedTuple):
    """The space for the pictures of an article."""

    find_room: Room
    hint: str = ""  # shown after a picture of the web that is only named, such as "p shows it"


class InlineImage(NamedTuple):
    """A picture in a paragraph, and its placeholder in the text: `[image: words]`."""

    address: str  # as the article has it; hostile
    words: str  # its description, or ""
    start: int
    end: int  # behind the number or address of a link, if there is one


Images = Callable[[str, str], str]
"""Returns the text that is written as the source of an image, "" for one that becomes a link.

Takes its address as it is written, and the same as a safe URL or "".
"""


class Layout(NamedTuple):
    """The settings with which an article is laid out."""

    width: int  # maximum width of lines, in cells
    styles: Styles = Styles()
    number_links: bool = False  # whether each link is followed by its number
    shows_addresses: bool = False  # whether each link is followed by its address
    boxes: PictureBoxes | None = None  # None to name pictures only
    own_tags: tuple[str, ...] = ()  # the reader's own, shown after those of the article


class LinkNumbers:
    """Numbers the links of an article; relative addresses are resolved where possible."""

    def __init__(self, base: str, *, number_links: bool = False, addresses: bool = False) -> None:
        """Resolve links against `base`; `number_links` and `shows_addresses` as in `Layout`."""
        self.urls: list[str] = []  # addresses of links 1, 2, …
        self._base = base
        self.are_numbered = number_links  # whether the text added after a link is its number
        self._addresses = addresses

    def target_of(self, address: str) -> int | str | None:
        """Return the number of a link or the name of an anchor in the page; None if unsafe."""
        address = address.strip()
        if address.startswith("#"):
            return address[1:].lower() or None
        url = self.url_of(address)
        if url is None:
            return None
        self.urls.append(url)
        return len(self.urls)

    def url_of(self, address: str) -> str | None:
        """Return an address as a safe URL, None if it is not one."""
        url = safe_url(address)
        if url is None and address and self._base and ":" not in address.split("/", 1)[0]:
            with suppress(ValueError):
                url = safe_url(urljoin(self._base, address))
        return url

    def text_after(self, number: int, words: str) -> str:
        """Return the text to add after a link with this text, or ""."""
        if self.are_numbered:
            return f"[{number}]"
        url = self.urls[number - 1]
        return f" <{url}>" if self._addresses and url not in (words, f"mailto:{words}") else ""


# Keys in the meta of a segment's style.
JUMP = "jump"  # the anchor it leads to (see `Page.anchors`)
LINK = "link"  # the number of its link
VALUE = "value"  # an author or a tag: its field and the value
PICTURE = "picture"  # the number of its picture (see `Page.pictures`)

CODE = "code"  # the kind of the marks on lines of code
SYNTAX = ("comment", "keyword", "string", "number", "name", "removed")  # parts of code with colours


class PageHeading(NamedTuple):
    """A heading: its level (1 to 6), text, and line on the page."""

    level: int
    title: str
    line: int


class PageLink(NamedTuple):
    """A link: its number (from 1), text, safe address, and line on the page."""

    number: int
    text: str
    url: str
    line: int


class CodeRange(NamedTuple):
    """A block of code: its language as named, its first line on the page, and the one after it."""

    language: str
    first: int
    last: int


class PagePicture(NamedTuple):
    """A picture of the article, and where it is on the page."""

    address: str  # as the article has it; hostile
    url: str  # the same as a safe address of the web, or ""
    words: str  # its description, or ""
    line: int = 0  # its first line on the page; that of its caption where there is no room for it
    column: int = 0  # its first column
    columns: int = 0
    rows: int = 0  # lines that are left for it; 0 where it is only named


class PageMark(NamedTuple):
    """Something that begins on a line, or a line of code."""

    kind: str  # "heading", "anchor", LINK, CODE or PICTURE
    # level of a heading, number of a link or of a picture (from 0), 1 for a line of code after the
    # first
    number: int
    text: str  # a heading's title, an anchor's name, a link's text on this line, or a language


class PageLine(NamedTuple):
    """One line of a page."""

    segments: tuple[Segment, ...]  # styled text without a line end, never wider than the page
    # the number of leading characters that are not the article's text (list markers, quote bars,
    # indentation, the space before right-to-left text)
    indent: int = 0
    # the number of visible characters of the article's body on the line, without spaces and
    # `indent`; the sum over a page does not depend on its width
    body_letters: int = 0
    # what separates the text from that of the next line: a line end, a space within a paragraph, or
    # nothing within a word
    joint: str = "\n"
    trailing_cells: int = 0  # trailing characters that are not the article's text
    # the headings, links and anchors that begin, or continue, on the line
    marks: tuple[PageMark, ...] = ()

    @property
    def text(self) -> str:
        """The plain text of the line."""
        return "".join(segment.text for segment in self.segments)


class Page(NamedTuple):
    """A page, or the part of it that is rendered so far."""

    width: int  # maximum width of lines, in cells
    lines: tuple[PageLine, ...]  # all lines, from the title on
    headings: tuple[PageHeading, ...] = ()
    links: tuple[PageLink, ...] = ()
    # the lines of footnotes and headings, by name
    anchors: Mapping[str, int] = MappingProxyType({})
    is_complete: bool = True  # whether it is the whole article
    title_lines: int = 0  # lines of the title
    head_lines: int = 0  # lines before the body: title, source, date, faults
    code: tuple[CodeRange, ...] = ()  # the blocks of code whose language is named
    pictures: tuple[PagePicture, ...] = ()  # in paragraphs


class LinePiece(NamedTuple):
    """A part of one line: characters `start` to `end` of its text."""

    line: int
    start: int
    end: int


class JoinedText(NamedTuple):
    """The text of consecutive lines, without margins, list markers and quote bars.

    White space apart it does not depend on the width of the page, except in tables.
    """

    text: str  # text; a line end where the article has one, two after a paragraph
    first: int  # the first line on its page
    starts: tuple[int, ...]  # where each line begins in the text
    lengths: tuple[int, ...]  # characters of each line
    indents: tuple[int, ...]  # characters before the text of each line, on its page

    def locate_range(self, start: int, end: int) -> tuple[LinePiece, ...]:
        """Return the places of `text[start:end]` on the page, without empty pieces."""
        index = max(bisect_right(self.starts, start) - 1, 0)
        pieces: list[LinePiece] = []
        while index < len(self.starts) and self.starts[index] < end:
            begin = max(start - self.starts[index], 0)
            stop = min(end - self.starts[index], self.lengths[index])
            if stop > begin:
                indent = self.indents[index]
                pieces.append(LinePiece(self.first + index, indent + begin, indent + stop))
            index += 1
        return tuple(pieces)

    def line_of(self, position: int) -> int:
        """Return the number of the line with a position of the text, on its page."""
        return self.first + max(bisect_right(self.starts, position) - 1, 0)

    def position_of(self, line: int, column: int) -> int:
        """Return the position in the text of a character of a line; the nearest one for others."""
        index = line - self.first
        if not self.starts or index < 0:
            return 0
        if index >= len(self.starts):
            return len(self.text)
        inside = min(max(column - self.indents[index], 0), self.lengths[index])
        return self.starts[index] + inside


def join_lines(lines: Sequence[PageLine], first: int, last: int) -> JoinedText:
    """Join the lines of a page from `first` to before `last`."""
    part = lines[first:last]
    texts = [(text := line.text)[line.indent : len(text) - line.trailing_cells] for line in part]
    lengths = tuple(map(len, texts))
    whole = [text + line.joint for text, line in zip(texts, part, strict=True)]
    starts = tuple(accumulate(map(len, whole[:-1]), initial=0)) if whole else ()
    return JoinedText("".join(whole), first, starts, lengths, tuple(line.indent for line in part))


def body_text(page: Page) -> JoinedText:
    """Return the text of an article as it is displayed, without its head."""
    return join_lines(page.lines, page.head_lines, len(page.lines))
