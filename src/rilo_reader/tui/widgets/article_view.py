"""The article: laid out in a thread, shown as soon as there is a screenful of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from rich.segment import Segment
from textual import events

from rilo_reader.article import Article, ArticleId
from rilo_reader.render.page import JUMP, LINK, Heading, Link
from rilo_reader.search.query import Words
from rilo_reader.tui.widgets import article_messages as messages
from rilo_reader.tui.widgets.article_footer import footer
from rilo_reader.tui.widgets.article_hits import Hit, Patch
from rilo_reader.tui.widgets.article_job import Result
from rilo_reader.tui.widgets.article_layout import LayoutView
from rilo_reader.tui.widgets.article_styles import SHEET, component


class ArticleView(LayoutView):
    """Shows one article at a time; posts messages and never loads anything.

    What is shown is always the article that was asked for last, or the one before it while the
    new one is being laid out.
    """

    # Here and not on a base: Textual scopes a sheet to the class that carries it.
    DEFAULT_CSS = SHEET

    LinkChosen: TypeAlias = messages.LinkChosen
    NeighbourChosen: TypeAlias = messages.NeighbourChosen
    Moved: TypeAlias = messages.Moved
    HitsFound: TypeAlias = messages.HitsFound
    Rendered: TypeAlias = messages.Rendered

    def __init__(
        self, *, width: int = 80, date_format: str = "human", in_vault: bool = False
    ) -> None:
        """Make an empty view.

        Args:
            width: widest line, in cells.
            date_format: "human", "iso" or a strftime pattern.
            in_vault: whether the articles belong to a vault of Obsidian.
        """
        super().__init__(width, date_format, in_vault=in_vault)
        self._neighbours: tuple[str | None, str | None] = (None, None)
        self._current = -1  # the hit one is at
        self._is_at_hit = False  # until one moves away from it

    # -- what the screen sets and asks ----------------------------------------------------------

    @property
    def width(self) -> int:
        """The widest line of an article, in cells; setting it lays the article out anew."""
        return self._width

    @width.setter
    def width(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self.lay_out_again()

    @property
    def date_format(self) -> str:
        """How dates are shown; setting it lays the article out anew."""
        return self._date_format

    @date_format.setter
    def date_format(self, date_format: str) -> None:
        if date_format != self._date_format:
            self._date_format = date_format
            self.lay_out_again()

    @property
    def article_id(self) -> ArticleId | None:
        """The article that was asked for last; None for none and while a message is shown."""
        return self._article.id if self._article else None

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings laid out so far."""
        return self.page.headings if self.is_current else ()

    @property
    def links(self) -> tuple[Link, ...]:
        """The links laid out so far."""
        return self.page.links if self.is_current else ()

    # Six things to say about one article; named, so that no call can mix them up.
    def show(  # noqa: PLR0913
        self,
        article: Article,
        *,
        previous: str | None,
        next: str | None,  # noqa: A002
        words: tuple[Words, ...] = (),
        position: int = 0,
        at_first_hit: bool = False,
    ) -> None:
        """Show an article.

        Args:
            article: the article.
            previous: title of the article before it, None where there is none.
            next: title of the article after it.
            words: what is searched for; its hits are marked.
            position: where to begin, as `position` gave it.
            at_first_hit: whether to begin at the first hit instead, where there is one.
        """
        self._article = article
        self._notice = None
        self._neighbours = (previous, next)
        self._words = words
        self._current = -1
        self._is_at_hit = False
        self._numbers = False
        self._kept = None
        self._goal = max(position, 0)
        self._goal_is_hit = at_first_hit and bool(words)
        self._goal_is_bottom = False
        self._goal_anchor = ""
        self.request()

    def show_message(self, title: str, text: str) -> None:
        """Show words of the program in the place of an article; paragraphs at blank lines.

        Without a title they are dim: no more than a hint.
        """
        self._article = None
        self._job = None
        self._result = None
        self._serial += 1
        self._goal = None
        self._kept = None
        self._notice = (title, text)
        self.lay_out_notice()
        self.scroll_to_row(0)

    def set_words(self, words: tuple[Words, ...]) -> None:
        """Mark the hits of other words, without moving."""
        if words == self._words:
            return
        self._words = words
        self._current = -1
        self._is_at_hit = False
        self.find_again()

    def set_neighbours(self, previous: str | None, next: str | None) -> None:  # noqa: A002
        """Name the articles before and after this one anew."""
        self._neighbours = (previous, next)
        if self.is_current and self.page.complete:
            self.put_foot(self.made_foot())

    def number_links(self, on: bool) -> None:
        """Show the number of each link beside it, or no longer."""
        if on != self._numbers:
            self._numbers = on
            self.lay_out_again()

    # -- moving ---------------------------------------------------------------------------------

    def move_top(self) -> None:
        """To the title."""
        self._goal_is_bottom = False
        self.scroll_to_row(0)

    def move_bottom(self) -> None:
        """To the end, also when it is still being laid out."""
        self._goal_is_bottom = not self.page.complete
        self.scroll_to_row(self.max_scroll_y)

    def go_to_line(self, line: int) -> None:
        """Bring a line of the page (see Heading.line, Link.line) near the top of the screen."""
        self.scroll_to_top_line(max(line - 1, 0))

    def next_hit(self) -> bool:
        """To the next hit below; False where there is none."""
        return self._go_to_hit(1)

    def previous_hit(self) -> bool:
        """To the previous hit above; False where there is none."""
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
        self._stand_at_hit(index)
        return True

    def _stand_at_hit(self, index: int) -> None:
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
        """Bring the hit one stands at back where another width or height took it away."""
        if self._is_at_hit and 0 <= self._current < len(self._hits) and self.room > 0:
            self._scroll_to_hit()
            self._is_at_hit = True

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever moves is not at the hit any more."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value) and self._goal is None:
            self._is_at_hit = False

    def stand_at_first_hit(self) -> None:
        """Go to the first hit."""
        self._stand_at_hit(0)

    # -- parts of the page ----------------------------------------------------------------------

    def made_patches(self) -> dict[int, list[Patch]]:
        """The styles of the hits by line."""
        if not self._hits:
            return {}
        hit_style = component(self, "article--hit")
        current_style = component(self, "article--hit-current")
        patches: dict[int, list[Patch]] = {}
        for index, hit in enumerate(self._hits):
            style = current_style if index == self._current else hit_style
            for line, start, end in hit:
                patches.setdefault(line, []).append(Patch(start, end, style))
        return patches

    def made_foot(self) -> list[Segment]:
        """The titles before and after this one."""
        previous, following = self._neighbours
        if previous is None and following is None:
            return []
        return footer(previous, following, self.page.width, component(self, "article--dim"))

    def result_shown(self, result: Result) -> None:
        """Tell of the hits."""
        self.post_message(self.HitsFound(self._current + 1, len(result.hits)))

    # -- clicks ---------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Follow what was clicked, unless text was being selected."""
        target = self.target_of(event.style)
        if target is None or self.text_selection is not None:
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
        """The address of a link by number; of the article itself for 0."""
        if number == 0:
            return self._article.url if self._article else ""
        return next((link.url for link in self.page.links if link.number == number), "")
