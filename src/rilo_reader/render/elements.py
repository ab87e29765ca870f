"""The elements of an article's Markdown: Rich builds them from tokens, each knows its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, cast

from markdown_it.token import Token
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownContext, MarkdownElement
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from rilo_reader.render.lines import (
    BLANK,
    WIDEST_PAGE,
    Frame,
    Space,
    at_right,
    framed,
    is_right_to_left,
    lines_of,
)
from rilo_reader.render.page import Line, Mark
from rilo_reader.render.table import table_lines
from rilo_reader.render.wrap import wrap
from rilo_reader.text import clean_text

if TYPE_CHECKING:
    from rilo_reader.render.markdown import ArticleMarkdown

BAR = "▎ "
BULLETS = ("•", "◦", "▪")

_NOT_IN_SLUG = re.compile(r"[^\w\- ]+")


class Block(MarkdownElement):
    """A block of an article.

    Rich calls `on_leave` after it has asked for the lines, so a block that must look at all it
    holds does so in `finish`, which whoever holds the block calls.
    """

    style_name = "none"
    style = Style.null()

    def __init__(self, markdown: ArticleMarkdown, token: Token) -> None:
        self.markdown = markdown
        self.token = token

    @classmethod
    def create(cls, markdown: Markdown, token: Token) -> Block:
        """Made by Rich for each token that opens one."""
        return cls(cast("ArticleMarkdown", markdown), token)

    def on_enter(self, context: MarkdownContext) -> None:
        """Begin."""
        self.style = context.enter_style(self.style_name)

    def on_leave(self, context: MarkdownContext) -> None:
        """End."""
        context.leave_style()

    def finish(self) -> None:
        """All that the block holds is there."""

    def lines(self, space: Space) -> Iterator[Line]:
        """Its lines, at most `space.room` cells wide."""
        yield from ()

    @property
    def goes_on(self) -> bool:
        """Whether it continues the block before it, of which it was a part."""
        return bool(self.token.meta.get("goes_on"))

    @property
    def is_empty(self) -> bool:
        """Whether it shows nothing."""
        return False

    @property
    def runs_to_left(self) -> bool:
        """Whether its first text runs from right to left."""
        return False

    def follows(self, before: Block) -> bool:
        """Whether no blank line stands between it and the block before it, of a page."""
        return self.goes_on

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its lines, as wide as the console."""
        for line in self.lines(Space(options.max_width, options.max_width)):
            yield from line.segments
            yield Segment.line()


class Paragraph(Block):
    """A paragraph."""

    style_name = "markdown.paragraph"

    def on_enter(self, context: MarkdownContext) -> None:
        """Begin without text."""
        super().on_enter(context)
        self.text = Text()

    def on_text(self, context: MarkdownContext, text: str | Text) -> None:
        """Take text in the style that is set."""
        self.text.append(text, context.current_style if isinstance(text, str) else None)

    def finish(self) -> None:
        """Take off the white space at the end."""
        self.text.rstrip()

    @property
    def is_empty(self) -> bool:
        """Whether it holds no text."""
        return not self.text.plain

    @property
    def runs_to_left(self) -> bool:
        """Whether it runs from right to left."""
        return is_right_to_left(self.text.plain)

    def lines(self, space: Space) -> Iterator[Line]:
        """Its text, wrapped; at the right edge where it runs from right to left."""
        lines = lines_of(self.text, self.style, space.room, self.markdown.span_styles)
        if space.has_edge and self.runs_to_left:
            return (at_right(line, space.room, self.style) for line in lines)
        return lines


class Term(Paragraph):
    """A term, above its definitions."""

    style_name = "markdown.strong"


class Heading(Paragraph):
    """A heading."""

    style_name = "markdown.heading"

    @property
    def level(self) -> int:
        """From 1 to 6."""
        return int(self.token.tag[1])

    def says(self, title: str) -> bool:
        """Whether it says the same as a title."""
        return self.text.plain.casefold() == title.casefold()

    def lines(self, space: Space) -> Iterator[Line]:
        """Its text, the first line marked as a heading and as a place to jump to."""
        title = self.text.plain.replace("\n", " ")
        slug = _NOT_IN_SLUG.sub("", title.lower()).replace(" ", "-")
        marks: tuple[Mark, ...] = (Mark("heading", self.level, title), Mark("anchor", 0, slug))
        for line in super().lines(space):
            yield line._replace(marks=(*marks, *line.marks))
            marks = ()


