"""Searching: results while one types, and back to where one was."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.query.tree import Sort
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from rilo_reader.tui.screens.reader import ReaderScreen
    from rilo_reader.tui.widgets.timeline import Span


class Place(NamedTuple):
    """Where one was before a search: the article, how far in it, its row, its line in the list."""

    article: ArticleId | None
    position: int
    row: int
    line: int


class Searching(Room):
    """The search box and the commands that change the query."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._before: Place | None = None

    def search(self) -> None:
        """Into the search box."""
        self.desk.remove_class("-zen", "-reading")
        self.desk.stop_reading()
        self.desk.set_focus(self.desk.search_row.box, scroll_visible=False)
        self.desk.search_row.box.select_all()

    def show(self, text: str, *, stay: bool = False) -> None:
        """Show the results of a query.

        Args:
            text: what to find; blank shows everything, at the place before the search.
            stay: stand on the same article where it is among the results.
        """
        if text != self.desk.text:
            self.narrow_to(text, self.desk.span, stay=stay)

    def narrow_to(self, text: str, span: Span | None, *, stay: bool = False) -> None:
        """Show the results of a query in a slice of time; see `show`."""
        self.rooms.hiding.keep_day()
        was_on = bool(self.desk.text.strip()) or self.desk.span is not None
        self.desk.span = span
        if text.strip() or span is not None:
            if not was_on:
                self._before = self._place()
            here = self.desk.articles.cursor_row
            stand_on = here.id if stay and here is not None else None
            self.desk.ask(text, stand_on=stand_on)
            return
        place = self._before or self._place()
        self._before = None
        self.desk.ask(
            text,
            stand_on=place.article,
            index=place.row,
            line=place.line,
            then=partial(self._return_to, place),
        )

    def show_everything(self, stand_on: ArticleId) -> None:
        """No search any more, and no way back to where one was before it: to an article."""
        self._before = None
        self.desk.span = None
        self.desk.search_row.box.write("")
        self.desk.ask("", stand_on=stand_on)

    def _place(self) -> Place:
        row = self.desk.articles.cursor_row or self.desk.open_row
        return Place(
            row.id if row else None,
            self.desk.position_of(row.id) if row else 0,
            self.desk.articles.cursor,
            self.desk.articles.cursor_line,
        )

    def _return_to(self, place: Place) -> None:
        if place.article is not None:
            self.desk.go_back_to(place.article, place.position)

    def back(self) -> None:
        """One step back: to where one came from, out of the article, the slice, the search."""
        if self.rooms.relating.go_back():
            return
        if self.desk.in_search and self.desk.span is not None:
            self.widen()
        elif self.desk.in_search:
            self.clear_search()
            self.desk.enter_list()
        elif self.desk.is_zen or self.desk.in_article:
            self.desk.enter_list()
        elif self.desk.span is not None:
            self.widen()
        elif self.desk.text:
            self.clear_search()

    def widen(self) -> None:
        """The results of all years again."""
        self.narrow_to(self.desk.text, None, stay=True)

    def clear_search(self) -> None:
        """Everything again, at the place before the search."""
        self.change_query("")

    def toggle_unread(self) -> None:
        """Only unread articles, or all."""
        self._toggle("is:unread")

    def toggle_starred(self) -> None:
        """Only starred articles, or all."""
        self._toggle("is:starred")

    def _toggle(self, word: str) -> None:
        from rilo_reader.query.edit import holds, lift, restrict

        saved = self.desk.saved_queries
        change = lift if holds(self.desk.text, word, saved=saved) else restrict
        self.change_query(change(self.desk.text, word, saved=saved))

    def relevance(self) -> None:
        """The best match first, or the newest."""
        from rilo_reader.query.edit import with_sort

        saved = self.desk.saved_queries
        if self.desk.asked.sort is Sort.RELEVANCE:
            self.change_query(with_sort(self.desk.text, Sort.NEWEST, saved=saved))
        else:
            text = with_sort(self.desk.text, Sort.RELEVANCE, saved=saved)
            self.change_query(text, stay=False)

    def change_query(self, text: str, *, stay: bool = True) -> None:
        """Show another query, as if it had been typed; stay on the article where it is found."""
        self.desk.search_row.box.write(text)
        self.show(text, stay=stay)
