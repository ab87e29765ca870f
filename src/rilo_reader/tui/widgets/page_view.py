"""A page on the screen: lines as strips, scrolling, selection, and mouse."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from rilo_reader.render.page import JUMP, LINK, JoinedText, Page, Styles, body_of
from rilo_reader.tui.textual_patches import SizedScrollView
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.layers import Patch, Patches, restyled
from rilo_reader.tui.widgets.truncate import cut


def styles_of(widget: Widget) -> Styles:
    """Return the styles of all parts of a page in the current theme."""
    text, colours = widget.rich_style, colours_of(widget)
    bold = Style(bold=True)
    return Styles(
        text=text,
        title=text + bold,
        dim=colours.dim,
        heading=text + bold,
        strong=bold,
        code=colours.code,
        code_block=text + colours.code,
        quote=text,
        bar=text + colours.bar,
        marker=text + colours.dim,
        link=colours.link,
        rule=text + colours.rule,
    )


# The page.


TOP = 1
"""Blank lines above the title."""

ABOVE_FOOT = 2
"""Blank lines between the text and the footer."""

SIDE = 2
"""Minimum margin on each side, in cells."""

NOTE_MARK = "» "
"""In the margin of a line with a note; within SIDE."""

OVERLAP = 2
"""Lines of the previous screen that are repeated on the next."""

NOTHING = Page(width=1, lines=())


class PageView(SizedScrollView, can_focus=True, inherit_bindings=False):
    """Shows a page, centred; independent of articles.

    Line 0 is the title. The reading position, the number of visible characters of the body above
    the top line, does not depend on the width.
    """

    ALLOW_SELECT = True

    def __init__(self) -> None:
        super().__init__()
        self.page = NOTHING  # perhaps incomplete
        self._before: list[int] = [0]
        self._foot: list[Segment] = []
        # What is drawn over the lines, the lowest first.
        self.overlays: Sequence[Callable[[], Patches]] = ()
        self._patches: dict[int, list[Patch]] = {}
        self._body: JoinedText | None = None
        self._noted: frozenset[int] = frozenset()
        self._strips: dict[int, Strip] = {}
        self._base: Style | None = None  # the widget's own style, which is slow to compute
        self._hover: tuple[str, Any] | None = None

    # -- content --------------------------------------------------------------------------------

    @property
    def body(self) -> JoinedText:
        """The text of the article on the page."""
        if self._body is None:
            self._body = body_of(self.page)
        return self._body

    def put_page(self, page: Page, foot: list[Segment]) -> None:
        """Show a page, with an optional footer."""
        if page is not self.page:
            self.page = page
            self._body = None
            self._before = [0, *accumulate(line.letters for line in page.lines)]
        self._patches = self._merged_layers()
        self._foot = foot
        self._strips.clear()
        height = TOP + len(page.lines) + (ABOVE_FOOT + 2 if foot else 1)
        self.virtual_size = Size(self.size.width, height if page.lines else 0)
        self.refresh()

    def redraw(self) -> None:
        """Draw the layers as they are now."""
        self._patches = self._merged_layers()
        self._strips.clear()
        self.refresh()

    def _merged_layers(self) -> dict[int, list[Patch]]:
        merged: dict[int, list[Patch]] = {}
        for layer in self.overlays:
            for line, patches in layer().items():
                merged.setdefault(line, []).extend(patches)
        return merged

    def note_lines(self, lines: frozenset[int]) -> None:
        """Show a mark in the margin of some lines, and of no others."""
        if lines != self._noted:
            self._noted = lines
            self._strips.clear()
            self.refresh()

    def forget_strips(self) -> None:
        """Redraw every line when it is next needed."""
        self._strips.clear()
        self._base = None

    def put_foot(self, foot: list[Segment]) -> None:
        """Replace the footer."""
        if bool(foot) != bool(self._foot):
            self.put_page(self.page, foot)
            return
        self._foot = foot
        self._strips.clear()
        self.refresh()

    @property
    def text_width(self) -> int:
        """The width of the widget without margins; 0 before it has a size."""
        width = self.scrollable_content_region.width
        return max(width - 2 * SIDE, min(width, 4))

    # -- position -------------------------------------------------------------------------------

    @property
    def top_line(self) -> int:
        """The line of the page at the top of the screen."""
        return max(round(self.scroll_y) - TOP, 0)

    @property
    def visible_lines(self) -> range:
        """The lines of the page on the screen."""
        return range(self.top_line, self.top_line + self.scrollable_content_region.height)

    @property
    def is_at_bottom(self) -> bool:
        """Whether the last line of a complete page is on the screen."""
        return self.page.complete and round(self.scroll_y) >= self.max_scroll_y

    @property
    def reading_position(self) -> int:
        """The number of visible characters of the body above the top line."""
        return self._before[min(self.top_line, len(self._before) - 1)]

    @property
    def reading_start(self) -> int:
        """The position in `body` of the line one reads: the first on the screen."""
        return self.body.position_of(max(self.top_line, self.page.head_lines), 0)

    def line_at(self, position: int) -> int:
        """Return the line with the character at a position; 0 for the title."""
        if position <= 0:
            return 0
        line = bisect_right(self._before, position) - 1
        return max(min(line, len(self.page.lines) - 1), 0)

    def scroll_to_top_line(self, line: int) -> None:
        """Scroll to a line of the page, as far as possible."""
        self.scroll_to_row(0 if line <= 0 else line + TOP)

    def show_line(self, line: int) -> None:
        """Scroll just far enough to show a line of the page."""
        seen = self.visible_lines
        if line < seen.start + 1:
            self.scroll_to_top_line(line - 1)
        elif line >= seen.stop - 2:
            self.scroll_to_top_line(line - len(seen) + 3)

    def scroll_to_row(self, row: float) -> None:
        """Scroll to a row, counted with the blank lines above the title."""
        self.scroll_to(y=row, animate=False, force=True)

    def move_lines(self, count: int) -> None:
        """Scroll by lines, down for a positive count."""
        self.scroll_to_row(round(self.scroll_y) + count)

    def move_half(self, direction: int) -> None:
        """Scroll by half a page, down for +1 and up for -1."""
        self.move_lines(direction * max(self.scrollable_content_region.height // 2, 1))

    def move_page(self, direction: int) -> bool:
        """Scroll by a page, down for +1 and up for -1; return False at the end."""
        if direction > 0 and self.is_at_bottom:
            return False
        if direction < 0 and round(self.scroll_y) <= 0:
            return False
        self.move_lines(direction * max(self.scrollable_content_region.height - OVERLAP, 1))
        return True

    # -- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget."""
        row = round(self.scroll_y) + y
        strip = self._strips.get(row)
        selection = self.text_selection
        if strip is None or selection is not None or self._hover is not None:
            strip = self._made_strip(row, selection)
            if selection is None and self._hover is None:
                self._strips[row] = strip
        return strip

    def _made_strip(self, row: int, selection: Selection | None) -> Strip:
        width = self.size.width
        if self._base is None:
            self._base = self.rich_style
        base = self._base
        segments = self._segments_of(row)
        if not segments and not self.page.lines:
            return Strip.blank(width, base)
        if selection is not None:
            segments = self._with_selection(row, segments, selection)
        if self._hover is not None:
            hover = colours_of(self).link_hover
            segments = [self._hovered(segment, hover) for segment in segments]
        margin = max((width - self.page.width) // 2, 0)
        line = [Segment(" " * margin, base)] if margin else []
        if row - TOP in self._noted and margin >= len(NOTE_MARK):
            space = Segment(" " * (margin - len(NOTE_MARK)), base)
            line = [space, Segment(NOTE_MARK, base + colours_of(self).note)]
        line.extend(
            Segment(segment.text, base + segment.style if segment.style else base)
            for segment in segments
        )
        strip = Strip(line).adjust_cell_length(width, base)
        return strip.apply_offsets(-margin, row)

    def _segments_of(self, row: int) -> list[Segment]:
        line = row - TOP
        if 0 <= line < len(self.page.lines):
            segments = self.page.lines[line].segments
            patches = self._patches.get(line)
            return restyled(segments, patches) if patches else list(segments)
        return self._foot if line == len(self.page.lines) + ABOVE_FOOT else []

    def selection_updated(self, selection: Selection | None) -> None:
        """Redraw the selection."""
        self._strips.clear()
        self.refresh()

    def _with_selection(
        self, row: int, segments: list[Segment], selection: Selection
    ) -> list[Segment]:
        span = selection.get_span(row)
        if span is None:
            return segments
        start, end = max(span[0], 0), span[1]
        if end == -1:
            end = sum(len(segment.text) for segment in segments)
        style = self.screen.get_component_rich_style("screen--selection")
        return restyled(segments, [Patch(start, end, style)])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text, with wrapped lines joined to paragraphs."""
        lines = self.page.lines
        result: list[str] = []
        goes_on = False
        for number, line in enumerate(lines):
            span = selection.get_span(number + TOP)
            if span is None:
                continue
            text = line.text
            start, end = max(span[0], 0), len(text) if span[1] == -1 else max(span[1], 0)
            if goes_on:
                start = max(start, line.indent)
            goes_on = line.joint != "\n"
            if goes_on:
                end = min(end, len(text) - line.tail)
            piece = text[start:end]
            result.append(piece + line.joint if goes_on else piece.rstrip() + "\n")
        return "".join(result).rstrip(), "\n"

    def selected_by_mouse(self) -> tuple[int, int] | None:
        """The range of `body` that the mouse selected; None without."""
        selection, body = self.text_selection, self.body
        if selection is None:
            return None

        def position(offset: Offset | None, default: int) -> int:
            return default if offset is None else body.position_of(offset.y - TOP, offset.x)

        return position(selection.start, 0), position(selection.end, len(body.text))

    # -- the mouse ------------------------------------------------------------------------------

    @staticmethod
    def target_of(style: Style | None) -> tuple[str, Any] | None:
        """Return what a click on a style means: LINK, JUMP or NEIGHBOUR, and its value."""
        meta = style.meta if style else {}
        for kind in (LINK, JUMP, NEIGHBOUR):
            if kind in meta:
                return kind, meta[kind]
        return None

    def _hovered(self, segment: Segment, hover: Style) -> Segment:
        """Return a segment with the style `hover` if the mouse is over its link."""
        if segment.style is None or self.target_of(segment.style) != self._hover:
            return segment
        return Segment(segment.text, segment.style + hover)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Highlight the link under the mouse."""
        self._set_hover(self.target_of(event.style))

    def on_leave(self) -> None:
        """Remove the highlight."""
        self._set_hover(None)

    def _set_hover(self, hover: tuple[str, Any] | None) -> None:
        if hover != self._hover:
            self._hover = hover
            self.styles.pointer = "pointer" if hover else "default"
            self._strips.clear()
            self.refresh()


# The footer: titles of the previous and the next article.


NEIGHBOUR = "neighbour"
"""Key in the meta of a segment's style: the step to the neighbour, -1 or +1."""

LEAST_GAP = 3


def footer(previous: str | None, following: str | None, width: int, style: Style) -> list[Segment]:
    """Return one line with the previous title on the left and the next one on the right.

    Each may use half of the line, or more if the other is short.
    """
    left = f"← {previous}" if previous is not None else ""
    right = f"{following} →" if following is not None else ""
    half = max((width - LEAST_GAP) // 2, 1)
    _, left_cells = cut(left, width)
    _, right_cells = cut(right, width)
    right_margin = width - min(left_cells, half) - (LEAST_GAP if left else 0)
    right = _cut_right(following or "", right_margin) if right else ""
    _, right_cells = cut(right, width)
    left, left_cells = cut(left, width - right_cells - (LEAST_GAP if right else 0))
    gap = max(width - left_cells - right_cells, 0)
    pieces = (
        Segment(left, style + Style(meta={NEIGHBOUR: -1})),
        Segment(" " * gap, style),
        Segment(right, style + Style(meta={NEIGHBOUR: 1})),
    )
    return [piece for piece in pieces if piece.text]


def _cut_right(title: str, width: int) -> str:
    """Return the next title with its arrow; only the title is truncated."""
    text, _ = cut(title, max(width - 2, 0))
    return f"{text} →" if text else "→"
