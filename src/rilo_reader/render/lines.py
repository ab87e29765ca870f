"""Lay out text as lines: wrapped at a width in cells, by scripts and direction, with marks."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from unicodedata import bidirectional

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from rilo_reader.render.page import JUMP, LINK, PageLine, PageMark, Styles
from rilo_reader.text import lazy_re

# Characters that never begin a line broken without a space (kinsoku), and that never end one.
NO_START = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】〙〗〟｠»"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥)]}.,:;!?%％℃°"
)
NO_END = frozenset("‘“（〔［｛〈《「『【〘〖〝‘“｟«([{$＄￥£¥#＃@")

# A line does not break at the space before one of these, in French, nor at that after an opening
# one; but German has them the other way round, next to a word.
_CLOSING = lazy_re(r" [;:!?»›]+(?!\w)|(?<!\w)[«‹] ")
_BESIDE_SPACE = frozenset(";:!?»›«‹")

_NARROW = lazy_re(
    "[ -~\xa0-\xac\xae-\u02ff\u0370-\u0373\u0376\u0377\u037b-\u037f\u0386-\u0482\u048a-\u052f"
    "\u2010-\u2015\u2018-\u201f\u2020-\u2022\u2026\u2032\u2033\u2039\u203a\u20ac\u2122\u2190-\u2193]*"
)
"""Text of single-cell characters in scripts that break only at spaces (Latin, Greek, Cyrillic).

