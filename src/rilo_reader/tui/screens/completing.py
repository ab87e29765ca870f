"""Thinking along while somebody types: what a word may become, and what was perhaps meant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.library import LibraryError
from rilo_reader.query.tree import Query
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from rilo_reader.query.completion import Offer, Unfinished
    from rilo_reader.tui.screens.reader import ReaderScreen

_QUOTES = ('"', "“", "”", "„")

MOST = 8
"""Words offered at once; a line holds no more."""


class Completing(Room):
    """Offers words under the search box, and another spelling where nothing is found.

    Both are asked for after the results are on the screen: neither delays a letter.
    """

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._offered_for = ""
        self._typed: Unfinished | None = None
        self._offers: tuple[Offer, ...] = ()
        self._meant = ""
        self._completions = Latest(desk, "completion", self._no_completion, patience=0)
        self._spellings = Latest(desk, "spelling", desk.say_error, patience=0)
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
