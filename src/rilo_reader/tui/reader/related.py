"""Copies of the open article, related articles, and the way back from them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from textual.timer import Timer

from rilo_reader.article import Article, ArticleId
from rilo_reader.library import Row
from rilo_reader.query.tree import Query
from rilo_reader.tui import panels
from rilo_reader.tui.reader.context import Controller, Handler, ReaderContext
from rilo_reader.tui.tasks import Urgency

SETTLED = 0.2
"""Seconds that an article is open before its copies are looked up."""


class RelatedArticles(NamedTuple):
    """Rows of the copies of an article, and of others about the same."""

    copies: tuple[Row, ...]
    related: tuple[Row, ...]


class Breadcrumb(NamedTuple):
    """An article that a related one was opened from."""

    row: Row
    is_aside: bool
    place: int
    position: int


class RelatedController(Controller):
    """Opens related articles, and goes back."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._breadcrumbs: list[Breadcrumb] = []
        self._breadcrumbs_of = Query()
        self._going = -1
        self._settle_timer: Timer | None = None
        self._copies = context.tasks.latest("copies", lambda _: None, urgency=Urgency.LATER)
        self._related = context.tasks.latest("related")

    def commands(self) -> Mapping[str, Handler]:
        """The command that shows related articles."""
        return {"related": self.show_related}

    # -- copies from other sources -----------------------------------------------------------------

    def article_shown(self, row: Row, article: Article) -> None:
        """Look up copies, after a moment."""
        self.widgets.bottom.aside = ""
        if self._settle_timer is not None:
            self._settle_timer.stop()
        self._settle_timer = self.tasks.after(SETTLED, partial(self._look_for_copies, article.id))

    def _look_for_copies(self, article: ArticleId) -> None:
        self._copies.ask(
            partial(self.library.search.copies, article),
            partial(self._show_copies, article),
        )

    def _show_copies(self, article: ArticleId, copies: tuple[Row, ...]) -> None:
        if self.article.content is None or self.article.content.id != article or not copies:
            return
        sources = dict.fromkeys(row.source or row.path.rpartition("/")[0] for row in copies)
        names = ", ".join(source for source in sources if source)
        key = self.context.key_of("related")
        text = f"also in {names}" if names else f"{len(copies)} more of this story"
        self.widgets.bottom.aside = f"{text} · {key}" if key else text

    # -- more like this ---------------------------------------------------------------------------

    def show_related(self) -> None:
        """Open a panel of copies and related articles."""
        if self.article.content is None or self.article.content.id != self.widgets.view.article_id:
            self.context.show_message("Open an article first: this shows others like it.")
            return
        self._related.ask(partial(self._find_related, self.article.content), self._show_related)

    def _find_related(self, article: Article) -> RelatedArticles:
        insight = self.library.search
        return RelatedArticles(insight.copies(article.id), insight.related(article))

    def _show_related(self, found: RelatedArticles) -> None:
        if not found.copies and not found.related:
            self.context.show_message("Nothing here is like this article.")
            return

        def chosen(row: Row | None) -> None:
            if row is not None:
                self.go_to(row)

        screen = panels.pickers.RelatedScreen(
            found.copies, found.related, self.context.config.date_format
        )
        self.context.app.push_screen(screen, chosen)

    def go_to(self, row: Row) -> None:
        """Open an article, in the list if it is there; `go_back` leads back."""
        here = self.article.row_aside or self.article.row
        if here is not None:
            is_aside = self.article.row_aside is not None
            crumb = Breadcrumb(
                here,
                is_aside,
                self.widgets.articles.cursor,
                self.widgets.view.position,
            )
            self._breadcrumbs.append(crumb)
        self._related.ask(
            partial(self._place_of, row, self.results.query_shown),
            partial(self._arrive, row),
        )

    def _place_of(self, row: Row, query: Query) -> int | None:
        """The index of the article's own row in the results, or None; runs in a thread."""
        place = self.library.search.place(query, row.id, fold=True)
        if place is None:
            return None
        rows = self.library.search.window(query, place, 1, fold=True).rows
        return place if rows and rows[0].id == row.id else None

    def _arrive(self, row: Row, place: int | None) -> None:
        self.widgets.enter_article()
        index = (
            self.widgets.articles.cursor if place is None else self.results.pinned.on_screen(place)
        )
        self._stand(row, index, is_aside=place is None)
        self.article.open(row)

    def _stand(self, row: Row, index: int, *, is_aside: bool) -> None:
        self.article.row_aside = row if is_aside else None
        self._going = index
        self.widgets.articles.stand_on(index)

    def leads_to(self, index: int) -> bool:
        """Whether the cursor moved here for a related article, which is open already.

        Any other movement of the cursor drops the way back.
        """
        if index != self._going:
            self._going = -1
            self._breadcrumbs.clear()
            return False
        return self.article.row_aside is not None

    def go_back(self) -> bool:
        """Go back to the article that the related one was opened from; return False if none was."""
        if not (self._breadcrumbs and self.widgets.in_article):
            return False
        crumb = self._breadcrumbs.pop()
        self._stand(crumb.row, crumb.place, is_aside=crumb.is_aside)
        self.article.go_on_at(crumb.row, crumb.position)
        return True

    def results_shown(self) -> None:
        """Drop the way back when the query has changed."""
        if self.results.query_shown != self._breadcrumbs_of:
            self._breadcrumbs_of = self.results.query_shown
            self._breadcrumbs.clear()
            self._going = -1
            self.article.row_aside = None