Covers most lines with typographic quotes, which need not be split into graphemes.
"""


class LineSpan(NamedTuple):
    """One line of a text, from `start` to `end`.

    `joint` separates it from the next line: a line end, a space, or nothing within a word or a
    script without spaces.
    """

    start: int
    end: int
    joint: str = "\n"


def wrap_text(text: str, width: int) -> list[LineSpan]:
    """Break a text into lines of at most `width` cells; line ends are kept.

    Spaces at a break belong to neither line. A wider grapheme has a line of its own.
    """
    width = max(width, 1)
    spans: list[LineSpan] = []
    start = 0
    for piece in text.split("\n"):
        end = start + len(piece)
        if len(piece) <= width and cell_len(piece) <= width:
            spans.append(LineSpan(start, end))
        elif is_narrow(piece):
            _wrap_narrow(text, start, end, width, spans)
        else:
            _wrap_wide(piece, start, width, spans)
        start = end + 1
    return spans


def is_narrow(text: str) -> bool:
    """Return whether every character takes one cell and lines break only at spaces."""
    return text.isascii() or _NARROW.fullmatch(text) is not None


def _wrap_narrow(text: str, start: int, end: int, width: int, spans: list[LineSpan]) -> None:
    """Break text of single-cell characters, a line at a time."""
    while end - start > width:
        limit = start + width
        cut = text.rfind(" ", start, limit + 1)
        while (earlier := _find_space_before(text, start, cut)) > start:
            cut = earlier
        if cut <= start or not text[start:cut].strip():
            # A long word: after punctuation of a URL, if there is any nearby.
            near = range(limit, max(start + 1, limit - 24), -1)
            cut = next((at for at in near if text[at - 1] in "/-_?&=.,;:+"), limit)
            spans.append(LineSpan(start, cut, ""))
            start = cut
            continue
        spans.append(LineSpan(start, cut, " "))
        start = cut + 1
        while start < end and text[start] == " ":
            start += 1
    if start < end or not spans:
        spans.append(LineSpan(start, end))


def _find_space_before(text: str, start: int, cut: int) -> int:
    """Return the space before that at `cut`, if a line may not break at the latter; else -1."""
    if cut <= start or _BESIDE_SPACE.isdisjoint(text[cut - 1 : cut + 2]):
        return -1
    if not (_CLOSING.match(text, cut) or _CLOSING.match(text, cut - 1)):
        return -1
    return text.rfind(" ", start, cut)


def _wrap_wide(piece: str, offset: int, width: int, spans: list[LineSpan]) -> None:
    """Break text of any script, by graphemes."""
    graphemes, _ = split_graphemes(piece)
    first = 0  # the first grapheme of the line
    used = 0  # cells of the line so far
    chance = -1  # the grapheme that may begin the next line, or -1
    chance_used = 0  # cells before it
    previous = " "
    index = 0
    while index < len(graphemes):
        start, end, cells = graphemes[index]
        # A space with a combining mark is a letter.
        character = piece[start] if piece[start] != " " or end == start + 1 else "_"
        is_bound = previous == " " and (
            _CLOSING.match(piece, start - 1) or _CLOSING.match(piece, max(start - 2, 0), start)
        )
        if index > first and can_break(previous, character) and not is_bound:
            chance, chance_used = index, used
        if used + cells > width and character != " " and index > first:
            begin = chance if chance > first else index
            line = piece[graphemes[first][0] : graphemes[begin][0]]
            start = offset + graphemes[first][0]
            joint = " " if line.endswith(" ") else ""
            spans.append(LineSpan(start, start + len(line.rstrip(" ")), joint))
            used = used - chance_used if begin == chance else 0
            # Again: the text moved down may leave no room for a wide grapheme.
            first, chance = begin, -1
            continue
        used += cells
        previous = character
        index += 1
    if first < len(graphemes):
        spans.append(LineSpan(offset + graphemes[first][0], offset + len(piece.rstrip(" "))))


def can_break(before: str, after: str) -> bool:
    """Return whether a line may break between two graphemes."""
    if after == " ":
        return False
    if before == " ":
        return True
    if after < "\u0e00" and before < "\u0e00":
        return False
    if "\u0e40" <= after <= "\u0e44":
        # A Thai vowel written before its consonant begins a syllable.
        return before not in NO_END
    if not (is_ideographic(before) or is_ideographic(after)):
        return False
    return after not in NO_START and before not in NO_END


def is_ideographic(character: str) -> bool:
    """Return whether lines break next to a character: Chinese and Japanese, not Korean."""
    return character >= "\u2e80" and (
        character <= "\ua4cf"
        or "\uf900" <= character <= "\ufaff"
        or "\ufe30" <= character <= "\ufe4f"
        or "\uff00" <= character <= "\uffef"
        or "\U0001b000" <= character <= "\U0001b2ff"
        or "\U00020000" <= character <= "\U0003ffff"
    )


# Takes no cell, and keeps a number out of preceding right-to-left text.
MARK = "\N{LEFT-TO-RIGHT MARK}"
ENOUGH = 2_000  # characters of a text that determine its direction
WIDEST_PAGE = 200  # cells of a page with a right edge; lines of wider pages are unbounded
BLANK = PageLine(())

_RIGHT_TO_LEFT = (
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


class BlockSpace(NamedTuple):
    """The space in which a block is laid out."""

    width: int  # cells for its lines
    page_width: int  # width of the page, in cells
    depth: int = 0  # lists around it
    is_list_on_right: bool | None = None  # side of the list around it; None outside of lists

    @property
    def has_edge(self) -> bool:
        """True if the page has a right edge."""
        return self.page_width <= WIDEST_PAGE

    def is_on_right(self, runs_to_left: bool) -> bool:
        """Return whether a block is to be on the right: in a list that decides, else its text."""
        return runs_to_left if self.is_list_on_right is None else self.is_list_on_right


class SpanStyle(NamedTuple):
    """The meaning of the style of a span on the page."""

    style: Style
    link: int = 0  # its link, from 1, or 0
    jump: str = ""  # anchor that a click goes to, or ""
    is_added: bool = False  # whether the text is not the article's, as the number of a link


# Suffixes of a link's target (see `encode_target`): a dim link, or one that is not the article's
# text: its address, or the number by which it is opened.
DIM, ADDED_SUFFIX, NUMBER = "dim", "added", "number"


def encode_target(link: int | str, suffix: str = "") -> str:
    """Encode a link for a style's `link` until it is laid out: its number, 0, or an anchor's name.

    Rich merges adjacent spans of equal style; the number keeps two links to one address apart.
    """
    return f"{link if isinstance(link, int) else '#' + link} {suffix}"


class SpanStyleCache:
    """The meanings of styles, cached."""

    def __init__(self, styles: Styles, urls: Sequence[str]) -> None:
        """Use the styles of the page's parts and the addresses of links 1, 2, …."""
        self._styles = styles
        self._urls = urls
        self._cached: dict[Style, SpanStyle] = {}

    def meaning_of(self, style: Style | str) -> SpanStyle:
        """Return the meaning of a style."""
        if isinstance(style, str):
            style = Style.parse(style)
        if style.link is None:
            return SpanStyle(style)
        if style not in self._cached:
            self._cached[style] = self._meaning_of_link(style, style.link)
        return self._cached[style]

    def _meaning_of_link(self, style: Style, target: str) -> SpanStyle:
        address, _, suffix = target.rpartition(" ")
        shown = style.update_link(None) + (self._styles.dim if suffix else self._styles.link)
        is_added = suffix in (ADDED_SUFFIX, NUMBER)
        if suffix == NUMBER:
            shown = style.update_link(None) + self._styles.link_number
        if address.startswith("#"):
            return SpanStyle(shown + Style(meta={JUMP: address[1:]}), 0, address[1:], is_added)
        number = int(address)
        if number == 0:
            return SpanStyle(shown, is_added=is_added)
        link = Style(link=self._urls[number - 1], meta={LINK: number})
        return SpanStyle(shown + link, number, "", is_added)


