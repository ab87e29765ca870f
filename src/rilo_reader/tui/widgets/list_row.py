"""One row of the list, drawn as lines of an exact width (pure)."""

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

AROUND = 4
"""Cells of a line without text: bar, dot and air on the left, air on the right."""

_ONE_LINE = str.maketrans({"\n": " ", "\t": " "})


class Look(NamedTuple):
    """How rows are drawn.

    Attributes:
        width: cells of every line.
        height: lines of every row: 2, or 3 with room for a snippet.
        colours: of the theme.
        ground: what lies under everything.
        focused: whether the list has the focus; the bar is bright only then.
    """

    width: int
    height: int
    colours: Colours
    ground: Style
    focused: bool


def blank_row(look: Look) -> tuple[Strip, ...]:
    """A row of which nothing is known yet."""
    return (_finish([], look, look.ground),) * look.height


def draw_row(
    row: Row, date: str, snippet: Snippet | None, look: Look, *, stands: bool
) -> tuple[Strip, ...]:
    """The lines of a row, each exactly `look.width` cells.

    Args:
        row: what to show.
        date: its date as people read it.
        snippet: shown in the third line where there is one.
        look: how.
        stands: whether the cursor is on this row.
    """
    colours = look.colours
    ground = look.ground + colours.row if stands else look.ground
    bar = colours.accent if look.focused else colours.dim
    edge = Segment(BAR if stands else " ", bar)
    room = max(0, look.width - AROUND)
    lines = (
        [edge, *_title_line(row, room, colours)],
        [edge, *_detail_line(row, date, room, colours)],
        [edge, *_snippet_line(snippet, room, colours)],
    )
    return tuple(_finish(line, look, ground) for line in lines[: look.height])


def _title_line(row: Row, room: int, colours: Colours) -> list[Segment]:
    style = colours.text if row.marks.read else colours.text + Style(bold=True)
    star = room >= 4 and row.marks.starred
    title, used = cut(shown_title(row.title), room - 2 if star else room)
    line = [
        Segment(" " if row.marks.read else DOT, colours.unread_dot),
        Segment(" "),
        Segment(title, style),
    ]
    if star:
        line += [Segment(" " * (room - used - 1)), Segment(STAR, colours.star)]
    return line


def _origin(row: Row, room: int) -> tuple[str, int]:
    """Where the article is from, and the cells that takes: its source, else the folder it lies in.

    Folders begin alike: of one for which there is no room the end is shown.
    """
    text, used = cut(row.source or row.path.rpartition("/")[0], room)
    if row.source or not text.endswith(ELLIPSIS):
        return text, used
    above, _, folder = row.path.rpartition("/")[0].rpartition("/")
    end, used = cut(f"{ELLIPSIS}/{folder}" if above else folder, room)
    while above:
        above, _, name = above.rpartition("/")
        folder = f"{name}/{folder}"
        longer, cells = cut(f"{ELLIPSIS}/{folder}", room)
        if longer.endswith(ELLIPSIS):
            break
        end, used = longer, cells
    return end, used


def _detail_line(row: Row, date: str, room: int, colours: Colours) -> list[Segment]:
    """Source on the left, the date flush right: dates line up whatever the source's name.

    After the source stands from how many more the same story came.
    """
    date, date_cells = cut(date, room)
    more, more_cells = cut(f" +{row.copies}" if row.copies else "", room - date_cells - 2)
    source, source_cells = _origin(row, room - date_cells - more_cells - 2)
    gap = max(0, room - source_cells - more_cells - date_cells)
    return [Segment("  "), Segment(source + more + " " * gap + date, colours.dim)]


def _snippet_line(snippet: Snippet | None, room: int, colours: Colours) -> list[Segment]:
    if snippet is None:
        return []
    runs, _ = cut_marked(snippet.text.translate(_ONE_LINE), room, snippet.hits)
    line = [Segment("  ")]
    line += [Segment(text, colours.hit if is_hit else colours.dim) for text, is_hit in runs]
    return line


def _finish(line: list[Segment], look: Look, ground: Style) -> Strip:
    # The ground lies under what the segments say themselves, so that hits keep theirs.
    return Strip(line).adjust_cell_length(look.width).apply_style(ground)


# Text cut to terminal cells: graphemes stay whole, every result has a known width (pure).


ELLIPSIS = "…"

_VIRAMA = 9
"""The combining class of the signs that bind two consonants into one."""

_BEGINS = frozenset(
    "\u0d4e\U000111c2\U000111c3\U0001193f\U00011941\U00011a3a\U00011a84\U00011a85\U00011a86"
    "\U00011a87\U00011a88\U00011a89\U00011d46\U00011f02"
)
"""Letters that are drawn together with the next one (Unicode's Prepend)."""

Grapheme = tuple[int, int, int]
"""First character, one past the last, and cells."""


def graphemes(text: str) -> list[Grapheme]:
    """What people see as one character each: (start, end, cells), covering the whole text.

    Rich knows joiners, variation selectors and marks without width; flags, skin tones, spacing
    marks and Indic conjuncts are joined here, since cutting inside them would show another thing.
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
    """Whether a character that has a cell of its own still belongs to the one before it."""
    return (
        "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or category(character) in ("Mc", "Mn", "Me")
        or combining(before) == _VIRAMA
        or category(before) == "Cf"
        or before in _BEGINS
        or ("\u1100" <= before <= "\u115f" and _is_korean(character))
    )


def _is_korean(character: str) -> bool:
    """Whether it goes on a syllable that began with a leading consonant."""
    return "\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7a3"


def cut(text: str, width: int) -> tuple[str, int]:
    """The text, or as much as fits in `width` cells with an ellipsis; and the cells it takes."""
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
    """How many characters fit in `width` cells, and the cells they take."""
    end = used = 0
    for _, stop, cells in parts:
        if used + cells > width:
            break
        end, used = stop, used + cells
    return end, used


def cut_marked(
    text: str, width: int, hits: Sequence[tuple[int, int]]
) -> tuple[list[tuple[str, bool]], int]:
    """As `cut`, in runs of (text, whether it is part of a hit); and the cells of all runs.

    A grapheme belongs to a hit when any of it does, so that no run begins with half of one.
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


# The page's colours as Rich styles, for widgets that draw their lines themselves.


class Colours(NamedTuple):
    """Styles by what they are for; only `row` and `hit` have a ground."""

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
    """The colours of the theme that is on."""
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
