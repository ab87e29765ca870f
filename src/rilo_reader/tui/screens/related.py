"""A small list of articles that belong to the open one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from rilo_reader.library import Row
from rilo_reader.render.dates import human
from rilo_reader.text import shown_title
from rilo_reader.tui.screens.panel import EntryPanel
from rilo_reader.tui.widgets.line_list import Entry


class RelatedScreen(EntryPanel[Row]):
    """Copies first, then related articles; the result is the one that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "leave", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(self, copies: Sequence[Row], related: Sequence[Row], date_format: str) -> None:
        self._rows: list[Row | None] = []
        entries: list[Entry] = []
        for heading, rows in (("The same story", copies), ("More like this", related)):
            if rows:
                entries.append(Entry(heading, is_heading=True))
                self._rows.append(None)
            for row in rows:
                origin = row.source or row.path.rpartition("/")[0]
                date = human(row.date, row.date_only, form=date_format)
                between = " · " if origin and date else ""
                entries.append(Entry(shown_title(row.title), side=origin, date=between + date))
                self._rows.append(row)
        super().__init__(tuple(entries), "enter opens   esc closes")

    def compose(self) -> ComposeResult:
        """The list and the keys."""
        with Vertical(id="panel"):
            yield self._list
            yield self._last_line

    def action_choose(self) -> None:
        """Open the article."""
        self.dismiss(self._rows[self._list.cursor])
