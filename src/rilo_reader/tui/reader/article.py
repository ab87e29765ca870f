"""The open article: loading, scroll position, neighbours, and when it counts as read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from textual.timer import Timer

from rilo_reader.article import Article, ArticleId
from rilo_reader.config import Config, MarkRead
from rilo_reader.extras import PAGES
from rilo_reader.library import Library, LibraryError, Row
from rilo_reader.query.tree import Words, words_to_highlight
from rilo_reader.store.marks import LastSession
from rilo_reader.text import to_display_title
from rilo_reader.tui.reader.results import ResultList
from rilo_reader.tui.reader.widgets import ReaderWidgets
from rilo_reader.tui.tasks import TaskRunner, Urgency
from rilo_reader.tui.widgets.article_view import Neighbours, ScrollGoal

SAVE_DELAY = 1.0  # seconds without scrolling before the position is saved

MarkedRows = tuple[list[Row], dict[ArticleId, bool]]
"""Rows, and which of their articles match the query, if marks matter to it."""

GLANCE = 0.5
"""Seconds that a short article, whose end is visible at once, is open before it counts as read."""


class OpenArticle:
    """The article in the view: the one at the cursor, or a related one that is not in the list."""

    def __init__(
        self,
        library: Library,
        config: Config,
        widgets: ReaderWidgets,
        results: ResultList,
        tasks: TaskRunner,
    ) -> None:
        self._library = library
        self.configure(config)
        self._widgets = widgets
        self._results = results
        self._tasks = tasks
        self.on_shown: Callable[[Row, Article], None] = lambda row, article: None
        self.on_marked: Callable[[], None] = lambda: None  # called once a look has marked it
        # its row; None before the first article, and while a search finds nothing
        self.row: Row | None = None
        # the article; None with `row`, or where loading failed at the start
        self.content: Article | None = None
        self.related_row: Row | None = None  # its row, if it is not in the list
        # whether an article of the program is shown, which is in no library
        self.is_page = False
        # the article that is being marked as read by a look, until that is shown
        self.marking_read_id: ArticleId | None = None
        # The article that was open before a search found nothing.
        self._last_open_row: Row | None = None
        self._wanted_id: ArticleId | None = None
        self._words: tuple[Words, ...] = ()
        self._positions: dict[ArticleId, int] = {}
        self._saved_positions: dict[ArticleId, int] = {}  # as they were loaded or saved
        self._last_saved: tuple[ArticleId, int] | None = None  # saved last
        self._load_task = tasks.make_latest("article", self._show_load_error)
        # Where its file is gone, the list says so.
        self._reload_task = tasks.make_latest(
            "article again", lambda _: None, urgency=Urgency.LATER
        )
        self._skipped_id: ArticleId | None = None  # what the list jumped to, and nobody asked for
        self.has_user_acted = False  # until the first key or click the list alone opens articles
        self._read_timer: Timer | None = None
        self._keep_timer: Timer | None = None

    def configure(self, config: Config) -> None:
        """Count articles as read by other settings."""
        self._mark_read_when, self._mark_read_after = config.mark_read, config.mark_read_after

    @property
    def is_awaited(self) -> bool:
        """True if an article is being loaded."""
        return self._load_task.is_running

    @property
    def title(self) -> str:
        """The title of the article, as shown; "" where none is open."""
        return to_display_title(self.content.title) if self.content is not None else ""

    @property
    def target_row(self) -> Row | None:
        """The row that commands act on: a related article, that at the cursor, or the open one."""
        if self.is_page:
            return None
        return self.related_row or self._widgets.articles.cursor_row or self.row

    # -- opening ----------------------------------------------------------------------------------

    def follow_cursor(self, row: Row | None) -> None:
        """Open the row at the cursor, if the article is visible."""
        if row is not None and self._widgets.is_article_visible:
            self.open(row)
        self._widgets.show_marks(self.target_row)
        self._save_soon()

    def on_results_shown(self) -> None:
        """Open the article at the cursor, in the same frame as the new rows, and highlight hits."""
        row = self._widgets.articles.cursor_row
        is_open = row is not None and row.id == self._wanted_id
        # The first article is opened by `open_at_once`; a related one stays open.
        is_aside = self.related_row is not None or self.is_page
        follows = (self._wanted_id or self._last_open_row) is not None and not is_aside
        if row is not None and self._widgets.is_article_visible and (is_open or follows):
            self.open(row)
        self._widgets.view.set_words(words_to_highlight(self._results.query_shown))
        if not self._widgets.view.find_layer.text:
            self._widgets.bottom.place = ""
        if not self._widgets.articles.total and not is_aside:  # nothing is found
            self._clear_article()
            # The list says why, where there is one.
            is_alone = self._widgets.is_zen or self._widgets.is_narrow
            text = "Nothing found." if self._results.library_total and is_alone else ""
            self._widgets.view.show_message("", text)
            self._widgets.bottom.aside = ""
        self._widgets.show_marks(self.target_row)
        self._save_soon()

    def open(self, row: Row, *, again: bool = False) -> None:
        """Load and show an article.

        One that is shown is loaded again only to go to the first hit of other search terms, or for
        `again`.
        """
        self.is_page = False
        if not self.has_user_acted:
            self._skipped_id = row.id
        elif row.id != self._skipped_id:
            self._skipped_id = None
        if self.related_row is not None and self.related_row.id != row.id:
            self.related_row = None
        self._widgets.show_marks(self.target_row)
        words = words_to_highlight(self._results.query_shown)
        if row.id == self._wanted_id and not again and (not words or words == self._words):
            if self.row is not None and self.row.id == row.id:
                self.row = row
            self.show_neighbours()
            return
        self.stop_reading()
        self._wanted_id, self._words = row.id, words
        self._widgets.view.stop_layout()  # it would take the processor from what is awaited
        self._load_task.request(partial(self._load_article, row), partial(self._show_loaded, row))

    def show_page(self, page: Article) -> None:
        """Show an article that is in no library, until another is opened."""
        self._clear_article()
        self.related_row, self.is_page = None, True
        self._widgets.show_marks(self.target_row)
        self._widgets.view.show_article(page, ScrollGoal(0))

    def _clear_article(self) -> None:
        """Close the article; the next session still starts with it."""
        self.stop_reading()
        self._load_task.cancel()
        self._last_open_row = self.row or self._last_open_row
        self.row = self.content = self._wanted_id = None
        self.is_page = False

    def _load_article(self, row: Row, path: str = "") -> tuple[Article, int]:
        article = self._library.article(row.id, path)
        position = self._positions.get(row.id)
        if position is None:
            position = self._library.search.marks([row.id])[row.id].position
        return article, position

    def _show_loaded(self, row: Row, loaded: tuple[Article, int]) -> None:
        article, position = loaded
        self.row, self._last_open_row = row, None
        self._words = words_to_highlight(self._results.query_shown)
        if row.id not in self._positions:
            self._saved_positions[row.id] = position
        self._positions[row.id] = position
        at_hit = bool(self._words)
        self._show_in_view(row, article, ScrollGoal(0 if at_hit else position, at_hit=at_hit))
        key = self._widgets.key_of("whole_page")
        if key and article.url and not article.body.strip():
            says = f'Its page needs the extra "{PAGES.name}"; {key} says how to install it.'
            fetches = f"{key} fetches the text of this article from its page."
            self._widgets.show_message(says if PAGES.is_missing else fetches)
        self._begin_reading()
        self._save_soon()

    def _show_in_view(self, row: Row, article: Article, goal: ScrollGoal) -> None:
        self._widgets.view.show_article(
            article,
            goal,
            neighbours=self._neighbour_titles(),
            words=self._words,
            own_tags=row.marks.tags,
        )
        self.content = article
        self.on_shown(row, article)

    def read_again(self) -> None:
        """Show the article as its file is now, if that has changed; the current line stays."""
        if self._wanted_id is not None:
            self._reload_task.request(
                partial(self._library.article, self._wanted_id), self._show_edited
            )

    def _show_edited(self, article: Article) -> None:
        is_shown = self._widgets.view.article_id == article.id and self.content == article
        if self.row is not None and self._wanted_id == article.id and not is_shown:
            goal = ScrollGoal(self.position_of(article.id), keeps_line=True)
            self._show_in_view(self.row, article, goal)

    def _show_load_error(self, error: LibraryError) -> None:
        row = self._widgets.articles.cursor_row
        self.row = row
        self._widgets.view.show_message(to_display_title(row.title) if row else "", str(error))

    def open_at_once(self, row: Row) -> None:
        """Load and show an article before returning, so that it is in the first frame."""
        self._wanted_id = self._skipped_id = row.id
        try:
            self._show_loaded(row, self._load_article(row, row.path))
        except LibraryError as error:
            self._show_load_error(error)

    # -- neighbours -------------------------------------------------------------------------------

    def show_neighbours(self) -> None:
        """Show the titles of the previous and next articles, if their rows are loaded."""
        if self.row is not None:
            self._widgets.view.set_neighbours(self._neighbour_titles())

    def _neighbour_titles(self) -> Neighbours:
        at = self._widgets.articles.cursor
        before, after = self._widgets.articles.row_at(at - 1), self._widgets.articles.row_at(at + 1)
        selection = self._results.question.selection
        if selection is not None and at == self._widgets.articles.total - 1:
            return None, selection.last
        return (
            to_display_title(before.title) if before else None,
            to_display_title(after.title) if after else None,
        )

    def position_of(self, article: ArticleId) -> int:
        """Return the scroll position of an article that was open in this session, else 0."""
        return self._positions.get(article, 0)

    def open_at_position(self, row: Row, position: int | None) -> None:
        """Open an article at a position, None for its own; during a search at its first hit."""
        if position is not None:
            self._positions[row.id] = position
        self.open(row)

    def restore_position(self, article: ArticleId, position: int) -> None:
        """Restore the scroll position that an article had before a search."""
        self._positions[article] = position
        if self.row is not None and self.row.id == article:
            self.open(self.row, again=True)

    def clear_positions(self) -> None:
        """Read the saved positions again when articles are opened: others may have read on."""
        self._positions = {
            article: position
            for article, position in self._positions.items()
            if self._saved_positions.get(article) != position
        }

    # -- place ------------------------------------------------------------------------------------

    def on_scrolled(self, position: int, *, at_end: bool) -> None:
        """Record the scroll position; reaching the end may mark the article as read."""
        if self.row is None or self._widgets.view.article_id != self.row.id:
            return
        before = self._positions.get(self.row.id)  # None: it is shown for the first time
        moved = before != position
        self._positions[self.row.id] = position
        if moved:
            self._save_soon()
            if self.row.id == self._skipped_id and before is not None:
                self.start_reading()
        if at_end and self._mark_read_when is MarkRead.END and self.row.id != self._skipped_id:
            self._count_as_read_in(0.0 if moved else GLANCE)

    def _save_soon(self) -> None:
        """Save the position once scrolling has stopped."""
        self._keep_timer = self._tasks.call_after(
            SAVE_DELAY, self.save_position, instead=self._keep_timer
        )

    def save_position(self) -> None:
        """Save the position in a thread."""
        row, text = self.row or self._last_open_row, self._results.settled_text
        self._tasks.write_tasks.enqueue(partial(self._write_position, row, text))

    def save_position_now(self) -> None:
        """Save the position before returning; the reader is about to end."""
        try:
            self._write_position(self.row or self._last_open_row, self._results.settled_text)
        except LibraryError as error:
            self._widgets.show_error(error)

    def _write_position(self, row: Row | None, text: str) -> None:
        if row is not None:
            position = self._positions.get(row.id)
            # Where one has not moved, another device may have read on meanwhile.
            if position is not None and (row.id, position) != self._last_saved:
                self._library.state.save_position(row.id, position, datetime.now(UTC))
                self._last_saved = row.id, position
                self._saved_positions[row.id] = position
        self._library.state.session.save(LastSession(row.id if row else None, text))

    # -- read -------------------------------------------------------------------------------------

    def start_reading(self) -> None:
        """Start the time after which the article counts as read."""
        self._skipped_id = None
        self._begin_reading()

    def skip_read_timer(self, article: ArticleId) -> None:
        """Do not start the read timer for an article that the list jumped to."""
        self._skipped_id = article
        self.stop_reading()

    def _begin_reading(self) -> None:
        self.stop_reading()
        if self.row is None or self.row.id == self._skipped_id:
            return
        if self._widgets.is_in_search_box or not self._widgets.is_article_visible:
            return
        if self._mark_read_when is MarkRead.OPENED:
            self._count_as_read_in(self._mark_read_after)
        elif self._mark_read_when is MarkRead.END and self._widgets.view.is_at_end:
            self._count_as_read_in(GLANCE)

    def stop_reading(self) -> None:
        """Cancel counting the article as read."""
        if self._read_timer is not None:
            self._read_timer.stop()
            self._read_timer = None

    def _count_as_read_in(self, seconds: float) -> None:
        if self._read_timer is None and self.row is not None:
            self._read_timer = self._tasks.call_after(
                max(seconds, 0.001), partial(self._count_as_read, self.row.id)
            )

    def _count_as_read(self, article: ArticleId) -> None:
        """Mark an article as read without a message; this cannot be undone."""
        row = self.row
        if row is None or row.id != article or not self._widgets.is_article_visible:
            return
        self._results.keep_place()
        self.marking_read_id = article

        def mark() -> MarkedRows:
            group = self.ids_of_group(article)
            change = self._library.state.set_read(group, value=True, in_history=False)
            return self.load_marked_rows(list(change.ids))

        def show(marked: MarkedRows) -> None:
            self.marking_read_id = None
            self.show_marks(*marked)
            self.on_marked()

        self._tasks.write_tasks.enqueue(mark, show)

    def ids_of_group(self, article: ArticleId) -> list[ArticleId]:
        """Return an article and its copies from other sources; they are marked together."""
        return [article, *(row.id for row in self._library.search.find_copies(article))]

    def load_rows(self, articles: list[ArticleId]) -> list[Row]:
        """Load the current rows of articles; runs in a thread."""
        find_local, find_remote = self._library.search.row, self._results.remote_results.find_row
        rows = (find_local(article) or find_remote(article) for article in articles)
        return [row for row in rows if row is not None]

    def load_marked_rows(self, articles: list[ArticleId]) -> MarkedRows:
        """Load the rows and matches that `show_marks` takes; runs in a thread."""
        return self.load_rows(articles), self._results.find_matching(articles)

    def show_marks(self, rows: list[Row], matching: dict[ArticleId, bool]) -> None:
        """Show new marks, in the list and in this article; rows not in `matching` match."""
        self._results.show_marks(rows, matching)
        for row in rows:
            if self.row is not None and row.id == self.row.id:
                self.row = row
            if row.id == self._widgets.view.article_id:
                self._widgets.view.show_own_tags(row.marks.tags)
            if self.related_row is not None and row.id == self.related_row.id:
                self.related_row = row
        self._widgets.show_marks(self.target_row)
