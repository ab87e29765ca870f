"""Draw one row of the list of articles as lines of an exact width (pure)."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from rilo_reader.library.values import Row, Snippet
from rilo_reader.text import shown_title
from rilo_reader.tui.widgets.colours import Colours
from rilo_reader.tui.widgets.truncate import ELLIPSIS, cut, cut_marked

BAR, DOT, STAR = "▌", "●", "★"

MARGINS = 4
"""Cells of a line without text: cursor, dot and margin on the left, margin on the right."""

_ONE_LINE = str.maketrans({"\n": " ", "\t": " "})


class RowLayout(NamedTuple):
    """How rows are drawn."""

    width: int  # the width of every line, in cells
    height: int  # the number of lines per row: 2, or 3 with a snippet
    colours: Colours
    ground: Style
    focused: bool  # whether the list has the focus, which makes the cursor bright


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
