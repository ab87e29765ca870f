"""A table that fits the page: columns share the width, cells wrap, nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from rilo_reader.render.blocks import Ink, Run, Table, text_of
from rilo_reader.render.wrap import wrap

if TYPE_CHECKING:
    from rilo_reader.render.layout import Layout

Cell = Sequence[Run]

GAP = 2
"""Cells between two columns."""

NARROWEST = 6
"""A column is not made narrower than this while the table is shown as columns."""

LONGEST_CELL = 2_000
"""Characters of a cell that count for the width of its column."""


def column_widths(rows: Sequence[Sequence[Cell]], width: int) -> list[int] | None:
    """How many cells each column gets, or None where the table is too wide for columns.

    Columns that need little get what they need; the others share the rest by what they would
    like, and none less than its longest word as far as there is room.
    """
    count = max((len(row) for row in rows), default=0)
    wanted = [1] * count
    words = [1] * count
    for row in rows:
        for column, cell in enumerate(row):
            text = text_of(cell)[:LONGEST_CELL]
            if not text:
                continue
            lines = text.split("\n")
            wanted[column] = max(wanted[column], *(cell_len(line) for line in lines))
            words[column] = max(words[column], *(cell_len(word) for word in text.split()), 1)
    room = width - GAP * (count - 1)
    if sum(wanted) <= room:
        return wanted
    least = [
        min(want, max(NARROWEST, min(word, 20))) for want, word in zip(wanted, words, strict=True)
    ]
    if sum(least) > room:
        least = [min(want, NARROWEST) for want in wanted]
    if sum(least) > room:
        return None
    return _share(wanted, least, room)


def _share(wanted: list[int], least: list[int], room: int) -> list[int]:
    """Give each column its least, then the rest in proportion to what each still wants."""
    widths = list(least)
    spare = room - sum(widths)
    missing = [want - have for want, have in zip(wanted, widths, strict=True)]
    total = sum(missing)
    if total <= 0:
        return widths
    for column, lack in enumerate(missing):
        widths[column] += min(lack, spare * lack // total)
    left = room - sum(widths)
    for column in range(len(widths)):
        if left > 0 and widths[column] < wanted[column]:
            widths[column] += 1
            left -= 1
    return widths


class _CellLine(NamedTuple):
    """A line of a cell: its segments, visible letters, and cells."""

    segments: tuple[Segment, ...] = ()
    letters: int = 0
    cells: int = 0


class TableLayout:
    """Lays tables out; remembers the columns of one that is cut into parts."""

    def __init__(self) -> None:
        self._widths: list[int] | None = None
        self._airy = False

    def add(self, layout: Layout, table: Table, base: Style) -> None:
        """Lay a table out, or the next part of the one before."""
        rows = [[layout.noted(cell) for cell in row] for row in table.rows]
        header: list[Cell] = [*table.header]
        if not table.goes_on:
            header = [layout.noted(cell) for cell in table.header]
            self._widths = column_widths([header, *rows], layout.room())
            self._airy = False
        if self._widths is None:
            self._records(layout, header, rows, base, goes_on=table.goes_on)
            return
        if any(header) and not table.goes_on:
            self._row(layout, header, table.aligns, base + layout.styles.strong)
            rule = (" " * GAP).join("─" * cells for cells in self._widths)
            layout.put((Segment(rule, layout.styles.rule),), 0, indent=len(rule))
        wraps = any(
            cell_len(text_of(cell)) > cells or "\n" in text_of(cell)
            for row in rows
            for cell, cells in zip(row, self._widths, strict=False)
        )
        self._airy = self._airy or wraps
        for index, row in enumerate(rows):
            if self._airy and (index or table.goes_on):
                layout.blank()
            self._row(layout, row, table.aligns, base)

    def _row(self, layout: Layout, row: Sequence[Cell], aligns: Sequence[str], base: Style) -> None:
        """One row: its cells side by side, each wrapped in its column."""
        widths = self._widths or []
        columns: list[list[_CellLine]] = []
        for cell, width in zip(row, widths, strict=False):
            text = text_of(cell)
            columns.append(
                [
                    _CellLine(segments, letters, cell_len(text[span.start : span.end]))
                    for span, segments, letters in layout.cut(cell, text, wrap(text, width), base)
                ]
            )
        for level in range(max((len(column) for column in columns), default=0)):
            lines = [column[level] if level < len(column) else _CellLine() for column in columns]
            segments = _side_by_side(lines, widths, aligns, base)
            layout.put(segments, sum(line.letters for line in lines))

    @staticmethod
    def _records(
        layout: Layout,
        header: Sequence[Cell],
        rows: Sequence[Sequence[Cell]],
        base: Style,
        *,
        goes_on: bool,
    ) -> None:
        """A table too wide for columns: each row as lines of name and value."""
        # Names count as the article's own words once, as they do above columns.
        named = set(range(len(header))) if goes_on else set()
        for index, row in enumerate(rows):
            if index or goes_on:
                layout.blank()
            for column, cell in enumerate(row):
                if not text_of(cell).strip():
                    continue
                name = text_of(header[column]).replace("\n", " ") if column < len(header) else ""
                ink = Ink(dim=True, added=column in named)
                colon = Run(": ", ink._replace(added=True))
                named.add(column)
                layout.put_runs([Run(name, ink), colon, *cell] if name else cell, base)


def _side_by_side(
    lines: Sequence[_CellLine], widths: Sequence[int], aligns: Sequence[str], base: Style
) -> tuple[Segment, ...]:
    """One line of every column, each in its place; no spaces at the end."""
    result: list[Segment] = []
    missing = 0
    for index, (segments, _, cells) in enumerate(lines):
        free = max(widths[index] - cells, 0)
        align = aligns[index] if index < len(aligns) else "left"
        left = free if align == "right" else free // 2 if align == "center" else 0
        if segments:
            result.extend((Segment(" " * (missing + left), base), *segments))
            missing = free - left + GAP
        else:
            missing += widths[index] + GAP
    return tuple(segment for segment in result if segment.text)
