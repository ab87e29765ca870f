"""What was done with articles: its panel, in which any of it is taken back or done again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.store.gestures import GestureId
from rilo_reader.text import shown_title
from rilo_reader.tui.reader.context import Handler, ReaderPart

if TYPE_CHECKING:
    from rilo_reader.store.history import HistoryEntry
    from rilo_reader.tui.panels.history import HistoryPage, HistoryScreen
    from rilo_reader.tui.reader.context import ReaderContext
    from rilo_reader.tui.reader.undo import Show

PAGE = 100
"""Number of gestures that are loaded at once."""

NOTHING_LEFT = "Nothing of this is left as it was then: all of it was changed since."


Change = Callable[[GestureId], "Show | None"]
"""Takes a gesture back, or does it again; see `MarkController.take_back`."""


class GestureHistory(ReaderPart):
    """Opens the panel of the history, and changes what is chosen there."""

    def __init__(self, context: ReaderContext, take_back: Change, do_again: Change) -> None:
        super().__init__(context)
        self._take_back = take_back
        self._do_again = do_again
        self._panel: HistoryScreen | None = None
        self._wanted = PAGE
        self._loading = context.tasks.latest("history")

    def commands(self) -> Mapping[str, Handler]:
        """The command that opens the panel."""
        return {"history": self.open_history}

    # -- the panel --------------------------------------------------------------------------------

    def open_history(self) -> None:
        """Show what was done, on all devices."""
        self._wanted = PAGE
        # In the order of the keys: a mark may still be on its way.
        self.tasks.written.do(partial(self._read, PAGE), self._show)

    def _load_older(self) -> None:
        """Load more gestures than are shown."""
        if not self._loading.is_running:
            self._wanted += PAGE
            self._load()

    def marks_changed(self) -> None:
        """While the panel is open it shows what was done elsewhere."""
        if self._panel is not None:
            self._load()

    def _load(self) -> None:
        self._loading.ask(partial(self._read, self._wanted), self._show)

    def _read(self, wanted: int) -> HistoryPage:
        """The newest gestures; runs in a thread."""
        from rilo_reader.tui.panels.history import HistoryPage

        found: list[HistoryEntry] = []
        last: GestureId | None = None
        is_whole = False
        while len(found) < wanted and not is_whole:
            entries = self.library.history.entries(PAGE, last)
            found += [entry for entry in entries if entry.undoes is None]
            is_whole = len(entries) < PAGE
            last = entries[-1].id if entries else last
        articles = {entry.article for entry in found if entry.article is not None}
        titles = {row.id: shown_title(row.title) for row in self.article.rows_of(list(articles))}
        return HistoryPage(found, titles, is_whole)

    def _show(self, page: HistoryPage) -> None:
        from rilo_reader.tui.panels.history import HistoryScreen

        if self._panel is not None:
            self._panel.show(page)
            return
        self._panel = HistoryScreen(page)
        self._panel.heard = {
            HistoryScreen.Toggled: lambda it: self._toggle(it.entry),
            HistoryScreen.NearTheEnd: lambda _: self._load_older(),
        }
        self.widgets.message_listener = self._panel.show_message
        self.context.app.push_screen(self._panel, self._panel_left)

    def _panel_left(self, _: None) -> None:
        self._panel = self.widgets.message_listener = None
        self._loading.forget()

    # -- changes ----------------------------------------------------------------------------------

    def _toggle(self, entry: HistoryEntry) -> None:
        """Take back a gesture, or do it again if it is taken back."""
        change = self._do_again if entry.undone else self._take_back
        self.tasks.written.do(partial(change, entry.id), partial(self._toggled, entry))

    def _toggled(self, entry: HistoryEntry, show: Show | None) -> None:
        if show is None:
            self.context.show_message(NOTHING_LEFT)
        else:
            show()
            self.context.show_message(f"{'Redone' if entry.undone else 'Undone'}: {entry.title}")
        self.marks_changed()
