"""The elements of `ArticleMarkdown`: created by Rich from tokens, laid out as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from markdown_it.token import Token
from rich.cells import cell_len
from rich.markdown import Markdown, MarkdownContext, MarkdownElement
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from rilo_reader.render.lines import (
    ADDED_SUFFIX,
    BLANK,
    WIDEST_PAGE,
    BlockFrame,
    BlockSpace,
    SpanStyleCache,
    align_right,
    encode_target,
    frame_lines,
    is_right_to_left,
    line_width,
    wrap_rich_text,
    wrap_text,
)
from rilo_reader.render.page import (
    CODE,
    PICTURE,
    InlineImage,
    Layout,
    LinkNumbers,
    PageLine,
    PageMark,
    PagePicture,
)
from rilo_reader.text import clean_text, lazy_re

BAR = "▎ "
BULLETS = ("•", "◦", "▪")

CONTINUATION_SIGN = "↳ "  # before the rest of a line of code
_LANGUAGE = lazy_re(r"[\s{.]*(?:(?:language|lang)-|sourceCode\s+\.?)?([\w+#-]+)")
_NOT_IN_SLUG = lazy_re(r"[^\w\- ]+")


class TableColumns(NamedTuple):
    """The columns of a table, kept for its continuation."""

    widths: Sequence[int] | None = None  # in cells; None if the table is too wide for columns
    names: Sequence[str] = ()  # header of each, or ""
    is_tall: bool = False  # whether a row has several lines, so that blank ones part all
    is_on_right: bool = False  # whether its text runs from right to left


class ArticleBody(Markdown):
    """The layout, links, styles and pictures that the blocks of an article share."""

    def __init__(self, layout: Layout, links: LinkNumbers, styles: Mapping[str, Style]) -> None:
        """Create it without text; `styles` are by Rich's names for elements."""
        super().__init__("", style=layout.styles.text)
        self.urls = links.urls  # addresses of links 1, 2, …; grows as blocks are read
        self.has_addresses = layout.shows_addresses  # of links, behind them, as in plain text
        self.span_styles = SpanStyleCache(layout.styles, links.urls)  # of its texts
        self.columns = TableColumns()  # columns of the last table
        self.pictures: list[PagePicture] = []  # as far as they are laid out; without their lines
        self._layout, self._links, self._styles = layout, links, styles

    def style_of(self, name: str) -> Style:
        """Return the style of an element by Rich's name for it, such as "markdown.hr"."""
        return self._styles[name]

    @property
    def has_pictures(self) -> bool:
        """True if pictures that are at hand are shown."""
        return self._layout.boxes is not None

    def picture_hint(self, picture: PagePicture) -> str:
        """Return the hint after the description of a picture without room; "" for drawings."""
        boxes, is_drawing = self._layout.boxes, picture.url.casefold().endswith(".svg")
        return f" · {boxes.hint}" if boxes and boxes.hint and picture.url and not is_drawing else ""

    def add_picture(self, address: str, words: str, width: int) -> int:
        """Add a picture that is laid out within some columns; return its number."""
        url = self._links.url_of(address) or ""
        picture = PagePicture(address, url if url.startswith("http") else "", words)
        boxes = self._layout.boxes
        if boxes and (room := boxes.find_room(address, picture.url, width)):
            picture = picture._replace(columns=room[0], rows=room[1])
        self.pictures.append(picture)
        return len(self.pictures) - 1


