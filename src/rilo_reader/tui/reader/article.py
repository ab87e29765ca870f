"""The open article: loading it, its place, its neighbours, and when it counts as read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from rilo_reader.article import Article, ArticleId
from rilo_reader.config import Config, MarkRead
from rilo_reader.library import Library, LibraryError, Row
from rilo_reader.query.tree import Words, highlights
from rilo_reader.store.marks import Change, Session
from rilo_reader.text import shown_title
from rilo_reader.tui.reader.results import Results
from rilo_reader.tui.tasks import LatestTask
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.article_view import ArticleView

if TYPE_CHECKING:
    from rilo_reader.tui.children import Environment

SETTLED = 1.0
"""Seconds of quiet before the place in an article is kept on disk."""

GLANCE = 0.5
"""Seconds an article whose end is seen at once stays open before MarkRead.END counts."""

NOTHING_FOUND = "Nothing is found."
"""What stands in the place of the article while a search finds none."""


class Opening(Results):
    """Shows the article of the row one stands on, and remembers how far it was read."""

    def __init__(self, library: Library, config: Config, around: Environment) -> None:
        super().__init__(library, config, around)
        self.open_row: Row | None = None
        self.article: Article | None = None
        # An article that is open and has no row of its own in the list.
        self.row_aside: Row | None = None
        # The article that was open before a search found nothing.
        self._left: Row | None = None
        self._wanted_id: ArticleId | None = None
        self.is_touched = False
        self._words: tuple[Words, ...] = ()
        self._positions: dict[ArticleId, int] = {}
        self._loading = LatestTask(self, "article", self._loading_failed)
        self._read_timer: Timer | None = None
        self._keep_timer: Timer | None = None

    @property
    def awaits_answer(self) -> bool:
        """Also the article belongs to what a key leads to."""
        return super().awaits_answer or self._loading.is_at_it

    def touched(self) -> None:
        """Somebody chose a place, or reads: from now on new articles never move it."""
        self.is_touched = True

    # -- opening ----------------------------------------------------------------------------------

    def on_article_list_cursor_moved(self, event: ArticleList.CursorMoved) -> None:
        """Another row, another article; where list and article take turns it waits to be asked."""
        if event.row is not None and self.article_is_seen:
            self.open(event.row)
        self.keep_soon()

    def results_shown(self) -> None:
        """Open the article one stands on now, here: in the frame that shows the rows.

        The one that stayed open may have hits now, and marks them.
        """
        super().results_shown()
        row = self.articles.cursor_row
        is_open = row is not None and row.id == self._wanted_id
        # The first article, and one that has no row of its own, are not the list's affair.
        follows = (self._wanted_id or self._left) is not None and self.row_aside is None
        if row is not None and self.article_is_seen and (is_open or follows):
            self.open(row)
        self.view.set_words(highlights(self.query_shown))
        self.bottom.place = ""
        if not self.articles.total and self.row_aside is None:
            self._show_nothing()
        self.keep_soon()

    def _show_nothing(self) -> None:
        """An article that is not among the results would only be in the way."""
        self.stop_reading()
        self._loading.forget()
        self._left = self.open_row or self._left
        self.open_row = self.article = self._wanted_id = None
        self.view.show_message("", NOTHING_FOUND if self.everything else "")
        self.bottom.aside = ""

    def open(self, row: Row, *, again: bool = False) -> None:
        """Show an article, unless it is shown already; `again` reads its file anew.

        An article that is shown already still goes to the first hit of other words.
        """
        if self.row_aside is not None and self.row_aside.id != row.id:
            self.row_aside = None
        words = highlights(self.query_shown)
        if row.id == self._wanted_id and not again and (not words or words == self._words):
            self._tell_neighbours()
            return
        self.stop_reading()
        self._wanted_id, self._words = row.id, words
        self._loading.ask(partial(self._load, row), partial(self._show, row))

    def _load(self, row: Row) -> tuple[Article, int]:
        article = self.library.article(row.id)
        position = self._positions.get(row.id)
        if position is None:
            position = self.library.marks([row.id])[row.id].position
        return article, position

    def _show(self, row: Row, loaded: tuple[Article, int]) -> None:
        article, position = loaded
        self.open_row, self._left = row, None
        words = self._words = highlights(self.query_shown)
        previous, following = self._neighbours()
        self.view.show(
            article,
            previous=previous,
            next=following,
            words=words,
            position=0 if words else position,
            at_first_hit=bool(words),
        )
        self._positions[row.id] = position
        self.start_reading()
        self.keep_soon()
        self.article_shown(row, article)

    def article_shown(self, row: Row, article: Article) -> None:
        """Called when another article is in the view; the reader's screen extends it."""
        self.article = article

    def _loading_failed(self, error: LibraryError) -> None:
        row = self.articles.cursor_row
        self.open_row = row
        self.view.show_message(shown_title(row.title) if row else "", str(error))

    def open_at_once(self, row: Row) -> None:
        """As `open`, on the spot: for the first article, which nobody should wait for."""
        self._wanted_id = row.id
        try:
            self._show(row, self._load(row))
        except LibraryError as error:
            self._loading_failed(error)

    # -- neighbours -------------------------------------------------------------------------------

    def on_article_list_rows_in_view(self) -> None:
        """What stands beside the open article may have become known."""
        # Textual calls the handler of every class, so this one adds to that of Results.
        self._tell_neighbours()

    def _tell_neighbours(self) -> None:
        if self.open_row is not None:
            self.view.set_neighbours(*self._neighbours())

    def _neighbours(self) -> tuple[str | None, str | None]:
        at = self.articles.cursor
        before, after = self.articles.row_at(at - 1), self.articles.row_at(at + 1)
        return (
            shown_title(before.title) if before else None,
            shown_title(after.title) if after else None,
        )

    def position_of(self, article: ArticleId) -> int:
        """How far an article was read that was open since the start, 0 for any other."""
        return self._positions.get(article, 0)

    def go_on_at(self, row: Row, position: int) -> None:
        """Open an article at the place where one was; during a search at its first hit."""
        self._positions[row.id] = position
        self.open(row)

    def go_back_to(self, article: ArticleId, position: int) -> None:
        """Let an article begin where it was left before a search moved through it."""
        self._positions[article] = position
        row = self.open_row
        if row is not None and row.id == article:
            self.open(row, again=True)

    # -- place ------------------------------------------------------------------------------------

    def on_article_view_moved(self, event: ArticleView.Moved) -> None:
        """Remember how far one is; the end may count as read."""
        if self.open_row is None or self.view.article_id != self.open_row.id:
            return
        moved = self._positions.get(self.open_row.id) != event.position
        self._positions[self.open_row.id] = event.position
        if moved:
            self.keep_soon()
        if event.at_end and self.config.mark_read is MarkRead.END:
            self._count_as_read_in(0.0 if moved else GLANCE)

    def keep_soon(self) -> None:
        """Keep the place on disk once there is a moment of quiet."""
        if self._keep_timer is not None:
            self._keep_timer.stop()
        self._keep_timer = self.set_timer(SETTLED, self.keep_now)

    def keep_now(self) -> None:
        """Keep the place on disk, in order with everything else that is written."""
        self.written.do(partial(self._keep, self.open_row or self._left, self.text))

    def keep_at_once(self) -> None:
        """Keep the place on disk, here and now: there is no later."""
        try:
            self._keep(self.open_row or self._left, self.text)
        except LibraryError as error:
            self.say_error(error)

    def _keep(self, row: Row | None, text: str) -> None:
        if row is not None:
            self.library.remember(row.id, self._positions.get(row.id, 0))
        self.library.keep_session(Session(row.id if row else None, text))

    # -- read -------------------------------------------------------------------------------------

    def start_reading(self) -> None:
        """Somebody looks at the article: from now on it counts."""
        self.stop_reading()
        if self.open_row is None or self.in_search or not self.article_is_seen:
            return
        if self.config.mark_read is MarkRead.OPENED:
            self._count_as_read_in(self.config.mark_read_after)
        elif self.config.mark_read is MarkRead.END and self.view.at_end:
            self._count_as_read_in(GLANCE)

    def stop_reading(self) -> None:
        """Nobody looks, or somebody decided by hand: it no longer counts."""
        if self._read_timer is not None:
            self._read_timer.stop()
            self._read_timer = None

    def _count_as_read_in(self, seconds: float) -> None:
        if self._read_timer is None and self.open_row is not None:
            self._read_timer = self.set_timer(
                max(seconds, 0.001), partial(self._count_as_read, self.open_row.id)
            )

    def _count_as_read(self, article: ArticleId) -> None:
        row = self.open_row
        if row is not None and row.id == article and self.article_is_seen:
            self.touched()
            self.mark_as_read(article)

    def mark_as_read(self, article: ArticleId) -> None:
        """Mark an article that was read; quiet, and not for undo: it was not asked for."""
        self.written.do(partial(self._mark_read, article), self._show_read)

    def _mark_read(self, article: ArticleId) -> tuple[list[Row], dict[ArticleId, bool]]:
        change: Change = self.library.set_read(self.story_of(article), read=True)
        ids = list(change.ids)
        return self.rows_of(ids), self.still_matching(ids)

    def story_of(self, article: ArticleId) -> list[ArticleId]:
        """An article and its copies from other sources, which are read and starred as one."""
        return [article, *(row.id for row in self.library.insight.copies(article))]

    def rows_of(self, articles: list[ArticleId]) -> list[Row]:
        """The rows as they are now; runs in a thread."""
        rows = (self.library.row(article) for article in articles)
        return [row for row in rows if row is not None]

    def _show_read(self, marked: tuple[list[Row], dict[ArticleId, bool]]) -> None:
        self.show_marks(*marked)

    def show_marks(self, rows: list[Row], matching: dict[ArticleId, bool]) -> None:
        """The open article's row too is as it is now."""
        super().show_marks(rows, matching)
        for row in rows:
            if self.open_row is not None and row.id == self.open_row.id:
                self.open_row = row
            if self.row_aside is not None and row.id == self.row_aside.id:
                self.row_aside = row
