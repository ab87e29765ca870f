"""An article as a page: its head, then its body, a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from urllib.parse import urlsplit

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from rilo_reader.article import Article, reading_minutes
from rilo_reader.render.blocks import Block, Ink, Listing, Paragraph, Run, Title
from rilo_reader.render.dates import human
from rilo_reader.render.layout import Layout
from rilo_reader.render.markdown import Reader
from rilo_reader.render.page import LINK, Line, Page
from rilo_reader.render.styles import Styles
from rilo_reader.render.table import text_of
from rilo_reader.render.wrap import wrap

NO_TEXT = "This article has no text."

WIDEST = 1_000_000
"""The width of a page whose paragraphs stay on one line each."""


def render(
    article: Article,
    *,
    width: int,
    styles: Styles,
    date_text: str,
    number_links: bool = False,
    addresses: bool = False,
) -> Iterator[Page]:
    """Lay an article out; each page holds all lines so far, the last is complete.

    The first page comes as soon as there is a screenful. Every page is at least half as long
    again as the one before it, so copying them stays cheap however long the article.

    Args:
        article: what to show.
        width: cells that no line exceeds.
        styles: what each part looks like.
        date_text: the date as the reader is to see it.
        number_links: whether each link is followed by its number.
        addresses: whether each link is followed by its address.
    """
    reader = Reader(article.body, article.url)
    layout = Layout(
        width, styles, reader.links.urls, number_links=number_links, addresses=addresses
    )
    _head(layout, article, styles, date_text)
    shown = 0
    empty = True
    for blocks in reader.blocks():
        if empty:
            blocks = _without_title(blocks, article.title)
        if not blocks:
            continue
        first = blocks[0]
        if not (isinstance(first, Listing) and first.goes_on):
            layout.blank()
        layout.add(blocks, styles.text)
        empty = False
        if len(layout.lines) >= shown * 3 // 2:
            shown = len(layout.lines)
            yield _page(layout, complete=False)
    if empty:
        _no_text(layout, article, styles)
    yield _page(layout, complete=True)


def plain(article: Article, width: int | None = None, *, date_text: str | None = None) -> str:
    """An article as plain text, without any escape codes; links are followed by their address.

    Args:
        article: what to show.
        width: cells that no line exceeds; where None, every paragraph is one line.
        date_text: the date as the reader is to see it; the long form where None.
    """
    if date_text is None:
        date_text = human(article.date, article.date_only, long=True)
    page: Page | None = None
    for page in render(
        article,
        width=WIDEST if width is None else width,
        styles=Styles(),
        date_text=date_text,
        addresses=True,
    ):
        pass
    lines = page.lines if page else ()
    return "\n".join(line.text.rstrip() for line in lines) + "\n"


def _page(layout: Layout, *, complete: bool) -> Page:
    return Page(
        width=layout.width,
        lines=tuple(layout.lines),
        headings=tuple(layout.headings),
        links=layout.links,
        anchors=MappingProxyType(dict(layout.anchors)),
        complete=complete,
    )


def _head(layout: Layout, article: Article, styles: Styles, date_text: str) -> None:
    """The title, a line about the article, and a line about what is wrong in its file."""
    for span in wrap(article.title, layout.width):
        layout.lines.append(Line((Segment(article.title[span.start : span.end], styles.title),)))
    facts = [article.source, date_text, f"{reading_minutes(article.body)} min"]
    host = _host(article.url)
    _dim_lines(layout, " · ".join(fact for fact in (*facts, host) if fact), styles, host, article)
    if article.faults:
        fault = article.faults[0]
        where = f"line {fault.line} of the file: " if fault.line else ""
        more = f" (and {len(article.faults) - 1} more)" if len(article.faults) > 1 else ""
        _dim_lines(layout, f"! {where}{fault.reason}{more}", styles, "", article)


def _host(url: str) -> str:
    """The host of an address, as people say it."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _dim_lines(layout: Layout, text: str, styles: Styles, host: str, article: Article) -> None:
    """A dim text, with the host at its end linked to the article's address."""
    linked = len(text) - len(host)
    link = styles.dim + Style(link=article.url, meta={LINK: 0}) if host else styles.dim
    for start, end, glued in wrap(text, layout.width):
        segments = [
            Segment(text[start : min(end, linked)], styles.dim),
            Segment(text[max(start, linked) : end], link),
        ]
        layout.lines.append(
            Line(tuple(segment for segment in segments if segment.text), glued=glued)
        )


def _no_text(layout: Layout, article: Article, styles: Styles) -> None:
    """Say that there is nothing to read here, and where there may be."""
    layout.blank()
    layout.add([Paragraph([Run(NO_TEXT, Ink(dim=True, added=True))])], styles.text)
    if article.url:
        layout.blank()
        link = styles.link + Style(link=article.url, meta={LINK: 0})
        for span in wrap(article.url, layout.width):
            layout.lines.append(Line((Segment(article.url[span.start : span.end], link),)))


def _without_title(blocks: list[Block], title: str) -> list[Block]:
    """The body without a first heading that only says the title again."""
    first = blocks[0] if blocks else None
    if isinstance(first, Title) and text_of(first.runs).casefold() == title.casefold():
        return blocks[1:]
    return blocks


def widest(page: Page) -> int:
    """The cells of the widest line of a page."""
    return max((cell_len(line.text) for line in page.lines), default=0)
