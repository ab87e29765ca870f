"""More like this: related articles of the open one, its copies, and the way back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.timer import Timer

from rilo_reader.article import Article, ArticleId
from rilo_reader.library import Row
from rilo_reader.query.tree import Query
from rilo_reader.tui.reader.controllers import Controller
from rilo_reader.tui.tasks import LatestTask

if TYPE_CHECKING:
    from rilo_reader.tui.reader.screen import ReaderScreen

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


class Relating(Controller):
    """Leads from an article to those like it, and back again."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._way: list[Way] = []
        self._way_in = Query()
        self._going = -1
        self._settle_timer: Timer | None = None
        self._copies = LatestTask(desk, "copies", lambda _: None, patience=0)
        self._likenesses = LatestTask(desk, "related", desk.say_error)

    # -- the same story elsewhere -----------------------------------------------------------------

    def article_shown(self, row: Row, article: Article) -> None:
        """Say where else the story stands, once somebody stays with it."""
        self.desk.bottom.aside = ""
        if self._settle_timer is not None:
            self._settle_timer.stop()
        self._settle_timer = self.desk.set_timer(
            SETTLED, partial(self._look_for_copies, article.id)
        )

    def _look_for_copies(self, article: ArticleId) -> None:
        self._copies.ask(
            partial(self.desk.library.insight.copies, article), partial(self._show_copies, article)
        )

    def _show_copies(self, article: ArticleId, copies: tuple[Row, ...]) -> None:
        if self.desk.article is None or self.desk.article.id != article or not copies:
            return
        sources = dict.fromkeys(row.source or row.path.rpartition("/")[0] for row in copies)
        names = ", ".join(source for source in sources if source)
        key = self.desk.key_of("related")
        text = f"also in {names}" if names else f"{len(copies)} more of this story"
        self.desk.bottom.aside = f"{text} · {key}" if key else text

    # -- more like this ---------------------------------------------------------------------------

    def related(self) -> None:
        """Show what is like the open article."""
        if self.desk.article is None or self.desk.article.id != self.desk.view.article_id:
            self.desk.say("Open an article first: this shows others like it.")
            return
        self._likenesses.ask(partial(self._ask_likeness, self.desk.article), self._show_likeness)

    def _ask_likeness(self, article: Article) -> Likeness:
        insight = self.desk.library.insight
        return Likeness(insight.copies(article.id), insight.related(article))

    def _show_likeness(self, likeness: Likeness) -> None:
        from rilo_reader.tui.panels.pickers import RelatedScreen

        if not likeness.copies and not likeness.related:
            self.desk.say("Nothing here is like this article.")
            return

        def chosen(row: Row | None) -> None:
            if row is not None:
                self._go_to(row)

        screen = RelatedScreen(likeness.copies, likeness.related, self.desk.config.date_format)
        self.desk.app.push_screen(screen, chosen)

    def _go_to(self, row: Row) -> None:
        """Open an article, in its place in the list where it has one there."""
        here = self.desk.row_aside or self.desk.open_row
        if here is not None:
            is_aside = self.desk.row_aside is not None
            way = Way(here, is_aside, self.desk.articles.cursor, self.desk.view.position)
            self._way.append(way)
        self._likenesses.ask(
            partial(self._place_of, row, self.desk.query_shown), partial(self._arrive, row)
        )

    def _place_of(self, row: Row, query: Query) -> int | None:
        """Where the list has a row of this very article; runs in a thread."""
        place = self.desk.library.place(query, row.id, fold=True)
        if place is None:
            return None
        rows = self.desk.library.window(query, place, 1, fold=True).rows
        return place if rows and rows[0].id == row.id else None

    def _arrive(self, row: Row, place: int | None) -> None:
        self.desk.enter_article()
        index = self.desk.articles.cursor if place is None else self.desk.held.on_screen(place)
        self._stand(row, index, is_aside=place is None)
        self.desk.open(row)

    def _stand(self, row: Row, index: int, *, is_aside: bool) -> None:
        self.desk.row_aside = row if is_aside else None
        self._going = index
        self.desk.articles.stand_on(index)

    def leads_to(self, index: int) -> bool:
        """Whether the cursor came to a row only as the place of an article that is opened already.

        Somebody who walks on by the list is on another way.
        """
        if index != self._going:
            self._going = -1
            self._way.clear()
            return False
        return self.desk.row_aside is not None

    def go_back(self) -> bool:
        """From an article that was reached from another back to that one; False from any other."""
        if not (self._way and self.desk.in_article):
            return False
        way = self._way.pop()
        self._stand(way.row, way.place, is_aside=way.is_aside)
        self.desk.go_on_at(way.row, way.position)
        return True

    def results_shown(self) -> None:
        """Other results: the way back leads through rows that are gone."""
        if self.desk.query_shown != self._way_in:
            self._way_in = self.desk.query_shown
            self._way.clear()
            self._going = -1
            self.desk.row_aside = None
