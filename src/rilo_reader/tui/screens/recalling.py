"""The searches of before: up and down in the empty search box, kept when they were used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from rilo_reader.tui.screens.reader import ReaderScreen


class Recalling(Room):
    """Remembers searches that led somewhere, and shows them again."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._wanted = ""
        self._entries: list[str] | None = None
        self._entry = -1
        self._remembering = Latest(desk, "history", desk.say_error)

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
