"""Lay out an article as a page: its head, then its body block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import MappingProxyType
from urllib.parse import urlsplit

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from rilo_reader.article import BESIDE_TAGS, Article, Field
from rilo_reader.dates import format_date
from rilo_reader.render.elements import HeadingBlock, HorizontalRule, PageBlock
from rilo_reader.render.lines import BLANK, BlockSpace, align_right, is_right_to_left, wrap_text
from rilo_reader.render.markdown import ArticleMarkdown
from rilo_reader.render.page import (
    CODE,
    LINK,
    PICTURE,
    VALUE,
    CodeRange,
    Layout,
    Page,
    PageHeading,
    PageLine,
    PageLink,
    PageMark,
    PagePicture,
    Styles,
    body_text,
)
from rilo_reader.render.parser import UnwantedError
from rilo_reader.text import clean_line, reading_minutes, to_display_title

__all__ = [
    "Layout",
    "render",
    "render_message",
    "render_unformatted",
    "render_whole",
    "to_plain_text",
]

SEPARATOR = " · "  # between the facts of the head
COMMENTS = "comments"
NO_TEXT = "This article has no text."
WIDEST = 1_000_000  # cells of a page without line wrapping
TURN = 64  # lines between pages, and between checks whether the page is still wanted: a screenful


def render(
    article: Article, layout: Layout, date_text: str, wanted: Callable[[], bool] = lambda: True
) -> Iterator[Page]:
    """Lay out an article; each page has all lines so far, the last one is complete.

    The first page follows after a screenful. Every page is at least half as long again as the one
    before, so that copying lines takes linear time in total. `wanted` is called throughout; once it
    returns False, no further page follows.
    """
    markdown = ArticleMarkdown(
        article.text, article.url, layout, dialect=article.dialect, wanted=wanted
    )
    draft = _PageDraft(max(layout.width, 4), layout.styles, markdown.urls, markdown.pictures)
    draft.add_head(article, date_text, layout)
    try:
        yield from _add_body(draft, markdown, article.title, wanted)
    except UnwantedError:
        return
    if len(draft.lines) == draft.head_lines:
        draft.add_line(BLANK)
        draft.add_text(NO_TEXT, layout.styles.dim)
        if article.url:
            draft.add_line(BLANK)
            link = Style(link=article.url, meta={LINK: 0})
            draft.add_text(article.url, layout.styles.link + link)
    yield draft.make_page(complete=True)


def _add_body(
    draft: _PageDraft, markdown: ArticleMarkdown, title: str, wanted: Callable[[], bool]
) -> Iterator[Page]:
    """Add the blocks of an article; yield incomplete pages meanwhile."""
    space = BlockSpace(draft.width, draft.width)
    shown, turn = 0, TURN
    before: PageBlock | None = None
    for block in markdown.parse_blocks():
        repeats_title = isinstance(block, HeadingBlock) and block.is_same_title(title)
        if before is None and (isinstance(block, HorizontalRule) or repeats_title):
            continue
        if before is None or not block.joins_previous(before):
            draft.add_line(BLANK)
            needs_air = isinstance(block, HeadingBlock) and block.level <= 2
            if needs_air and before and not isinstance(before, HeadingBlock | HorizontalRule):
                draft.add_line(BLANK)
        for line in block.iter_lines(space):
            draft.add_line(line)
            if len(draft.lines) < turn:
                continue
            if not wanted():
                raise UnwantedError
            if len(draft.lines) >= shown * 3 // 2:
                shown = len(draft.lines)
                yield draft.make_page(complete=False)
            turn = len(draft.lines) + TURN
        before = block


def to_plain_text(
    article: Article,
    width: int | None = None,
    *,
    date_text: str | None = None,
    own_tags: tuple[str, ...] = (),
) -> str:
    """Return an article as plain text without escape codes; links are followed by their address.

    Without a width every paragraph is one line; without a `date_text` it is the long form.
    """
    if date_text is None:
        date_text = format_date(article.date, article.date_only, long=True)
    cells = WIDEST if width is None else width
    layout = Layout(cells, shows_addresses=True, own_tags=own_tags)
    page = render_whole(article, layout, date_text)
    return "\n".join(line.text.rstrip() for line in page.lines) + "\n"


def render_whole(article: Article, layout: Layout, date_text: str) -> Page:
    """Return the complete page of an article."""
    *_, page = render(article, layout, date_text)
    return page


def render_message(title: str, text: str, layout: Layout) -> Page:
    """Return a page for a message in paragraphs; text without a title is dim."""
    draft = _PageDraft(max(layout.width, 4), layout.styles)
    if title:
        draft.add_text(title, layout.styles.title)
    draft.title_lines = draft.head_lines = len(draft.lines)
    for number, paragraph in enumerate(text.split("\n\n")):
        if title or number:
            draft.add_line(BLANK)
        draft.add_text(paragraph, layout.styles.text if title else layout.styles.dim, is_body=True)
    return draft.make_page(complete=True)


def render_unformatted(article: Article, layout: Layout, date_text: str, reason: str) -> Page:
    """Return an article as unformatted text, with the reason: an error while it was laid out."""
    draft = _PageDraft(max(layout.width, 4), layout.styles)
    draft.add_head(article, date_text, layout)
    note = f"! This article could not be laid out ({reason}). Its source text follows."
    draft.add_text(clean_line(note), layout.styles.dim)
    draft.head_lines = len(draft.lines)
    for line in article.body.split("\n"):
        draft.add_text(line, layout.styles.text, is_body=True)
    return draft.make_page(complete=True)


def _iter_link_marks(row: Sequence[Segment]) -> Iterator[PageMark]:
    """Yield the numbered links on a line of the head."""
    for segment in row:
        if segment.style and (number := segment.style.meta.get(LINK)):
            yield PageMark(LINK, number, COMMENTS)


_HeadFact = tuple[str, Segment]
"""A separator, which is omitted at the start of a line, and a fact such as the source."""


class _PageDraft:
    """A page under construction."""

    def __init__(
        self,
        width: int,
        styles: Styles,
        urls: list[str] | None = None,
        pictures: list[PagePicture] | None = None,
    ) -> None:
        self.width = width
        self.lines: list[PageLine] = []
        self.title_lines = self.head_lines = 0
        self._has_edge = BlockSpace(width, width).has_edge
        self._styles = styles
        self._urls = [] if urls is None else urls
        self._headings: list[PageHeading] = []
        self._links: dict[int, tuple[str, int]] = {}  # number -> text and first line
        self._anchors: dict[str, int] = {}
        self._code: list[CodeRange] = []
        self._pictures = [] if pictures is None else pictures
        self._placed_pictures: list[PagePicture] = []

    def add_line(self, line: PageLine) -> None:
        """Append a line and record the headings, links and anchors that begin on it."""
        current = len(self.lines)
        for index, (kind, number, text) in enumerate(line.marks):
            if kind == LINK:
                words, first = self._links.get(number, ("", current))
                # The space at a line break belongs to neither line.
                goes_on = index == 0 and bool(words and text) and self.lines[-1].joint == " "
                self._links[number] = words + " " * goes_on + text, first
            elif kind == "anchor":
                self._anchors.setdefault(text, current)
            elif kind == PICTURE:
                picture = self._pictures[number]
                column = cell_len(line.text[: line.indent]) - picture.columns
                self._placed_pictures.append(picture._replace(line=current, column=max(column, 0)))
            elif kind == CODE:
                first = self._code.pop().first if number else current
                self._code.append(CodeRange(text, first, current + 1))
            else:
                self._headings.append(PageHeading(number, text, current))
        self.lines.append(line)

    def add_text(self, text: str, style: Style, *, is_body: bool = False) -> None:
        to_right = self._has_edge and is_right_to_left(text)
        for start, end, joint in wrap_text(text, self.width):
            piece = text[start:end]
            letters = len(piece) - piece.count(" ") if is_body else 0
            line = PageLine((Segment(piece, style),) if piece else (), 0, letters, joint)
            self.add_line(align_right(line, self.width, style) if to_right else line)

    def add_head(self, article: Article, date_text: str, layout: Layout) -> None:
        """Append the title; origin and dates, on a line each if one is too short; and faults."""
        title = to_display_title(article.title)
        self.add_text(title, self._styles.title)
        self.title_lines = len(self.lines)
        origin, dates = (
            self._list_origin(article, layout.own_tags),
            self._list_dates(article, date_text),
        )
        if article.comments:
            dates.append((SEPARATOR, self._add_comments(article.comments, layout.number_links)))
        rows = self._fit_rows([*origin, *dates])
        if len(rows) > 1:
            rows = self._fit_rows(origin)
            if len(rows) > 1:
                rows = self._fit_rows(origin, "  …")[:1]
            rows += self._fit_rows(dates)
        to_right = self._has_edge and is_right_to_left(title)
        for row in rows:
            line = PageLine(tuple(row), marks=tuple(_iter_link_marks(row)))
            self.add_line(align_right(line, self.width, self._styles.text) if to_right else line)
        if article.faults:
            fault = article.faults[0]
            where = f"line {fault.line} of the file: " if fault.line else ""
            more = f" (and {len(article.faults) - 1} more)" if len(article.faults) > 1 else ""
            self.add_text(f"! {where}{fault.reason}{more}", self._styles.dim)
        self.head_lines = len(self.lines)

    def _list_origin(self, article: Article, own_tags: Sequence[str]) -> list[_HeadFact]:
        """Return the source, authors, tags and others; a click finds more with the same.

        The reader's own tags are `+tag`, and come last.
        """
        values = [(Field.SOURCE, article.source, article.source)] if article.source else []
        values += [
            (each.field, value, value)
            for each in BESIDE_TAGS
            for value in each.values_in(article)
            if value != article.source
        ]
        values += [(Field.TAG, tag, f"#{tag}") for tag in article.tags if tag not in own_tags]
        values += [(Field.TAG, tag, f"+{tag}") for tag in own_tags]
        facts: list[_HeadFact] = []
        before = None
        for field, value, words in values:
            among = ", " if field is Field.AUTHOR else "  "
            style = self._styles.dim + Style(meta={VALUE: (str(field), value)})
            facts.append((among if field is before else SEPARATOR, Segment(words, style)))
            before = field
        return facts

    def _list_dates(self, article: Article, date_text: str) -> list[_HeadFact]:
        """Return the date, the time to read it, and the host, a link to the article."""
        dim = self._styles.dim
        minutes = f"{reading_minutes(article.body):,} min" if article.body.strip() else ""
        facts = [(SEPARATOR, Segment(text, dim)) for text in (date_text, minutes) if text]
        with suppress(ValueError):
            if host := (urlsplit(article.url).hostname or "").removeprefix("www."):
                link = Style(link=article.url, meta={LINK: 0})
                facts.append((SEPARATOR, Segment(host, dim + link)))
        return facts

    def _add_comments(self, url: str, is_numbered: bool) -> Segment:
        """Return the link to the page where the article is discussed: the first of its links."""
        self._urls.append(url)
        number = len(self._urls)
        style = self._styles.dim + Style(link=url, meta={LINK: number})
        return Segment(f"{COMMENTS}[{number}]" if is_numbered else COMMENTS, style)

    def _fit_rows(self, facts: Sequence[_HeadFact], end: str = "") -> list[list[Segment]]:
        """Put facts on lines, which break only before one; `end` closes a line before others."""
        rows: list[list[Segment]] = []
        room, width = 0, self.width - len(end)
        for separator, fact in facts:
            cells = fact.cell_length
            if rows and len(separator) + cells <= room:
                rows[-1] += [Segment(separator, self._styles.dim), fact]
                room -= len(separator) + cells
                continue
            if rows and end:
                rows[-1].append(Segment(end, self._styles.dim))
            if fact.cell_length > width:
                text = set_cell_size(fact.text, width - 1).rstrip() + "…"
                rows.append([Segment(text, fact.style)])
            else:
                rows.append([fact])
            room = width - cells
        return rows

    def make_page(self, *, complete: bool) -> Page:
        """Return the page so far."""
        links = self._links.items()
        return Page(
            self.width,
            tuple(self.lines),
            tuple(self._headings),
            tuple(PageLink(n, words, self._urls[n - 1], line) for n, (words, line) in links),
            MappingProxyType(dict(self._anchors)),
            complete,
            self.title_lines,
            self.head_lines,
            tuple(self._code),
            tuple(self._placed_pictures),
        )


def visible_text(article: Article) -> str:
    """Return the text of an article, in which highlights are found if there is no page."""
    return body_text(render_whole(article, Layout(WIDEST), "")).text
