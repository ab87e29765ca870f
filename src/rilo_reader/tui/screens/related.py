"""A small list of articles that belong to the open one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from rilo_reader.article import shown_title
from rilo_reader.library import Row
from rilo_reader.render.dates import human
from rilo_reader.tui.widgets.entry_list import Entry, EntryList


class RelatedScreen(ModalScreen[Row | None]):
    """Copies first, then related articles; the result is the one that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,m", "leave", show=False),
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("ctrl+d,pagedown,space", "move(8)", show=False),
        Binding("ctrl+u,pageup", "move(-8)", show=False),
        Binding("g,home", "move(-1000)", show=False),
        Binding("G,end", "move(1000)", show=False),
        Binding("enter", "open", show=False),
    ]

    DEFAULT_CSS = """
    RelatedScreen {
        align: center middle;
        background: $page-ground 60%;
        #related {
            width: 84;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 1 2;
            background: $row-ground;
            color: $page-text;
        }
        #keys {
            height: 1;
            margin-top: 1;
            padding: 0 1;
            color: $page-dim;
            text-style: $dim-text-style;
        }
        &.-low #related { padding: 0 1; }
        &.-low #keys { margin: 0; }
    }
    """

    def __init__(self, copies: Sequence[Row], related: Sequence[Row], date_format: str) -> None:
        super().__init__()
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
        self._list = EntryList(entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The lines."""
        return self._list.entries

    def compose(self) -> ComposeResult:
        """The list and the keys."""
        with Vertical(id="related"):
            yield self._list
            yield Static("enter opens   esc closes", id="keys", markup=False)

    def on_resize(self) -> None:
        """As many lines as there is room for; low screens have no air to spare."""
        height = self.app.size.height
        self.set_class(height < 20, "-low")
        self._list.styles.height = max(1, min(len(self._rows), height - (2 if height < 20 else 6)))

    def action_move(self, rows: int) -> None:
        """Move by articles."""
        self._list.move(rows)

    def action_open(self) -> None:
        """Open the article."""
        self.dismiss(self._rows[self._list.cursor])

    def on_entry_list_chosen(self, _: EntryList.Chosen) -> None:
        """A click opens too."""
        self.action_open()

    def action_leave(self) -> None:
        """Open none."""
        self.dismiss(None)
