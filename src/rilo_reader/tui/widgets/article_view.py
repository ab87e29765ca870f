"""The article view: an article with its hits, links and neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from rich.segment import Segment
from textual import events
from textual.message import Message

from rilo_reader.article import Article, ArticleId
from rilo_reader.query.tree import Words
from rilo_reader.render.page import JUMP, LINK, Heading, Link
from rilo_reader.tui.widgets import annotated_view, layout_view
from rilo_reader.tui.widgets.annotated_view import AnnotatedView
from rilo_reader.tui.widgets.article_hits import Hit, Patch
from rilo_reader.tui.widgets.article_layout import Result
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.kept_line import Kept
from rilo_reader.tui.widgets.page_view import footer


class ArticleView(AnnotatedView):
    """Shows one article at a time; posts messages and never loads anything.

    Shows the article requested last, or the previous one until it is laid out.
    """

    # Not in a base class: Textual scopes CSS to the class that defines it. Styles of parts of the
    # page are no component classes, of which each takes 0.2 ms of a launch.
    DEFAULT_CSS = """
    ArticleView {
        background: $page-ground;
        color: $page-text;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    """

    Moved: TypeAlias = layout_view.Moved
    Rendered: TypeAlias = layout_view.Rendered
    HighlightsShown: TypeAlias = annotated_view.HighlightsShown
    HighlightChosen: TypeAlias = annotated_view.HighlightChosen

    class LinkChosen(Message):
        """A link was clicked; `url` is safe to open."""

        def __init__(self, url: str) -> None:
            super().__init__()
            self.url = url

    class NeighbourChosen(Message):
        """A title in the footer was clicked: the next article (`step` +1) or the previous (-1)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class HitsFound(Message):
        """The number of the current hit, from 1 (0 for none), and of hits so far."""

        def __init__(self, current: int, total: int) -> None:
            super().__init__()
            self.current = current
            self.total = total

    def __init__(
        self, *, width: int = 80, date_format: str = "human", in_vault: bool = False
    ) -> None:
        """Create an empty view.

        Args:
            width: the maximum width of lines, in cells.
            date_format: "human", "iso" or a strftime pattern.
            in_vault: whether the articles belong to an Obsidian vault.
        """
        super().__init__(width, date_format, in_vault=in_vault)
        self._neighbours: tuple[str | None, str | None] = (None, None)
        self._current = -1  # the current hit
        self._is_at_hit = False  # until the user scrolls

    # -- content --------------------------------------------------------------------------------

    @property
    def width(self) -> int:
        """The maximum width of lines, in cells; setting it lays out the article again."""
        return self._width

    @width.setter
    def width(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self.lay_out_again()

    @property
    def date_format(self) -> str:
        """The format of dates; setting it lays out the article again."""
        return self._date_format

    @date_format.setter
    def date_format(self, date_format: str) -> None:
        if date_format != self._date_format:
            self._date_format = date_format
            self.lay_out_again()

    @property
    def article_id(self) -> ArticleId | None:
        """The requested article; None if there is none or a message is shown."""
        return self._article.id if self._article else None

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings laid out so far."""
        return self.page.headings if self.is_current else ()

    @property
    def links(self) -> tuple[Link, ...]:
        """The links laid out so far."""
        return self.page.links if self.is_current else ()

    # Six arguments about one article; keywords prevent mix-ups.
    def show(  # noqa: PLR0913
        self,
        article: Article,
        *,
        previous: str | None,
        next: str | None,  # noqa: A002
        words: tuple[Words, ...] = (),
        position: int = 0,
        at_first_hit: bool = False,
        keeps_line: bool = False,
    ) -> None:
        """Show an article.

        Args:
            article: the article.
            previous: the title of the article before it, or None.
            next: the title of the article after it, or None.
            words: search terms, whose hits are highlighted.
            position: the reading position, as in `position`.
            at_first_hit: whether to start at the first hit instead, if there is one.
            keeps_line: whether it is the one that is shown, edited, and its top line stays there.
        """
        self._kept = Kept.of(self.page, self.top_line) if keeps_line and self.is_current else None
        self._article = article
        self.forget_highlights()
        self._notice = None
        self._neighbours = (previous, next)
        self._words = words
        self._current = -1
        self._is_at_hit = False
        self._numbers = False
        self._settled = None
        self._goal = max(position, 0)
        self._goal_is_hit = at_first_hit and bool(words)
        self._goal_is_bottom = False
        self._goal_anchor = ""
        self.request()

    def show_message(self, title: str, text: str) -> None:
        """Show a message in place of an article; blank lines separate paragraphs.

        A message without a title is dim.
        """
        self._article = None
        self._job = None
        self._result = None
        self._serial += 1
        self._goal = None
        self._settled = None
        self._notice = (title, text)
        self.lay_out_notice()
        self.scroll_to_row(0)

    def set_words(self, words: tuple[Words, ...]) -> None:
        """Highlight the hits of other words, without scrolling."""
        if words == self._words:
            return
        self._words = words
        self._current = -1
        self._is_at_hit = False
        self.find_again()

    def set_neighbours(self, previous: str | None, next: str | None) -> None:  # noqa: A002
        """Update the titles of the previous and next articles."""
        self._neighbours = (previous, next)
        if self.is_current and self.page.complete:
            self.put_foot(self.made_foot())

    def number_links(self, on: bool) -> None:
        """Show or hide the number of each link."""
        if on != self._numbers:
            self._numbers = on
            self.lay_out_again()

    # -- movement -------------------------------------------------------------------------------

    def move_top(self) -> None:
        """Scroll to the title."""
        self._goal_is_bottom = False
        self.scroll_to_row(0)

    def move_bottom(self) -> None:
        """Scroll to the end, also while it is being laid out."""
        self._goal_is_bottom = not self.page.complete
        self.scroll_to_row(self.max_scroll_y)

    def go_to_line(self, line: int) -> None:
        """Scroll a line of the page (see Heading.line, Link.line) near the top of the screen."""
        self.scroll_to_top_line(max(line - 1, 0))

    def next_hit(self) -> bool:
        """Scroll to the next hit; return False if there is none."""
        return self._go_to_hit(1)

    def previous_hit(self) -> bool:
        """Scroll to the previous hit; return False if there is none."""
        return self._go_to_hit(-1)

    @property
    def _hits(self) -> Sequence[Hit]:
        return self._result.hits if self._result and self.is_current else ()

    def _go_to_hit(self, step: int) -> bool:
        hits = self._hits
        if self._current >= 0 and hits[self._current][0].line in self.visible_lines:
            index = self._current + step
        elif step > 0:
            top = self.top_line
            index = next((i for i, hit in enumerate(hits) if hit[0].line >= top), len(hits))
        else:
            bottom = self.visible_lines.stop
            above = (i for i in range(len(hits) - 1, -1, -1) if hits[i][0].line < bottom)
            index = next(above, -1)
        if not 0 <= index < len(hits):
            return False
        self._select_hit(index)
        return True

    def _select_hit(self, index: int) -> None:
        self._current = index
        self._scroll_to_hit()
        self._is_at_hit = True
        self.put_patches(self.made_patches())
        self.post_message(self.HitsFound(index + 1, len(self._hits)))

    def _scroll_to_hit(self) -> None:
        line = self._hits[self._current][0].line
        seen = self.visible_lines
        if not seen.start + 1 <= line < seen.stop - 2:
            self.scroll_to_top_line(line - max(len(seen) // 3, 1))

    def keep_hit_in_sight(self) -> None:
        """Keep the current hit visible after a change of size."""
        if self._is_at_hit and 0 <= self._current < len(self._hits) and self.text_width > 0:
            self._scroll_to_hit()
            self._is_at_hit = True

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Forget the current hit when the user scrolls."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value) and self._goal is None:
            self._is_at_hit = False

    def go_to_first_hit(self) -> None:
        """Scroll to the first hit."""
        self._select_hit(0)

    # -- parts of the page ----------------------------------------------------------------------

    def hit_patches(self) -> dict[int, list[Patch]]:
        """Return the styles of the hits by line."""
        if not self._hits:
            return {}
        colours = colours_of(self)
        patches: dict[int, list[Patch]] = {}
        for index, hit in enumerate(self._hits):
            style = colours.current_hit if index == self._current else colours.hit
            for line, start, end in hit:
                patches.setdefault(line, []).append(Patch(start, end, style))
        return patches

    def made_foot(self) -> list[Segment]:
        """Return the titles of the previous and next articles."""
        previous, following = self._neighbours
        if previous is None and following is None:
            return []
        return footer(previous, following, self.page.width, colours_of(self).dim)

    def result_shown(self, result: Result) -> None:
        """Find the highlights, and post the number of hits."""
        super().result_shown(result)
        self.post_message(self.HitsFound(self._current + 1, len(result.hits)))

    # -- clicks ---------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Follow what was clicked, unless text was selected."""
        target = self.target_of(event.style)
        if self.text_selection is not None:
            return
        if target is None:
            self.choose_highlight_at(event)
            return
        event.stop()
        kind, value = target
        if kind == LINK:
            url = self._url_of(int(value))
            if url:
                self.post_message(self.LinkChosen(url))
        elif kind == JUMP:
            self.jump(str(value))
        else:
            self.post_message(self.NeighbourChosen(int(value)))

    def _url_of(self, number: int) -> str:
        """Return the address of a link by number; that of the article for 0."""
        if number == 0:
            return self._article.url if self._article else ""
        return next((link.url for link in self.page.links if link.number == number), "")
