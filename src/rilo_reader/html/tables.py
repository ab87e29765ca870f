"""Tell data tables from layout tables, and read the rows of data tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import count, zip_longest

from lxml.html import HtmlElement

from rilo_reader.html.blocks import (
    Block,
    Code,
    Heading,
    Listing,
    Paragraph,
    Quote,
    Run,
    RunKind,
    Table,
)
from rilo_reader.html.tree import text_of

MAX_COLUMNS = 60  # a wider table is read as layout
LONG_CELL = 600
"""Length in characters from which a cell is a column of a page rather than a table cell."""

_ALIGN = re.compile(r"text-align\s*:\s*(left|right|center)", re.IGNORECASE)
BREAK = Run("\n", (), RunKind.BREAK)

_BLOCKS = frozenset({"h1", "h2", "h3", "pre", "blockquote", "iframe", "video", "figure", "hr"})


def list_rows(table: HtmlElement) -> list[list[HtmlElement]]:
    """Return the cells of each row of a table, without those of nested tables; the foot last."""
    rows: list[list[HtmlElement]] = []
    for child in sorted(table, key=lambda part: part.tag == "tfoot"):
        parts = child if child.tag in ("thead", "tbody", "tfoot") else [child]
        for row in parts:
            if row.tag == "tr":
                cells = [cell for cell in row if cell.tag in ("td", "th")]
                rows += [cells] if cells else []
    return rows


def is_data(table: HtmlElement) -> bool:
    """Return whether a table holds data rather than lays out a page."""
    rows = list_rows(table)
    width = max((sum(_read_span(cell, "colspan") for cell in row) for row in rows), default=0)
    if table.get("role") in ("presentation", "none") or not 2 <= width <= MAX_COLUMNS:
        return False
    if any(inner is not table for inner in table.iter("table")):
        return False
    if any(cell.tag == "th" for row in rows for cell in row):
        return True
    return (
        len(rows) > 1
        and not any(element.tag in _BLOCKS for element in table.iter())
        and all(len(text_of(cell)) <= LONG_CELL for row in rows for cell in row)
    )


def read_table(
    table: HtmlElement, read: Callable[[HtmlElement], list[Block]]
) -> list[Block] | None:
    """Return a data table with its caption before it; [] if it is empty, None if a layout."""
    rows = [row for row in _make_grid(list_rows(table), read) if any(row)]
    blocks = [block for caption in table.iterchildren("caption") for block in read(caption)]
    if not rows:
        return blocks
    columns = list(zip_longest(*rows, fillvalue=[]))
    aligns = _read_aligns(table, len(columns))
    used = [index for index, column in enumerate(columns) if any(column)]
    if len(used) < 2:
        return None
    cells = [[columns[index][row] for index in used] for row in range(len(rows))]
    return [*blocks, Table(cells, [aligns[index] for index in used])]


def _make_grid(
    rows: list[list[HtmlElement]], read: Callable[[HtmlElement], list[Block]]
) -> list[list[list[Run]]]:
    """Return cells by row and column; cells covered by a span are empty."""
    grid: list[list[list[Run]]] = []
    hanging: dict[int, int] = {}  # column -> rows still covered by a cell above
    for row in rows:
        line: list[list[Run]] = []
        for cell in (*row, None):
            while hanging.get(len(line), 0) > 0:
                hanging[len(line)] -= 1
                line.append([])
            for index in range(0 if cell is None else _read_span(cell, "colspan")):
                hanging[len(line)] = _read_span(cell, "rowspan") - 1
                line.append([] if index else flatten_blocks(read(cell)))
        grid.append(line)
    return grid


def _read_span(cell: HtmlElement, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 1
    return min(max(number, 1), MAX_COLUMNS)


def _read_aligns(table: HtmlElement, width: int) -> list[str]:
    aligns = [""] * width
    for row in list_rows(table)[:2]:
        for column, cell in enumerate(row[:width]):
            style = _ALIGN.search(cell.get("style") or "")
            align = (style[1] if style else cell.get("align") or "").lower()
            aligns[column] = align or aligns[column]
    return aligns


def flatten_blocks(blocks: Iterable[Block]) -> list[Run]:
    """Flatten blocks to the runs of a cell: line breaks between blocks, bullets before items."""
    return _join_lines(map(_runs_of_block, blocks))


def _join_lines(pieces: Iterable[list[Run]]) -> list[Run]:
    runs: list[Run] = []
    for piece in filter(None, pieces):
        runs += [BREAK, *piece] if runs else piece
    return runs


def _runs_of_block(block: Block) -> list[Run]:
    if isinstance(block, Code):
        runs: list[Run] = []
        for line in block.text.split("\n"):
            runs += [BREAK] if runs else []
            runs += [Run(line, (), RunKind.CODE)] if line.strip() else []
        return runs
    if isinstance(block, Listing):
        first = block.start
        markers = (f"{first + n}. " if first is not None else "• " for n in count())
        items = zip(markers, map(flatten_blocks, block.items), strict=False)
        return _join_lines([Run(marker), *item] for marker, item in items if item)
    if isinstance(block, Quote):
        return flatten_blocks(block.blocks)
    return block.runs if isinstance(block, Paragraph | Heading) else []