class PageBlock(MarkdownElement):
    """A block of an article.

    Rich calls `on_leave` only after it has drawn an element, so a block that depends on all of its
    content is completed in `finish`, which its container calls.
    """

    style_name = "none"
    style = Style.null()

    def __init__(self, markdown: ArticleBody, token: Token) -> None:
        self.markdown = markdown
        self.token = token

    @classmethod
    def create(cls, markdown: Markdown, token: Token) -> PageBlock:
        """Create the element for a token; called by Rich."""
        return cls(cast(ArticleBody, markdown), token)

    def on_enter(self, context: MarkdownContext) -> None:
        """Start without content; called by Rich."""
        self.style = context.enter_style(self.style_name)

    def on_leave(self, context: MarkdownContext) -> None:
        """Do nothing: see `finish`."""
        context.leave_style()

    def finish(self) -> None:
        """Complete the block, when all of its content is there."""

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield the lines of the block, at most `space.width` cells wide."""
        yield from ()

    @property
    def is_continuation(self) -> bool:
        """True if the block continues the one before it, from which it was split off."""
        return bool(self.token.meta.get("goes_on"))

    @property
    def is_empty(self) -> bool:
        """True if nothing is shown for the block."""
        return False

    @property
    def is_right_to_left(self) -> bool:
        """True if the first text of the block runs from right to left."""
        return False

    def joins_previous(self, before: PageBlock) -> bool:
        """Return whether no blank line separates the block from the one before it."""
        return self.is_continuation


class ParagraphBlock(PageBlock):
    """A paragraph."""

    style_name = "markdown.paragraph"

    def on_enter(self, context: MarkdownContext) -> None:
        """Start without text."""
        super().on_enter(context)
        self.text = Text()

    def on_text(self, context: MarkdownContext, text: str | Text) -> None:
        """Append text in the current style."""
        self.text.append(text, context.current_style if isinstance(text, str) else None)

    def finish(self) -> None:
        """Remove trailing white space."""
        self.text.rstrip()

    @property
    def is_empty(self) -> bool:
        """True if there is no text."""
        return not self.text.plain

    @property
    def is_right_to_left(self) -> bool:
        """True if the text runs from right to left."""
        return is_right_to_left(self.text.plain)

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield the wrapped text, at the right edge if it or its list runs from right to left."""
        if images := self.token.meta.get("images"):
            lines: Iterable[PageLine] = self._iter_with_pictures(images, space)
        else:
            lines = wrap_rich_text(self.text, self.style, space.width, self.markdown.span_styles)
        if space.has_edge and space.is_on_right(self.is_right_to_left):
            lines = (align_right(line, space.width, self.style) for line in lines)
        yield from lines

    def _iter_with_pictures(
        self, images: Sequence[InlineImage], space: BlockSpace
    ) -> Iterator[PageLine]:
        """Yield the text; a picture that has room, or that begins the text, is apart from it."""
        markdown, plain = self.markdown, self.text.plain
        named: tuple[PageMark, ...] = ()  # of pictures within the text
        done = 0
        for image in images:
            number = markdown.add_picture(image.address, image.words, space.width)
            mark = PageMark(PICTURE, number, "")
            is_first = not plain[done : image.start].strip()
            is_alone = is_first and (markdown.has_pictures or image.end == len(plain))
            if not markdown.pictures[number].rows and not is_alone:
                named += (mark,)
                continue
            if not is_first:
                yield from self._iter_piece(done, image.start, space, named)
                named = ()
            yield from self._iter_picture(image, mark, space)
            done = image.end
        if plain[done:].strip():
            yield from self._iter_piece(done, len(plain), space, named)

    def _iter_piece(
        self, start: int, end: int, space: BlockSpace, marks: tuple[PageMark, ...]
    ) -> Iterator[PageLine]:
        """Yield the lines of a part of the text, with marks on the first."""
        plain = self.text.plain[start:end]
        start, end = end - len(plain.lstrip()), start + len(plain.rstrip())
        styles = self.markdown.span_styles
        for line in wrap_rich_text(self.text[start:end], self.style, space.width, styles):
            yield line._replace(marks=(*marks, *line.marks))
            marks = ()

    def _iter_picture(
        self, image: InlineImage, mark: PageMark, space: BlockSpace
    ) -> Iterator[PageLine]:
        """Yield the room of a picture and its description below, or else its placeholder.

        The text and its number of letters are the same in both.
        """
        markdown, styles = self.markdown, self.markdown.span_styles
        picture = markdown.pictures[mark.number]
        begin = image.start + len("[image: " if image.words else "[image")
        close = begin + len(image.words)
        if picture.rows:
            whole = self.text[image.start : image.end]
            [line] = wrap_rich_text(whole, self.style, cell_len(whole.plain), styles)
            words = self.text[begin:close] + self.text[close + 1 : image.end]
            below = [*wrap_rich_text(words, self.style, space.width, styles)] if words.plain else []
            letters = line.body_letters - sum(each.body_letters for each in below)
            room = Segment(" " * picture.columns, Style(meta={PICTURE: mark.number}))
            # No text and no line end, so that positions in the text are the same without it.
            row = PageLine((room,), picture.columns, joint="")
            yield row._replace(body_letters=letters, marks=(mark, *line.marks))
            yield from (row,) * (picture.rows - 1)
            yield from (each._replace(marks=()) for each in below)
            return
        hint_style = Style(link=encode_target(0, ADDED_SUFFIX))
        hint = Text.assemble((markdown.picture_hint(picture), hint_style))
        named = self.text[image.start : close] + hint + self.text[close : image.end]
        at = image.start
        marks: tuple[PageMark, ...] = (mark,)
        for line in wrap_rich_text(named, self.style, space.width, styles):
            end = at + len(line.text)
            indent = min(max(begin, at), end) - at
            tail = end - max(min(close, end), at + indent)
            yield line._replace(indent=indent, trailing_cells=tail, marks=(*marks, *line.marks))
            at = end + len(line.joint.strip("\n"))
            marks = ()


class Term(ParagraphBlock):
    """The term of a definition list."""

    style_name = "markdown.strong"


