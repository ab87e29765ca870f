"""Lay out tables: columns share the width and cells wrap, or rows are blocks; nothing is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from rilo_reader.render.elements import Container, ParagraphBlock, TableColumns
from rilo_reader.render.lines import (
    ADDED_SUFFIX,
    BLANK,
    BlockSpace,
    align_right,
    encode_target,
    is_ideographic,
    is_narrow,
    is_right_to_left,
    line_width,
    wrap_rich_text,
)
from rilo_reader.render.page import PageLine, PageMark

Row = Sequence["TableCell"]

GAP = 2  # cells between two columns
INSET = 2  # cells before the lines of a row below its heading
MIN_WIDTH = 6  # cells of a column
MAX_WORD_WIDTH = 20  # cells of a word that a column is widened for; longer ones may be URLs
MAX_LINES = 5  # of a cell in a column narrower than that
CELL_LIMIT = 2_000  # characters of a cell that count for the width of its column


def find_column_widths(
    rows: Sequence[Sequence[str]], width: int, *, whole_words: bool = False
) -> list[int] | None:
    """Return the width of each column in cells, or None if the table is too wide for columns.

    Narrow columns get what they need; others share the rest in proportion, but none gets less than
    its longest word, and none becomes a stack of single words. URLs may be split, unless there are
    `whole_words`, as in plain text.
    """
    count = max((len(row) for row in rows), default=0)
    wanted, words = [1] * count, [1] * count
    for row in rows:
        for column, cell in enumerate(row):
            if cell:
                text = cell[:CELL_LIMIT]
                wanted[column] = max(wanted[column], *map(cell_len, text.split("\n")))
                words[column] = max(words[column], _find_word_width(text, whole=whole_words))
    available = width - GAP * (count - 1)
    if sum(wanted) <= available:
        return wanted
    least = [min(want, max(MIN_WIDTH, word)) for want, word in zip(wanted, words, strict=True)]
    if sum(least) > available:
        return None
    widths = _share_width(wanted, least, available)
    pairs = zip(wanted, widths, strict=True)
    is_stack = any(have < MAX_WORD_WIDTH and want > MAX_LINES * have for want, have in pairs)
    return None if is_stack else widths


def _find_word_width(text: str, *, whole: bool) -> int:
    """Return the width, in cells, of the longest word that is kept whole."""
    words = (cell_len(word) for word in text.split() if is_narrow(word) or not _is_breakable(word))
    return max((cells if whole else min(cells, MAX_WORD_WIDTH) for cells in words), default=1)


def _is_breakable(word: str) -> bool:
    """Return whether lines break within it: in scripts without spaces it is not a word."""
    return any(is_ideographic(character) or "\u0e00" <= character < "\u0f00" for character in word)


def _share_width(wanted: Sequence[int], least: Sequence[int], available: int) -> list[int]:
    """Give each column its minimum, and all it wants if an equal share of the rest is enough.

    The space that is left is distributed in proportion to what the others lack.
    """
    widths = list(least)
    spare = available - sum(least)
    missing = [want - have for want, have in zip(wanted, least, strict=True)]
    by_lack = sorted(range(len(missing)), key=missing.__getitem__)
    for others, column in zip(range(len(missing), 0, -1), by_lack, strict=True):
        if missing[column] * others > spare:
            break
        widths[column] += missing[column]
        spare -= missing[column]
        missing[column] = 0
    total = max(sum(missing), 1)
    for column, lack in enumerate(missing):
        widths[column] += min(lack, spare * lack // total)
    left = available - sum(widths)
    for column, want in enumerate(wanted):
        if left > 0 and widths[column] < want:
            widths[column] += 1
            left -= 1
    return widths


def _make_strong(cell: TableCell, strong: Style) -> Text:
    text = Text()
    position = 0
    for span in cell.text.spans:
        text.append(cell.text.plain[position : span.start], cell.style + strong)
        style = span.style if isinstance(span.style, Style) else Style.parse(span.style)
        text.append(cell.text.plain[span.start : span.end], style + strong)
        position = span.end
    return text.append(cell.text.plain[position:], cell.style + strong)


def _iter_row_lines(
    table: TableBlock, row: Row, texts: Sequence[Text], widths: Sequence[int]
) -> Iterator[PageLine]:
    """Yield the lines of a row: cells side by side, each wrapped, without trailing spaces."""
    styles = table.markdown.span_styles
    columns = [
        list(wrap_rich_text(text, cell.style, width, styles))
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
            free = max(width - line_width(line), 0)
            align = cell.align or ("right" if table.markdown.columns.is_on_right else "left")
            left = free if align == "right" else free // 2 if align == "center" else 0
            if missing + left:
                segments.append(Segment(" " * (missing + left), table.style))
            segments += line.segments
            missing = free - left + GAP
            letters += line.body_letters
            marks += _join_marks(line, column[level - 1] if level else BLANK)
        yield PageLine(tuple(segments), 0, letters, marks=tuple(marks))


def _join_marks(line: PageLine, before: PageLine) -> tuple[PageMark, ...]:
    """Return the marks of a line of a cell; a continued link includes the space before it."""
    marks = line.marks
    if before.joint == " " and marks and before.marks and marks[0][:2] == before.marks[-1][:2]:
        return (marks[0]._replace(text=f" {marks[0].text}"), *marks[1:])
    return marks


def _iter_row_blocks(
    table: TableBlock, names: Sequence[str], rows: Sequence[Row], space: BlockSpace
) -> Iterator[PageLine]:
    """Yield each row as a block: its first cell as a heading, then a column's name and its value.

    Names are the article's text in the first block only, as they are above columns.
    """
    styles = table.markdown.span_styles
    dim, strong = (table.markdown.style_of(f"markdown.{name}") for name in ("dim", "strong"))
    added = Style(link=encode_target(0, ADDED_SUFFIX))
    left = max(map(cell_len, names[1:]), default=0)
    left = min(left, space.width * 2 // 5) + GAP if left else 0
    for index, row in enumerate(rows):
        is_first = not index and not table.is_continuation
        if not is_first:
            yield BLANK
        style = dim if is_first else added
        for column, cell in enumerate(row):
            name = names[column] if column < len(names) else ""
            if cell.is_empty and not (is_first and name):
                continue
            if not column:
                before = f"{name}{' ' * GAP}" if name else ""
                heading = Text.assemble((before, cell.style + style), _make_strong(cell, strong))
                yield from wrap_rich_text(heading, cell.style, space.width, styles)
            else:
                name_text = Text.assemble((name, cell.style + style))
                named = [*wrap_rich_text(name_text, cell.style, max(left - GAP, 1), styles)]
                width = max(space.width - INSET - left, 1)
                value = wrap_rich_text(cell.text, cell.style, width, styles)
                for words, line in zip_longest(named if left else (), value, fillvalue=BLANK):
                    yield _join_name_and_value(words, line, left, is_text=is_first)


def _join_name_and_value(name: PageLine, value: PageLine, left: int, *, is_text: bool) -> PageLine:
    """Return a line of a column's name and one of its value; `is_text` if the name is text."""
    free = left - line_width(name) if value.segments else 0
    parts = (Segment(" " * INSET), *name.segments, Segment(" " * free))
    margin = tuple(part for part in parts if part.text)
    has_text = is_text and name.segments
    return value._replace(
        segments=(*margin, *value.segments),
        indent=INSET if has_text else sum(len(part.text) for part in margin),
        body_letters=name.body_letters + value.body_letters,
    )


