"""The first line of the screen: a slash, the search box, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from rilo_reader.tui.widgets.list_row import colours_of, cut
from rilo_reader.tui.widgets.search_box import LineBox

if TYPE_CHECKING:
    from rilo_reader.tui.widgets.search_box import SearchBox


PLACEHOLDER = "search"

LEFT = " / "
RIGHT = 2
GAP = 2
"""Cells beside the box and the texts on its right."""

LEAST_BOX = 12
"""Cells that the box keeps, whatever is said beside it."""


class SearchRow(Widget, can_focus=False):
    """Draws all of the line itself but the box, which is made when it is first needed."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    SearchRow {
        height: 1;
        background: $page-ground;
        color: $page-dim;
        &:focus-within { color: $page-accent; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._box: SearchBox | None = None
        self._hidden = ""
        self._total = ""

    def compose(self) -> ComposeResult:
        """The box, where there is one already."""
        if self._box is not None:
            yield self._box

    @property
    def box(self) -> SearchBox:
        """Where one types; there from the first time that somebody asks for it."""
        if self._box is None:
            from rilo_reader.tui.widgets.search_box import SearchBox

            self._box = SearchBox(PLACEHOLDER)
            self._make_room()
            if self.is_attached:
                self.mount(self._box)
        return self._box

    @property
    def is_typed_in(self) -> bool:
        """Whether the box has the focus."""
        return self._box is not None and self._box.has_focus

    def write(self, text: str) -> None:
        """Show a query that was not typed; an empty box is not made for it."""
        if text or self._box is not None:
            self.box.write(text)

    @property
    def hidden(self) -> str:
        """What is said to be muted, "" where nothing is."""
        return self._hidden

    @property
    def total(self) -> str:
        """What is said of the number of articles."""
        return self._total

    def show_hidden(self, text: str) -> None:
        """Say what is muted, beside the total."""
        if text != self._hidden:
            self._hidden = text
            self._make_room()

    def show_total(
        self, found: int, everything: int, *, all_shown: bool, best_first: bool = False
    ) -> None:
        """Say how many articles are shown, of how many, and when their order is not by time."""
        text = f"{everything:,}" if all_shown else f"{found:,} of {everything:,}"
        text = f"best first · {text}" if best_first else text
        if text != self._total:
            self._total = text
            self._make_room()

    def on_resize(self) -> None:
        """What stands on the right may have to be shorter, or may be longer again."""
        self._make_room()

    def _make_room(self) -> None:
        """Leave the box what is not needed on its right."""
        self.refresh()
        if self._box is not None:
            right = cell_len(self._beside()) + RIGHT
            if self._box.styles.margin.right != right:
                self._box.styles.margin = (0, right, 0, len(LEFT))

    def _beside(self) -> str:
        """What is said on the right, as far as there is room."""
        parts = [part for part in (self._hidden, self._total) if part]
        text = "".join(" " * GAP + part for part in parts)
        room = self.size.width - len(LEFT) - LEAST_BOX - RIGHT
        if cell_len(text) <= room or not self.size.width:
            return text
        # The total is what one looks for; the rest of the line says what it can.
        total = " " * GAP + self._total
        left, _ = cut(self._hidden, room - cell_len(total) - GAP)
        return " " * GAP + left + total if left else total

    def render_line(self, y: int) -> Strip:
        """Slash, a word where the box will be, and what is said on the right."""
        here = self.rich_style
        ground = Style(bgcolor=here.bgcolor)
        dim = ground + colours_of(self).dim
        beside = self._beside()
        middle = max(0, self.size.width - len(LEFT) - cell_len(beside) - RIGHT)
        prompt = "" if self._box is not None else PLACEHOLDER[:middle]
        # Only the slash says that somebody types.
        line = [Segment(LEFT, here), Segment(prompt.ljust(middle), dim), Segment(beside, dim)]
        return Strip(line).adjust_cell_length(self.size.width, ground)


# A line to type into, as it looks in the panels over the reader.


class PanelLine(LineBox):
    """One line on the ground of the page, with air below; none on a low screen (`-low`)."""

    DEFAULT_CSS = """
    PanelLine, PanelLine:focus {
        border: none;
        height: 1;
        padding: 0;
        margin-bottom: 1;
        background: $page-ground;
        background-tint: $page-ground 0%;
        color: $page-text;
    }
    PanelLine > .input--placeholder {
        color: $page-dim;
        text-style: $dim-text-style;
    }
    .-low PanelLine { margin: 0; }
    """
