"""The first line: the search box, and beside it what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.strip import Strip

from rilo_reader.tui.widgets.colours import DrawnLine, colours_of
from rilo_reader.tui.widgets.truncate import cut_text

if TYPE_CHECKING:
    from rilo_reader.tui.widgets.search_box import SearchBox

PLACEHOLDER = "search"

LEFT_LABEL = " / "
RIGHT = 2
GAP = 2  # cells between the box and the text on its right
LEAST_BOX = 12  # minimum width of the box, in cells


class SearchRow(DrawnLine, can_focus=False):
    """Draws the whole line except for the box, which is created on first use."""

    DEFAULT_CSS = """
    SearchRow {
        color: $page-dim;
        &:focus-within { color: $page-accent; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._box: SearchBox | None = None
        self.hidden_text = ""  # the text about muted articles
        self.whole_word_text = ""  # what the last word alone would find
        self.total_text = ""  # the text about the number of articles

    def compose(self) -> ComposeResult:
        """Mount the box if it exists already."""
        if self._box is not None:
            yield self._box

    @property
    def box(self) -> SearchBox:
        """The search box; created on first access."""
        if self._box is None:
            from rilo_reader.tui.widgets.search_box import SearchBox

            self._box = SearchBox(PLACEHOLDER)
            self._fit_box()
            if self.is_attached:
                self.mount(self._box)
        return self._box

    @property
    def is_typed_in(self) -> bool:
        """True if the box has the focus."""
        return self._box is not None and self._box.has_focus

    def show_text(self, text: str) -> None:
        """Show a query; no box is created for an empty one."""
        if text or self._box is not None:
            self.box.show_text(text)

    def show_hidden(self, text: str) -> None:
        """Show how many articles are muted, next to the total."""
        self.hidden_text = text
        self._fit_box()

    def show_whole(self, text: str) -> None:
        """Show what the last word alone would find, next to the total."""
        self.whole_word_text = text
        self._fit_box()

    def show_total(
        self, found: int, everything: int, *, all_shown: bool, label: str = "", further: str = ""
    ) -> None:
        """Show the number of articles found, out of how many, and what these are (`label`).

        `further` is what is to be said of those that are elsewhere.
        """
        text = f"{everything:,}" if all_shown else f"{found:,} of {everything:,}"
        text = f"{text} · {further}" if further else text
        self.total_text = f"{label} · {text}" if label else text
        self._fit_box()

    def on_resize(self) -> None:
        self._fit_box()

    def _fit_box(self) -> None:
        self.refresh()
        if self._box is not None:
            right = cell_len(self._side_text()) + RIGHT
            if self._box.styles.margin.right != right:
                self._box.styles.margin = (0, right, 0, len(LEFT_LABEL))

    def _side_text(self) -> str:
        """Return the text on the right, as far as it fits."""
        parts = [part for part in (self.hidden_text, self.whole_word_text, self.total_text) if part]
        text = "".join(" " * GAP + part for part in parts)
        width = self.size.width - len(LEFT_LABEL) - LEAST_BOX - RIGHT
        if cell_len(text) <= width or not self.size.width:
            return text
        # The total matters most; the other texts get the rest of the width.
        total = "".join(
            " " * GAP + part for part in (self.whole_word_text, self.total_text) if part
        )
        if cell_len(total) > width:
            total = " " * GAP + self.total_text
        left, _ = cut_text(self.hidden_text, width - cell_len(total) - GAP)
        return " " * GAP + left + total if left else total

    def render_line(self, y: int) -> Strip:
        """Return the slash, a placeholder if there is no box, and the text on the right."""
        here = self.rich_style
        ground = Style(bgcolor=here.bgcolor)
        dim = ground + colours_of(self).dim
        side = self._side_text()
        middle = max(0, self.size.width - len(LEFT_LABEL) - cell_len(side) - RIGHT)
        prompt = "" if self._box is not None else PLACEHOLDER[:middle]
        # The slash alone shows that the box has the focus.
        line = [Segment(LEFT_LABEL, here), Segment(prompt.ljust(middle), dim), Segment(side, dim)]
        return Strip(line).adjust_cell_length(self.size.width, ground)
