"""The list of articles: rows are drawn on demand, so a million mount as fast as ten."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rilo_reader.article import ArticleId
from rilo_reader.dates import format_list_date
from rilo_reader.library.rows import Row, Window
from rilo_reader.render.lines import wrap_text
from rilo_reader.text import to_display_title
from rilo_reader.tui.widgets.colours import Colours, colours_of
from rilo_reader.tui.widgets.truncate import ELLIPSIS, cut_marked, cut_text

if TYPE_CHECKING:
    from rilo_reader.library import Snippet

BAR, DOT, STAR = "▌", "●", "★"
EDITED = "edited "
THIN_BAR = "▏"  # at the cursor while the article has the focus, so that no colour is needed
MARGINS = 4  # cells of a line without text: cursor, dot and margin on the left, margin on the right
MAX_CACHED_ROWS = 6_000  # the ones far from the cursor are dropped first
MOST_DRAWN = 400  # maximum number of rows with cached lines, which make scrolling cheap
LEAST_ORIGIN = 16  # cells of a source that is cut; with less it is left out
LEAST_REST = 10  # cells of a title's last line, before the date
DATE_GAP = 2  # cells between the date and what is before it
SEPARATOR = " · "
WIDE = 65  # columns of a list from which on rows have two lines, else three
CHUNK = 120  # rows requested at once: several screens, so that holding a key rarely outruns loading

_ONE_LINE = str.maketrans({"\n": " ", "\t": " "})


class RowLayout(NamedTuple):
    """Sizes and colours of rows."""

    width: int  # the width of every line, in cells
    height: int  # the number of lines per row, with that of a snippet
    colours: Colours
    ground: Style
    is_focused: bool  # whether the list has the focus, which makes the cursor bright and thick
    title_rows: int = 1  # the most lines of a title
    is_one_source: bool = False  # whether all rows have the same source, which none repeats

    @property
    def text_rows(self) -> int:
        """The lines of title, source and date."""
        return max(2, self.title_rows)


@lru_cache(MOST_DRAWN)
def _format_date(moment: datetime, day_only: bool, form: str, _today: object) -> str:
    """Return a date as it is written today."""
    return format_list_date(moment, day_only, form=form)


@lru_cache(MOST_DRAWN)
def draw_row(
    row: Row, date: str, snippet: "Snippet | None", layout: RowLayout, *, is_current: bool
) -> tuple[Strip, ...]:
    """Return the lines of a row, each exactly `layout.width` cells wide."""
    colours = layout.colours
    ground = layout.ground + colours.row if is_current else layout.ground
    bar = colours.accent if layout.is_focused else colours.dim
    edge = Segment((BAR if layout.is_focused else THIN_BAR) if is_current else " ", bar)
    width = max(0, layout.width - MARGINS)
    lines = _draw_text_lines(row, date, layout, width)
    lines += [[]] * (layout.text_rows - len(lines))
    lines.append(_draw_snippet_line(snippet, width, colours) if snippet else [])
    return tuple(_finish_strip([edge, *line], layout, ground) for line in lines[: layout.height])


def _draw_text_lines(row: Row, date: str, layout: RowLayout, width: int) -> list[list[Segment]]:
    """Return the lines of title, date, source, copies and own tags, in the order of what gets room.

    The title has all lines but the place of the date at the end of the last one. The rest has the
    line below the title, or what the title leaves of the last line.
    """
    colours, is_starred = layout.colours, width >= 4 and row.marks.starred
    style = colours.text if row.marks.read else colours.text + Style(bold=True)
    edited = EDITED if row.marks.is_edited else ""
    date, date_cells = cut_text(edited + date, width)
    room = width - date_cells - DATE_GAP if date else width
    title_rows = layout.title_rows
    if title_rows == layout.text_rows and room < LEAST_REST:
        title_rows -= 1  # the last line has room for the date alone
    title_width = width - 2 if is_starred else width
    *above, title = _break_title(to_display_title(row.title), title_width, title_rows)
    is_last = len(above) + 1 == layout.text_rows
    whole = title
    title, cells = cut_text(title, min(room, title_width) if is_last else title_width)
    texts = [*above, title]
    left = room - cells - len(SEPARATOR) if is_last else room
    details, details_cells = "", 0
    if title == whole or layout.title_rows == 1:  # else the title would have needed the room
        details, details_cells = _join_details(row, left, has_source=not layout.is_one_source)
    lines = [[Segment("  "), Segment(text, style)] for text in texts]
    lines[0][0] = Segment("  " if row.marks.read else f"{DOT} ", colours.unread_dot)
    if is_starred:
        gap = width - cell_len(texts[0]) - 1
        lines[0] += [Segment(" " * gap), Segment(STAR, colours.star)]
    if is_last and details:
        details, details_cells = SEPARATOR + details, details_cells + len(SEPARATOR)
    elif not is_last and (details or cells > room or (is_starred and not above)):
        lines.append([Segment("  ")])
        cells = 0
    gap = max(0, width - cells - details_cells - date_cells)
    before = details + " " * gap
    if edited:
        lines[-1] += [Segment(before, colours.dim), Segment(date[: len(edited)], colours.accent)]
        before, date = "", date[len(edited) :]
    lines[-1].append(Segment(before + date, colours.dim))
    return lines


def _break_title(title: str, width: int, rows: int) -> list[str]:
    """Return the lines of a title, broken between words; the last one has all the rest."""
    spans = wrap_text(title, width) if rows > 1 else []
    if len(spans) < 2:
        return [title]
    starts = [span.start for span in spans[:rows]]
    lines = [title[span.start : span.end] for span in spans[: len(starts) - 1]]
    return [*lines, title[starts[-1] :]]


def _join_details(row: Row, room: int, *, has_source: bool) -> tuple[str, int]:
    """Return the source, copies from others and own tags, and their width in cells.

    The source is whole or has a certain length; copies and tags are there if all before them is.
    """
    text, used = _cut_origin(row, room) if has_source else ("", 0)
    if text.endswith(ELLIPSIS) and text != row.source:
        return (text, used) if used >= LEAST_ORIGIN else ("", 0)
    copies = (f" +{row.copies}",) if row.copies else ()
    for each in (*copies, *(f"  +{tag}" for tag in row.marks.tags)):
        more, cells = cut_text(each if text else each.lstrip(), len(each) * 2)
        if used + cells > room:
            break
        text, used = text + more, used + cells
    return text, used


def _cut_origin(row: Row, width: int) -> tuple[str, int]:
    """Return the source of an article, else its folder, and its width in cells.

    Truncated folders keep their end, as they often have the same start.
    """
    folders = row.path.split("/")[:-1]
    text, used = cut_text(row.source or "/".join(folders), width)
    if row.source or not text.endswith(ELLIPSIS):
        return text, used
    ends = ("/".join([ELLIPSIS, *folders[at:]]) for at in range(1, len(folders)))
    shown = [cut_text(end, width) for end in ends]
    whole = [each for each in shown if not each[0].endswith(ELLIPSIS)]
    return (whole[:1] or shown[-1:] or [(text, used)])[0]


def _draw_snippet_line(snippet: "Snippet", width: int, colours: Colours) -> list[Segment]:
    runs, _ = cut_marked(snippet.text.translate(_ONE_LINE), width, snippet.hits)
    found = [Segment(text, colours.hit if is_hit else colours.dim) for text, is_hit in runs]
    return [Segment("  "), *found]


def _finish_strip(line: list[Segment], layout: RowLayout, ground: Style) -> Strip:
    # Under the segments' own styles, so that hits keep their background.
    line = Segment.adjust_line_length(line, layout.width)
    return Strip(Segment.apply_style(line, ground), layout.width)


class ArticleList(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows windows of rows, and requests those it lacks.

    The cursor is an index; `cursor_row` is its row. The list loads nothing itself: it posts
    WindowWanted and expects a call of `show_window`. Rows that it has are drawn, others are blank.
    """

    cursor: reactive[int] = reactive(0, repaint=False)

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    ArticleList {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 0;
    }
    """

    class WindowWanted(Message):
        """Visible rows, or rows close to them, are missing: CHUNK of them from `offset`."""

        def __init__(self, offset: int) -> None:
            super().__init__()
            self.offset = offset

    class CursorMoved(Message):
        """The cursor is on another article; `row` is None until it is loaded."""

        def __init__(self, index: int, row: Row | None) -> None:
            super().__init__()
            self.index, self.row = index, row

    class RowsInView(Message):
        """Different rows are visible, or visible rows have changed."""

    class Chosen(Message):
        """The row under the cursor was clicked."""

    def __init__(self, *, date_format: str = "human", title_rows: int = 0) -> None:
        super().__init__()
        self._date_format, self._title_rows = date_format, title_rows
        self.total = 0  # rows
        self.has_snippets = False  # whether there is a line for them, as in a search
        self.is_one_source = False
        self.snippets: Mapping[ArticleId, Snippet] = {}  # of the current results
        self._rows: dict[int, Row] = {}
        self._posted_state: tuple[int, ArticleId | None] = (-1, None)
        self._requested_offset: int | None = None  # the offset of the rows that were asked for
        self._sized_rows = 2  # the lines of a row at which its size was last set
        self._is_placed = False
        self._message = ""
        self._row_layout: RowLayout | None = None

    # -- state ----------------------------------------------------------------------------------

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor, or None if it has not been loaded."""
        return self._rows.get(self.cursor)

    @property
    def cursor_line(self) -> int:
        """The line of the widget on which the cursor's row begins."""
        return self.cursor * self.row_height - int(self.scroll_offset.y)

    @property
    def reading_offset(self) -> Offset:
        """The position of the cursor's row on the screen, for the terminal's own cursor."""
        return self.content_region.offset + Offset(2, self.cursor_line)

    @property
    def title_rows(self) -> int:
        """The most lines of a title."""
        rows = self._title_rows or (2 if self.size.width >= WIDE else 3)
        return min(rows, 2) if self.has_snippets else rows

    @property
    def row_height(self) -> int:
        """The lines of every row."""
        return max(2, self.title_rows) + self.has_snippets

    def index_of(self, article: ArticleId) -> int | None:
        """Return the index of an article among the loaded rows, or None."""
        return next((i for i, row in self._rows.items() if row.id == article), None)

    @property
    def snippet_cells(self) -> int:
        """The width available for a snippet, without ellipses."""
        return max(1, self.size.width - MARGINS - len("…  …"))

    def row_at(self, index: int) -> Row | None:
        """Return the row at an index, or None if it has not been loaded."""
        return self._rows.get(index)

    @property
    def loaded_rows(self) -> list[Row]:
        """The rows that have been loaded, in no particular order."""
        return list(self._rows.values())

    def rows_in_view(self) -> list[Row]:
        """Return the loaded rows in view, from the top."""
        return [row for i in self.range_in_view if (row := self._rows.get(i)) is not None]

    @property
    def range_in_view(self) -> range:
        """The indexes of the rows in view."""
        first = int(self.scroll_offset.y) // self.row_height
        last = (int(self.scroll_offset.y) + max(1, self.size.height) - 1) // self.row_height
        return range(max(0, first), min(self.total, last + 1))

    # -- updates --------------------------------------------------------------------------------

    def show_results(
        self,
        window: Window,
        cursor: int,
        *,
        snippets: bool = False,
        one_source: bool = False,
        line: int | None = None,
    ) -> None:
        """Show new results, with the cursor on a row, at a line if one is given.

        Results of one source do not repeat it in each row.
        """
        self.has_snippets, self.is_one_source = snippets, one_source
        self._rows = {}
        self.snippets = {}
        self._add_window(window, cursor)
        if line is not None and self._is_placed:
            self._scroll_lines(self.cursor * self.row_height - line)
        self._scroll_to_cursor()
        self._update_after_change()

    def show_window(self, window: Window) -> None:
        """Add the rows that were requested."""
        self._add_window(window, self.cursor)
        self._update_after_change()

    def _add_window(self, window: Window, cursor: int) -> None:
        self._requested_offset = None
        self._set_total(window.total)
        self.cursor = max(0, min(cursor, self.total - 1))
        kept = range(self.total)
        if len(self._rows) + len(window.rows) > MAX_CACHED_ROWS:
            kept = range(self.cursor - MAX_CACHED_ROWS // 4, self.cursor + MAX_CACHED_ROWS // 4)
        self._rows = {i: row for i, row in self._rows.items() if i in kept}
        self._rows.update(enumerate(window.rows, window.offset))
        self._redraw_rows()

    def _set_total(self, total: int) -> None:
        self.total, self._sized_rows = total, self.row_height
        self.virtual_size = Size(1, total * self.row_height)

    def _update_after_change(self) -> None:
        self._post_cursor()
        self._request_rows()
        self.post_message(self.RowsInView())

    def show_total(self, total: int) -> None:
        """Update the number of rows after more were found."""
        self._set_total(total)
        self._request_rows()

    def replace_rows(self, rows: Sequence[Row]) -> None:
        """Replace rows of these articles after a change, such as of their marks."""
        changed = {row.id: row for row in rows}
        for index, row in self._rows.items():
            if row.id in changed:
                self._rows[index] = changed[row.id]._replace(copies=row.copies)
        self.refresh()

    def show_snippets(self, snippets: Mapping[ArticleId, "Snippet"]) -> None:
        """Show snippets in the last line of their rows; other rows have none."""
        self.snippets = dict(snippets)
        self.refresh()

    def configure(self, date_format: str, title_rows: int) -> None:
        """Show dates in another form, and titles on other lines."""
        self._date_format, self._title_rows = date_format, title_rows
        self._fit_rows()

    def _fit_rows(self) -> None:
        """Fit rows to the width of the list; the cursor's row stays at its line."""
        line = self.cursor * self._sized_rows - int(self.scroll_offset.y)
        if self._sized_rows != self.row_height:
            self._set_total(self.total)
            self._scroll_lines(self.cursor * self.row_height - line)
        self._redraw_rows()
        self._scroll_to_cursor()
        self._request_rows()

    def show_message(self, text: str) -> None:
        """Show a message while the list has no rows."""
        self._message = text
        self.refresh()

    # -- the cursor -----------------------------------------------------------------------------

    def move_by(self, rows: int) -> bool:
        """Move the cursor by some rows; return False at either end."""
        return self.move_cursor_to(self.cursor + rows)

    def move_half(self, direction: int) -> bool:
        """Move by half a page: 1 down, -1 up."""
        return self.move_by(direction * max(1, self._count_rows_per_view() // 2))

    def move_page(self, direction: int) -> bool:
        """Move by a page less one row: 1 down, -1 up."""
        return self.move_by(direction * max(1, self._count_rows_per_view() - 1))

    def move_top(self) -> None:
        """Move to the first row."""
        self.move_cursor_to(0)

    def move_bottom(self) -> None:
        """Move to the last row."""
        self.move_cursor_to(self.total - 1)

    def move_cursor_to(self, index: int) -> bool:
        """Move the cursor to a row and scroll it into view; return False if it is there already."""
        index = max(0, min(index, self.total - 1))
        if index == self.cursor:
            self._scroll_to_cursor()
            return False
        self.cursor = index
        self._scroll_to_cursor()
        self._post_cursor()
        return True

    def _post_cursor(self) -> None:
        """Post the position of the cursor, once for each index and article."""
        row = self.cursor_row
        state = (self.cursor if self.total else -1, row.id if row else None)
        if state != self._posted_state and self.total:
            self.post_message(self.CursorMoved(self.cursor, row))
        self._posted_state = state

    def _count_rows_per_view(self) -> int:
        return max(1, self.size.height // self.row_height)

    def _scroll_to_cursor(self) -> None:
        height = self.size.height
        if height <= 0 or not self.total:
            return
        top = self.cursor * self.row_height
        bottom = top + self.row_height
        if not self._is_placed:
            self._is_placed = True
            if bottom > height:
                self._scroll_lines(top - height // 3)
        elif top < self.scroll_offset.y:
            self._scroll_lines(top)
        elif bottom > self.scroll_offset.y + height:
            self._scroll_lines(bottom - height)

    def _scroll_lines(self, line: float) -> None:
        self.scroll_to(y=max(0, line), animate=False, force=True)

    # -- Textual --------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Request the rows that came into view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._request_rows()
            self.post_message(self.RowsInView())

    def _request_rows(self) -> None:
        seen = self.range_in_view
        ahead = range(max(0, seen.start - CHUNK // 3), min(self.total, seen.stop + CHUNK // 3))
        if all(index in self._rows for index in (*seen, *ahead[:1], *ahead[-1:])):
            return
        offset = max(0, min((seen.start + seen.stop) // 2 - CHUNK // 2, self.total - CHUNK))
        if self._requested_offset != offset:
            self._requested_offset = offset
            self.post_message(self.WindowWanted(offset))

    def on_resize(self, event: events.Resize) -> None:
        self._fit_rows()

    def on_click(self, event: events.Click) -> None:
        index = (event.y + int(self.scroll_offset.y)) // self.row_height
        if 0 <= index < self.total:
            self.move_cursor_to(index)
            self.post_message(self.Chosen())

    # -- drawing --------------------------------------------------------------------------------

    def watch_cursor(self, before: int, now: int) -> None:
        """Redraw the rows that gain and lose the cursor."""
        for index in (before, now):
            self.refresh_lines(index * self.row_height, self.row_height)

    @on(events.Focus)
    @on(events.Blur)
    def _redraw_rows(self) -> None:
        """Draw all rows anew; the cursor is bright while the list has the focus."""
        self._row_layout = None
        self.refresh()

    def notify_style_update(self) -> None:
        """Redraw the rows in the colours of another theme."""
        super().notify_style_update()
        self._redraw_rows()

    def render_line(self, y: int) -> Strip:
        layout = self._row_layout = self._row_layout or RowLayout(
            self.size.width,
            self.row_height,
            colours_of(self),
            self.rich_style,
            self.has_focus,
            self.title_rows,
            self.is_one_source,
        )
        if not self.total:
            width = max(10, layout.width - 6)
            lines = [
                "",
                *(
                    text[span.start : span.end]
                    for text in self._message.splitlines()
                    for span in wrap_text(text, width)
                ),
            ]
            message = Segment(lines[y] if y < len(lines) else "", layout.colours.dim)
            return _finish_strip([Segment("   "), message], layout, layout.ground)
        index, line = divmod(y + int(self.scroll_offset.y), layout.height)
        row = self._rows.get(index)
        if row is None:
            return _finish_strip([], layout, layout.ground)
        today = datetime.now().astimezone().date()
        date = _format_date(row.date, row.date_only, self._date_format, today)
        snippet = self.snippets.get(row.id)
        return draw_row(row, date, snippet, layout, is_current=index == self.cursor)[line]
