"""The words that a publisher changed, in the reader: old ones are struck, new ones underlined."""

from __future__ import annotations

from functools import partial

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from rilo_reader.dates import format_date
from rilo_reader.plugins.edits.changes import Sign
from rilo_reader.plugins.edits.record import Changes, read_changes
from rilo_reader.tui.panels.panel import TextScreen
from rilo_reader.tui.reader.controller import Controller, ReaderContext

_STYLES = {Sign.SAME: "", Sign.GONE: "strike red", Sign.NEW: "underline green"}


class ChangesController(Controller):
    """Reads what changed in the article, and opens a panel with it."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._reading = context.tasks.make_latest("changes")
        self.commands = {"changes": self._read_changes}

    def _read_changes(self) -> None:
        row = self.article.target_row
        if row is None:
            self.widgets.show_message("There is no article.")
            return
        self._reading.request(partial(read_changes, self.library, row.id), self._show_changes)

    def _show_changes(self, changes: Changes | None) -> None:
        if changes is None:
            self.widgets.show_message("This article has not changed since you read it.")
        else:
            self.open_panel(ChangesScreen(changes))


class ChangesScreen(TextScreen):
    """The words that went and came, with signs where there are no colours."""

    def __init__(self, changes: Changes) -> None:
        lines = ("".join(piece.marked for piece in line) for line in changes.lines)
        since = format_date(changes.since.astimezone(), False, form="iso")
        super().__init__(f"Changed since {since}", "\n\n".join(lines))
        self._changes = changes

    def compose_body(self) -> ComposeResult:
        """Show the text, and the keys below it."""
        with VerticalScroll(id="rows"):
            yield Static(self._text if self.app.no_color else self._make_styled(), markup=False)
        yield Static("↑ ↓ space scroll   y copy   esc close", id="keys", markup=False)

    def _make_styled(self) -> Text:
        lines = (
            Text.assemble(*((piece.text, _STYLES[piece.sign]) for piece in line))
            for line in self._changes.lines
        )
        return Text("\n\n").join(lines)
