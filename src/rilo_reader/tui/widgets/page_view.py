"""A page on the screen: lines as strips, layers over them, scrolling, selection, mouse."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from re import Pattern
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from rilo_reader.render.page import (
    JUMP,
    LINK,
    VALUE,
    JoinedText,
    Page,
    PictureBoxes,
    body_text,
    join_lines,
)
from rilo_reader.threads import run_in_thread
from rilo_reader.tui.textual_patches import EarlySizeMixin
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.truncate import cut_text

ABOVE_FOOT = 2  # blank lines between the text and the footer
SIDE = 2  # minimum margin on each side, in cells
OVERLAP = 2  # lines of the previous screen that are repeated on the next

EMPTY_PAGE = Page(width=1, lines=())


class Patch(NamedTuple):
    """A style for the characters `start` to `end` of a line."""

    start: int
    end: int
    style: Style


Patches = Mapping[int, Sequence[Patch]]
"""The patches of each line of a page; no entry for a line without any."""


def apply_patches(segments: Sequence[Segment], patches: Iterable[Patch]) -> list[Segment]:
    """Apply patches to segments, in their order."""
    result = list(segments)
    for start, end, style in patches:
        before, result, position = result, [], 0
        for segment in before:
            text = segment.text
            if start >= position + len(text) or end <= position:
                result.append(segment)
                position += len(text)
                continue
            left = min(max(start - position, 0), len(text))
            right = min(max(end - position, left), len(text))
            inside = segment.style + style if segment.style else style
            pieces = (
                Segment(text[:left], segment.style),
                Segment(text[left:right], inside),
                Segment(text[right:], segment.style),
            )
            result.extend(piece for piece in pieces if piece.text)
            position += len(text)
    return result


class Layer:
    """Drawings over the lines of a page, beside them, or in their place.

    All methods are called in the thread of the view.
    """

    order: ClassVar[int] = 1
    """Its place among the layers of one line: hits have 0, higher ones are above."""

    raw_sequences: ClassVar[Pattern[str] | None] = None
    """Texts of segments that are not printable and may still reach the terminal."""

    def __init__(self, view: "PageView") -> None:
        self._view = view

    @property
    def current_line(self) -> int | None:
        """The line that the user went to, on which the terminal's own cursor is put."""
        return None

    @property
    def is_outgrown(self) -> bool:
        """True if it takes more room than it may, since the screen has another height."""
        return False

    def picture_boxes(self, article: str) -> PictureBoxes | None:
        """Return the room that pictures of an article take, by its path; None to leave none."""
        return None

    def on_page_shown(self, page: Page) -> None:
        """Called when a page is in the view, perhaps incomplete, and before it is drawn."""

    def forget(self) -> None:
        """Draw nothing: another article is loaded, or the same one again."""

    def patches(self) -> Patches:
        """Return the styles of characters, by line."""
        return {}

    def margin(self) -> Mapping[int, str]:
        """Return marks in the margin by line, each of at most SIDE cells."""
        return {}

    def draw_replacement(self, line: int) -> Sequence[Segment] | None:
        """Return what is drawn in place of a line; None for the line itself."""
        return None

    def rewrite_frame(self, frame: str) -> str:
        """Return the frame with its `raw_sequences` replaced."""
        return frame

    def find_click_target(self, line: int, column: int | None) -> tuple[str, Any] | None:
        """Return the kind and value of what was clicked, for `Controller.handle_click`, or None.

        `column` counts characters, and is None beside the text.
        """
        return None


