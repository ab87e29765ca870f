"""Thinking along while somebody types: what a word may become, and what was perhaps meant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.library import LibraryError
from rilo_reader.query.tree import Query, Sort
from rilo_reader.tui.reader.controllers import Controller
from rilo_reader.tui.tasks import LatestTask

if TYPE_CHECKING:
    from rilo_reader.query.completion import Offer, Unfinished
    from rilo_reader.tui.reader.screen import ReaderScreen
    from rilo_reader.tui.widgets.timeline import Span


_QUOTES = ('"', "“", "”", "„")

MOST = 8
"""Words offered at once; a line holds no more."""


class Completing(Controller):
    """Offers words under the search box, and another spelling where nothing is found.

    Both are asked for after the results are on the screen: neither delays a letter.
    """

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._offered_for = ""
        self._typed: Unfinished | None = None
        self._offers: tuple[Offer, ...] = ()
        self._meant = ""
        self._completions = LatestTask(desk, "completion", self._no_completion, patience=0)
        self._spellings = LatestTask(desk, "spelling", desk.say_error, patience=0)
        desk.watch(desk.search_row.box, "selection", self._cursor_moved, init=False)

    def results_shown(self) -> None:
        """Other results: another word is being typed, or nothing was found."""
        self._meant = ""
        self._share_line()
        if self.desk.in_search:
            self._complete()
        if (
            not self.desk.articles.total
            and self.desk.everything
            and self.desk.span is None
            and self.desk.text.strip()
        ):
            self._spellings.ask(
                partial(self.desk.library.insight.did_you_mean, self.desk.asked),
                partial(self._show_meant, self.desk.text),
            )

    def box_left(self) -> None:
        """Nobody types."""
        self._offer("", None, ())

    # -- completion -------------------------------------------------------------------------------

    def _complete(self) -> None:
        from rilo_reader.query.completion import unfinished

        text = self.desk.search_row.box.value
        typed = unfinished(text, [search.name for search in self.desk.config.searches])
        if typed is None:
            self._completions.forget()
            self._offer(text, None, ())
        else:
            self._completions.ask(
                partial(self._find, typed, self._completions.wanted()),
                partial(self._offer_found, text, typed),
            )

    def _find(self, typed: Unfinished, wanted: Callable[[], bool]) -> tuple[Offer, ...]:
        """What the word may become; runs in a thread, and ends early where nobody wants it."""
        from rilo_reader.query.completion import offered

        found = (
            self.desk.library.insight.suggest(typed.begun, typed.field, MOST + 1, wanted)
            if typed.field is not None
            else ()
        )
        return offered(typed, found, MOST)

    def _offer_found(self, text: str, typed: Unfinished, offers: tuple[Offer, ...]) -> None:
        if self.desk.in_search and text == self.desk.search_row.box.value:
            self._offer(text, typed, offers)

    def _offer(self, text: str, typed: Unfinished | None, offers: tuple[Offer, ...]) -> None:
        self._offered_for, self._typed, self._offers = text, typed, offers
        self.desk.completion_line.offer([(offer.shown, offer.hits) for offer in offers])
        self._share_line()

    def _share_line(self) -> None:
        """A fault takes the line, but for the quotation that one is in the middle of."""
        faults = self.desk.asked.faults
        is_open_quote = self.desk.in_search and all(
            self.desk.text[fault.start : fault.end] in _QUOTES for fault in faults
        )
        is_faulty = bool(faults) and not (self._offers and is_open_quote)
        self.desk.set_class(is_faulty, "-faulty")
        self.desk.fault_line.display = is_faulty

    def _no_completion(self, _: LibraryError) -> None:
        """The search itself says what is wrong with the index."""
        self._offer("", None, ())

    def _cursor_moved(self) -> None:
        """The next letter: nobody wants what was asked for the last one.

        Away from the end of the line there is nothing to complete.
        """
        self._completions.forget()
        box = self.desk.search_row.box
        if self._offers and box.cursor_position != len(box.value):
            self._offer("", None, ())

    async def take(self) -> bool:
        """Take what is offered; False where nothing is."""
        if self.desk.in_search:
            # Somebody who types fast means what would be offered now.
            await self.desk.answered(self.desk.answers, self._completions, while_typing=True)
        return self._take() or await self._take_meant()

    def _take(self) -> bool:
        box = self.desk.search_row.box
        shown = self.desk.completion_line.display and not self.desk.has_class("-faulty")
        if not (self.desk.in_search and shown and self._offers and self._typed is not None):
            return False
        if self._offered_for != box.value or box.cursor_position != len(box.value):
            return False
        box.value = box.value[: self._typed.start] + self._offers[0].text
        box.cursor_position = len(box.value)
        return True

    # -- did you mean -----------------------------------------------------------------------------

    def _show_meant(self, text: str, meant: Query | None) -> None:
        from rilo_reader.query.printer import to_text

        if meant is None or text != self.desk.text or self.desk.articles.total:
            return
        self._meant = to_text(meant)
        self.desk.articles.show_message(
            f"Nothing matches. Did you mean {self._meant}?\n"
            f"{self.desk.key_of('switch')} takes it, {self.desk.key_of('back')} clears the search."
        )

    async def _take_meant(self) -> bool:
        if self.desk.articles.total or self.desk.in_article:
            return False
        await self.desk.answered(self._spellings, while_typing=True)
        if not self._meant:
            return False
        # A blank at the end: these words are whole.
        self.rooms.searching.change_query(f"{self._meant} ", stay=False)
        return True


# The searches of before: up and down in the empty search box, kept when they were used.


class Recalling(Controller):
    """Remembers searches that led somewhere, and shows them again."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._wanted = ""
        self._entries: list[str] | None = None
        self._entry = -1
        self._remembering = LatestTask(desk, "history", desk.say_error)

    # -- showing ----------------------------------------------------------------------------------

    def show_older(self) -> bool:
        """In the empty box the search before, and on from there; False where none is meant."""
        if self.desk.in_search and self.desk.config.history and self._stands_in_history():
            self._recall(1)
            return True
        return False

    def show_newer(self) -> bool:
        """Back to newer searches, in the end to the empty box; False where none is meant."""
        if self.desk.in_search and self._entry >= 0 and self._stands_in_history():
            self._recall(-1)
            return True
        return False

    def _stands_in_history(self) -> bool:
        text = self.desk.search_row.box.value
        if self._entry >= 0 and self._entries is not None and text == self._entries[self._entry]:
            return True
        self._entry = -1
        return not text

    def _recall(self, step: int) -> None:
        if self._entry < 0:
            self._remembering.ask(self.desk.library.searches, partial(self._show_entry, step))
        elif self._entries is not None:
            self._show_entry(step, self._entries)

    def _show_entry(self, step: int, entries: list[str]) -> None:
        self._entries = entries
        self._entry = max(-1, min(self._entry + step, len(entries) - 1))
        text = entries[self._entry] if self._entry >= 0 else ""
        self.show_search(text)

    def show_search(self, text: str) -> None:
        """Show a search that was asked for by its name or from the history."""
        self._wanted = text.strip()
        self.rooms.searching.change_query(text, stay=False)

    # -- remembering ------------------------------------------------------------------------------

    def typed(self, text: str) -> None:
        """What is typed is wanted; what a key adds, such as is:unread, is no search of its own."""
        self._wanted = text.strip()

    def remember(self) -> None:
        """Somebody goes on to the results: the search was of use."""
        text = self.desk.text.strip()
        if self.desk.config.history and text and text == self._wanted and self.desk.articles.total:
            self._wanted = ""
            self.desk.written.do(partial(self.desk.library.remember_search, text))

    def forget_searches(self) -> None:
        """Clear the history, on the disk too."""
        self._entry = -1
        self.desk.written.do(
            self.desk.library.forget_searches,
            lambda _: self.desk.say("Forgot what was searched for"),
        )


# Searching: results while one types, and back to where one was.


class Place(NamedTuple):
    """Where one was before a search: the article, how far in it, its row, its line in the list."""

    article: ArticleId | None
    position: int
    row: int
    line: int


class Searching(Controller):
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