class HorizontalRule(Block):
    """A thin line across the page."""

    style_name = "markdown.hr"

    def lines(self, space: Space) -> Iterator[Line]:
        """One line."""
        cells = min(space.room, WIDEST_PAGE)
        yield Line((Segment("─" * cells, self.markdown.style_of(self.style_name)),), cells)


class CodeBlock(Block):
    """Code on lines of its own."""

    style_name = "markdown.code_block"
    code = ""

    def on_text(self, context: MarkdownContext, text: str | Text) -> None:
        """Take the code."""
        self.code = clean_text(str(text)).rstrip("\n")

    def lines(self, space: Space) -> Iterator[Line]:
        """Its lines on a ground of one width; long ones wrap."""
        room = max(space.room - 2, 1)
        for code in self.code.split("\n"):
            text = code.expandtabs(4)
            for start, end, joint in wrap(text, room):
                piece = text[start:end]
                fill = " " * (room - cell_len(piece) + 1) if space.has_edge else ""
                segments = (Segment(" ", self.style), Segment(piece + fill, self.style))
                yield Line(segments, 1, len(piece) - piece.count(" "), joint)


class RawText(Block):
    """A line too long to be prose, shown as it stands."""

    style_name = "markdown.paragraph"
    text = ""

    def on_text(self, context: MarkdownContext, text: str | Text) -> None:
        """Take the text."""
        self.text = clean_text(str(text)).replace("\t", " ").strip(" ")

    def lines(self, space: Space) -> Iterator[Line]:
        """Its text, wrapped."""
        return lines_of(Text(self.text), self.style, space.room, self.markdown.span_styles)