def wrap_rich_text(
    text: Text, base: Style, width: int, styles: SpanStyleCache
) -> Iterator[PageLine]:
    """Yield the lines of a text, wrapped at a width in cells.

    Its spans do not overlap and are in order; `base` is the style of text without a span.
    """
    plain = text.plain
    runs = [(span.start, span.end, styles.meaning_of(span.style)) for span in text.spans]
    index = 0
    for start, end, joint in wrap_text(plain, width):
        while index < len(runs) and runs[index][1] <= start:
            index += 1
        yield _make_line(plain, LineSpan(start, end, joint), runs, index, base)


def _make_line(
    plain: str, span: LineSpan, runs: Sequence[tuple[int, int, SpanStyle]], index: int, base: Style
) -> PageLine:
    """Return one line of a text; the run at `index` is the first on it."""
    start, end, joint = span
    segments: list[Segment] = []
    marks: list[PageMark] = []
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
            marks.append(PageMark(LINK, meaning.link, "" if meaning.is_added else piece))
        elif meaning.jump.startswith("fn-"):
            marks.append(PageMark("anchor", 0, "fnref-" + meaning.jump[3:]))
        if meaning.is_added:
            added += len(piece) - piece.count(" ")
        position = stop
        index += 1
    letters = end - start - plain.count(" ", start, end) - added
    return PageLine(tuple(segments), 0, letters, joint, 0, tuple(marks))


def line_width(line: PageLine) -> int:
    """Return the width of a line in cells."""
    return sum(segment.cell_length for segment in line.segments)


def align_right(line: PageLine, width: int, base: Style) -> PageLine:
    """Align a line to the right."""
    free = width - line_width(line)
    if free <= 0:
        return line
    space = Segment(" " * free, base)
    return line._replace(segments=(space, *line.segments), indent=line.indent + free)


class BlockFrame(NamedTuple):
    """The margin of a quotation or a list item."""

    first: str  # text next to the first line
    rest: str  # text next to other lines, as wide as `first` or empty
    style: Style
    is_on_right: bool = False  # whether it is to the right of the lines, for right-to-left text


def frame_lines(lines: Iterable[PageLine], frame: BlockFrame, width: int) -> Iterator[PageLine]:
    """Add a frame to lines of at most `width` cells; without lines, yield only its first part."""
    margin, is_first = frame.first, True
    for line in lines:
        if not margin or (not line.segments and not is_first and not margin.strip()):
            yield line
        elif frame.is_on_right:
            yield _frame_at_right(line, margin, frame.style, width)
        else:
            segments = (Segment(margin, frame.style), *line.segments)
            yield line._replace(segments=segments, indent=line.indent + len(margin))
        margin, is_first = frame.rest, False
    if is_first and frame.first.strip():
        yield PageLine((Segment(frame.first, frame.style),), len(frame.first))


def _frame_at_right(line: PageLine, margin: str, style: Style, width: int) -> PageLine:
    mark = margin.strip()
    text = f"{MARK if mark[:1].isdigit() else ''} {mark}{' ' * (len(margin) - len(mark) - 1)}"
    free = max(width - line_width(line), 0)
    after = (*([Segment(" " * free)] if free else []), Segment(text, style))
    trailing = line.trailing_cells + free + len(text)
    return line._replace(segments=(*line.segments, *after), trailing_cells=trailing)


def is_right_to_left(text: str) -> bool:
    """Return whether a text runs from right to left: its first letter does, or most of it.

    Hebrew sentences often begin with a name in Latin letters.
    """
    if is_narrow(text) or not re.search(_RIGHT_TO_LEFT, text):
        return False
    directions = [kind for kind in map(bidirectional, text[:ENOUGH]) if kind in ("L", "R", "AL")]
    starts_left = directions[:1] == ["L"]
    return bool(directions) and not (starts_left and directions.count("L") * 2 >= len(directions))
