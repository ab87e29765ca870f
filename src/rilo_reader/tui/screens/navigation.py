"""Moving: rows, pages, articles, hits and unread ones, and the focus between list and article."""

from __future__ import annotations

from functools import partial

from rilo_reader.config import Config
from rilo_reader.library import Library
from rilo_reader.search.query import And, Is, Mark, Query
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.opening import Opening
from rilo_reader.tui.widgets.article_list import ArticleList
from rilo_reader.tui.widgets.article_view import ArticleView

NEAR = 400
"""Rows looked at one by one for the next unread article before the library is asked cleverly."""


class Navigation(Opening):
    """Every command that moves."""

    def __init__(self, library: Library, config: Config) -> None:
        super().__init__(library, config)
        self._seeking = Latest(self, "unread", self.say_error)

    # -- rows, lines and pages --------------------------------------------------------------------

    async def action_down(self) -> None:
        """Down one row or line; out of the search box to the results."""
        if self.in_search:
            await self.leave_search()
        elif self.in_article:
            self.view.move_lines(1)
        else:
            self.articles.move(1)

    def action_up(self) -> None:
        """Up one row or line."""
        if self.in_article:
            self.view.move_lines(-1)
        else:
            self.articles.move(-1)

    def action_page_down(self) -> None:
        """Down a page."""
        if self.in_article:
            self.view.move_page(1)
        else:
            self.articles.move_page(1)

    def action_page_up(self) -> None:
        """Up a page."""
        if self.in_article:
            self.view.move_page(-1)
        else:
            self.articles.move_page(-1)

    def action_half_down(self) -> None:
        """Down half a page."""
        if self.in_article:
            self.view.move_half(1)
        else:
            self.articles.move_half(1)

    def action_half_up(self) -> None:
        """Up half a page."""
        if self.in_article:
            self.view.move_half(-1)
        else:
            self.articles.move_half(-1)

    def action_top(self) -> None:
        """To the first row, or the top of the article."""
        if self.in_article:
            self.view.move_top()
        else:
            self.articles.stand_on(0)

    def action_bottom(self) -> None:
        """To the last row, or the bottom of the article."""
        if self.in_article:
            self.view.move_bottom()
        else:
            self.articles.stand_on(self.articles.total - 1)

    # -- articles ---------------------------------------------------------------------------------

    def action_next_article(self) -> None:
        """The next article, from anywhere."""
        self.step_article(1)

    def action_previous_article(self) -> None:
        """The previous article, from anywhere."""
        self.step_article(-1)

    def step_article(self, step: int) -> None:
        """Go on by articles; at an end, say so."""
        if not self.articles.move(step) and self.articles.total:
            self.say("This is the last article." if step > 0 else "This is the first article.")

    def action_page_on(self) -> None:
        """Down a page of the article; at its end, the next unread one."""
        if not self.article_is_seen:
            self.action_open()
        elif not self.view.move_page(1):
            self.seek_unread(1)

    def on_article_view_neighbour_chosen(self, event: ArticleView.NeighbourChosen) -> None:
        """Somebody clicked the title of the previous or next article."""
        self.step_article(event.step)

    # -- hits and unread --------------------------------------------------------------------------

    def action_next_hit(self) -> None:
        """The next hit while a search is on, else the next unread article."""
        if self.articles.row_height == 2:
            self.seek_unread(1)
        elif not self.view.next_hit():
            self.step_article(1)

    def action_previous_hit(self) -> None:
        """The previous hit while a search is on, else the previous unread article."""
        if self.articles.row_height == 2:
            self.seek_unread(-1)
        elif not self.view.previous_hit():
            self.step_article(-1)

    def on_article_view_hits_found(self, event: ArticleView.HitsFound) -> None:
        """Say which hit this is, on the right."""
        self.bottom.show_place(f"{event.current:,}/{event.total:,}" if event.total else "")

    def seek_unread(self, step: int) -> None:
        """Go to the next (1) or previous (-1) unread article, round the end if need be."""
        at = self.articles.cursor
        for index in range(at + step, at + step * NEAR, step):
            row = self.articles.row_at(index)
            if row is None:
                break
            if not row.marks.read:
                self.articles.stand_on(index)
                return
        self._seeking.ask(partial(self._find_unread, at, step), self._go_to_unread)

    def _find_unread(self, at: int, step: int) -> int | None:
        """The row of the next unread article; runs in a thread.

        Unread articles stand in the order of the list, so halving finds the first one beyond
        the cursor in twenty questions, where a million read ones lie between.
        """
        shown, held = self.query_shown, self.held
        unread = Query(And((shown.node, Is(Mark.UNREAD))), shown.sort)
        total = self.library.window(unread, 0, 1, fold=True).total
        if not total:
            return None

        def row_of(number: int) -> int:
            rows = self.library.window(unread, number, 1, fold=True).rows
            place = self.library.place(shown, rows[0].id, fold=True) if rows else None
            return -1 if place is None else held.on_screen(place)

        low, high = 0, total
        while low < high:
            middle = (low + high) // 2
            if row_of(middle) > at or (step < 0 and row_of(middle) == at):
                high = middle
            else:
                low = middle + 1
        return row_of(low % total if step > 0 else (low - 1) % total)

    def _go_to_unread(self, index: int | None) -> None:
        if index is None or index < 0 or index == self.articles.cursor:
            self.say("No other unread article here.")
        else:
            self.articles.stand_on(index)

    # -- the focus --------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Into the article."""
        row = self.articles.cursor_row
        if row is None and self.open_row is None:
            return
        self.enter_article()
        if row is not None:
            self.open(row)
        self.start_reading()

    async def leave_search(self) -> None:
        """From the box to the results, once they are there: the next key is meant for them."""
        await self.answers.answered()
        self.enter_list()
        self.start_reading()

    async def action_switch(self) -> None:
        """From the list to the article and back."""
        if self.in_search:
            await self.leave_search()
        elif self.in_article:
            self.enter_list()
        else:
            self.action_open()

    def action_zen(self) -> None:
        """The article alone, or with the list again."""
        if self.is_zen:
            self.remove_class("-zen")
        elif self.open_row is not None or self.articles.cursor_row is not None:
            self.add_class("-zen")
            self.action_open()

    def on_article_list_chosen(self, _: ArticleList.Chosen) -> None:
        """A click on a row: where list and article take turns, it opens the article."""
        if self.is_narrow:
            self.action_open()
