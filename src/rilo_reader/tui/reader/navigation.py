"""Moving: rows, pages, articles, hits and unread ones, and the focus between list and article."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.query.tree import And, Is, Mark, Query
from rilo_reader.tui.reader.controllers import Controller
from rilo_reader.tui.tasks import LatestTask

if TYPE_CHECKING:
    from rilo_reader.tui.reader.screen import ReaderScreen

NEAR = 400
"""Rows looked at one by one for the next unread article before the library is asked cleverly."""


class Navigation(Controller):
    """Every command that moves."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._seeking = LatestTask(desk, "unread", desk.say_error)

    # -- rows, lines and pages --------------------------------------------------------------------

    async def down(self) -> None:
        """Down one row or line; in the search box to newer searches, then to the results."""
        if self.desk.in_search:
            if self.rooms.recalling.show_newer():
                return
            await self.leave_search()
        elif self.desk.in_article:
            self.desk.view.move_lines(1)
        else:
            self.desk.articles.move(1)

    def up(self) -> None:
        """Up one row or line; in the search box to older searches."""
        if self.rooms.recalling.show_older():
            return
        if self.desk.in_article:
            self.desk.view.move_lines(-1)
        else:
            self.desk.articles.move(-1)

    def page_down(self) -> None:
        """Down a page."""
        if self.desk.in_article:
            self.desk.view.move_page(1)
        else:
            self.desk.articles.move_page(1)

    def page_up(self) -> None:
        """Up a page."""
        if self.desk.in_article:
            self.desk.view.move_page(-1)
        else:
            self.desk.articles.move_page(-1)

    def half_down(self) -> None:
        """Down half a page."""
        if self.desk.in_article:
            self.desk.view.move_half(1)
        else:
            self.desk.articles.move_half(1)

    def half_up(self) -> None:
        """Up half a page."""
        if self.desk.in_article:
            self.desk.view.move_half(-1)
        else:
            self.desk.articles.move_half(-1)

    def top(self) -> None:
        """To the first row, or the top of the article."""
        if self.desk.in_article:
            self.desk.view.move_top()
        else:
            self.desk.articles.stand_on(0)

    def bottom(self) -> None:
        """To the last row, or the bottom of the article."""
        if self.desk.in_article:
            self.desk.view.move_bottom()
        else:
            self.desk.articles.stand_on(self.desk.articles.total - 1)

    # -- articles ---------------------------------------------------------------------------------

    def next_article(self) -> None:
        """The next article, from anywhere."""
        self.step_article(1)

    def previous_article(self) -> None:
        """The previous article, from anywhere."""
        self.step_article(-1)

    def step_article(self, step: int) -> None:
        """Go on by articles; at an end, say so."""
        if not self.desk.articles.move(step) and self.desk.articles.total:
            self.desk.say("This is the last article." if step > 0 else "This is the first article.")

    def page_on(self) -> None:
        """Down a page of the article; at its end, the next unread one."""
        if not self.desk.article_is_seen:
            self.open()
        elif not self.desk.view.move_page(1):
            self.seek_unread(1)

    # -- hits and unread --------------------------------------------------------------------------

    def next_hit(self) -> None:
        """The next hit while a search is on, else the next unread article."""
        if self.desk.articles.row_height == 2:
            self.seek_unread(1)
        elif not self.desk.view.next_hit():
            self.step_article(1)

    def previous_hit(self) -> None:
        """The previous hit while a search is on, else the previous unread article."""
        if self.desk.articles.row_height == 2:
            self.seek_unread(-1)
        elif not self.desk.view.previous_hit():
            self.step_article(-1)

    def seek_unread(self, step: int) -> None:
        """Go to the next (1) or previous (-1) unread article, round the end if need be."""
        at = self.desk.articles.cursor
        for index in range(at + step, at + step * NEAR, step):
            row = self.desk.articles.row_at(index)
            if row is None:
                break
            if not row.marks.read:
                self.desk.articles.stand_on(index)
                return
        self._seeking.ask(partial(self._find_unread, at, step), self._go_to_unread)

    def _find_unread(self, at: int, step: int) -> int | None:
        """The row of the next unread article; runs in a thread.

        Unread articles stand in the order of the list, so halving finds the first one beyond
        the cursor in twenty questions, where a million read ones lie between.
        """
        shown, held = self.desk.query_shown, self.desk.held
        unread = Query(And((shown.node, Is(Mark.UNREAD))), shown.sort)
        total = self.desk.library.window(unread, 0, 1, fold=True).total
        if not total:
            return None

        def row_of(number: int) -> int:
            rows = self.desk.library.window(unread, number, 1, fold=True).rows
            place = self.desk.library.place(shown, rows[0].id, fold=True) if rows else None
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
        if index is None or index < 0 or index == self.desk.articles.cursor:
            self.desk.say("No other unread article here.")
        else:
            self.desk.articles.stand_on(index)

    # -- the focus --------------------------------------------------------------------------------

    def open(self) -> None:
        """Into the article."""
        row = self.desk.articles.cursor_row
        if row is None and self.desk.open_row is None:
            return
        self.desk.enter_article()
        if row is not None:
            self.desk.open(row)
        self.desk.start_reading()
        self.rooms.recalling.remember()

    async def leave_search(self) -> None:
        """From the box to the results, once they are there: the next key is meant for them."""
        await self.desk.answered(self.desk.answers, self.desk.counts)
        self.desk.enter_list()
        self.desk.start_reading()
        self.rooms.recalling.remember()

    async def switch(self) -> None:
        """In the box take what is offered; else from the list to the article and back."""
        if await self.rooms.completing.take():
            return
        if self.desk.in_search:
            await self.leave_search()
        elif self.desk.in_article:
            self.desk.enter_list()
        else:
            self.open()

    def zen(self) -> None:
        """The article alone, or with the list again."""
        if self.desk.is_zen:
            self.desk.remove_class("-zen")
        elif self.desk.open_row is not None or self.desk.articles.cursor_row is not None:
            self.desk.add_class("-zen")
            self.open()
