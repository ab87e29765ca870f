"""Moving: rows, pages, articles, hits and unread ones, and the focus between list and article."""

from __future__ import annotations

from functools import partial

from rilo_reader.query.tree import And, HasMark, Query, QueryMark
from rilo_reader.tui.reader.controller import Controller, ReaderContext
from rilo_reader.tui.reader.search import SearchController
from rilo_reader.tui.reader.sources import SourcesController
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.article_view import ArticleView
from rilo_reader.tui.widgets.source_list import SourceList

NEARBY_ROWS = 400  # rows searched for the next unread article before the library is queried


class NavigationController(Controller):
    """Moves in the list and the article, and between them."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._search = context.controller_of(SearchController)
        self._sources = context.controller_of(SourcesController)
        self._seek_task = context.tasks.make_latest("unread")
        self.commands = {
            "down": self.move_down,
            "up": self.move_up,
            "next_article": partial(self.step_article, 1),
            "previous_article": partial(self.step_article, -1),
            "next_hit": partial(self.step_hit, 1),
            "previous_hit": partial(self.step_hit, -1),
            "page_on": self.page_down_or_next,
            "page_down": lambda: self._focused_pane.move_page(1),
            "page_up": lambda: self._focused_pane.move_page(-1),
            "half_down": lambda: self._focused_pane.move_half(1),
            "half_up": lambda: self._focused_pane.move_half(-1),
            "top": self.move_to_top,
            "bottom": self.move_to_bottom,
            "open": self.enter_article,
            "list": self.step_left,
            "switch": self.switch_focus,
            "zen": self.toggle_zen,
        }

    async def move_down(self) -> None:
        """Move down one row or line; in the search box to newer searches, then to the results."""
        if self.widgets.is_in_search_box:
            if self._search.history.recall(-1):
                return
            await self.leave_search()
        elif self.widgets.is_in_article or self.widgets.is_in_sources:
            self._focused_pane.move_by(1)
        else:
            self._move_cursor(1)

    def move_up(self) -> None:
        """Move up one row or line; in the search box to older searches."""
        if not self._search.history.recall(1):
            self._focused_pane.move_by(-1)

    def move_to_top(self) -> None:
        """Move to the first row, or the top of the article."""
        self._focused_pane.move_top()

    def move_to_bottom(self) -> None:
        """Move to the last row, or the bottom of the article."""
        self._focused_pane.move_bottom()

    @property
    def _focused_pane(self) -> ArticleList | ArticleView | SourceList:
        """The article or the sources if they have the focus, else the list."""
        if self.widgets.sources is not None and self.widgets.is_in_sources:
            return self.widgets.sources
        return self.widgets.view if self.widgets.is_in_article else self.widgets.articles

    def step_article(self, step: int) -> None:
        """Go to the next article (1) or the previous one (-1), from anywhere."""
        if not self._move_cursor(step) and self.widgets.articles.total:
            self.widgets.show_message(f"This is the {'last' if step > 0 else 'first'} article.")

    def _move_cursor(self, step: int) -> bool:
        """Move in the list, or say that a selection ends; return False if neither was possible."""
        if self.widgets.articles.move_by(step):
            return True
        return step > 0 and self._end_selection()

    def _end_selection(self) -> bool:
        """Say that this is the end of the selection; False where there is none."""
        if self.results.question.selection is None:
            return False
        self.widgets.show_message(self.results.question.selection.end)
        return True

    def page_down_or_next(self) -> None:
        """Move down a page of the article; at its end, to the next unread one.

        In the sources, fold a tag.
        """
        if self.widgets.is_in_sources:
            self._sources.toggle_fold()
        elif not self.widgets.is_article_visible:
            self.focus_article()
        elif not self.widgets.view.move_page(1):
            self.seek_unread(1)

    def step_hit(self, step: int) -> None:
        """Go to the next (1) or previous hit (-1) of a search, else to an unread article."""
        if self.widgets.is_in_article and self.widgets.view.find_layer.text:
            self.widgets.view.go_to_hit(step)
        elif not self.widgets.articles.has_snippets:
            self.seek_unread(step)
        elif not self.widgets.view.go_to_hit(step):
            self.step_article(step)

    def seek_unread(self, step: int) -> None:
        """Go to the next (1) or previous (-1) unread article, round the end if need be."""
        at = self.widgets.articles.cursor
        for index in range(at + step, at + step * NEARBY_ROWS, step):
            row = self.widgets.articles.row_at(index)
            if row is None:
                break
            if not row.marks.read:
                self.widgets.articles.move_cursor_to(index)
                return
        self._seek_task.request(partial(self._find_unread, at, step), self._go_to_unread)

    def _find_unread(self, at: int, step: int) -> int | None:
        """Find the row of the next unread article; runs in a thread.

        Unread articles are in the order of the list, so a binary search among them takes about
        twenty queries in a million.
        """
        shown, pinned = self.results.query_shown, self.results.pinned
        unread = Query(And((shown.node, HasMark(QueryMark.UNREAD))), shown.sort)
        search = self.library.search
        total = search.window(unread, 0, 1, fold=True).total
        if not total:
            return None

        def row_of(number: int) -> int:
            rows = search.window(unread, number, 1, fold=True).rows
            found = search.find_position(shown, rows[0].id, fold=True) if rows else None
            return -1 if found is None else pinned.screen_index(found)

        low, high = 0, total
        while low < high:
            middle = (low + high) // 2
            if row_of(middle) > at or (step < 0 and row_of(middle) == at):
                high = middle
            else:
                low = middle + 1
        return row_of(low % total if step > 0 else (low - 1) % total)

    def _go_to_unread(self, index: int | None) -> None:
        if index is None or index < 0 or index == self.widgets.articles.cursor:
            if not self._end_selection():
                self.widgets.show_message("No other unread articles in the list.")
        else:
            self.widgets.articles.move_cursor_to(index)

    def enter_article(self) -> None:
        """Move the focus to the article; from there, do what controllers do then.

        From the sources, show those articles in the list.
        """
        if self.widgets.is_in_sources:
            self._sources.choose_current()
            return
        controllers = self.context.all_controllers if self.widgets.is_in_article else ()
        in_mode = any(each.mode for each in controllers)
        if in_mode or not any(each.handle_open() for each in controllers):
            self.focus_article()

    def step_left(self) -> None:
        """Move the focus from the article to the list, then to the sources, and hide these."""
        if self.widgets.is_in_sources:
            self._sources.hide()
        elif self.widgets.is_in_article or self.widgets.is_zen or self.widgets.is_in_search_box:
            self.widgets.enter_list()
        else:
            self._sources.open()

    def focus_article(self) -> None:
        """Move the focus to the article."""
        row = self.widgets.articles.cursor_row
        if row is None and self.article.row is None:
            self._search.completion.take_suggestion()
            return
        self.widgets.enter_article()
        if row is not None:
            self.article.open(row)
        self.article.start_reading()
        self._search.history.remember_search()

    async def leave_search(self) -> None:
        """Move the focus from the search box to the results, after waiting for them.

        Where there are none, the suggestion is searched for.
        """
        self._search.completion.take_suggestion()
        self.results.settle_text()
        await self.tasks.wait_for_results(self.results.answer_task, self.results.count_task)
        self.widgets.enter_list()
        self.article.start_reading()
        self._search.history.remember_search()

    async def switch_focus(self) -> None:
        """Accept a completion; otherwise move the focus between list and article."""
        if await self._search.completion.accept_completion():
            return
        if self.widgets.is_in_search_box:
            await self.leave_search()
        elif self.widgets.is_in_article or self.widgets.is_in_sources:
            self.widgets.enter_list()
        else:
            self.focus_article()

    def toggle_zen(self) -> None:
        """Show the article alone, or with the list."""
        if self.widgets.is_zen:
            self.widgets.set_zen(False)
        elif self.article.row is not None or self.widgets.articles.cursor_row is not None:
            self.widgets.set_zen(True)
            self.focus_article()
