"""The results of the query: asking the library, and showing rows, totals and snippets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textual.timer import Timer

from rilo_reader.article import ArticleId, Field
from rilo_reader.config import SavedSearch, queries_by_name
from rilo_reader.library import Library, Row, Window
from rilo_reader.query.tree import (
    And,
    ArticleSelection,
    HasMark,
    MatchKind,
    Node,
    Not,
    Or,
    Query,
    Sort,
    Words,
    parts_of,
    restrict_query,
    source_of,
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
    """A query as it was typed, and to what its results are narrowed besides."""

    text: str = ""
    span: TimeSpan | None = None  # a slice of time
    is_prefix: bool = False  # whether it is still being typed, and its last word a prefix
    selection: Selection | None = None

    @property
    def is_everything(self) -> bool:
        """True if its results are all articles."""
        return not (self.text.strip() or self.span or self.selection)


class CursorPlace(NamedTuple):
    """A place for the cursor: an article, or a row where that is not found."""

    article: ArticleId | None = None
    row: int = 0  # its index
    line: int | None = None  # of the list, on which the row then begins; None for any


TOP = CursorPlace()


class ListPage(NamedTuple):
    """The results of a query around the cursor."""

    question: TypedQuery
    typed_query: Query  # its text parsed
    query: Query  # the same within the slice of time that was chosen
    window: Window  # the rows around the cursor
    cursor: CursorPlace  # that was found
    library_total: int
    pinned: PinnedRows  # rows kept on the screen
    is_gone: bool = False  # whether the article at the cursor is no longer in the library


class RemoteResultList:
    """Results that a plugin adds to the local ones; none by default."""

    @property
    def local_count(self) -> int | None:
        """The number of local results, once windows have remote ones besides."""
        return None

    @property
    def remote_note(self) -> str:
        """The number of remote results, or why that is not known."""
        return ""

    def request_rows(self, query: Query, first: int) -> None:
        """Request the remote results of a query, and its rows from the index `first` on."""

    def read_local(self) -> None:
        """Read the local results again; may be called in a thread, as what follows."""

    def read_window(self, query: Query, offset: int, limit: int) -> Window | None:
        """Return local and remote rows of a query; None if only local ones are known."""
        return None

    def find_row(self, article: ArticleId) -> Row | None:
        """Return the row of a remote article, with its present marks; None if it is not known."""
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
        self.on_order_changed: Callable[[], None] = lambda: None  # of a source
        self.saved_searches: Sequence[SavedSearch] = ()
        self.sort = Sort.NEWEST  # of queries that say none
        self.source_orders: Mapping[
            str, Sort
        ] = {}  # of sources that have their own, by `source_of`
        self.is_current = True  # whether the index is known to match the folder
        # whether the cursor stays on its article when new ones arrive, and not at the top
        self.keeps_place = False
        self.question = TypedQuery()  # whose results are shown, or awaited
        self.query = Query()  # what is shown: the parsed text
        self.query_shown = Query()  # the same within the slice of time or the selection
        self.library_total = 0
        # rows that no longer match, and stay until the list is loaded again
        self.pinned = PinnedRows()
        self._muted_total = 0
        self._counted_total: int | None = None  # articles that match, once they are counted
        self._copies_timer: Timer | None = None
        self.answer_task = tasks.make_latest("answers")
        self.count_task = tasks.make_latest("counts")
        self._windows = tasks.make_latest("windows")
        self._wholes = tasks.make_latest("copies", urgency=Urgency.LATER)
        self._snippets = tasks.make_latest("snippets", urgency=Urgency.LATER)
        self.remote_results = RemoteResultList()
        # the library into which feeds are fetched, None if it is this one
        self.other_library: Callable[[], Path | None] = lambda: None

    @property
    def is_awaited(self) -> bool:
        """True if rows are being loaded that the user waits for."""
        return self.answer_task.is_running or self._windows.is_running

    @property
    def saved_queries(self) -> Mapping[str, str] | None:
        """The saved searches by their names, as `parse` takes them."""
        return queries_by_name(self.saved_searches)

    def keep_place(self) -> None:
        """Keep the cursor on its article when new ones arrive."""
        self.keeps_place = True

    def restore_session(self, text: str, article: ArticleId | None) -> None:
        """Show the results of the last session before returning; all articles if there are none."""
        place = CursorPlace(article)
        page = self.load_page(TypedQuery(text), place, self.pinned)
        if text and not page.window.total:
            # A search that finds nothing is not a place to begin.
            page = self.load_page(TypedQuery(), place, self.pinned)
        self.keeps_place = article is not None and page.cursor.row > 0
        self._show_settled(page)

    # -- asking -----------------------------------------------------------------------------------

    def load_query(
        self,
        question: TypedQuery,
        place: CursorPlace = TOP,
        on_shown: Callable[[], None] | None = None,
    ) -> None:
        """Load the results of a query, and show them with the cursor at `place`."""
        self.question = question
        self._snippets.cancel()
        self._request_page(place, PinnedRows(), on_shown)

    def reload_query(self, *, to_top: bool = False) -> None:
        """Load the results again; the cursor stays on its article unless `to_top`."""
        articles, pinned, place = self._widgets.articles, PinnedRows(), TOP
        if not to_top:
            row = articles.cursor_row
            place = CursorPlace(row.id if row else None, articles.cursor, articles.cursor_line)
            if row is not None and self.pinned.row_at(place.row) is not None:
                pinned.pin_row(place.row, row)
        self._request_page(place, pinned)

    def _request_page(
        self, place: CursorPlace, pinned: PinnedRows, on_shown: Callable[[], None] | None = None
    ) -> None:
        load = partial(self.load_page, self.question, place, pinned)
        self.answer_task.request(load, partial(self._show_page, on_shown=on_shown))

    def settle_text(self) -> None:
        """Write the shown query into the box when the user moves on: `gletscher*`.

        Without the star where no longer word begins so. The rows and the cursor stay.
        """
        if not self.question.is_prefix:
            self._widgets.search_row.show_text(self.question.text)
            return
        row = self._widgets.articles.cursor_row
        load = partial(self.load_settled, self.question, row.id if row else None)
        self.question = self.question._replace(text=self.settled_text, is_prefix=False)
        self.answer_task.request(load, self._show_settled)

    @property
    def settled_text(self) -> str:
        """The query with the prefix of its last word written out."""
        if not self.question.is_prefix:
            return self.question.text
        from rilo_reader.query.edit import to_finished_text

        return to_finished_text(self.question.text, saved_queries=self.saved_queries)

    def load_settled(self, question: TypedQuery, article: ArticleId | None = None) -> ListPage:
        """Load the results of a typed query, with the text that finds them; runs in a thread."""
        from rilo_reader.query.edit import to_finished_text, to_whole_word
        from rilo_reader.query.parser import parse

        saved, count = self.saved_queries, self._library.search.count
        text = to_finished_text(question.text, saved_queries=saved)
        whole = "" if text == question.text else to_whole_word(text, saved_queries=saved)
        # Remote articles may have longer words.
        is_bare = whole and self.remote_results.local_count is None
        if is_bare and count(parse(whole, saved=saved)) == count(parse(text, saved=saved)):
            text = whole
        settled = question._replace(text=text, is_prefix=False)
        return self.load_page(settled, CursorPlace(article), PinnedRows())

    def _show_settled(self, page: ListPage) -> None:
        self.question = page.question
        self._widgets.search_row.show_text(page.question.text)
        self._show_page(page)

    def load_page(self, question: TypedQuery, place: CursorPlace, pinned: PinnedRows) -> ListPage:
        """Query the library; runs in a thread, except at the start."""
        typed_query, query = self.parse_question(question)
        article, index, line = place
        is_gone = False
        self.remote_results.read_local()
        window = self._read_around(query, pinned, index)
        if article is not None and pinned.find_index(article) is None:
            # Most often it is where it was, or near the top.
            near = (at for at, row in enumerate(window.rows, window.offset) if row.id == article)
            index = next(near, -1)
            if index < 0:
                found = self._library.search.find_position(query, article, fold=True, quick=True)
                known = self._library.search.row(article) or self.remote_results.find_row(article)
                is_gone = found is None and known is None
                index = place.row if found is None else pinned.screen_index(found)
                window = self._read_around(query, pinned, index)
        if index >= window.total > 0:
            index = window.total - 1
            window = self._read_around(query, pinned, index)
        everything = window.total + window.left_out
        if not query.is_everything:
            everything = self._library.search.count(Query())
        cursor = CursorPlace(article, index, line)
        return ListPage(question, typed_query, query, window, cursor, everything, pinned, is_gone)

    def parse_question(self, question: TypedQuery) -> tuple[Query, Query]:
        """Return a query as it was typed, and within the slice of time or the selection."""
        typed_query, query = Query(), Query(sort=self.sort)
        if question.text:
            from rilo_reader.query.parser import parse

            saved, is_prefix = self.saved_queries, question.is_prefix
            query = typed_query = parse(question.text, typing=is_prefix, saved=saved)
            if (sort := self.usual_sort(query)) is not Sort.NEWEST:
                query = parse(question.text, typing=is_prefix, saved=saved, sort=sort)
        if question.span is not None:
            from rilo_reader.query.dates import make_dates

            query = restrict_query(query, make_dates(question.span.start, question.span.end))
        if question.selection is not None:
            chosen = ArticleSelection(question.selection.articles)
            query = restrict_query(query, chosen)._replace(sort=Sort.RELEVANCE)
        return typed_query, query

    def usual_sort(self, query: Query) -> Sort:
        """Return the order of a query that says none: that of its source, else of all."""
        if not self.source_orders:
            return self.sort
        return self.source_orders.get(source_of(query.node), self.sort)

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

    def _show_page(self, page: ListPage, on_shown: Callable[[], None] | None = None) -> None:
        self.query, self.query_shown = page.typed_query, page.query
        self.library_total, self.pinned = page.library_total, page.pinned
        self._muted_total, self._counted_total = page.window.left_out, None
        for task in (self.count_task, self._windows, self._wholes, self._snippets):
            task.cancel()
        articles = self._widgets.articles
        if page.is_gone and (before := articles.cursor_row) is not None:
            title = to_display_title(before.title)
            self._widgets.show_message(f"“{title}” is gone: its file was deleted or moved.")
        reason, commands = self._explain_empty(page) if not page.window.total else ("", {})
        articles.show_message(reason)
        self._widgets.offer_commands(commands)
        is_source = source_of(page.query.node).startswith("source:")
        self._widgets.show_place(_describe_back(page.question, is_source), is_source=is_source)
        snippets = bool(words_to_highlight(page.query))
        articles.show_results(
            page.window,
            page.cursor.row,
            snippets=snippets,
            one_source=has_one_source(page.query.node),
            line=page.cursor.line,
        )
        self.request_remote()
        self._widgets.fault_line.show_faults(page.question.text, page.query.faults)
        self._update_total(page.window)
        self.on_shown()
        self._count_copies_later(page.window)
        if on_shown is not None:
            on_shown()

    def _explain_empty(self, page: ListPage) -> tuple[str, Mapping[str, str]]:
        """Say why the list is empty, and which commands help there, each with a word."""
        key_of, question = self._widgets.key_of, page.question
        if page.library_total and question.span is not None:
            reason = f"Nothing matches in {question.span}. {key_of('back')} shows all dates."
            return reason, {"search": "search", "back": "all dates"}
        if page.library_total and question.text.strip():
            reason = f"Nothing matches. {key_of('back')} clears the search."
            return reason, {"search": "search", "back": "clear search"}
        if not self.is_current:
            return "Reading the folder…", {"search": "search"}
        folder = clean_line(str(self._library.folder), 400)
        reason = f"There are no articles in {folder} yet. Put Markdown files there, and they appear"
        reason, adds = f"{reason} here.", "add a feed"
        if (other := self.other_library()) is not None:
            reason += f" Feeds go into your library, {clean_line(str(other), 400)}."
            adds = "add a page"
        keys = f"{key_of('add')} {adds} · :guide · {key_of('help')} help"
        keys = keys.replace(" ", "\xa0").replace("·\xa0", "· ")  # it breaks only before a key
        return f"{reason}\n\n{keys}", {"add": adds}

    def request_remote(self) -> None:
        """Request remote results."""
        first = self._widgets.articles.range_in_view.start
        self.remote_results.request_rows(self.query_shown, self.pinned.library_index(first))

    def show_remote(self, window: Window | None) -> None:
        """Show remote results too, None for their total alone; the cursor stays."""
        if window is None:
            self._show_total()
            return
        articles = self._widgets.articles
        row, line = articles.cursor_row, articles.cursor_line
        row_id = row.id if row is not None else None
        offset = self.pinned.screen_index(window.offset)
        window = self.pinned.merge_window(window, offset, len(window.rows) + len(self.pinned))
        places = (at for at, one in enumerate(window.rows, window.offset) if one.id == row_id)
        snippets, one_source = articles.has_snippets, articles.is_one_source
        cursor = next(places, articles.cursor)
        articles.show_results(window, cursor, snippets=snippets, one_source=one_source, line=line)
        if window.total:
            self._widgets.offer_commands({})
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
        local_count = self.remote_results.local_count
        local_count = self._widgets.articles.total if local_count is None else local_count
        orders = {Sort.RELEVANCE: "best first", Sort.READ: "last read first"}
        dates = {Sort.NEWEST: "newest first", Sort.OLDEST: "oldest first"}
        label = (orders if self.query_shown.sort is self.sort else orders | dates).get(
            self.query_shown.sort, ""
        )
        self._widgets.search_row.show_total(
            local_count + self._muted_total,
            self.library_total,
            all_shown=self.query_shown.is_everything,
            label=self.question.selection.label if self.question.selection else label,
            further=self.remote_results.remote_note,
        )

    # -- windows and snippets ---------------------------------------------------------------------

    def load_window(self, offset: int) -> None:
        """Load rows that came into view."""
        ask = partial(self._read_window, self.query_shown, self.pinned, offset, CHUNK)
        self._windows.request(ask, self._show_window)

    def _show_window(self, window: Window) -> None:
        self._muted_total = window.left_out
        if not window.is_counted and self._counted_total is not None:
            total = self._counted_total - window.left_out
            window = window._replace(total=total, is_counted=True)
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
        shown = self._widgets.articles.snippets
        cells = self._widgets.articles.snippet_cells
        found: dict[ArticleId, Snippet] = {}
        for row in rows:
            if not wanted():
                break
            snippet = shown.get(row.id) or self._library.snippet(row, query, cells)
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
        """Return which articles match the query, if marks matter to it; runs in a thread."""
        query, find_position = self.query_shown, self._library.search.find_position
        wanted = articles if needs_marks(query.node) else []
        return {article: find_position(query, article) is not None for article in wanted}


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
        """Drop the row of an article that matches again."""
        self._rows = {i: row for i, row in self._rows.items() if row.id != article}

    def row_at(self, index: int) -> Row | None:
        """Return the pinned row at an index on the screen."""
        return self._rows.get(index)

    def find_index(self, article: ArticleId) -> int | None:
        """Return the index on the screen where an article is pinned."""
        return next((i for i, row in self._rows.items() if row.id == article), None)

    def screen_index(self, index: int) -> int:
        """Return the screen's index of a library's index."""
        for row in sorted(self._rows):
            if row > index:
                break
            index += 1
        return index

    def library_index(self, index: int) -> int:
        """Return the library's index of the first row from a screen's index that is not pinned."""
        return index - sum(1 for row in self._rows if row < index)

    def merge_window(self, window: Window, offset: int, limit: int) -> Window:
        """Return a window of the library, read at `library_index(offset)`, as the screen counts."""
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


def _describe_back(question: TypedQuery, is_source: bool) -> str:
    """Return what `back` does in the list, in two words; "" where it does nothing."""
    if question.span is not None:
        return "all dates"
    if is_source:
        return "all"  # as the sources call it; there is a hint more
    if question.text.strip():
        return "clear search"
    return "" if question.is_everything else "all articles"


def has_one_source(node: Node) -> bool:
    """Return whether all results of a query have the same source."""
    return any(
        isinstance(part, Words)
        and part.field is Field.SOURCE
        and part.match_kind is MatchKind.WHOLE
        for part in parts_of(node)
    )


def needs_marks(node: Node) -> bool:
    """Return whether the results of a query change when an article is marked."""
    if isinstance(node, Not):
        return needs_marks(node.node)
    if isinstance(node, And | Or):
        return any(map(needs_marks, node.nodes))
    return isinstance(node, HasMark)
