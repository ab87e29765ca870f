"""A picture alone: as large as the screen, with its description below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from rilo_reader.plugins.pictures.drawing import DrawnPicture
from rilo_reader.tui.panels.panel import Panel, fit_hints

KEYS = ("esc back", "o browser", "n next", "N previous")


class PictureBox(Widget):
    """Shows a picture in its middle."""

    DEFAULT_CSS = "PictureBox { height: 1fr; background: $page-ground; }"

    drawn: DrawnPicture | None = None
    cell_size = (0, 0)  # its columns and lines

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        columns, rows = self.cell_size
        line = y - max((height - rows) // 2, 0)
        base = self.rich_style
        segments = self.drawn.cells_of_row(line) if self.drawn and 0 <= line < rows else ()
        margin = Segment(" " * max((width - columns) // 2, 0), base)
        pieces = [Segment(text, base + style if style else base) for text, style, _ in segments]
        return Strip([margin, *pieces]).adjust_cell_length(width, base)


class PictureScreen(Panel):
    """One of the pictures of an article over the whole screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,enter,h,left", "dismiss"),
        ("n,j,down,right,space", "move(1)"),
        ("N,k,up", "move(-1)"),
        ("o", "browse"),
    ]

    WIDTH = "100%"

    DEFAULT_CSS = """
    PictureScreen #panel {
        height: 100%;
        padding: 0;
        background: $page-ground;
    }
    PictureScreen #title { margin: 0; }
    PictureScreen:ansi #panel { border: none; }
    PictureScreen #words { height: auto; max-height: 3; text-align: center; color: $page-text; }
    PictureScreen #keys { text-align: center; margin: 0; }
    """

    def __init__(
        self,
        words: Sequence[str],
        index: int,
        draw: Callable[[int, int, int], object],
        browse: Callable[[int], object],
    ) -> None:
        """Show the picture with that index; `words` are the descriptions of all.

        `draw` has one drawn for some columns and lines, and hands it to `show_picture`; `browse`
        opens it in the browser.
        """
        super().__init__()
        self._draw, self._browse = draw, browse
        self._words, self._index = words, index
        self.title = self._heading
        self._box = PictureBox()
        self._about = Static(words[index], id="words", markup=False)
        self._keys = Static(id="keys", markup=False)

    def compose_body(self) -> ComposeResult:
        yield from (self._box, self._about, self._keys)

    @property
    def _heading(self) -> str:
        return f"Picture {self._index + 1} of {len(self._words)}"

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._request_picture)

    def show_picture(self, index: int, drawn: DrawnPicture, box: tuple[int, int]) -> None:
        """Show a picture that was asked for, unless another one is wanted by now."""
        if index == self._index:
            self._box.drawn, self._box.cell_size = drawn, box
            self._box.refresh()

    def action_move(self, step: int) -> None:
        index = min(max(self._index + step, 0), len(self._words) - 1)
        if index != self._index:
            self._index, self._box.drawn = index, None
            self._about.update(self._words[index])
            self.query_one("#title", Static).update(self._heading)
            self._box.refresh()
            self.call_after_refresh(self._request_picture)

    def action_browse(self) -> None:
        self._browse(self._index)

    def _request_picture(self) -> None:
        keys = KEYS if len(self._words) > 1 else KEYS[:2]
        self._keys.update(fit_hints(keys, self._keys.content_size.width))
        width, height = self._box.size
        if width and height:
            self._draw(self._index, width, height)
