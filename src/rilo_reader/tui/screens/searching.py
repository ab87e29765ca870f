"""Searching: results while one types, and back to where one was."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.widgets import Input

from rilo_reader.article import ArticleId
from rilo_reader.config import Config
from rilo_reader.library import Library
from rilo_reader.search.query import Sort, highlights
from rilo_reader.tui.screens.navigation import Navigation
from rilo_reader.tui.widgets.search_box import SearchBox

if TYPE_CHECKING:
    from rilo_reader.tui.widgets.time_slices import Span


class Place(NamedTuple):
    """Where one was before a search: the article, how far in it, its row, its line in the list."""

    article: ArticleId | None
    position: int
    row: int
    line: int


class Searching(Navigation):
    """The search box and the commands that change the query."""

    def __init__(self, library: Library, config: Config) -> None:
        super().__init__(library, config)
        self._before: Place | None = None

    def action_search(self) -> None:
        """Into the search box."""
        self.remove_class("-zen", "-reading")
        self.stop_reading()
        self.set_focus(self.search_row.box, scroll_visible=False)
        self.search_row.box.select_all()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Results as one types; the search before this one is dropped."""
        event.stop()
        self.search(event.value)

    async def on_search_box_left(self, _: SearchBox.Left) -> None:
        """On to the results."""
        await self.leave_search()

    def search(self, text: str, *, stay: bool = False) -> None:
        """Show the results of a query.

        Args:
            text: what to find; blank shows everything, at the place before the search.
            stay: stand on the same article where it is among the results.
        """
        if text != self.text:
            self.narrow_to(text, self.span, stay=stay)

    def narrow_to(self, text: str, span: Span | None, *, stay: bool = False) -> None:
        """Show the results of a query in a slice of time; see `search`."""
        was_on = bool(self.text.strip()) or self.span is not None
        self.span = span
        if text.strip() or span is not None:
            if not was_on:
                self._before = self._place()
            here = self.articles.cursor_row
            stand_on = here.id if stay and here is not None else None
            self.ask(text, stand_on=stand_on)
            return
        place = self._before or self._place()
        self._before = None
        self.ask(
            text,
            stand_on=place.article,
            index=place.row,
            line=place.line,
            then=partial(self._return_to, place),
        )

    def _place(self) -> Place:
        row = self.articles.cursor_row or self.open_row
        return Place(
            row.id if row else None,
            self.position_of(row.id) if row else 0,
            self.articles.cursor,
            self.articles.cursor_line,
        )

    def _return_to(self, place: Place) -> None:
        if place.article is not None:
            self.go_back_to(place.article, place.position)

    def results_shown(self) -> None:
        """The open article marks the hits of the query that is shown."""
        super().results_shown()
        self.view.set_words(highlights(self.query_shown))
        self.bottom.show_place("")
        self.keep_soon()

    def action_back(self) -> None:
        """One step back: out of the article, of the slice of time, of the search."""
        if self.in_search and self.span is not None:
            self.widen()
        elif self.in_search:
            self.clear_search()
            self.enter_list()
        elif self.is_zen or self.in_article:
            self.enter_list()
        elif self.span is not None:
            self.widen()
        elif self.text:
            self.clear_search()

    def widen(self) -> None:
        """The results of all years again."""
        self.narrow_to(self.text, None, stay=True)

    def clear_search(self) -> None:
        """Everything again, at the place before the search."""
        self.change_query("")

    def action_toggle_unread(self) -> None:
        """Only unread articles, or all."""
        self._toggle("is:unread")

    def action_toggle_starred(self) -> None:
        """Only starred articles, or all."""
        self._toggle("is:starred")

    def _toggle(self, word: str) -> None:
        from rilo_reader.search.editing import holds, lift, restrict

        saved = self.saved_queries
        change = lift if holds(self.text, word, saved=saved) else restrict
        self.change_query(change(self.text, word, saved=saved))

    def action_relevance(self) -> None:
        """The best match first, or the newest."""
        from rilo_reader.search.editing import with_sort

        saved = self.saved_queries
        if self.asked.sort is Sort.RELEVANCE:
            self.change_query(with_sort(self.text, Sort.NEWEST, saved=saved))
        else:
            text = with_sort(self.text, Sort.RELEVANCE, saved=saved)
            self.change_query(text, stay=False)

    def change_query(self, text: str, *, stay: bool = True) -> None:
        """Show another query, as if it had been typed; stay on the article where it is found."""
        self.search_row.box.write(text)
        self.search(text, stay=stay)
