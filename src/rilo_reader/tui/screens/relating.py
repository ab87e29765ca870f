"""More like this: related articles of the open one, its copies, and the way back."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from textual.timer import Timer

from rilo_reader.article import Article, ArticleId
from rilo_reader.config import Config
from rilo_reader.library import Library, Row
from rilo_reader.search.query import Query
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.searching import Searching
from rilo_reader.tui.widgets.article_list import ArticleList

SETTLED = 0.2
"""Seconds an article is open before its copies are looked for: whoever flies past sees none."""


class Likeness(NamedTuple):
    """What belongs to an article: the same story elsewhere, and others about the same."""

    copies: tuple[Row, ...]
    related: tuple[Row, ...]


class Way(NamedTuple):
    """Where one came from.

    Attributes:
        row: the article.
        is_aside: whether it has no row of its own in the list.
        place: the index of the row one stood on.
        position: how far one was in the article.
    """

    row: Row
    is_aside: bool
    place: int
    position: int


class Relating(Searching):
    """Leads from an article to those like it, and back again."""

    def __init__(self, library: Library, config: Config) -> None:
        super().__init__(library, config)
        self._article: Article | None = None
        self._way: list[Way] = []
        self._way_in = Query()
        self._going = -1
        self._settle_timer: Timer | None = None
        self._copies = Latest(self, "copies", lambda _: None, patience=0)
        self._likenesses = Latest(self, "related", self.say_error)

    # -- the same story elsewhere -----------------------------------------------------------------

    def article_shown(self, row: Row, article: Article) -> None:
        """Say where else the story stands, once somebody stays with it."""
        super().article_shown(row, article)
        self._article = article
        self.bottom.show_aside("")
        if self._settle_timer is not None:
            self._settle_timer.stop()
        self._settle_timer = self.set_timer(SETTLED, partial(self._look_for_copies, article.id))

    def _look_for_copies(self, article: ArticleId) -> None:
        self._copies.ask(
            partial(self.library.insight.copies, article), partial(self._show_copies, article)
        )

    def _show_copies(self, article: ArticleId, copies: tuple[Row, ...]) -> None:
        if self._article is None or self._article.id != article or not copies:
            return
        sources = dict.fromkeys(row.source or row.path.rpartition("/")[0] for row in copies)
        names = ", ".join(source for source in sources if source)
        key = self.key_of("related")
        text = f"also in {names}" if names else f"{len(copies)} more of this story"
        self.bottom.show_aside(f"{text} · {key}" if key else text)

    # -- more like this ---------------------------------------------------------------------------

    def action_related(self) -> None:
        """Show what is like the open article."""
        if self._article is None or self._article.id != self.view.article_id:
            self.say("Open an article first: this shows others like it.")
            return
        self._likenesses.ask(partial(self._ask_likeness, self._article), self._show_likeness)

    def _ask_likeness(self, article: Article) -> Likeness:
        insight = self.library.insight
        return Likeness(insight.copies(article.id), insight.related(article))

    def _show_likeness(self, likeness: Likeness) -> None:
        from rilo_reader.tui.screens.related import RelatedScreen

        if not likeness.copies and not likeness.related:
            self.say("Nothing here is like this article.")
            return

        def chosen(row: Row | None) -> None:
            if row is not None:
                self._go_to(row)

        screen = RelatedScreen(likeness.copies, likeness.related, self.config.date_format)
        self.app.push_screen(screen, chosen)

    def _go_to(self, row: Row) -> None:
        """Open an article, in its place in the list where it has one there."""
        here = self.row_aside or self.open_row
        if here is not None:
            is_aside = self.row_aside is not None
            way = Way(here, is_aside, self.articles.cursor, self.view.position)
            self._way.append(way)
        self._likenesses.ask(
            partial(self._place_of, row, self.query_shown), partial(self._arrive, row)
        )

    def _place_of(self, row: Row, query: Query) -> int | None:
        """Where the list has a row of this very article; runs in a thread."""
        place = self.library.place(query, row.id, fold=True)
        if place is None:
            return None
        rows = self.library.window(query, place, 1, fold=True).rows
        return place if rows and rows[0].id == row.id else None

    def _arrive(self, row: Row, place: int | None) -> None:
        self.enter_article()
        index = self.articles.cursor if place is None else self.held.on_screen(place)
        self._stand(row, index, is_aside=place is None)
        self.open(row)

    def _stand(self, row: Row, index: int, *, is_aside: bool) -> None:
        self.row_aside = row if is_aside else None
        self._going = index
        self.articles.stand_on(index)

    def on_article_list_cursor_moved(self, event: ArticleList.CursorMoved) -> None:
        """Somebody who walks on by the list is on another way."""
        if event.index != self._going:
            self._going = -1
            self._way.clear()
        elif self.row_aside is not None:
            # The row one stands on is not what is to be opened.
            event.prevent_default()

    def action_back(self) -> None:
        """From an article that was reached from another back to that one."""
        if not (self._way and self.in_article):
            super().action_back()
            return
        way = self._way.pop()
        self._stand(way.row, way.place, is_aside=way.is_aside)
        self.go_on_at(way.row, way.position)

    def results_shown(self) -> None:
        """Other results: the way back leads through rows that are gone."""
        super().results_shown()
        if self.query_shown != self._way_in:
            self._way_in = self.query_shown
            self._way.clear()
            self._going = -1
            self.row_aside = None
