"""One row of the list, drawn as lines of an exact width (pure)."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from rilo_reader.library.values import Row, Snippet
from rilo_reader.text import shown_title
from rilo_reader.tui.widgets.cells import ELLIPSIS, cut, cut_marked
from rilo_reader.tui.widgets.colours import Colours

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
