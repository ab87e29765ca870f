"""The results of the query: asking the library, and showing rows, totals and snippets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.timer import Timer

from rilo_reader.article import ArticleId
from rilo_reader.config import SavedSearch, queries_by_name
from rilo_reader.library import Library, Row, Window
from rilo_reader.query.tree import (
    And,
    ArticleSelection,
    HasMark,
    Node,
    Not,
    Or,
    Query,
    Sort,
    restrict_query,
    words_to_highlight,
)
from rilo_reader.text import clean_line, to_display_title
from rilo_reader.tui.tasks import TaskRunner, Urgency
from rilo_reader.tui.widgets.article_list import CHUNK

if TYPE_CHECKING:
    from rilo_reader.library import Snippet
    from rilo_reader.tui.reader.values import Selection
    from rilo_reader.tui.reader.widgets import ReaderWidgets
    from rilo_reader.tui.widgets.timeline import TimeSpan


ROWS_AT_TOP = 3 * CHUNK // 4  # number of rows to load for a cursor at the top


class TypedQuery(NamedTuple):
    """A query as it was typed, the slice of time, and whether its last word is a prefix."""

    text: str
    span: TimeSpan | None = None
    is_prefix: bool = False
    selection: Selection | None = None  # to which the results are narrowed


class ListPage(NamedTuple):
    """The results of a query around the cursor."""

    text: str  # the query as it was typed
    typed_query: Query
    query: Query  # the same within the slice of time that was chosen
    window: Window  # the rows around the cursor
    cursor: int
    library_total: int
    pinned: PinnedRows  # rows kept on the screen
    is_gone: bool = False  # whether the article at the cursor is no longer in the library


class RemoteResultList:
    """Results of a query beyond those that are here: none, unless a plugin puts others here."""

    @property
    def local_count(self) -> int | None:
        """How many results are here, once there are further ones, whose windows have both."""
        return None

    @property
    def remote_note(self) -> str:
        """How many are elsewhere, or why that is not known."""
        return ""

    def request_rows(self, query: Query, first: int) -> None:
        """Ask for the results of a query, and for rows from the index `first` on."""

    def read_local(self) -> None:
        """Read again what is here; may be called in a thread, as what follows."""

    def read_window(self, query: Query, offset: int, limit: int) -> Window | None:
        """Rows of a query, here and elsewhere; None where only those here are known."""
        return None

    def find_row(self, article: ArticleId) -> Row | None:
        """The row of an article that is only elsewhere, with its present marks, if it is known."""
        return None


class ResultList:
    """The results of a query: asked for in threads, shown in the list, windows at a time."""

    def __init__(
        self, library: Library, widgets: ReaderWidgets, tasks: TaskRunner, copies_delay: float
    ) -> None:
        """Create an empty list; after `copies_delay` seconds copies further down are counted."""
        self._copies_delay = copies_delay
        self._library = library
        self._widgets = widgets
        self._tasks = tasks
        self.on_shown: Callable[[], None] = lambda: None
        self.saved_searches: Sequence[SavedSearch] = ()
        self.is_current = True  # whether the index is known to match the folder
        # whether the cursor stays on its article when new ones arrive, and not at the top
        self.keeps_place = False
        self.query_text = ""  # the query as it was typed
        self.is_typed = False  # whether it is still being typed, and its last word a prefix
        self.span: TimeSpan | None = None  # the slice of time that the results are narrowed to
        self.selection: Selection | None = None  # that the results are narrowed to
        self.query = Query()  # the parsed `text`
        self.query_shown = Query()  # the same within `span`; the rows on the screen are its results
        self.library_total = 0
        # rows that no longer match, and stay until the list is loaded again
        self.pinned = PinnedRows()
        self._muted_total = 0
        self._counted_total: int | None = None  # articles that match, once it is known how many
        self._copies_timer: Timer | None = None
        self.answer_task = tasks.make_latest("answers")
        self.count_task = tasks.make_latest("counts")
        self._windows = tasks.make_latest("windows")
        self._wholes = tasks.make_latest("copies", urgency=Urgency.LATER)
        self._snippets = tasks.make_latest("snippets", urgency=Urgency.LATER)
        self.remote_results = RemoteResultList()  # those that are elsewhere

    @property
    def is_awaited(self) -> bool:
        """Whether rows are being loaded that the user waits for."""
        return self.answer_task.is_running or self._windows.is_running

    @property
    def saved_queries(self) -> Mapping[str, str] | None:
        """The saved searches by their names, as `parse` takes them."""
        return queries_by_name(self.saved_searches)

    @property
    def _typed_query(self) -> TypedQuery:
        return TypedQuery(self.query_text, self.span, self.is_typed, self.selection)

    def keep_place(self) -> None:
        """Keep the cursor on its article when new ones arrive."""
        self.keeps_place = True

    def restore_session(self, text: str, stand_on: ArticleId | None) -> None:
        """Show the results of the last session before returning; all articles if there are none."""
        answer = self.load_page(TypedQuery(text), stand_on, 0, self.pinned)
        if text and not answer.window.total:
            # A search that finds nothing is not a place to begin.
            answer = self.load_page(TypedQuery(""), stand_on, 0, self.pinned)
        self.query_text = answer.text
        self._widgets.search_row.show_text(self.query_text)
        self.keeps_place = stand_on is not None and answer.cursor > 0
        self.show_answer(answer)

    # -- asking -----------------------------------------------------------------------------------

    def load_query(
        self,
        text: str,
        *,
        stand_on: ArticleId | None = None,
        index: int = 0,
        line: int | None = None,
        on_shown: Callable[[], None] | None = None,
    ) -> None:
        """Load the results of a query within `span`, and show them; then call `then`.

        The cursor goes to `stand_on`, else to the row `index`, on a line of the list if one is
        given.
        """
        self.query_text = text
        self._snippets.cancel()
        answer = partial(self.load_page, self._typed_query, stand_on, index, PinnedRows())
        self.answer_task.request(answer, partial(self.show_answer, line=line, on_shown=on_shown))

    def settle_text(self) -> None:
        """Write into the box what the list shows, now that the user goes on: `gletscher*`.

        Without the star where no longer word begins so. The rows and the cursor stay.
        """
        if not self.is_typed:
            self._widgets.search_row.show_text(self.query_text)
            return
        row = self._widgets.articles.cursor_row
        settled = partial(self.load_settled, self._typed_query, row.id if row else None)
        self.query_text, self.is_typed = self.settled_text, False
        self.answer_task.request(settled, self._show_settled)

    @property
    def settled_text(self) -> str:
        """The query, so that it finds elsewhere what the list shows."""
        from rilo_reader.query.edit import to_finished_text

        return (
            to_finished_text(self.query_text, saved_queries=self.saved_queries)
            if self.is_typed
            else self.query_text
        )

    def load_settled(self, question: TypedQuery, stand_on: ArticleId | None = None) -> ListPage:
        """The results of a typed query, with the text that finds them; runs in a thread."""
        from rilo_reader.query.edit import to_finished_text, to_whole_word
        from rilo_reader.query.parser import parse

        saved, count = self.saved_queries, self._library.search.count
        text = to_finished_text(question.text, saved_queries=saved)
        whole = "" if text == question.text else to_whole_word(text, saved_queries=saved)
        # What is elsewhere may have longer words.
        is_bare = whole and self.remote_results.local_count is None
        if is_bare and count(parse(whole, saved=saved)) == count(parse(text, saved=saved)):
            text = whole
        question = question._replace(text=text, is_prefix=False)
        return self.load_page(question, stand_on, 0, PinnedRows())

    def _show_settled(self, answer: ListPage) -> None:
        self.query_text = answer.text
        self._widgets.search_row.show_text(self.query_text)
        self.show_answer(answer)

    def reload_query(self, *, to_top: bool = False) -> None:
        """Load the results again; the cursor stays on its article unless `to_top`."""
        articles, pinned = self._widgets.articles, PinnedRows()
        row, index, line = None, 0, None
        if not to_top:
            row, index, line = articles.cursor_row, articles.cursor, articles.cursor_line
            if row is not None and self.pinned.row_at(index) is not None:
                pinned.pin_row(index, row)
        answer = partial(self.load_page, self._typed_query, row.id if row else None, index, pinned)
        self.answer_task.request(answer, partial(self.show_answer, line=line))

    def load_page(
        self,
        question: TypedQuery,
        stand_on: ArticleId | None,
        index: int,
        pinned: PinnedRows,
    ) -> ListPage:
        """Query the library; runs in a thread, except at the start."""
        text = question.text
        asked, query = self.parse_question(question)
        cursor, gone = index, False
        self.remote_results.read_local()
        window = self._read_around(query, pinned, cursor)
        if stand_on is not None and pinned.find_index(stand_on) is None:
            # Most often it is where it was, or near the top.
            near = (at for at, row in enumerate(window.rows, window.offset) if row.id == stand_on)
            cursor = next(near, -1)
            if cursor < 0:
                place = self._library.search.find_position(query, stand_on, fold=True, quick=True)
                known = self._library.search.row(stand_on) or self.remote_results.find_row(stand_on)
                gone = place is None and known is None
                cursor = index if place is None else pinned.screen_index(place)
                window = self._read_around(query, pinned, cursor)
        if cursor >= window.total > 0:
            cursor = window.total - 1
            window = self._read_around(query, pinned, cursor)
        everything = window.total + window.left_out
        if not query.is_everything:
            everything = self._library.search.count(Query())
        return ListPage(text, asked, query, window, cursor, everything, pinned, gone)

    def parse_question(self, question: TypedQuery) -> tuple[Query, Query]:
        """A query as it was typed, and within the slice of time or the selection."""
        text, span, typing, selection = question
        asked = Query()
        if text:
            from rilo_reader.query.parser import parse

            asked = parse(text, typing=typing, saved=self.saved_queries)
        query = asked
        if span is not None:
            from rilo_reader.query.dates import make_dates

            query = restrict_query(asked, make_dates(span.start, span.end))
        if selection is not None:
            query = restrict_query(query, ArticleSelection(selection.articles))._replace(
                sort=Sort.RELEVANCE
            )
        return asked, query

    def _read_around(self, query: Query, pinned: PinnedRows, index: int) -> Window:
        # At the top there is nothing above: what is seen, and what a held key meets next.
        return self._read_window(
            query, pinned, max(0, index - CHUNK // 2), min(CHUNK, index + ROWS_AT_TOP)
        )

    def _read_window(
        self, query: Query, pinned: PinnedRows, offset: int, limit: int, *, quick: bool = True
    ) -> Window:
        first = pinned.library_index(offset)
        both = self.remote_results.read_window(query, first, limit)
        window = both or self._library.search.window(query, first, limit, fold=True, quick=quick)
        return pinned.merge_window(window, offset, limit)

    # -- showing ----------------------------------------------------------------------------------

    def show_answer(
        self, answer: ListPage, line: int | None = None, on_shown: Callable[[], None] | None = None
    ) -> None:
        """Show results, with the cursor on a line of the list; then call `on_shown`."""
        self.query, self.query_shown = answer.typed_query, answer.query
        self.library_total, self.pinned = answer.library_total, answer.pinned
        self._muted_total, self._counted_total = answer.window.left_out, None
        for task in (self.count_task, self._windows, self._wholes, self._snippets):
            task.cancel()
        articles = self._widgets.articles
        if answer.is_gone and (before := articles.cursor_row) is not None:
            title = to_display_title(before.title)
            self._widgets.show_message(f"“{title}” is gone: its file was deleted or moved.")
        articles.show_message(self._empty_text(answer))
        self._widgets.offer_commands({} if answer.window.total else self._empty_keys(answer))
        snippets = bool(words_to_highlight(answer.query))
        articles.show_results(answer.window, answer.cursor, snippets=snippets, line=line)
        self.request_remote()
        self._widgets.fault_line.show_faults(answer.text, answer.query.faults)
        self._update_total(answer.window)
        self.on_shown()
        self._count_copies_later(answer.window)
        if on_shown is not None:
            on_shown()

    def request_remote(self) -> None:
        """Ask for what there is beyond what is here."""
        first = self._widgets.articles.range_in_view.start
        self.remote_results.request_rows(self.query_shown, self.pinned.library_index(first))

    def show_remote(self, window: Window | None) -> None:
        """Show what there is beyond what is here, None for the total; the cursor stays."""
        if window is None:
            self._show_total()
            return
        articles = self._widgets.articles
        row, line = articles.cursor_row, articles.cursor_line
        row_id = row.id if row is not None else None
        offset = self.pinned.screen_index(window.offset)
        window = self.pinned.merge_window(window, offset, len(window.rows) + len(self.pinned))
        places = (at for at, one in enumerate(window.rows, window.offset) if one.id == row_id)
        snippets, cursor = articles.has_snippets, next(places, articles.cursor)
        articles.show_results(window, cursor, snippets=snippets, line=line)
        self._widgets.offer_commands({} if window.total else self._widgets.offered_commands)
        self._muted_total, self._counted_total = window.left_out, window.total + window.left_out
        self._show_total()
        if row is None:
            self.on_shown()

    def _update_total(self, window: Window) -> None:
        """Show the total, or count it first."""
        if window.is_counted:
            self._counted_total = window.total + window.left_out
            self._show_total()
        else:
            query, pinned = self.query_shown, len(self.pinned)
            self.count_task.request(
                lambda: self._library.search.count(query) + pinned, self._show_count
            )

    def _show_count(self, total: int) -> None:
        self._counted_total = total
        self._widgets.articles.show_total(total - self._muted_total)
        self._show_part()
        self._show_total()

    def _show_part(self) -> None:
        articles = self._widgets.articles
        self._widgets.divider.show_part(articles.range_in_view, articles.total)

    def _show_total(self) -> None:
        """Show the total beside the search box; copies that share a row count."""
        here = self.remote_results.local_count
        here = self._widgets.articles.total if here is None else here
        self._widgets.search_row.show_total(
            here + self._muted_total,
            self.library_total,
            all_shown=self.query_shown.is_everything,
            label=self._selection_label,
            further=self.remote_results.remote_note,
        )

    @property
    def _selection_label(self) -> str:
        if self.selection is not None:
            return self.selection.label
        return "best first" if self.query_shown.sort is Sort.RELEVANCE else ""

    def _empty_text(self, answer: ListPage) -> str:
        key = self._widgets.key_of("back")
        if answer.library_total and self.span is not None:
            return f"Nothing matches in {self.span}. {key} shows all dates."
        if answer.library_total and answer.text.strip():
            return f"Nothing matches. {key} clears the search."
        if answer.window.total:
            return ""
        if not self.is_current:
            return "Reading the folder…"
        folder = clean_line(str(self._library.folder), 400)
        said = f"There are no articles in {folder} yet. Put Markdown files there"
        add, help_ = self._widgets.key_of("add"), self._widgets.key_of("help")
        keys = f"{add} add a feed · :guide · {help_} help"
        keys = keys.replace(" ", "\xa0").replace("·\xa0", "· ")  # it breaks only before a key
        return f"{said}, and they appear here.\n\n{keys}"

    def _empty_keys(self, answer: ListPage) -> Mapping[str, str]:
        """What can be done where the list is empty: commands, each with a word."""
        if answer.library_total and (self.span is not None or answer.text.strip()):
            back = "all dates" if self.span is not None else "clear search"
            return {"search": "search", "back": back}
        return {"add": "add a feed"} if self.is_current else {"search": "search"}

    # -- windows and snippets ---------------------------------------------------------------------

    def load_window(self, offset: int) -> None:
        """Load rows that came into view."""
        ask = partial(self._read_window, self.query_shown, self.pinned, offset, CHUNK)
        self._windows.request(ask, self._show_window)

    def _show_window(self, window: Window) -> None:
        self._muted_total = window.left_out
        if not window.is_counted:
            known = (
                window.total
                if self._counted_total is None
                else self._counted_total - window.left_out
            )
            window = window._replace(total=known, is_counted=self._counted_total is not None)
        self._widgets.articles.show_window(window)
        if window.is_counted:
            self._update_total(window)
        self._count_copies_later(window)

    def _count_copies_later(self, window: Window) -> None:
        """After a pause, count the copies that share rows further down."""
        query, pinned = self.query_shown, self.pinned

        def ask() -> None:
            if pinned is self.pinned and not window.is_whole:
                job = partial(self._read_window, query, pinned, window.offset, CHUNK, quick=False)
                self._wholes.request(job, self._show_window)

        self._copies_timer = self._tasks.call_after(
            self._copies_delay, ask, instead=self._copies_timer
        )

    def update_rows_in_view(self) -> None:
        """Update the scroll bar, and load snippets of the rows in view."""
        self._show_part()
        articles = self._widgets.articles
        if articles.has_snippets:
            rows, wanted = articles.rows_in_view(), self._snippets.make_wanted_check()
            find = partial(self._find_snippets, rows, self.query_shown, wanted)
            self._snippets.request(find, articles.show_snippets)

    def _find_snippets(
        self, rows: list[Row], query: Query, wanted: Callable[[], bool]
    ) -> dict[ArticleId, Snippet]:
        """Load the snippets of rows; runs in a thread, and stops when they are not wanted."""
        known = self._widgets.articles.snippets
        cells = self._widgets.articles.snippet_cells
        found: dict[ArticleId, Snippet] = {}
        for row in rows:
            if not wanted():
                break
            snippet = known.get(row.id) or self._library.snippet(row, query, cells)
            if snippet is not None:
                found[row.id] = snippet
        return found

    # -- rows whose marks changed -----------------------------------------------------------------

    def show_marks(self, rows: list[Row], matching: dict[ArticleId, bool]) -> None:
        """Show the new marks of rows, and pin rows that no longer match."""
        for row in rows:
            if matching.get(row.id, True):
                self.pinned.unpin_article(row.id)
            elif (index := self._widgets.articles.index_of(row.id)) is not None:
                self.pinned.pin_row(index, row)
        self._widgets.articles.replace_rows(rows)

    def find_matching(self, articles: list[ArticleId]) -> dict[ArticleId, bool]:
        """Which articles match the query, if marks matter to it; runs in a thread."""
        query = self.query_shown
        asked = articles if needs_marks(query.node) else []
        return {each: self._library.search.find_position(query, each) is not None for each in asked}


class PinnedRows:
    """Rows that stay at their index on the screen although they no longer match.

    In a list of unread articles, each one that is read would disappear from under the cursor. This
    class translates between indexes on the screen and indexes of the library.
    """

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def pin_row(self, index: int, row: Row) -> None:
        """Keep a row at its index on the screen."""
        self._rows[index] = row

    def unpin_article(self, article: ArticleId) -> None:
        """The article matches again."""
        self._rows = {i: row for i, row in self._rows.items() if row.id != article}

    def row_at(self, index: int) -> Row | None:
        """The pinned row at an index on the screen."""
        return self._rows.get(index)

    def find_index(self, article: ArticleId) -> int | None:
        """Where on the screen an article is pinned."""
        return next((i for i, row in self._rows.items() if row.id == article), None)

    def screen_index(self, index: int) -> int:
        """The screen's index of a library's index."""
        for row in sorted(self._rows):
            if row > index:
                break
            index += 1
        return index

    def library_index(self, index: int) -> int:
        """The library's index of the first row at or after a screen's index that is not pinned."""
        return index - sum(1 for row in self._rows if row < index)

    def merge_window(self, window: Window, offset: int, limit: int) -> Window:
        """A window of the library, asked for at `in_library(offset)`, as the screen counts."""
        if not self._rows:
            return window
        total = window.total + len(self._rows)
        fresh = iter(window.rows)
        rows: list[Row] = []
        for index in range(offset, min(offset + limit, total)):
            row = self._rows.get(index) or next(fresh, None)
            if row is None:
                break
            rows.append(row)
        return window._replace(total=total, offset=offset, rows=tuple(rows))


def needs_marks(node: Node) -> bool:
    """Whether the results of a query change when an article is marked."""
    if isinstance(node, Not):
        return needs_marks(node.node)
    if isinstance(node, And | Or):
        return any(map(needs_marks, node.nodes))
    return isinstance(node, HasMark)
