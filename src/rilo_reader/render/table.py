"""Lay out tables: columns share the width, cells wrap, nothing is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from rilo_reader.render.elements import Columns, Container, Paragraph
from rilo_reader.render.lines import ADDED, BLANK, Space, cells_of, is_narrow, lines_of, target_of
from rilo_reader.render.page import Line, PageMark

Row = Sequence["TableCell"]

GAP = 2  # cells between two columns
NARROWEST = 6  # cells of a column
LONGEST_WORD = 20  # cells of a word that a column is widened for; longer ones may be URLs
LONGEST_CELL = 2_000  # characters of a cell that count for the width of its column


def column_widths(
    rows: Sequence[Sequence[str]], width: int, *, whole_words: bool = False
) -> list[int] | None:
    """Return the width of each column in cells, or None if the table is too wide for columns.

    Narrow columns get what they need; others share the rest in proportion, but none gets less than
    its longest word as far as there is room. In plain text words are never split, URLs included.
    """
    count = max((len(row) for row in rows), default=0)
    wanted, words = [1] * count, [1] * count
    for row in rows:
        for column, cell in enumerate(row):
            if cell:
                text = cell[:LONGEST_CELL]
                wanted[column] = max(wanted[column], *map(cell_len, text.split("\n")))
                words[column] = max(words[column], _longest_word(text, whole=whole_words))
    available = width - GAP * (count - 1)
    if sum(wanted) <= available:
        return wanted
    least = [min(want, max(NARROWEST, word)) for want, word in zip(wanted, words, strict=True)]
    if sum(least) > available and not whole_words:
        least = [min(want, NARROWEST) for want in wanted]
    return _shared(wanted, least, available) if sum(least) <= available else None


def _longest_word(text: str, *, whole: bool) -> int:
    """Return the width, in cells, of the longest word that is kept whole."""
    return max(
        # In scripts without spaces the text between two is not a word.
        cell_len(word) if whole and is_narrow(word) else min(cell_len(word), LONGEST_WORD)
        for word in (*text.split(), "_")
    )


def _shared(wanted: Sequence[int], least: Sequence[int], available: int) -> list[int]:
    """Give each column its minimum, then distribute the rest in proportion to what each lacks."""
    widths = list(least)
    spare = available - sum(least)
    missing = [want - have for want, have in zip(wanted, least, strict=True)]
    total = max(sum(missing), 1)
    for column, lack in enumerate(missing):
        widths[column] += min(lack, spare * lack // total)
    left = available - sum(widths)
    for column, want in enumerate(wanted):
        if left > 0 and widths[column] < want:
            widths[column] += 1
            left -= 1
    return widths


def _strong(cell: TableCell, strong: Style) -> Text:
    text = Text()
    position = 0
    for span in cell.text.spans:
        text.append(cell.text.plain[position : span.start], cell.style + strong)
        style = span.style if isinstance(span.style, Style) else Style.parse(span.style)
        text.append(cell.text.plain[span.start : span.end], style + strong)
        position = span.end
    return text.append(cell.text.plain[position:], cell.style + strong)


def _row(table: Table, row: Row, texts: Sequence[Text], widths: Sequence[int]) -> Iterator[Line]:
    """Yield the lines of a row: cells side by side, each wrapped, without trailing spaces."""
    styles = table.markdown.span_styles
    columns = [
        list(lines_of(text, cell.style, width, styles))
        for cell, text, width in zip(row, texts, widths, strict=False)
    ]
    for level in range(max(map(len, columns), default=0)):
        segments: list[Segment] = []
        marks: list[PageMark] = []
        missing = letters = 0
        for cell, column, width in zip(row, columns, widths, strict=False):
            line = column[level] if level < len(column) else BLANK
            if not line.segments:
                missing += width + GAP
                continue
            free = max(width - cells_of(line), 0)
            left = free if cell.align == "right" else free // 2 if cell.align == "center" else 0
            if missing + left:
                segments.append(Segment(" " * (missing + left), table.style))
            segments += line.segments
            missing = free - left + GAP
            letters += line.letters
            marks += _marks(line, column[level - 1] if level else BLANK)
        yield Line(tuple(segments), 0, letters, marks=tuple(marks))


def _marks(line: Line, before: Line) -> tuple[PageMark, ...]:
    """Return the marks of a line of a cell; a continued link includes the space before it."""
    marks = line.marks
    if before.joint == " " and marks and before.marks and marks[0][:2] == before.marks[-1][:2]:
        return (marks[0]._replace(text=f" {marks[0].text}"), *marks[1:])
    return marks


def _records(
    table: Table, names: Sequence[str], rows: Sequence[Row], space: Space
) -> Iterator[Line]:
    """Yield a table that is too wide for columns as lines of name and value."""
    styles = table.markdown.span_styles
    dim = table.markdown.style_of("markdown.dim")
    added = Style(link=target_of(0, ADDED))
    # Names count as the article's text once, as they do above columns.
    named = set(range(len(names))) if table.goes_on else set()
    for index, row in enumerate(rows):
        if index or table.goes_on:
            yield BLANK
        for column, cell in enumerate(row):
            if cell.is_empty:
                continue
            text = cell.text
            name = names[column] if column < len(names) else ""
            if name:
                own = cell.style + (added if column in named else dim)
                named.add(column)
                text = Text.assemble((name, own), (": ", cell.style + added), text)
            yield from lines_of(text, cell.style, space.width, styles)


class TableRow(Container):
    """A row of a table."""

    keeps_empty = True

    @property
    def cells(self) -> list[TableCell]:
        """The cells of the row."""
        return [block for block in self.blocks if isinstance(block, TableCell)]

    @property
    def is_empty(self) -> bool:
        """Whether all cells are empty, as in a row of attribute lists."""
        return all(cell.is_empty for cell in self.cells)


class TableCell(Paragraph):
    """A cell of a table."""

    @property
    def align(self) -> str:
        """The alignment: "left", "right" or "center"."""
        return str(self.token.attrs.get("style", "")).partition(":")[2] or "left"


class Table(Container):
    """A table."""

    def rows(self, part: str) -> list[list[TableCell]]:
        """Return the rows of its "thead" or "tbody"."""
        return [
            row.cells
            for block in self.blocks if block.token.tag == part and isinstance(block, Container)
            for row in block.blocks if isinstance(row, TableRow)
        ]  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Whether all cells are empty."""
        return not any(isinstance(part, Container) and part.blocks for part in self.blocks)

    def lines(self, space: Space) -> Iterator[Line]:
        """Yield the table as columns, or one row below another if it is too wide.

        A continuation has the columns of the part before it.
        """
        markdown = self.markdown
        head = next(iter(self.rows("thead")), [])
        rows = self.rows("tbody")
        if not self.goes_on:
            texts = [[cell.text.plain for cell in row] for row in (head, *rows)]
            widths = column_widths(texts, space.width, whole_words=markdown.has_addresses)
            markdown.columns = Columns(widths, [name.replace("\n", " ") for name in texts[0]])
        columns = markdown.columns
        if columns.widths is None:
            yield from _records(self, columns.names, rows, space)
            return
        if any(cell.text.plain for cell in head):
            strong = markdown.style_of("markdown.strong")
            yield from _row(self, head, [_strong(cell, strong) for cell in head], columns.widths)
            rule = (" " * GAP).join("─" * cells for cells in columns.widths)
            yield Line((Segment(rule, markdown.style_of("markdown.hr")),), len(rule))
        for index, row in enumerate(rows):
            lines = list(_row(self, row, [cell.text for cell in row], columns.widths))
            # What has several lines is set apart, so that none of them looks like a row.
            if (columns.is_tall or len(lines) > 1) and (index or self.goes_on):
                yield BLANK
            columns.is_tall = len(lines) > 1
            yield from lines
