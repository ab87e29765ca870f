"""Rich's Markdown as articles need it: our elements, and a block at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, cast

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownElement
from rich.segment import Segment
from rich.style import Style

from rilo_reader.render.elements import (
    Block,
    BlockQuote,
    CodeBlock,
    Definition,
    DefinitionList,
    Heading,
    HorizontalRule,
    List,
    ListItem,
    Paragraph,
    RawText,
    Table,
    TableCell,
    TablePart,
    TableRow,
    Term,
)
from rilo_reader.render.flow import Flow
from rilo_reader.render.lines import SpanStyles
from rilo_reader.render.links import Links
from rilo_reader.render.parser import Source
from rilo_reader.render.styles import Look, Styles
from rilo_reader.render.table import Columns


class ArticleMarkdown(Markdown):
    """The body of an article; a renderable of Rich, and `blocks` for those who need its lines.

    Attributes:
        urls: the addresses of its links by number less one; grows as blocks are read.
        span_styles: what the styles within its texts mean on the page.
        columns: of the table that was laid out last.
        has_addresses: whether links are followed by their addresses, as in plain text.
    """

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        "paragraph_open": Paragraph,
        "heading_open": Heading,
        "fence": CodeBlock,
        "code_block": CodeBlock,
        "raw": RawText,
        "blockquote_open": BlockQuote,
        "hr": HorizontalRule,
        "bullet_list_open": List,
        "ordered_list_open": List,
        "list_item_open": ListItem,
        "dl_open": DefinitionList,
        "dt_open": Term,
        "dd_open": Definition,
        "table_open": Table,
        "thead_open": TablePart,
        "tbody_open": TablePart,
        "tr_open": TableRow,
        "td_open": TableCell,
        "th_open": TableCell,
    }
    inlines = {"em", "strong", "code", "s", "u", "dim"}  # noqa: RUF012 (as in Rich)

    def __init__(
        self,
        body: str,
        base: str = "",
        look: Look | None = None,
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Begin; nothing is read before it is asked for.

        Args:
            body: Markdown.
            base: the address that relative links are relative to.
            look: how it is to be laid out; without colours where None.
            wanted: asked all along; once it says no, reading ends with UnwantedError.
        """
        look = look or Look(80)
        super().__init__("", style=look.styles.text)
        self.markup = body
        source = Source(body, in_vault=look.in_vault, wanted=wanted)
        links = Links(base, number_links=look.number_links, addresses=look.addresses)
        self._flow = Flow(source, links)
        self._console = _ElementConsole(_theme(look.styles))
        self.urls = links.urls
        self.has_addresses = look.addresses
        self.span_styles = SpanStyles(look.styles, links.urls)
        self.columns = Columns()

    def style_of(self, name: str) -> Style:
        """The style of one of the parts that Rich knows by name, such as "markdown.hr"."""
        return self._console.get_style(name)

    def blocks(self) -> Iterator[Block]:
        """The blocks, each as soon as it is read; once only.

        Raises:
            UnwantedError: the page is no longer wanted.
        """
        console = cast(Console, self._console)
        options = cast(ConsoleOptions, _Options())
        for tokens in self._flow.blocks():
            self.parsed = tokens
            for element in super().__rich_console__(console, options):
                if isinstance(element, Block):
                    element.finish()
                    if not element.is_empty:
                        yield element

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines of all blocks, as wide as the console."""
        for number, block in enumerate(self.blocks()):
            if number and not block.goes_on:
                yield Segment.line()
            yield from block.__rich_console__(console, options)


class _ElementConsole:
    """What Rich's Markdown needs of a console where elements are wanted and not their look.

    A real one keeps its themes by thread, and a page that began in one thread goes on in another.
    """

    def __init__(self, styles: Mapping[str, Style]) -> None:
        self._styles = styles

    def get_style(self, name: str | Style, default: object = None) -> Style:
        """The style of that name."""
        return name if isinstance(name, Style) else self._styles[name]

    def render(self, renderable: object, options: object = None) -> Iterator[object]:
        """The element itself."""
        yield renderable


class _Options:
    """Options of that console: there are none."""

    def update(self, **changes: object) -> _Options:
        """The same."""
        return self


def _theme(styles: Styles) -> Mapping[str, Style]:
    """The names that Rich's Markdown asks for, and their styles."""
    return {
        "none": Style.null(),
        "markdown.paragraph": Style.null(),
        "markdown.heading": styles.heading,
        "markdown.block_quote": styles.quote,
        "markdown.bar": styles.bar,
        "markdown.code_block": styles.code_block,
        "markdown.item.bullet": styles.marker,
        "markdown.hr": styles.rule,
        "markdown.link_url": Style.null(),  # see SpanStyles
        "markdown.em": Style(italic=True),
        "markdown.strong": styles.strong,
        "markdown.code": styles.code,
        "markdown.s": Style(strike=True),
        "markdown.u": Style(underline=True),
        "markdown.dim": styles.dim,
    }