class HeadingBlock(ParagraphBlock):
    """A heading, with a rule below: across the page at level 1, as wide as the words at level 2."""

    def on_enter(self, context: MarkdownContext) -> None:
        """Start without text, in the style of the level."""
        self.style_name = f"markdown.h{min(self.level, 4)}"
        super().on_enter(context)

    @property
    def level(self) -> int:
        """The level, 1 to 6."""
        return int(self.token.tag[1])

    def is_same_title(self, title: str) -> bool:
        """Return whether the heading repeats a title."""
        return self.text.plain.casefold() == title.casefold()

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield the wrapped text; the first line has the heading and its anchor as marks."""
        title = self.text.plain.replace("\n", " ")
        anchor = PageMark("anchor", 0, make_slug(title))
        marks: tuple[PageMark, ...] = (PageMark("heading", self.level, title), anchor)
        has_rule = self.level <= 2 and space.has_edge
        widest = space.width if self.level == 1 else 0
        for line in super().iter_lines(space):
            widest = max(widest, line_width(line) - line.indent)
            joint = "" if has_rule and line.joint == "\n" else line.joint
            yield line._replace(joint=joint, marks=(*marks, *line.marks))
            marks = ()
        if has_rule:
            rule = PageLine((Segment("─" * widest, self.markdown.style_of("markdown.hr")),), widest)
            is_on_right = space.is_on_right(self.is_right_to_left)
            yield align_right(rule, space.width, self.style) if is_on_right else rule


class HorizontalRule(PageBlock):
    """A thematic break."""

    style_name = "markdown.hr"

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield one line across the page."""
        cells = min(space.width, WIDEST_PAGE)
        yield PageLine((Segment("─" * cells, self.markdown.style_of(self.style_name)),), cells)


class CodeBlock(PageBlock):
    """A code block."""

    style_name = "markdown.code_block"
    code = ""

    def on_text(self, context: MarkdownContext, text: str | Text) -> None:
        """Set the code."""
        self.code = clean_text(str(text)).rstrip("\n")

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield the lines of code, padded to one width; the rest of a long one follows a sign."""
        width = max(space.width - 2, 1)
        sign_style = self.style + self.markdown.style_of("markdown.dim")
        match = _LANGUAGE.match(self.token.info)
        language = match[1].lower() if match else ""
        marks = (PageMark(CODE, 0, language),) if language else ()
        continued = CONTINUATION_SIGN if width > 4 * len(CONTINUATION_SIGN) else ""
        for code in self.code.split("\n"):
            text = code.expandtabs(4)
            spans = wrap_text(text, width)
            if len(spans) > 1:
                spans = wrap_text(text, width - len(continued))
            for number, (start, end, joint) in enumerate(spans):
                piece = text[start:end]
                sign = continued if number else ""
                margin = Segment(" ", self.style), Segment(sign, sign_style)
                free = width - len(sign) - cell_len(piece) + 1 if space.has_edge else 0
                parts = (*margin, Segment(piece, self.style), Segment(" " * free, self.style))
                segments = tuple(part for part in parts if part.text)
                letters = len(piece) - piece.count(" ")
                yield PageLine(segments, 1 + len(sign), letters, joint, free, marks)
                marks = (PageMark(CODE, 1, language),) if language else ()


class RawText(ParagraphBlock):
    """A line too long to be prose, shown as it is."""

    def on_text(self, context: MarkdownContext, text: str | Text) -> None:
        """Set the text."""
        super().on_text(context, clean_text(str(text)).replace("\t", " ").strip(" "))


class Container(PageBlock):
    """A block that contains blocks."""

    keeps_empty = False  # whether blocks without anything to show stay

    def on_enter(self, context: MarkdownContext) -> None:
        """Start without blocks."""
        super().on_enter(context)
        self.blocks: list[PageBlock] = []

    def on_child_close(self, context: MarkdownContext, child: MarkdownElement) -> bool:
        """Take over a child, so that Rich does not draw it."""
        if isinstance(child, PageBlock):
            child.finish()
            if self.keeps_empty or not child.is_empty:
                self.blocks.append(child)
        return False

    @property
    def is_right_to_left(self) -> bool:
        """True if the first text runs from right to left."""
        return bool(self.blocks) and self.blocks[0].is_right_to_left

    def iter_framed(
        self, frame: BlockFrame, space: BlockSpace, *, tight: bool = False
    ) -> Iterator[PageLine]:
        """Yield the lines of the children in a frame, as far as there is room for one."""
        first, rest = frame.first, frame.rest
        least = max(8, space.page_width // 4)
        if space.width - cell_len(rest) < least:
            # At this depth indentation would leave no room for text.
            first, rest = ("" if first == rest else first.lstrip()), ""
            if space.width - cell_len(first) < least:
                first = ""
        width = space.width - max(cell_len(first), cell_len(rest))
        frame = BlockFrame(first, rest, frame.style, frame.is_on_right and space.has_edge)
        lines = stack_blocks(self.blocks, space._replace(width=width), tight=tight)
        return frame_lines(lines, frame, width)


class BlockQuote(Container):
    """A quotation, or a callout."""

    style_name = "markdown.block_quote"

    @property
    def is_empty(self) -> bool:
        """False: an empty quotation shows its bar."""
        return False

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield the children next to a bar."""
        on_right = space.is_on_right(self.is_right_to_left)
        frame = BlockFrame(BAR, BAR, self.markdown.style_of("markdown.bar"), on_right)
        if self.token.meta.get("is_parted"):
            # A blank line between the bars of one quotation.
            yield from frame_lines([BLANK], frame, space.width - cell_len(BAR))
        yield from self.iter_framed(frame, space)


