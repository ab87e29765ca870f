"""`ArticleMarkdown`: Rich's Markdown with elements of ours, one block at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, NamedTuple, cast

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import MarkdownElement
from rich.segment import Segment
from rich.style import Style

from rilo_reader.render.elements import (
    ArticleBody,
    BlockQuote,
    CodeBlock,
    Container,
    Definition,
    DefinitionList,
    HeadingBlock,
    HorizontalRule,
    ListBlock,
    ListItem,
    PageBlock,
    ParagraphBlock,
    RawText,
    Term,
)
from rilo_reader.render.lines import BlockSpace
from rilo_reader.render.page import Layout, LinkNumbers, Styles
from rilo_reader.render.parser import MarkdownSource
from rilo_reader.render.table import TableBlock, TableCell, TableRow
from rilo_reader.render.tokens import TokenRewriter


class ArticleMarkdown(ArticleBody):
    """The body of an article: a Rich renderable whose `parse_blocks` can be laid out one by one."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        "paragraph_open": ParagraphBlock,
        "heading_open": HeadingBlock,
        "fence": CodeBlock,
        "code_block": CodeBlock,
        "raw": RawText,
        "blockquote_open": BlockQuote,
        "hr": HorizontalRule,
        "bullet_list_open": ListBlock,
        "ordered_list_open": ListBlock,
        "list_item_open": ListItem,
        "dl_open": DefinitionList,
        "dt_open": Term,
        "dd_open": Definition,
        "table_open": TableBlock,
        "thead_open": Container,
        "tbody_open": Container,
        "tr_open": TableRow,
        "td_open": TableCell,
        "th_open": TableCell,
    }
    inlines = {"em", "strong", "code", "s", "u", "dim"}  # noqa: RUF012 (as in Rich)

    def __init__(
        self,
        body: str,
        base: str = "",
        layout: Layout | None = None,
        *,
        dialect: str = "",
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Create a body; parsing starts with `parse_blocks`.

        Its Markdown is in a `dialect`; relative links are resolved against `base`. Without a
        layout there are no colours. `wanted` is called throughout; once it returns False,
        UnwantedError is raised.
        """
        layout = layout or Layout(80)
        numbers, addresses = layout.number_links, layout.shows_addresses
        links = LinkNumbers(base, number_links=numbers, addresses=addresses)
        super().__init__(layout, links, _make_theme(layout.styles))
        self.markup = body
        source = MarkdownSource(body, dialect, wanted=wanted)
        self._rewriter = TokenRewriter(source, links, tex=layout.shows_addresses)

    def parse_blocks(self) -> Iterator[PageBlock]:
        """Yield the blocks as they are parsed; may be called once.

        Raises:
            UnwantedError: the page is no longer wanted.
        """
        console = cast(Console, _StandInConsole(self.style_of))
        options = cast(ConsoleOptions, _NoOptions())
        for tokens in self._rewriter.rewrite_blocks():
            self.parsed = tokens
            for element in super().__rich_console__(console, options):
                if isinstance(element, PageBlock):
                    element.finish()
                    if not element.is_empty:
                        yield element

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines of all blocks at the width of the console."""
        space = BlockSpace(options.max_width, options.max_width)
        for number, block in enumerate(self.parse_blocks()):
            if number and not block.is_continuation:
                yield Segment.line()
            for line in block.iter_lines(space):
                yield from line.segments
                yield Segment.line()


class _StandInConsole(NamedTuple):
    """A stand-in for the console with which Rich's Markdown creates elements but draws nothing.

    The themes of a real console are per thread, and a page may be continued by another thread.
    """

    style_of: Callable[[str], Style]

    def get_style(self, name: str | Style, default: object = None) -> Style:
        return name if isinstance(name, Style) else self.style_of(name)

    def render(self, renderable: object, options: object = None) -> Iterator[object]:
        yield renderable


class _NoOptions:
    """The options of that console, of which there are none."""

    def update(self, **changes: object) -> _NoOptions:
        return self


def _make_theme(styles: Styles) -> Mapping[str, Style]:
    """Map the names that Rich's Markdown uses to styles."""
    return {
        "none": Style.null(),
        "markdown.paragraph": Style.null(),
        **{f"markdown.h{level}": style for level, style in enumerate(styles.headings, 1)},
        "markdown.block_quote": styles.quote,
        "markdown.bar": styles.bar,
        "markdown.code_block": styles.code_block,
        "markdown.item.bullet": styles.marker,
        "markdown.hr": styles.rule,
        "markdown.link_url": Style.null(),  # see SpanStyle
        "markdown.em": Style(italic=True),
        "markdown.strong": styles.strong,
        "markdown.code": styles.code,
        "markdown.s": Style(strike=True),
        "markdown.u": Style(underline=True),
        "markdown.dim": styles.dim,
    }
