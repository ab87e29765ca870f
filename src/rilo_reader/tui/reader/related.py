"""Copies of the open article, related articles, and the way back from them."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from textual.timer import Timer

from rilo_reader import __version__
from rilo_reader.article import NO_DATE, Article, ArticleId
from rilo_reader.library import LibraryError, Row
from rilo_reader.paths import changelog_file
from rilo_reader.query.tree import Query
from rilo_reader.text import to_display_title
from rilo_reader.tui import panels
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.tasks import Urgency

COPIES_DELAY = 0.2  # seconds that an article is open before its copies are looked up


class Breadcrumb(NamedTuple):
    """An article that a related one was opened from."""

    row: Row
    is_aside: bool
    place: int
    position: int | None  # None: it was not open


class RelatedController(Controller):
    """Opens related articles, and goes back."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._breadcrumbs: list[Breadcrumb] = []
        self._breadcrumbs_query = Query()
        self._target_index = -1
        self._settle_timer: Timer | None = None
        self._copies = context.tasks.make_latest("copies", lambda _: None, urgency=Urgency.LATER)
        self._related_task = context.tasks.make_latest("related")
        self.commands = {"related": self.show_related, "changelog": self.show_changelog}

    def on_article_shown(self, row: Row, article: Article) -> None:
        """Look up copies, after a moment."""
        self.widgets.bottom.aside = ""
        look = partial(
            self._copies.request,
            partial(self.library.search.find_copies, article.id),
            partial(self._show_copies, article.id),
        )
        self._settle_timer = self.tasks.call_after(COPIES_DELAY, look, instead=self._settle_timer)

    def _show_copies(self, article: ArticleId, copies: tuple[Row, ...]) -> None:
        if self.article.content is None or self.article.content.id != article or not copies:
            return
        sources = dict.fromkeys(row.source or row.path.rpartition("/")[0] for row in copies)
        names = ", ".join(source for source in sources if source)
        key = self.widgets.key_of("related")
        text = f"also in {names}" if names else f"{len(copies)} more of this story"
        self.widgets.bottom.aside = f"{text} · {key}" if key else text

    def show_related(self) -> None:
        """Open a panel of copies and related articles."""
        row = self.article.target_row
        if row is None:
            self.widgets.show_message("Go to an article first: this shows others like it.")
            return

        def find() -> tuple[tuple[Row, ...], tuple[Row, ...]]:
            # On a narrow screen that of the list is not open.
            article, search = self.library.article(row.id), self.library.search
            return search.find_copies(article.id), search.related(article)

        def show(found: tuple[tuple[Row, ...], tuple[Row, ...]]) -> None:
            if self.context.app.screen is not self.context:
                return  # the user opened something else meanwhile
            if (elsewhere := self.library.remote_articles) is not None:
                self.widgets.show_message(
                    f"Compared with the articles on this device, {elsewhere.local_span}."
                )
            if any(found):
                title, date_format = to_display_title(row.title), self.context.config.date_format
                self.open_panel(
                    panels.pickers.RelatedScreen(title, *found, date_format, self.go_to)
                )
            elif elsewhere is None:
                self.widgets.show_message("No similar articles.")
            else:
                self.widgets.show_message(
                    f"No similar articles on this device, {elsewhere.local_span}."
                )

        self._related_task.request(find, show)

    def go_to(self, row: Row) -> None:
        """Open an article, in the list if it is there; `back` leads back."""
        self._add_breadcrumb()
        find = partial(self._find_place, row, self.results.query_shown)
        self._related_task.request(find, partial(self._enter_related, row))

    def _add_breadcrumb(self) -> None:
        row = self.article.target_row
        if row is not None:
            is_aside = self.article.related_row is not None
            is_shown = row.id == self.widgets.view.article_id
            position = self.widgets.view.position if is_shown else None
            place = self.widgets.articles.cursor
            self._breadcrumbs.append(Breadcrumb(row, is_aside, place, position))

    def show_changelog(self) -> None:
        """Open the changelog as an article; `back` leads back."""
        self._related_task.request(_read_changelog, self._show_page)

    def _show_page(self, page: Article) -> None:
        self._add_breadcrumb()
        self.widgets.enter_article()
        self.article.show_page(page)
        self.widgets.bottom.aside = ""

    def _find_place(self, row: Row, query: Query) -> int | None:
        """Return the index of the article's own row in the results, or None; runs in a thread."""
        place = self.library.search.find_position(query, row.id, fold=True)
        if place is None:
            return None
        rows = self.library.search.window(query, place, 1, fold=True).rows
        return place if rows and rows[0].id == row.id else None

    def _enter_related(self, row: Row, place: int | None) -> None:
        self.widgets.enter_article()
        index = self.widgets.articles.cursor
        if place is not None:
            index = self.results.pinned.screen_index(place)
        self._move_cursor_to(row, index, is_aside=place is None)
        self.article.open(row)

    def _move_cursor_to(self, row: Row, index: int, *, is_aside: bool) -> None:
        self.article.related_row = row if is_aside else None
        self._target_index = index
        self.widgets.articles.move_cursor_to(index)

    def is_target_index(self, index: int) -> bool:
        """Return whether the cursor moved here for a related article, which is open already.

        Any other movement of the cursor drops the way back.
        """
        if index != self._target_index:
            self._target_index = -1
            self._breadcrumbs.clear()
            return False
        return self.article.related_row is not None

    def handle_back(self) -> bool:
        """Go back to the article that the related one was opened from; return False if none was."""
        if not (self._breadcrumbs and self.widgets.is_in_article):
            return False
        crumb = self._breadcrumbs.pop()
        self._move_cursor_to(crumb.row, crumb.place, is_aside=crumb.is_aside)
        self.article.open_at_position(crumb.row, crumb.position)
        return True

    def on_results_shown(self) -> None:
        """Drop the way back when the query has changed."""
        if self.results.query_shown != self._breadcrumbs_query:
            self._breadcrumbs_query = self.results.query_shown
            self._breadcrumbs.clear()
            self._target_index = -1
            self.article.related_row, self.article.is_page = None, False


def _read_changelog() -> Article:
    """Read the changelog; runs in a thread."""
    try:
        text = changelog_file().read_text("utf-8")
    except OSError as error:
        raise LibraryError(f"The changelog cannot be read: {error.strerror}.") from error
    heading, _, body = text.partition("\n")
    page = ArticleId("rilo-reader-changelog")
    source, title = f"rilo-reader {__version__}", heading.strip("# ")
    return Article(page, "", title, NO_DATE, date_only=True, source=source, body=body)
