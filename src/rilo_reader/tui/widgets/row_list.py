"""Rows drawn on demand: what is known of them, and their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

from rich.segment import Segment
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rilo_reader.article import ArticleId
from rilo_reader.library.values import Row, Snippet, Window
from rilo_reader.render.dates import human
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.list_row import AROUND, Look, blank_row, draw_row

KEPT = 6_000
"""Rows held at most; those far from the cursor are let go."""

MOST_DRAWN = 400
"""Rows whose lines are kept, so that scrolling does not draw them again."""


class RowList(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws the rows it knows; those it does not know are blank.

    A row is two lines high, three with room for a snippet. `cursor` is the index one stands on.
    """

    cursor: reactive[int] = reactive(0, repaint=False)

    def __init__(self, date_format: str) -> None:
        """Make an empty list that shows dates in this format."""
        super().__init__()
        self._date_format = date_format
        self._total = 0
        self._rows: dict[int, Row] = {}
        self._snippets: Mapping[ArticleId, Snippet] = {}
        self._row_height = 2
        self._drawn: dict[int, tuple[Strip, ...]] = {}
        self._how: Look | None = None
        self._message = ""

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self._total

    @property
    def row_height(self) -> int:
        """Lines of a row."""
        return self._row_height

    @property
    def snippets(self) -> Mapping[ArticleId, Snippet]:
        """The snippets it was given for these results."""
        return self._snippets

    @property
    def snippet_cells(self) -> int:
        """Cells there are for a snippet, less the marks of what is cut away."""
        return max(1, self.size.width - AROUND - len("…  …"))

    def row_at(self, index: int) -> Row | None:
        """The row at an index, where it is known."""
        return self._rows.get(index)

    def rows_in_view(self) -> list[Row]:
        """The known rows that can be seen, from the top."""
        return [row for i in self.range_in_view if (row := self._rows.get(i)) is not None]

    @property
    def range_in_view(self) -> range:
        """The indexes of the rows that can be seen."""
        first = int(self.scroll_offset.y) // self._row_height
        last = (int(self.scroll_offset.y) + max(1, self.size.height) - 1) // self._row_height
        return range(max(0, first), min(self._total, last + 1))

    def change_rows(self, rows: Sequence[Row]) -> None:
        """Show these articles anew, wherever they stand (their marks changed)."""
        changed = {row.id: row for row in rows}
        for index, row in self._rows.items():
            if row.id in changed:
                self._rows[index] = changed[row.id]._replace(copies=row.copies)
                self._drawn.pop(index, None)
        self.refresh()

    def show_snippets(self, snippets: Mapping[ArticleId, Snippet]) -> None:
        """Show these pieces of text in the third line of their rows; others keep none."""
        self._snippets = dict(snippets)
        self._forget_drawn()

    def show_message(self, text: str) -> None:
        """What stands in the list while it has no rows."""
        if text != self._message:
            self._message = text
            self.refresh()

    def _remember(self, window: Window) -> None:
        if len(self._rows) + len(window.rows) > KEPT:
            middle = self.cursor
            near = range(middle - KEPT // 4, middle + KEPT // 4)
            self._rows = {i: row for i, row in self._rows.items() if i in near}
        self._rows.update(enumerate(window.rows, window.offset))

    def watch_cursor(self, before: int, now: int) -> None:
        """Draw the two rows anew whose look depends on the cursor."""
        for index in (before, now):
            self._drawn.pop(index, None)
            self.refresh_lines(index * self._row_height, self._row_height)

    def on_focus(self) -> None:
        """The bar is bright while the list has the focus."""
        self._forget_drawn()

    def on_blur(self) -> None:
        """The bar is dim without the focus."""
        self._forget_drawn()

    def notify_style_update(self) -> None:
        """Another theme draws rows in other colours."""
        super().notify_style_update()
        self._forget_drawn()

    def render_line(self, y: int) -> Strip:
        """One line of what can be seen."""
        if not self._total:
            return self._message_line(y)
        index, line = divmod(y + int(self.scroll_offset.y), self._row_height)
        if index >= self._total:
            return blank_row(self._look())[0]
        strips = self._drawn.get(index)
        if strips is None:
            if len(self._drawn) > MOST_DRAWN:
                self._drawn.clear()
            strips = self._drawn[index] = self._draw(index)
        return strips[line]

    def _draw(self, index: int) -> tuple[Strip, ...]:
        row = self._rows.get(index)
        if row is None:
            return blank_row(self._look())
        date = human(row.date, row.date_only, form=self._date_format)
        snippet = self._snippets.get(row.id)
        return draw_row(row, date, snippet, self._look(), stands=index == self.cursor)

    def _look(self) -> Look:
        if self._how is None:
            self._how = Look(
                self.size.width,
                self._row_height,
                colours_of(self),
                self.rich_style,
                self.has_focus,
            )
        return self._how

    def _forget_drawn(self) -> None:
        self._drawn.clear()
        self._how = None
        self.refresh()

    def _message_line(self, y: int) -> Strip:
        look = self._look()
        room = max(10, look.width - 6)
        lines = [line for text in self._message.splitlines() for line in wrap(text, room)]
        text = lines[y - 1] if 0 < y <= len(lines) else ""
        strip = Strip([Segment("   "), Segment(text, look.colours.dim)])
        return strip.adjust_cell_length(look.width).apply_style(look.ground)