class ListBlock(Container):
    """A list, whose children are items."""

    is_tight = True  # whether no blank lines separate its items and their paragraphs

    def finish(self) -> None:
        """Determine whether the list is tight: paragraph tokens and boxes make it loose."""
        self.is_tight = not any(
            (type(block) is ParagraphBlock and not block.token.hidden)
            or block.token.meta.get("is_box")
            for item in self.items
            for block in item.blocks
        )

    @property
    def items(self) -> list[ListItem]:
        """The items of the list."""
        return [block for block in self.blocks if isinstance(block, ListItem)]

    @property
    def is_empty(self) -> bool:
        """True if there are no items."""
        return not self.blocks

    @property
    def is_right_to_left(self) -> bool:
        """True if the first item or most of them run from right to left."""
        items = [item.is_right_to_left for item in self.blocks]
        return items[:1] == [True] or sum(items) * 2 > len(items)

    def joins_previous(self, before: PageBlock) -> bool:
        """Return True for the continuation of a tight list."""
        is_tight = isinstance(before, ListBlock) and self.is_tight and before.is_tight
        return self.is_continuation and is_tight

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield the items after their markers, which are aligned at their end."""
        items = self.items
        bullet = BULLETS[min(space.depth, len(BULLETS) - 1)]
        start = int(self.token.attrs.get("start", 1))
        is_ordered = self.token.type == "ordered_list_open"
        markers = [
            item.check_box or (f"{number}." if is_ordered else bullet)
            for number, item in enumerate(items, start)
        ]
        widest = max(map(cell_len, markers), default=1)
        style = self.markdown.style_of("markdown.item.bullet")
        on_right = space.is_on_right(self.is_right_to_left)
        inner = space._replace(depth=space.depth + 1, is_list_on_right=on_right)
        for index, (item, marker) in enumerate(zip(items, markers, strict=True)):
            if index and not self.is_tight:
                yield BLANK
            first = " " * (widest - cell_len(marker)) + marker + " "
            frame = BlockFrame(first, " " * (widest + 1), style, on_right)
            anchor = item.token.meta.get("anchor")
            for line in item.iter_framed(frame, inner, tight=self.is_tight):
                marks = (PageMark("anchor", 0, anchor),) if anchor else ()
                yield line._replace(marks=(*marks, *line.marks))
                anchor = None


class ListItem(Container):
    """An item of a list."""

    @property
    def check_box(self) -> str:
        """The check box of a task, or ""."""
        checked = self.token.meta.get("checked")
        return "" if checked is None else "☑" if checked else "☐"

    @property
    def is_empty(self) -> bool:
        """True if nothing is shown of it, as of Kramdown's placeholder for a table of contents."""
        return bool(self.token.meta.get("is_contents")) and not self.blocks


class DefinitionList(Container):
    """Terms and their definitions."""

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield terms and definitions without blank lines between them."""
        return stack_blocks(self.blocks, space._replace(depth=space.depth + 2), tight=True)


class Definition(Container):
    """A definition."""

    def iter_lines(self, space: BlockSpace) -> Iterator[PageLine]:
        """Yield the children, indented."""
        on_right = space.is_on_right(self.is_right_to_left)
        return self.iter_framed(BlockFrame("  ", "  ", self.style, on_right), space, tight=True)


def make_slug(title: str) -> str:
    """Return the name of the anchor of a heading, as on GitHub."""
    return _NOT_IN_SLUG.sub("", title.lower()).replace(" ", "-")


def stack_blocks(
    blocks: Sequence[PageBlock], space: BlockSpace, *, tight: bool = False
) -> Iterator[PageLine]:
    """Yield the lines of blocks below one another; `tight` as in a tight list.

    Such a list has no blank lines between paragraphs and lists.
    """
    without_blank = (ListBlock, DefinitionList, Definition, ParagraphBlock) if tight else ()
    for index, block in enumerate(blocks):
        is_apart = isinstance(block, HeadingBlock) or not isinstance(block, without_blank)
        if index and is_apart and not block.is_continuation:
            yield BLANK
        yield from block.iter_lines(space)