class TableRow(Container):
    """A row of a table."""

    keeps_empty = True

    @property
    def cells(self) -> list[TableCell]:
        """The cells of the row."""
        return [block for block in self.blocks if isinstance(block, TableCell)]

    @property
    def is_empty(self) -> bool:
        """True if all cells are empty, as in a row of attribute lists."""
        return all(cell.is_empty for cell in self.cells)


class TableCell(ParagraphBlock):
    """A cell of a table."""

    @property
    def align(self) -> str:
        """The alignment that the table gives: "left", "right", "center" or ""."""
        return str(self.token.attrs.get("style", "")).partition(":")[2]


class TableBlock(Container):
    """A table."""

    def rows_of(self, part: str) -> list[list[TableCell]]:
        """Return the rows of its "thead" or "tbody"."""
        return [
            row.cells
            for block in self.blocks if block.token.tag == part and isinstance(block, Container)
            for row in block.blocks if isinstance(row, TableRow)
        ]  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """True if all cells are empty."""
        return not any(isinstance(part, Container) and part.blocks for part in self.blocks)

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield the table as columns, or one row below another if it is too wide.

        It is at the right edge if its text runs from right to left. A continuation has the columns
        of the part before it.
        """
        markdown = self.markdown
        head = next(iter(self.rows_of("thead")), [])
        rows = self.rows_of("tbody")
        if not self.is_continuation:
            texts = [[cell.text.plain for cell in row] for row in (head, *rows)]
            widths = find_column_widths(texts, space.width, whole_words=markdown.has_addresses)
            cells = (pair for row in texts[1:] for pair in zip(row, widths or (), strict=False))
            # Rows of several lines are set apart, so that no line looks like a row.
            is_tall = any("\n" in text or cell_len(text) > width for text, width in cells)
            names = [name.replace("\n", " ") for name in texts[0]]
            runs_left = is_right_to_left(" ".join(text for row in texts for text in row))
            on_right = space.has_edge and space.is_on_right(runs_left)
            markdown.columns = TableColumns(widths, names, is_tall, on_right)
        columns = markdown.columns
        if columns.widths is None:
            lines, width = _iter_row_blocks(self, columns.names, rows, space), 0
        else:
            lines = self._iter_columns(columns.widths, head, rows)
            width = sum(columns.widths) + GAP * (len(columns.widths) - 1)
        for line in lines:
            # Columns move together, rows that are blocks by the line.
            free = space.width - (width or line_width(line))
            is_moved = columns.is_on_right and line.segments
            yield align_right(line, line_width(line) + free, self.style) if is_moved else line

    def _iter_columns(
        self, widths: Sequence[int], head: Row, rows: Sequence[Row]
    ) -> Iterator[PageLine]:
        """Yield the header, a rule and the rows."""
        markdown = self.markdown
        if any(cell.text.plain for cell in head):
            strong = markdown.style_of("markdown.strong")
            head_texts = [_make_strong(cell, strong) for cell in head]
            yield from _iter_row_lines(self, head, head_texts, widths)
            rule = (" " * GAP).join("─" * cells for cells in widths)
            yield PageLine((Segment(rule, markdown.style_of("markdown.hr")),), len(rule))
        for index, row in enumerate(rows):
            if markdown.columns.is_tall and (index or self.is_continuation):
                yield BLANK
            yield from _iter_row_lines(self, row, [cell.text for cell in row], widths)
