"""Draw one row of the list of articles as lines of an exact width (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, combining

from rich.cells import split_graphemes
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.widget import Widget

from rilo_reader.library.values import Row, Snippet
from rilo_reader.text import shown_title

BAR, DOT, STAR = "▌", "●", "★"

MARGINS = 4
"""Cells of a line without text: cursor, dot and margin on the left, margin on the right."""

_ONE_LINE = str.maketrans({"\n": " ", "\t": " "})


class RowLayout(NamedTuple):
    """How rows are drawn.

    Attributes:
        width: the width of every line, in cells.
        height: the number of lines per row: 2, or 3 with a snippet.
        colours: the colours of the theme.
        ground: the background style.
        focused: whether the list has the focus, which makes the cursor bright.
    """

    width: int
    height: int
    colours: Colours
    ground: Style
    focused: bool


def blank_row(layout: RowLayout) -> tuple[Strip, ...]:
    """Return the lines of a row that is not loaded."""
    return (_finish([], layout, layout.ground),) * layout.height


def draw_row(
    row: Row, date: str, snippet: Snippet | None, layout: RowLayout, *, is_current: bool
) -> tuple[Strip, ...]:
    """Return the lines of a row, each exactly `layout.width` cells wide.

    Args:
        row: the row.
        date: the formatted date.
        snippet: a snippet for the third line.
        layout: how to draw it.
        is_current: whether the cursor is on this row.
    """
    colours = layout.colours
    ground = layout.ground + colours.row if is_current else layout.ground
    bar = colours.accent if layout.focused else colours.dim
    edge = Segment(BAR if is_current else " ", bar)
    width = max(0, layout.width - MARGINS)
    lines = (
        [edge, *_title_line(row, width, colours)],
        [edge, *_detail_line(row, date, width, colours)],
        [edge, *_snippet_line(snippet, width, colours)],
    )
    return tuple(_finish(line, layout, ground) for line in lines[: layout.height])


def _title_line(row: Row, width: int, colours: Colours) -> list[Segment]:
    style = colours.text if row.marks.read else colours.text + Style(bold=True)
    star = width >= 4 and row.marks.starred
    title, used = cut(shown_title(row.title), width - 2 if star else width)
    line = [
        Segment(" " if row.marks.read else DOT, colours.unread_dot),
        Segment(" "),
        Segment(title, style),
    ]
    if star:
        line += [Segment(" " * (width - used - 1)), Segment(STAR, colours.star)]
    return line


def _origin(row: Row, width: int) -> tuple[str, int]:
    """Return the source of an article, else its folder, and its width in cells.

    Truncated folders keep their end, as they often have the same start.
    """
    text, used = cut(row.source or row.path.rpartition("/")[0], width)
    if row.source or not text.endswith(ELLIPSIS):
        return text, used
    above, _, folder = row.path.rpartition("/")[0].rpartition("/")
    end, used = cut(f"{ELLIPSIS}/{folder}" if above else folder, width)
    while above:
        above, _, name = above.rpartition("/")
        folder = f"{name}/{folder}"
        longer, cells = cut(f"{ELLIPSIS}/{folder}", width)
        if longer.endswith(ELLIPSIS):
            break
        end, used = longer, cells
    return end, used


def _detail_line(row: Row, date: str, width: int, colours: Colours) -> list[Segment]:
    """Return the source on the left and the date, aligned, on the right.

    The source is followed by the number of copies from other sources.
    """
    date, date_cells = cut(date, width)
    more, more_cells = cut(f" +{row.copies}" if row.copies else "", width - date_cells - 2)
    source, source_cells = _origin(row, width - date_cells - more_cells - 2)
    gap = max(0, width - source_cells - more_cells - date_cells)
    return [Segment("  "), Segment(source + more + " " * gap + date, colours.dim)]


def _snippet_line(snippet: Snippet | None, width: int, colours: Colours) -> list[Segment]:
    if snippet is None:
        return []
    runs, _ = cut_marked(snippet.text.translate(_ONE_LINE), width, snippet.hits)
    line = [Segment("  ")]
    line += [Segment(text, colours.hit if is_hit else colours.dim) for text, is_hit in runs]
    return line


def _finish(line: list[Segment], layout: RowLayout, ground: Style) -> Strip:
    # Under the segments' own styles, so that hits keep their background.
    return Strip(line).adjust_cell_length(layout.width).apply_style(ground)


# Truncation of text to a width in cells; graphemes are kept whole.


ELLIPSIS = "…"

_VIRAMA = 9
"""The combining class of signs that join two consonants."""

_BEGINS = frozenset(
    "\u0d4e\U000111c2\U000111c3\U0001193f\U00011941\U00011a3a\U00011a84\U00011a85\U00011a86"
    "\U00011a87\U00011a88\U00011a89\U00011d46\U00011f02"
)
"""Letters that join the following one (Unicode property Prepend)."""

Grapheme = tuple[int, int, int]
"""Start, end, and width in cells."""


def graphemes(text: str) -> list[Grapheme]:
    """Split a text into graphemes.

    Rich handles joiners, variation selectors and zero-width marks; flags, skin tones, spacing marks
    and Indic conjuncts are joined here, since splitting them would change what is shown.
    """
    joined: list[Grapheme] = []
    flag_is_open = False
    for start, end, cells in split_graphemes(text)[0]:
        first = text[start]
        is_flag_half = "\U0001f1e6" <= first <= "\U0001f1ff"
        if joined and (_continues(text[start - 1], first) or (is_flag_half and flag_is_open)):
            before, _, wide = joined[-1]
            joined[-1] = (before, end, wide + cells)
            flag_is_open = False
        else:
            joined.append((start, end, cells))
            flag_is_open = is_flag_half
    return joined


def _continues(before: str, character: str) -> bool:
    """Return whether a character with a width belongs to the grapheme before it."""
    return (
        "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or category(character) in ("Mc", "Mn", "Me")
        or combining(before) == _VIRAMA
        or category(before) == "Cf"
        or before in _BEGINS
        or ("\u1100" <= before <= "\u115f" and _is_korean(character))
    )


def _is_korean(character: str) -> bool:
    """Return whether a character continues a Hangul syllable."""
    return "\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7a3"


def cut(text: str, width: int) -> tuple[str, int]:
    """Truncate a text to `width` cells with an ellipsis; also return the width of the result."""
    if width <= 0:
        return "", 0
    if text.isascii():
        if len(text) <= width:
            return text, len(text)
        return text[: width - 1] + ELLIPSIS, width
    parts = graphemes(text)
    cells = sum(part[2] for part in parts)
    if cells <= width:
        return text, cells
    end, used = _fit(parts, width - 1)
    return text[:end] + ELLIPSIS, used + 1


def _fit(parts: Sequence[Grapheme], width: int) -> tuple[int, int]:
    """Return how many characters fit in `width` cells, and the width of these."""
    end = used = 0
    for _, stop, cells in parts:
        if used + cells > width:
            break
        end, used = stop, used + cells
    return end, used


def cut_marked(
    text: str, width: int, hits: Sequence[tuple[int, int]]
) -> tuple[list[tuple[str, bool]], int]:
    """Truncate as `cut` does, in runs of (text, whether it is a hit); also return the width.

    A grapheme belongs to a hit if any of its characters do.
    """
    shown, used = cut(text, width)
    runs: list[tuple[str, bool]] = []
    for piece, is_hit in _pieces(shown, hits):
        if runs and runs[-1][1] == is_hit:
            runs[-1] = (runs[-1][0] + piece, is_hit)
        else:
            runs.append((piece, is_hit))
    return runs, used


def _pieces(text: str, hits: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    ahead = list(reversed(hits))
    for start, end, _ in graphemes(text):
        while ahead and ahead[-1][1] <= start:
            ahead.pop()
        yield text[start:end], bool(ahead) and ahead[-1][0] < end


# Colours of the page as Rich styles, for widgets that draw lines themselves.


class Colours(NamedTuple):
    """Styles by purpose; only `row` and `hit` have a background."""

    text: Style
    dim: Style
    rule: Style
    accent: Style
    error: Style
    unread_dot: Style
    star: Style
    row: Style
    hit: Style


def colours_of(widget: Widget) -> Colours:
    """Return the colours of the current theme."""
    variables = widget.app.theme_variables
    return _colours(tuple((name, variables[name]) for name in _NAMES))


_NAMES = (
    *("page-text", "page-dim", "page-rule", "page-accent", "page-error", "unread-dot", "star"),
    *("row-ground", "hit-text", "hit-ground"),
    *("dim-text-style", "row-text-style", "hit-text-style"),
)


@lru_cache(maxsize=4)
def _colours(variables: tuple[tuple[str, str], ...]) -> Colours:
    value = dict(variables)
    return Colours(
        text=_style(value["page-text"]),
        dim=_style(value["page-dim"], attributes=value["dim-text-style"]),
        rule=_style(value["page-rule"]),
        accent=_style(value["page-accent"]),
        error=_style(value["page-error"]),
        unread_dot=_style(value["unread-dot"]),
        star=_style(value["star"]),
        row=_style(ground=value["row-ground"], attributes=value["row-text-style"]),
        hit=_style(value["hit-text"], value["hit-ground"], value["hit-text-style"]),
    )


def _style(colour: str = "", ground: str = "", attributes: str = "none") -> Style:
    style = Style(
        color=Color.parse(colour).rich_color if colour else None,
        bgcolor=Color.parse(ground).rich_color if ground else None,
    )
    return style if attributes == "none" else style + Style.parse(attributes)
