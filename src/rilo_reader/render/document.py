"""An article as a page: its head, then its body, a part at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from rich.segment import Segment
from rich.style import Style

from rilo_reader.article import Article, clean_line, reading_minutes, shown_title
from rilo_reader.render.blocks import Block, Ink, Listing, Paragraph, Run, Table, Title, text_of
from rilo_reader.render.dates import human
from rilo_reader.render.direction import is_right_to_left
from rilo_reader.render.layout import Layout
from rilo_reader.render.markdown import Reader
from rilo_reader.render.page import LINK, Line, Page
from rilo_reader.render.styles import Styles
from rilo_reader.render.wrap import wrap

NO_BREAK = "\N{NO-BREAK SPACE}"

NO_TEXT = "This article has no text."

WIDEST = 1_000_000
"""The width of a page whose paragraphs stay on one line each."""


class Look(NamedTuple):
    """How an article is to be laid out.

    Attributes:
        width: cells that no line exceeds.
        styles: what each part looks like.
        number_links: whether each link is followed by its number.
        addresses: whether each link is followed by its address.
    """

    width: int
    styles: Styles = Styles()
    number_links: bool = False
    addresses: bool = False


def render(
    article: Article, look: Look, date_text: str, wanted: Callable[[], bool] = lambda: True
) -> Iterator[Page]:
    """Lay an article out; each page holds all lines so far, the last is complete.

    The first page comes as soon as there is a screenful. Every page is at least half as long
    again as the one before it, so copying them stays cheap however long the article.

    Args:
        article: what to show.
        look: how to lay it out.
        date_text: the date as the reader is to see it.
        wanted: asked between parts; once it says no, no further page comes.
    """
    reader = Reader(article.body, article.url)
    layout = Layout(
        look.width,
        look.styles,
        reader.links.urls,
        number_links=look.number_links,
        addresses=look.addresses,
    )
    title_lines = _head(layout, article, look.styles, date_text)
    draft = _Draft(layout, title_lines, len(layout.lines))
    shown = 0
    empty = True
    for part in reader.blocks():
        if not wanted():
            return
        blocks = _without_title(part, article.title) if empty else part
        if not blocks:
            continue
        first = blocks[0]
        if not (isinstance(first, Listing | Paragraph | Table) and first.goes_on):
            layout.blank()
        layout.add(blocks, look.styles.text)
        empty = False
        if reader.is_at_end:
            break
        if len(layout.lines) >= shown * 3 // 2:
            shown = len(layout.lines)
            yield draft.page(complete=False)
    if empty:
        _no_text(layout, article, look.styles)
    yield draft.page(complete=True)


def plain(article: Article, width: int | None = None, *, date_text: str | None = None) -> str:
    """An article as plain text, without any escape codes; links are followed by their address.

    Args:
        article: what to show.
        width: cells that no line exceeds; where None, every paragraph is one line.
        date_text: the date as the reader is to see it; the long form where None.
    """
    if date_text is None:
        date_text = human(article.date, article.date_only, long=True)
    look = Look(WIDEST if width is None else width, addresses=True)
    page = whole(article, look, date_text)
    return "\n".join(line.text.rstrip() for line in page.lines) + "\n"


def whole(article: Article, look: Look, date_text: str) -> Page:
    """The complete page of an article."""
    *_, page = render(article, look, date_text)
    return page


def message(title: str, text: str, look: Look) -> Page:
    """A page of our own words: a title, and paragraphs at blank lines; dim ones without a title."""
    layout = Layout(look.width, look.styles, ())
    if title:
        layout.text([Run(title)], look.styles.title)
    head = len(layout.lines)
    for number, paragraph in enumerate(text.split("\n\n")):
        if title or number:
            layout.blank()
        layout.text([Run(paragraph)], look.styles.text if title else look.styles.dim)
    return _Draft(layout, head, head).page(complete=True)


def as_it_stands(article: Article, look: Look, date_text: str, reason: str) -> Page:
    """An article whose Markdown defeated the renderer: why, and its text as it stands.

    So a fault of ours costs the looks of one article, and never the reader.
    """
    layout = Layout(look.width, look.styles, ())
    title_lines = _head(layout, article, look.styles, date_text)
    note = f"! This article could not be laid out ({reason}): here is its text as it stands."
    _dim_lines(layout, clean_line(note), "", article)
    head = len(layout.lines)
    for line in article.body.split("\n"):
        layout.text([Run(line)], look.styles.text)
    return _Draft(layout, title_lines, head).page(complete=True)


class _Draft(NamedTuple):
    """A page in the making."""

    layout: Layout
    title_lines: int
    head_lines: int

    def page(self, *, complete: bool) -> Page:
        """The page so far."""
        return Page(
            width=self.layout.width,
            lines=tuple(self.layout.lines),
            headings=tuple(self.layout.headings),
            links=self.layout.links,
            anchors=MappingProxyType(dict(self.layout.anchors)),
            complete=complete,
            title_lines=self.title_lines,
            head_lines=self.head_lines,
        )


def _head(layout: Layout, article: Article, styles: Styles, date_text: str) -> int:
    """The title, a line about the article, and a line about what is wrong in its file.

    Returns how many lines the title takes.
    """
    title = shown_title(article.title)
    to_right = is_right_to_left(title)
    for start, end, joint in wrap(title, layout.width):
        layout.put((Segment(title[start:end], styles.title),), 0, joint=joint, to_right=to_right)
    title_lines = len(layout.lines)
    minutes = f"{reading_minutes(article.body)}{NO_BREAK}min" if article.body.strip() else ""
    facts = [article.source, date_text, minutes]
    host = _host(article.url)
    known = " · ".join(fact for fact in (*facts, host) if fact)
    _dim_lines(layout, known, host, article, to_right=to_right)
    if article.faults:
        fault = article.faults[0]
        where = f"line {fault.line} of the file: " if fault.line else ""
        more = f" (and {len(article.faults) - 1} more)" if len(article.faults) > 1 else ""
        _dim_lines(layout, f"! {where}{fault.reason}{more}", "", article)
    return title_lines


def _host(url: str) -> str:
    """The host of an address, as people say it."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _dim_lines(
    layout: Layout,
    text: str,
    host: str,
    article: Article,
    *,
    to_right: bool = False,
) -> None:
    """A dim text, with the host at its end linked to the article's address."""
    styles = layout.styles
    linked = len(text) - len(host)
    link = styles.dim + Style(link=article.url, meta={LINK: 0}) if host else styles.dim
    # What must not be parted has no-break spaces; on the page, as in a copy, they are spaces.
    spans = wrap(text, layout.width)
    text = text.replace(NO_BREAK, " ")
    for start, end, joint in spans:
        segments = [
            Segment(text[start : min(end, linked)], styles.dim),
            Segment(text[max(start, linked) : end], link),
        ]
        there = tuple(segment for segment in segments if segment.text)
        layout.put(there, 0, joint=joint, to_right=to_right)


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