class PageView(EarlySizeMixin, ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a page, centred; independent of articles.

    Line 0 is the title. The reading position, the number of visible characters of the body above
    the top line, does not depend on the width.
    """

    ALLOW_SELECT = True

    def __init__(self) -> None:
        super().__init__()
        self.page = EMPTY_PAGE  # perhaps incomplete
        self.page_layers: Sequence[Layer] = ()  # the lowest first
        self._body: JoinedText | None = None
        self._characters_before: list[int] = [0]
        self._foot: list[Segment] = []
        self._patches: dict[int, list[Patch]] | None = None  # of all layers
        self._margin: dict[int, str] = {}  # with the patches
        self._strips: dict[int, Strip] = {}
        self._base: Style | None = None  # the widget's own style, which is slow to compute
        self._hover: tuple[str, Any] | None = None

    # -- content --------------------------------------------------------------------------------

    @property
    def body(self) -> JoinedText:
        """The text of the article on the page."""
        if self._body is None:
            self._body = body_text(self.page)
        return self._body

    def set_page(self, page: Page, foot: list[Segment]) -> None:
        """Show a page, with an optional footer."""
        if page is not self.page:
            self.page = page
            self._body = None
            self._characters_before = [0, *accumulate(line.body_letters for line in page.lines)]
        self._foot = foot
        height = len(page.lines) + (ABOVE_FOOT + 2 if foot else 1)
        self.virtual_size = Size(self.size.width, height if page.lines else 0)
        self.redraw()

    def redraw(self) -> None:
        """Draw every line again, with what is over it now."""
        self._patches = self._base = None
        self._strips.clear()
        self.refresh()

    def run_in_thread(self, job: Callable[[], None], group: str) -> None:
        """Run a job in a thread; one of the same group before it counts no more."""
        done = asyncio.wrap_future(run_in_thread(job, "article"))
        self.run_worker(done, group=group, exclusive=True)

    @property
    def text_width(self) -> int:
        """The width of the widget without margins; 0 before it has a size."""
        width = self.scrollable_content_region.width
        return max(width - 2 * SIDE, min(width, 4))

    # -- position -------------------------------------------------------------------------------

    @property
    def top_line(self) -> int:
        """The line of the page at the top of the screen."""
        return max(round(self.scroll_y), 0)

    @property
    def visible_lines(self) -> range:
        """The lines of the page on the screen."""
        return range(self.top_line, self.top_line + self.scrollable_content_region.height)

    @property
    def is_at_bottom(self) -> bool:
        """True if the last line of a complete page is on the screen."""
        return self.page.is_complete and round(self.scroll_y) >= self.max_scroll_y

    @property
    def reading_position(self) -> int:
        """The number of visible characters of the body above the top line."""
        return self._characters_before[min(self.top_line, len(self._characters_before) - 1)]

    @property
    def reading_start(self) -> int:
        """The position in `body` of the current line: the first on the screen."""
        return self.body.position_of(max(self.top_line, self.page.head_lines), 0)

    def offset_of(self, line: int) -> Offset:
        """Return the position on the screen where a line of the page begins, or would begin."""
        margin = max((self.size.width - self.page.width) // 2, 0)
        return self.content_region.offset + Offset(margin, line - round(self.scroll_y))

    def line_at(self, position: int) -> int:
        """Return the line with the character at a position; 0 for the title."""
        line = bisect_right(self._characters_before, position) - 1 if position > 0 else 0
        return max(min(line, len(self.page.lines) - 1), 0)

    def scroll_to_top_line(self, line: int) -> None:
        """Scroll to a line of the page, as far as possible."""
        self.scroll_to_row(max(line, 0))

    def go_to_line(self, line: int) -> None:
        """Scroll a line of the page near the top of the screen."""
        self.scroll_to_top_line(line - 1)

    def show_line(self, line: int) -> None:
        """Scroll just far enough to show a line of the page."""
        seen = self.visible_lines
        if line <= seen.start:
            self.go_to_line(line)
        elif line >= seen.stop - 2:
            self.scroll_to_top_line(line - len(seen) + 3)

    def scroll_to_row(self, row: float) -> None:
        """Scroll to a row, perhaps of what is below the page."""
        self.scroll_to(y=row, animate=False, force=True)

    def move_by(self, count: int) -> None:
        """Scroll by lines, down for a positive count."""
        self.scroll_to_row(round(self.scroll_y) + count)

    def move_half(self, direction: int) -> None:
        """Scroll by half a page, down for +1 and up for -1."""
        self.move_by(direction * max(self.scrollable_content_region.height // 2, 1))

    def move_page(self, direction: int) -> bool:
        """Scroll by a page, down for +1 and up for -1; return False at the end."""
        if self.is_at_bottom if direction > 0 else round(self.scroll_y) <= 0:
            return False
        self.move_by(direction * max(self.scrollable_content_region.height - OVERLAP, 1))
        return True

    # -- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        row = round(self.scroll_y) + y
        if row not in self._strips:
            self._strips[row] = self._make_strip(row)
        return self._strips[row]

    def _make_strip(self, row: int) -> Strip:
        width = self.size.width
        base = self._base = self._base or self.rich_style
        segments = self._segments_of(row)
        if not segments and not self.page.lines:
            return Strip.blank(width, base)
        if (target := self._hover) is not None:
            hover = colours_of(self).link_hover
            segments = [
                Segment(text, style + hover if style and self.target_of(style) == target else style)
                for text, style, _ in segments
            ]
        margin = max((width - self.page.width) // 2, 0)
        line = [Segment(" " * margin, base)]
        mark = self._margin.get(row, "")
        if mark and margin >= len(mark):
            line = [
                Segment(" " * (margin - len(mark)), base),
                Segment(mark, base + colours_of(self).note),
            ]
        line += [Segment(text, base + style if style else base) for text, style, _ in segments]
        return Strip(line).adjust_cell_length(width, base).apply_offsets(-margin, row)

    def _segments_of(self, line: int) -> Sequence[Segment]:
        """Return the text of a row, with what is drawn over it."""
        if self._patches is None:
            self._draw_layers()
        is_foot = line == len(self.page.lines) + ABOVE_FOOT
        segments: Sequence[Segment] = self._foot if is_foot else ()
        if 0 <= line < len(self.page.lines):
            for layer in self.page_layers:
                if (drawn := layer.draw_replacement(line)) is not None:
                    return drawn
            segments = self.page.lines[line].segments
        patches = [*self._patches.get(line, ())] if self._patches else []
        span = self.text_selection.get_span(line) if self.text_selection else None
        if span is not None:
            end = span[1] if span[1] >= 0 else sum(len(segment.text) for segment in segments)
            style = self.screen.get_component_rich_style("screen--selection")
            patches.append(Patch(max(span[0], 0), end, style))
        return apply_patches(segments, patches) if patches else segments

    def _draw_layers(self) -> None:
        self._patches, self._margin = {}, {}
        for layer in self.page_layers:
            self._margin.update(layer.margin())
            for number, added in layer.patches().items():
                self._patches.setdefault(number, []).extend(added)

    # -- the mouse ------------------------------------------------------------------------------

    def selection_updated(self, selection: Selection | None) -> None:
        """Redraw the selection."""
        self.redraw()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text, with wrapped lines joined to paragraphs."""
        text = join_lines(self.page.lines, 0, len(self.page.lines))
        start, end = _find_selected_range(text, selection)
        return text.text[start:end].rstrip(), "\n"

    def mouse_selection(self) -> tuple[int, int] | None:
        """Return the range of `body` that the mouse selected; None without."""
        return _find_selected_range(self.body, self.text_selection) if self.text_selection else None

    @staticmethod
    def target_of(style: Style | None) -> tuple[str, Any] | None:
        """Return what a click on a style means: LINK, JUMP, VALUE or NEIGHBOUR, and its value."""
        meta = style.meta if style else {}
        kinds = (LINK, JUMP, VALUE, NEIGHBOUR)
        return next(((kind, meta[kind]) for kind in kinds if kind in meta), None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._set_hover(self.target_of(event.style))

    def on_leave(self) -> None:
        self._set_hover(None)

    def _set_hover(self, hover: tuple[str, Any] | None) -> None:
        if hover != self._hover:
            self._hover = hover
            self.styles.pointer = "pointer" if hover else "default"
            self.redraw()


def _find_selected_range(text: JoinedText, selection: Selection) -> tuple[int, int]:
    """Return the range of a text that is selected on the screen."""

    def position(offset: Offset | None, default: int) -> int:
        return default if offset is None else text.position_of(offset.y, offset.x)

    return position(selection.start, 0), position(selection.end, len(text.text))


NEIGHBOUR = "neighbour"  # key in the meta of a segment's style: the step to the neighbour, -1 or +1

LEAST_GAP = 3


def make_footer(
    previous: str | None, following: str | None, width: int, style: Style
) -> list[Segment]:
    """Return one line with the previous title on the left and the next one on the right.

    Each may use half of the line, or more if the other is short; arrows are never cut off.
    """
    left = "" if previous is None else f"← {previous}"
    right = "" if following is None else f"{following} →"
    room = width - (LEAST_GAP if left and right else 0)
    left, cells = cut_text(left, max(room // 2, room - cell_len(right), 1) if right else room)
    if following is not None:
        right = f"{cut_text(following, room - cells - 2)[0]} →".lstrip()
    pieces = (
        Segment(left, style + Style(meta={NEIGHBOUR: -1})),
        Segment(" " * (width - cells - cell_len(right)), style),
        Segment(right, style + Style(meta={NEIGHBOUR: 1})),
    )
    return [piece for piece in pieces if piece.text]