class Container(Block):
    """A block that holds blocks."""

    def on_enter(self, context: MarkdownContext) -> None:
        """Begin without blocks."""
        super().on_enter(context)
        self.blocks: list[Block] = []

    def on_child_close(self, context: MarkdownContext, child: MarkdownElement) -> bool:
        """Take a block, which is not drawn by itself."""
        if isinstance(child, Block):
            child.finish()
            if not child.is_empty:
                self.blocks.append(child)
        return False

    @property
    def runs_to_left(self) -> bool:
        """Whether its first text runs from right to left."""
        return bool(self.blocks) and self.blocks[0].runs_to_left

    def framed(self, frame: Frame, space: Space, *, tight: bool = False) -> Iterator[Line]:
        """The lines of its blocks beside a frame, as far as there is room for one."""
        first, rest = frame.first, frame.rest
        least = max(8, space.page // 4)
        if space.room - cell_len(rest) < least:
            # So deep that indentation would leave no room for text.
            first, rest = ("" if first == rest else first.lstrip()), ""
            if space.room - cell_len(first) < least:
                first = ""
        room = space.room - max(cell_len(first), cell_len(rest))
        frame = Frame(first, rest, frame.style, frame.on_right and space.has_edge)
        return framed(stacked(self.blocks, space._replace(room=room), tight=tight), frame, room)


class BlockQuote(Container):
    """A quotation, or a callout."""

    style_name = "markdown.block_quote"

    @property
    def is_empty(self) -> bool:
        """A quotation of nothing still shows its bar."""
        return False

    def lines(self, space: Space) -> Iterator[Line]:
        """Its blocks beside a bar."""
        frame = Frame(BAR, BAR, self.markdown.style_of("markdown.bar"), self.runs_to_left)
        lines = self.framed(frame, space)
        # A blank line parts it from the quotation that it goes on with.
        parted = framed([BLANK], frame, space.room - cell_len(BAR))
        return chain(parted, lines) if self.token.meta.get("is_parted") else lines


class List(Container):
    """A list, of which each block is an item."""

    is_tight = True
    """Whether no blank lines stand between its items, nor between their paragraphs."""

    def finish(self) -> None:
        """Find out whether it is tight: a paragraph of its own, or a box, makes it a loose one."""
        self.is_tight = not any(
            (isinstance(block, Paragraph) and not isinstance(block, Heading | Term)
             and not block.token.hidden)
            or block.token.meta.get("is_box")
            for item in self.blocks if isinstance(item, ListItem)
            for block in item.blocks
        )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Whether it has no items."""
        return not self.blocks

    def follows(self, before: Block) -> bool:
        """Two parts of a list that are both tight are one."""
        return self.goes_on and isinstance(before, List) and self.is_tight and before.is_tight

    def lines(self, space: Space) -> Iterator[Line]:
        """Its items behind their markers, which end at one column."""
        items = [block for block in self.blocks if isinstance(block, ListItem)]
        markers = self._markers(items, space.depth)
        widest = max(map(cell_len, markers), default=1)
        style = self.markdown.style_of("markdown.item.bullet")
        on_right = self.runs_to_left
        inner = space._replace(depth=space.depth + 1)
        for index, (item, marker) in enumerate(zip(items, markers, strict=True)):
            if index and not self.is_tight:
                yield BLANK
            first = " " * (widest - cell_len(marker)) + marker + " "
            frame = Frame(first, " " * (widest + 1), style, on_right)
            anchor = item.token.meta.get("anchor")
            for line in item.framed(frame, inner, tight=self.is_tight):
                if anchor:
                    yield line._replace(marks=(Mark("anchor", 0, anchor), *line.marks))
                    anchor = None
                else:
                    yield line

    def _markers(self, items: Sequence[ListItem], depth: int) -> list[str]:
        if self.token.type == "ordered_list_open":
            start = int(self.token.attrs.get("start", 1))
            marks = [f"{number}." for number in range(start, start + len(items))]
        else:
            marks = [BULLETS[min(depth, len(BULLETS) - 1)]] * len(items)
        return [item.box or mark for item, mark in zip(items, marks, strict=True)]


class ListItem(Container):
    """An item of a list."""

    @property
    def box(self) -> str:
        """The box of a task, "" for none."""
        checked = self.token.meta.get("checked")
        return "" if checked is None else "☑" if checked else "☐"

    @property
    def is_empty(self) -> bool:
        """Whether it only said where a table of contents goes: Kramdown wants a list for that."""
        return bool(self.token.meta.get("is_contents")) and not self.blocks


class DefinitionList(Container):
    """Terms, and their definitions below them."""

    def lines(self, space: Space) -> Iterator[Line]:
        """Terms and definitions, without blank lines between them."""
        return stacked(self.blocks, space._replace(depth=space.depth + 2), tight=True)


class Definition(Container):
    """A definition, which stands indented."""

    def lines(self, space: Space) -> Iterator[Line]:
        """Its blocks, indented."""
        return self.framed(Frame("  ", "  ", self.style), space, tight=True)


class TablePart(Container):
    """The head or the body of a table."""


class TableRow(Container):
    """A row of a table."""

    def on_child_close(self, context: MarkdownContext, child: MarkdownElement) -> bool:
        """Take a cell, empty or not."""
        if isinstance(child, Block):
            child.finish()
            self.blocks.append(child)
        return False

    @property
    def cells(self) -> list[TableCell]:
        """Its cells."""
        return [block for block in self.blocks if isinstance(block, TableCell)]

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds text; what says how a table looks may stand in a row of its own."""
        return all(cell.is_empty for cell in self.cells)


class TableCell(Paragraph):
    """A cell of a table."""

    @property
    def align(self) -> str:
        """The side of its column that it stands at: "left", "right" or "center"."""
        return str(self.token.attrs.get("style", "")).partition(":")[2] or "left"


class Table(Container):
    """A table."""

    def rows(self, part: str) -> list[list[TableCell]]:
        """The cells of each row of its "thead" or its "tbody"."""
        return [
            row.cells
            for block in self.blocks if block.token.tag == part and isinstance(block, TablePart)
            for row in block.blocks if isinstance(row, TableRow)
        ]  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds text."""
        return not any(isinstance(part, TablePart) and part.blocks for part in self.blocks)

    def lines(self, space: Space) -> Iterator[Line]:
        """Its rows side by side, or below one another where that is too wide."""
        head = self.rows("thead")
        return table_lines(self, head[0] if head else [], self.rows("tbody"), space)


def stacked(blocks: Sequence[Block], space: Space, *, tight: bool = False) -> Iterator[Line]:
    """The lines of blocks below one another.

    Args:
        blocks: none of them empty.
        space: where they are laid out.
        tight: whether they stand in a tight list, where no blank lines part paragraphs and lists.
    """
    for index, block in enumerate(blocks):
        is_tight = tight and isinstance(block, List | DefinitionList | Definition | Paragraph)
        if index and not block.goes_on and (not is_tight or isinstance(block, Heading)):
            yield BLANK
        yield from block.lines(space)
