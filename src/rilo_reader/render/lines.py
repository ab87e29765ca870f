"""Rich's Text as lines of a page: wrapped, at the edge where the text begins, with its marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from rilo_reader.render.page import JUMP, LINK, Line, Mark
from rilo_reader.render.styles import Styles
from rilo_reader.render.wrap import Span, wrap

MARK = "\N{LEFT-TO-RIGHT MARK}"
"""Takes no cell, and keeps a number that follows right-to-left text from joining it."""

ENOUGH = 2_000
"""Characters of a text that tell which way it runs."""

WIDEST_PAGE = 200
"""Cells of a page that still has a right edge; on a wider one lines have no end."""

BLANK = Line(())

_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


class Space(NamedTuple):
    """Where a block is laid out.

    Attributes:
        room: cells that are left for its lines.
        page: cells of the whole page.
        depth: how many lists it stands in.
    """

    room: int
    page: int
    depth: int = 0

    @property
    def has_edge(self) -> bool:
        """Whether the page has a right edge."""
        return self.page <= WIDEST_PAGE


class SpanStyle(NamedTuple):
    """What the style of a span of a Text means on the page.

    Attributes:
        style: as it is painted.
        link: the number of its link, from 1, or 0.
        jump: the place in the same page that a click goes to, "" for none.
        is_added: whether its text is none of the article's own, such as the number of a link.
    """

    style: Style
    link: int = 0
    jump: str = ""
    is_added: bool = False


DIM, ADDED = "dim", "added"
"""What may follow the target of a link (see `target_of`): links that look like notes of ours."""


def target_of(link: int | str, look: str = "") -> str:
    """What stands in a style's `link` until it is laid out.

    Rich joins neighbours whose styles are equal, and two links to one address must stay two: the
    link's number keeps them apart.

    Args:
        link: the number of a link, 0 for none, or the name of a place in the page.
        look: DIM, ADDED or "".
    """
    return f"{link if isinstance(link, int) else '#' + link} {look}"


class SpanStyles:
    """The meaning of each style, worked out once."""

    def __init__(self, styles: Styles, urls: Sequence[str]) -> None:
        """Begin with the styles of the page's parts, and its addresses by number less one."""
        self._styles = styles
        self._urls = urls
        self._known: dict[Style, SpanStyle] = {}

    def of(self, style: Style | str) -> SpanStyle:
        """What a style means."""
        if isinstance(style, str):
            style = Style.parse(style)
        if style.link is None:
            return SpanStyle(style)
        found = self._known.get(style)
        if found is None:
            found = self._known[style] = self._of_link(style, style.link)
        return found

    def _of_link(self, style: Style, target: str) -> SpanStyle:
        where, _, look = target.rpartition(" ")
        shown = style.update_link(None) + (self._styles.dim if look else self._styles.link)
        is_added = look == ADDED
        if where.startswith("#"):
            return SpanStyle(shown + Style(meta={JUMP: where[1:]}), 0, where[1:], is_added)
        number = int(where)
        if number == 0:
            return SpanStyle(shown, is_added=is_added)
        link = Style(link=self._urls[number - 1], meta={LINK: number})
        return SpanStyle(shown + link, number, "", is_added)


def lines_of(text: Text, base: Style, room: int, styles: SpanStyles) -> Iterator[Line]:
    """The lines of a text, at most `room` cells wide.

    Args:
        text: its spans follow one another.
        base: the style of what no span covers.
        room: cells.
        styles: what the styles of its spans mean.
    """
    plain = text.plain
    runs = [(span.start, span.end, styles.of(span.style)) for span in text.spans]
    index = 0
    for start, end, joint in wrap(plain, room):
        while index < len(runs) and runs[index][1] <= start:
            index += 1
        yield _line(plain, Span(start, end, joint), runs, index, base)


def _line(
    plain: str,
    span: Span,
    runs: Sequence[tuple[int, int, SpanStyle]],
    index: int,
    base: Style,
) -> Line:
    """A line of a text, in which the run at `index` is the first."""
    start, end, joint = span
    segments: list[Segment] = []
    marks: list[Mark] = []
    added, position = 0, start
    while position < end:
        begin, stop, meaning = runs[index] if index < len(runs) else (end, end, None)
        if begin > position or meaning is None:
            stop = min(begin, end)
            segments.append(Segment(plain[position:stop], base))
            position = stop
            continue
        stop = min(stop, end)
        piece = plain[position:stop]
        segments.append(Segment(piece, meaning.style))
        if meaning.link:
            marks.append(Mark(LINK, meaning.link, "" if meaning.is_added else piece))
        elif meaning.jump.startswith("fn-"):
            marks.append(Mark("anchor", 0, "fnref-" + meaning.jump[3:]))
        if meaning.is_added:
            added += _letters(piece)
        position = stop
        index += 1
    letters = end - start - plain.count(" ", start, end) - added
    return Line(tuple(segments), 0, letters, joint, 0, tuple(marks))


def _letters(text: str) -> int:
    """How many characters of a text are no spaces."""
    return len(text) - text.count(" ")


def cells_of(line: Line) -> int:
    """The cells that a line takes."""
    return sum(segment.cell_length for segment in line.segments)


def at_right(line: Line, room: int, base: Style) -> Line:
    """A line moved to the right edge of its room."""
    free = room - cells_of(line)
    if free <= 0:
        return line
    space = Segment(" " * free, base)
    return line._replace(segments=(space, *line.segments), indent=line.indent + free)


class Frame(NamedTuple):
    """What stands beside the lines of a quotation or of an item of a list.

    Attributes:
        first: beside the first line.
        rest: beside the others, as wide as `first` or empty.
        style: of both.
        on_right: whether it stands behind the lines, whose text runs from right to left.
    """

    first: str
    rest: str
    style: Style
    on_right: bool = False


def framed(lines: Iterable[Line], frame: Frame, room: int) -> Iterator[Line]:
    """Lines with a frame beside them; its first part alone where there are no lines.

    Args:
        lines: at most `room` cells wide.
        frame: what stands beside them.
        room: cells of the lines, without the frame.
    """
    beside, is_first = frame.first, True
    for line in lines:
        if not beside or (not line.segments and not is_first and not beside.strip()):
            yield line
        elif frame.on_right:
            yield _framed_at_right(line, beside, frame.style, room)
        else:
            segments = (Segment(beside, frame.style), *line.segments)
            yield line._replace(segments=segments, indent=line.indent + len(beside))
        beside, is_first = frame.rest, False
    if is_first and frame.first.strip():
        yield Line((Segment(frame.first, frame.style),), len(frame.first))


def _framed_at_right(line: Line, beside: str, style: Style, room: int) -> Line:
    mark = beside.strip()
    tail = f"{MARK if mark[:1].isdigit() else ''} {mark}{' ' * (len(beside) - len(mark) - 1)}"
    free = room - cells_of(line)
    after = [Segment(" " * free)] if free > 0 else []
    after.append(Segment(tail, style))
    added = sum(len(segment.text) for segment in after)
    return line._replace(segments=(*line.segments, *after), tail=line.tail + added)


def is_right_to_left(text: str) -> bool:
    """Whether a text runs from right to left: its first letter does, or more than half of it.

    Many a sentence in Hebrew begins with a name in Latin letters.
    """
    if text.isascii() or _RIGHT_TO_LEFT.search(text) is None:
        return False
    from unicodedata import bidirectional

    ways = [way for way in map(bidirectional, text[:ENOUGH]) if way in ("L", "R", "AL")]
    return bool(ways) and (ways[0] != "L" or ways.count("L") * 2 < len(ways))
