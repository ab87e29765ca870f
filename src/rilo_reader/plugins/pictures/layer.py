"""Pictures on a page.

A picture takes the place of lines that the page has left for it, so nothing moves when it comes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, Any

from rich.segment import Segment

from rilo_reader.extras import PICTURES
from rilo_reader.plugins.pictures.line_protocols import (
    MARK,
    PLACEHOLDER,
    has_marks,
    read_cell_size,
    replace_marked_lines,
)
from rilo_reader.plugins.pictures.settings import PictureMode, PictureSettings
from rilo_reader.render.page import PICTURE, Page, PagePicture, PictureBoxes
from rilo_reader.text import lazy_re
from rilo_reader.tui.widgets.colours import colours_of
from rilo_reader.tui.widgets.page_view import Layer

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from rilo_reader.plugins.pictures.cache import PictureStore
    from rilo_reader.plugins.pictures.drawing import DrawnPicture
    from rilo_reader.tui.environment import Environment
    from rilo_reader.tui.reader.controller import ReaderContext

Ground = tuple[int, int, int]

# Modes that draw line by line, and what each line is drawn from.
BY_LINE = {PictureMode.SIXEL: "sixel", PictureMode.ITERM2: "jpeg"}

PIXELS = dict.fromkeys(PictureMode, 10) | {PictureMode.NEVER: 0, PictureMode.BLOCKS: 8}
"""Pixels of a picture for each column, so that a small one stays small: a half-block is a pixel of
a column, and nothing would be seen of an icon."""

RESTS = 0.15  # s without scrolling until lines are sent that lie over others, which are large

COLOURS = ("256", "truecolor")  # Rich's names of the colours that pictures need


class PictureLayer(Layer):
    """The pictures on the page of a view; the controller draws them."""

    # A line in kitty's protocol is a placeholder for each cell, with row and column as accents.
    raw_sequences = lazy_re(f"(?:{PLACEHOLDER}..)+|{MARK}")

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context.widgets.view)
        self._context = context
        self._drawn: dict[PagePicture, DrawnPicture] = {}  # by what they are, not where
        self._place: tuple[Ground, tuple[int, int]] | None = None  # for which they are drawn
        self._over_lines: dict[str, str] = {}  # of all lines that are drawn, by their marks
        # The top line of the last frame with a picture, and when it got there.
        self._last_move = (0, 0.0)
        self.alone_screen: Screen[Any] | None = None  # that shows one of them, once it was opened
        self._rest_timer: Timer | None = None  # until what scrolled has come to rest
        # Line -> picture, and which line of it.
        self._pictures: dict[int, tuple[PagePicture, int]] = {}
        # Told of pictures that are shown no more.
        self.on_dropped: Callable[[Sequence[DrawnPicture]], object] = lambda drawn: None

    @cached_property
    def store(self) -> PictureStore:
        """The pictures of the library."""
        from rilo_reader.plugins.pictures.cache import open_store  # only if some are shown

        library = self._context.library
        return open_store(library.folder, self._context.environment.paths, library.dialects)

    @property
    def mode(self) -> PictureMode:
        """The way that settings and terminal have for pictures, or NEVER; never AUTO."""
        app, outside = self._context.app, self._context.environment
        wanted = self._context.config.plugin_values(PictureSettings).pictures
        colours = app.console.color_system
        if colours not in COLOURS or app.no_color or PICTURES.is_missing:
            return PictureMode.NEVER
        if wanted is PictureMode.AUTO:
            wanted = _choose_mode(outside)
        # The number of a picture in kitty's protocol is a colour of 24 bits.
        is_fit = colours == "truecolor" or wanted in BY_LINE
        has_driver = not outside.in_browser and sys.platform != "win32"  # that layers write with
        return wanted if is_fit and has_driver else PictureMode.BLOCKS

    @property
    def most_rows(self) -> int:
        """The lines that there are for a picture: half of the screen."""
        return self._view.scrollable_content_region.height // 2

    @property
    def is_outgrown(self) -> bool:
        """True if a picture takes more lines than there are, since the screen is lower now."""
        return any(picture.rows > self.most_rows for picture, _ in self._pictures.values())

    @property
    def page_colour(self) -> Ground:
        """The colour of the page."""
        colour = self._view.rich_style.bgcolor
        red, green, blue = colour.get_truecolor(foreground=False) if colour else (0, 0, 0)
        return red, green, blue

    def picture_boxes(self, article: str) -> PictureBoxes | None:
        """The room for the pictures of an article; None for a page that is in no library."""
        pixels, rows = PIXELS[self.mode] if article else 0, self.most_rows
        # A page without pictures needs no store.
        rooms = cache(lambda: self.store.make_room_finder(article, rows, pixels))

        def room(address: str, url: str, width: int) -> tuple[int, int] | None:
            return rooms()(address, url, width)

        key = self._context.widgets.key_of("pictures")
        return PictureBoxes(room, f"{key} shows it" if key else "") if pixels else None

    def on_page_shown(self, page: Page) -> None:
        """Place the pictures on a page, perhaps incomplete; another ground or font loses all."""
        if (place := (self.page_colour, read_cell_size())) != self._place:
            self.forget()
            self._place = place
        self._pictures = {
            picture.line + row: (picture, row)
            for picture in page.pictures
            for row in range(picture.rows)
        }
        if page.is_complete:  # those of another size are shown no more
            kept = set(map(_picture_key, page.pictures))
            gone = [self._drawn.pop(what) for what in [*self._drawn] if what not in kept]
            self.on_dropped(gone)

    def forget(self) -> None:
        """Drop all pictures; another article is loaded."""
        self._pictures = {}
        drawn, self._drawn = self._drawn, {}
        self.on_dropped([*drawn.values()])

    def show_picture(self, picture: PagePicture, drawn: DrawnPicture) -> None:
        """Show a picture."""
        if (before := self._drawn.pop(_picture_key(picture), None)) is not None:
            self.on_dropped([before])
        self._drawn[_picture_key(picture)] = drawn
        self._view.redraw()

    def is_shown(self, picture: PagePicture) -> bool:
        """Return whether a picture is shown."""
        return _picture_key(picture) in self._drawn

    def make_failure(self, reason: str) -> DrawnPicture:
        """Return what is shown instead of a picture: the reason why there is none."""
        from rilo_reader.plugins.pictures.drawing import DrawnPicture  # only if some are shown

        return DrawnPicture([(Segment(reason, colours_of(self._view).dim),)])

    def send_over(self, drawn: DrawnPicture) -> None:
        """Send what lies over the cells of a picture whenever a line of it is drawn."""
        self._over_lines |= drawn.over_lines

    def forget_over(self, drawn: DrawnPicture) -> None:
        """Send it no more."""
        for mark in drawn.over_lines:
            self._over_lines.pop(mark, None)

    def rewrite_frame(self, frame: str) -> str:
        """A frame, with what lies over the cells of lines that it has whole."""
        if not has_marks(frame):
            return frame
        has_veil = self._context.app.screen not in (self._view.screen, self.alone_screen)
        is_bare = not has_veil and not self._is_scrolling()
        return replace_marked_lines(frame, self._over_lines if is_bare else {})

    def _is_scrolling(self) -> bool:
        """Return whether the page scrolls on; it is drawn again once it rests."""
        top, now = self._view.top_line, monotonic()
        if top == self._last_move[0]:
            return False
        runs = now - self._last_move[1] < RESTS
        self._last_move = top, now
        if self._rest_timer is not None:
            self._rest_timer.stop()
        self._rest_timer = self._view.set_timer(RESTS, self._view.redraw) if runs else None
        return runs

    def find_click_target(self, line: int, column: int | None) -> tuple[str, PagePicture] | None:
        """The picture that a line of the page is part of."""
        return (PICTURE, self._pictures[line][0]) if line in self._pictures else None

    def draw_replacement(self, line: int) -> Sequence[Segment] | None:
        """The segments of a line of the page that is part of a picture, else None."""
        picture, row = self._pictures.get(line, (None, 0))
        drawn = self._drawn.get(_picture_key(picture)) if picture else None
        if drawn is None:
            return None
        segments = (
            drawn.cells_of_row(row)
            if segment.style and PICTURE in segment.style.meta
            else (segment,)
            for segment in self._view.page.lines[line].segments
        )
        return tuple(chain.from_iterable(segments))


def _choose_mode(outside: Environment) -> PictureMode:
    """Return the best way of a terminal to show pictures, as far as it says what it knows."""
    if outside.has_graphics:
        return PictureMode.KITTY
    names = os.environ.get("TERM_PROGRAM", ""), os.environ.get("LC_TERMINAL", "")
    if os.environ.get("TMUX"):  # which keeps few pictures, and says "sixel" for any terminal
        return PictureMode.BLOCKS
    if any(name in ("iTerm.app", "iTerm2", "WezTerm") for name in names):
        return PictureMode.ITERM2
    return PictureMode.SIXEL if outside.has_sixel else PictureMode.BLOCKS


def _picture_key(picture: PagePicture) -> PagePicture:
    return picture._replace(line=0, column=0, words="")
