"""The panel of what was done with articles, on all devices; any of it is taken back there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, NamedTuple

from textual.binding import BindingType

from rilo_reader.article import ArticleId
from rilo_reader.dates import format_date
from rilo_reader.store.history import HistoryEntry
from rilo_reader.text import clean_line
from rilo_reader.tui.keys import Handler, PanelKey
from rilo_reader.tui.panels.panel import EntryPanel
from rilo_reader.tui.widgets.line_list import ListEntry

EMPTY_NOTE = (
    "No changes yet. What you star, mark and tag is listed here, and enter undoes any of it."
)
NEAR_THE_END = 20  # lines above the last one from which older gestures are loaded


class HistoryPage(NamedTuple):
    """Gestures, as the panel lists them."""

    entries: Sequence[HistoryEntry] = ()  # newest first, without those that only take back others
    titles: Mapping[ArticleId, str] = {}  # of articles that are the only one of a gesture
    is_whole: bool = True  # whether there are no older gestures


class HistoryScreen(EntryPanel[HistoryEntry]):
    """A list of gestures: what, of which article, where and when."""

    TITLE = "History of changes"
    BINDINGS: ClassVar[list[BindingType]] = [("W", "dismiss")]

    WIDTH = 96

    def __init__(
        self,
        page: HistoryPage,
        toggle: Callable[[HistoryEntry], object],
        load_older: Handler,
    ) -> None:
        """Create a panel; `toggle` undoes a gesture, or redoes it if it is undone."""

        def list_keys(panel: HistoryScreen) -> Sequence[PanelKey]:
            if (entry := panel.current_payload) is None:
                return ()
            hint = "enter redo it" if entry.is_undone else "enter undo it"
            return (PanelKey("enter", hint, partial(toggle, entry)),)

        super().__init__(list_keys)
        self._load_older = load_older
        self.show_page(page)

    def show_page(self, page: HistoryPage) -> None:
        """Show what was done, with the cursor on the same gesture."""
        self._page = page
        devices = {entry.device for entry in page.entries}
        lines = [self._make_entry(entry, with_device=len(devices) > 1) for entry in page.entries]
        self.show_entries(lines)
        self.show_note("" if lines else EMPTY_NOTE)

    def _make_entry(self, entry: HistoryEntry, *, with_device: bool) -> ListEntry:
        title = self._page.titles.get(entry.article, "") if entry.article is not None else ""
        detail = " · ".join(filter(None, ("undone" if entry.is_undone else "", title)))
        side = f"{clean_line(entry.device)}  " if with_device else ""
        date = format_date(entry.time, False)
        return ListEntry(clean_line(entry.title), detail, side, date, payload=entry, key=entry.id)

    def action_move(self, rows: int) -> None:
        """Move by gestures; older ones are loaded before the end is reached."""
        super().action_move(rows)
        if not self._page.is_whole and self._list.cursor >= len(self.entries) - NEAR_THE_END:
            self._load_older()
