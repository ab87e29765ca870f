"""Tell data tables from layout tables, and read the rows of data tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from lxml.html import HtmlElement

from rilo_reader.html.blocks import (
    Block,
    Code,
    Heading,
    Kind,
    Listing,
    Paragraph,
    Quote,
    Run,
    Table,
)
from rilo_reader.html.tree import text_of

WIDEST = 60
"""Maximum number of columns; a wider table is read as layout."""

LONG_CELL = 600
"""Length in characters from which a cell is a column of a page rather than a table cell."""

_ALIGN = re.compile(r"text-align\s*:\s*(left|right|center)", re.IGNORECASE)
_BLOCKS = frozenset({"h1", "h2", "h3", "pre", "blockquote", "iframe", "video", "figure", "hr"})


def rows_of(table: HtmlElement) -> list[list[HtmlElement]]:
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
    rows = rows_of(table)
    width = max((sum(_span(cell, "colspan") for cell in row) for row in rows), default=0)
    if table.get("role") in ("presentation", "none") or not 2 <= width <= WIDEST:
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
    rows = _grid(rows_of(table), read)
    blocks: list[Block] = []
    for caption in table.iterchildren("caption"):
        blocks.extend(read(caption))
    rows = [row for row in rows if any(row)]
    if not rows:
        return blocks
    width = max(len(row) for row in rows)
    used = [
        column for column in range(width) if any(len(row) > column and row[column] for row in rows)
    ]
    if len(used) < 2:
        return None
    aligns = _aligns(table, width)
    rows = [[row[column] if column < len(row) else [] for column in used] for row in rows]
    return [*blocks, Table(rows, [aligns[column] for column in used])]


def _grid(
    rows: list[list[HtmlElement]], read: Callable[[HtmlElement], list[Block]]
) -> list[list[list[Run]]]:
    """Return cells by row and column; cells covered by a span are empty."""
    grid: list[list[list[Run]]] = []
    hanging: dict[int, int] = {}  # column -> rows still covered by a cell above
    for row in rows:
        line: list[list[Run]] = []

        def skip(line: list[list[Run]] = line) -> None:
            while hanging.get(len(line), 0) > 0:
                hanging[len(line)] -= 1
                line.append([])

        for cell in row:
            skip()
            for index in range(_span(cell, "colspan")):
                hanging[len(line)] = _span(cell, "rowspan") - 1
                line.append([] if index else runs_of(read(cell)))
        skip()
        grid.append(line)
    return grid


def _span(cell: HtmlElement, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 1
    return min(max(number, 1), WIDEST)


def _aligns(table: HtmlElement, width: int) -> list[str]:
    aligns = [""] * width
    rows = rows_of(table)
    for row in rows[:2]:
        for column, cell in enumerate(row[:width]):
            style = _ALIGN.search(cell.get("style") or "")
            align = (style[1] if style else cell.get("align") or "").lower()
            aligns[column] = align or aligns[column]
    return aligns


def runs_of(blocks: Iterable[Block]) -> list[Run]:
    """Flatten blocks to the runs of a cell: line breaks between blocks, bullets before items."""
    runs: list[Run] = []
    for block in blocks:
        piece = _runs_of_block(block)
        if piece:
            if runs:
                runs.append(Run("\n", (), Kind.BREAK))
            runs.extend(piece)
    return runs


def _runs_of_block(block: Block) -> list[Run]:
    if isinstance(block, Code):
        return _lines(block)
    if isinstance(block, Listing):
        return _items(block)
    if isinstance(block, Table):
        return runs_of(Paragraph(cell) for row in block.rows for cell in row)
    if isinstance(block, Quote):
        return runs_of(block.blocks)
    return block.runs if isinstance(block, Paragraph | Heading) else []


def _lines(code: Code) -> list[Run]:
    runs: list[Run] = []
    for line in code.text.split("\n"):
        runs += [Run("\n", (), Kind.BREAK)] if runs else []
        if line.strip():
            runs.append(Run(line, (), Kind.CODE))
    return runs


def _items(listing: Listing) -> list[Run]:
    runs: list[Run] = []
    for index, item in enumerate(listing.items):
        piece = runs_of(item)
        if piece:
            marker = "• " if listing.start is None else f"{listing.start + index}. "
            runs += [Run("\n", (), Kind.BREAK)] if runs else []
            runs += [Run(marker), *piece]
    return runs
