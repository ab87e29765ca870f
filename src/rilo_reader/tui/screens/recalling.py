"""The searches of before: up and down in the empty search box, kept when they were used."""

from __future__ import annotations

from functools import partial

from textual.widgets import Input

from rilo_reader.config import Config
from rilo_reader.library import Library
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.searching import Searching


class Recalling(Searching):
    """Remembers searches that led somewhere, and shows them again."""

    def __init__(self, library: Library, config: Config) -> None:
        super().__init__(library, config)
        self._wanted = ""
        self._entries: list[str] | None = None
        self._entry = -1
        self._remembering = Latest(self, "history", self.say_error)

    # -- showing ----------------------------------------------------------------------------------

    def action_up(self) -> None:
        """In the empty box the search before, and on from there."""
        if self.in_search and self.config.history and self._stands_in_history():
            self._recall(1)
        else:
            super().action_up()

    async def action_down(self) -> None:
        """In the box back to newer searches, in the end to the empty box; else on."""
        if self.in_search and self._entry >= 0 and self._stands_in_history():
            self._recall(-1)
        else:
            await super().action_down()

    def _stands_in_history(self) -> bool:
        text = self.search_row.box.value
        if self._entry >= 0 and self._entries is not None and text == self._entries[self._entry]:
            return True
        self._entry = -1
        return not text

    def _recall(self, step: int) -> None:
        if self._entry < 0:
            self._remembering.ask(self.library.searches, partial(self._show_entry, step))
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
        self.change_query(text, stay=False)

    # -- remembering ------------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed is wanted; what a key adds, such as is:unread, is no search of its own."""
        self._wanted = event.value.strip()

    async def leave_search(self) -> None:
        """On to the results: the search was of use."""
        await super().leave_search()
        self._remember()

    def action_open(self) -> None:
        """Into an article that was found."""
        super().action_open()
        self._remember()

    def _remember(self) -> None:
        text = self.text.strip()
        if self.config.history and text and text == self._wanted and self.articles.total:
            self._wanted = ""
            self.written.do(partial(self.library.remember_search, text))

    def action_forget_searches(self) -> None:
        """Clear the history, on the disk too."""
        self._entry = -1
        self.written.do(
            self.library.forget_searches, lambda _: self.say("Forgot what was searched for")
        )
