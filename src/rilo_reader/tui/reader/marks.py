"""Marks of articles: read, starred, tags, each with undo; and the panel of what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rilo_reader.article import ArticleId
from rilo_reader.feeds.sources import feed_sources
from rilo_reader.feeds.undo import GestureUndoer, add_stopped_steps
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import HasMark, QueryMark, restrict_query
from rilo_reader.store.gestures import Change, Gesture, GestureId, Ids
from rilo_reader.store.history import HistoryEntry
from rilo_reader.text import split_tags, to_display_title
from rilo_reader.tui import panels
from rilo_reader.tui.reader.article import MarkedRows
from rilo_reader.tui.reader.controller import Controller, ReaderContext, ReaderPart
from rilo_reader.tui.reader.undo import Show
from rilo_reader.tui.tasks import Saying

PAGE = 100  # number of gestures that are loaded at once


class GestureHistory(ReaderPart):
    """Opens the panel of the history, and changes what is chosen there."""

    panel: panels.history.HistoryScreen | None = None

    def __init__(
        self, context: ReaderContext, change_gesture: Callable[[HistoryEntry], Show]
    ) -> None:
        """`change_gesture` takes a gesture back or does it again; runs in a thread."""
        super().__init__(context)
        self._change_gesture = change_gesture
        self._wanted_count = PAGE
        self._load_task = context.tasks.make_latest("history")
        self.commands = {"history": self.open_history}

    def open_history(self) -> None:
        """Show what was done, on all devices."""
        self._wanted_count = PAGE
        # In the order of the keys: a mark may still be on its way.
        self.tasks.write_tasks.enqueue(self._read_newest, self._show_page)

    def _load_older(self) -> None:
        if not self._load_task.is_running:
            self._wanted_count += PAGE
            self.on_marks_changed()

    def on_marks_changed(self) -> None:
        """While the panel is open it shows what was done elsewhere."""
        if self.panel is not None:
            self._load_task.request(
                partial(self._read_gestures, self._wanted_count), self._show_newer
            )

    def _read_newest(self) -> panels.history.HistoryPage:
        self.context.undo_stack.add_stopped()
        return self._read_gestures(PAGE)

    def _read_gestures(self, wanted: int) -> panels.history.HistoryPage:
        """Read the newest gestures; runs in a thread."""
        found: list[HistoryEntry] = []
        last, is_whole = None, False
        while len(found) < wanted and not is_whole:
            entries = self.library.state.history.read(PAGE, last)
            found += [entry for entry in entries if entry.undoes is None]
            is_whole = len(entries) < PAGE
            last = entries[-1].id if entries else last
        articles = {entry.article for entry in found if entry.article is not None}
        titles = {
            row.id: to_display_title(row.title) for row in self.article.load_rows(list(articles))
        }
        return panels.history.HistoryPage(found, titles, is_whole)

    def _show_page(self, page: panels.history.HistoryPage) -> None:
        self.open_list(panels.history.HistoryScreen(page, self._toggle_gesture, self._load_older))

    def _show_newer(self, page: panels.history.HistoryPage) -> None:
        if self.panel is not None:
            self.panel.show_page(page)

    def _toggle_gesture(self, entry: HistoryEntry) -> None:
        """Take back a gesture, or do it again if it is taken back."""

        def toggled(show: Show) -> None:
            show()
            self.on_marks_changed()

        saying = f"{'Redoing' if entry.is_undone else 'Undoing'}: {entry.title}…"
        self.tasks.write_tasks.enqueue(partial(self._change_gesture, entry), toggled, saying=saying)


ROWS = 1_000  # rows of the list that are read together to mark them
MAX_COPIES_SHOWN = 500  # number of copies beyond which the list is loaded again


class MarkController(Controller):
    """Marks articles as read, starred, tagged. A mark is shown once it is on disk."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.history = GestureHistory(context, self._toggle_gesture)
        context.undo_stack.change_last = self._change_last
        context.undo_stack.add_stopped = self._add_stopped
        self._asked: GestureId | None = None  # where the user was told what undo removes
        self.commands = {
            "read": self.toggle_read,
            "star": self.toggle_star,
            "tags": self.edit_tags,
            "all_read": self.mark_all_read,
            "above_read": partial(self.mark_rows_read, above=True),
            "below_read": partial(self.mark_rows_read, above=False),
            "undo": self.context.undo_stack.undo,
            "redo": self.context.undo_stack.redo,
            **self.history.commands,
        }

    def on_marks_changed(self) -> None:
        """Show what was done elsewhere, while the history is open."""
        self.history.on_marks_changed()

    def toggle_read(self) -> None:
        """Mark as read, or as unread again."""
        if (row := self.article.target_row) is not None:
            self.article.stop_reading()
            # Who still sees a row as unread wants it read, also if a look is marking it.
            sees_unread, self.article.marking_read_id = row.id == self.article.marking_read_id, None
            self._run_mark_job(partial(self._change_read, row.id, sees_unread), of_group=True)

    def toggle_star(self) -> None:
        """Star, or remove the star."""
        if (row := self.article.target_row) is not None:
            self._run_mark_job(partial(self._change_star, row.id), of_group=True)

    # The present mark is read when the job runs, so that two quick key presses are two changes.

    def _change_read(self, article: ArticleId, sees_unread: bool) -> Change:
        marks = self.library.search.marks([article])[article]
        read = not sees_unread and marks.read and not marks.is_edited
        return self.library.state.set_read(self.article.ids_of_group(article), not read)

    def _change_star(self, article: ArticleId) -> Change:
        starred = self.library.search.marks([article])[article].starred
        return self.library.state.set_starred(self.article.ids_of_group(article), not starred)

    def mark_all_read(self) -> None:
        """Mark all results as read; in the sources, all articles of the line at the cursor."""
        search, query = self.library.search, self.results.query_shown
        sources = self.widgets.sources if self.widgets.is_in_sources else None
        if sources is not None and sources.line is not None:
            if sources.line.query is None:
                return
            query = parse(sources.line.query)
            query = restrict_query(query, HasMark(QueryMark.UNREAD))
        self._mark_read(lambda: search.ids(query), lambda: search.count(query))

    def mark_rows_read(self, *, above: bool) -> None:
        """Mark what the list has above the cursor as read, or below it, with copies of each."""
        cursor, pinned = self.widgets.articles.cursor, self.results.pinned
        search, query = self.library.search, self.results.query_shown
        first, end = 0, pinned.library_index(cursor)
        if not above:
            first = end + (pinned.row_at(cursor) is None)
            end = self.widgets.articles.total - len(pinned)

        def iter_articles() -> Iterator[ArticleId]:
            start = first
            # The total of the list may not be exact yet, so what is below ends with the rows.
            while limit := min(ROWS, end - start) if above else ROWS:
                rows = search.window(query, start, limit, fold=True).rows
                for row in rows:
                    copies = search.find_copies(row.id) if row.copies else ()
                    yield from (row.id, *(copy.id for copy in copies))
                start += len(rows)
                if not rows:
                    return

        self._mark_read(iter_articles, lambda: max(0, end - first))

    def _mark_read(
        self, iter_articles: Callable[[], Iterator[ArticleId]], count: Callable[[], int]
    ) -> None:
        """Mark articles as read; where that takes long, the last line says how far it is."""
        self.article.stop_reading()
        done, total = 0, 0

        def count_articles() -> Iterator[ArticleId]:
            nonlocal done, total
            total = count()
            for article in iter_articles():
                done += 1
                yield article

        def mark() -> Change:
            return self.library.state.set_read(count_articles(), value=True)

        self._run_mark_job(mark, saying=lambda: describe_marking(done, total))

    def edit_tags(self) -> None:
        """Edit the user's tags of the article."""
        if (row := self.article.target_row) is not None:
            article, state = row.id, self.library.state

            def change_tags(text: str) -> None:
                def change() -> Change:
                    return state.set_tags(article, split_tags(text, state.tags()))

                self._run_mark_job(change)

            title = to_display_title(row.title)
            self.open_panel(panels.pickers.make_tags_prompt(title, row.marks.tags, change_tags))

    def _run_mark_job(
        self, job: Callable[[], Change], *, of_group: bool = False, saying: Saying = ""
    ) -> None:
        def mark() -> tuple[Change, MarkedRows | None]:
            change = job()
            return change, self._load_marked_rows(change.ids, of_group=of_group)

        def show(marked: tuple[Change, MarkedRows | None]) -> None:
            change, rows = marked
            if change.gesture is None:
                self.widgets.show_message("Nothing to mark here.")
                return
            self._show_marked(rows)
            self.context.undo_stack.show_done(message_of(change, of_group=of_group))

        self.tasks.write_tasks.enqueue(mark, show, saying=saying)

    def _load_marked_rows(
        self, articles: Ids | set[ArticleId], *, of_group: bool
    ) -> MarkedRows | None:
        """Read the rows of one article, and of its copies; None for other articles; in a thread."""
        is_one = len(articles) == 1 or (of_group and len(articles) <= MAX_COPIES_SHOWN)
        rows = self.article.load_marked_rows(list(articles)) if is_one else None
        return rows if rows and (rows[0] or len(articles) == 1) else None

    def _show_marked(self, marked: MarkedRows | None) -> None:
        if marked is not None:
            self.article.show_marks(*marked)
        else:
            self.results.reload_query()
        self.context.tell(lambda each: each.on_marks_changed())

    # -- undo and redo, in a thread: each returns what shows on the screen what was done ----------

    def _make_undoer(self) -> GestureUndoer:
        folder, paths = self.library.folder, self.context.environment.paths
        sources = partial(feed_sources, folder, paths, self.context.config)
        find_path = self.library.search.find_path
        return GestureUndoer(self.library.state, folder, paths, sources, find_path)

    def _add_stopped(self) -> None:
        folder, paths = self.library.folder, self.context.environment.paths
        add_stopped_steps(self.library.state, folder, paths, only_last=True)

    def _change_last(self, gesture: GestureId, only_settings: bool) -> Show | None:
        """Take back the last gesture, or an undo; None where it should be a setting and is none."""
        undoer = self._make_undoer()
        if only_settings and not undoer.is_setting(gesture):
            return None
        return self._change_gesture(undoer, gesture, undoer.undo_last)

    def _toggle_gesture(self, entry: HistoryEntry) -> Show:
        undoer = self._make_undoer()
        gesture = self.library.state.steps.find_undo(entry.id) if entry.is_undone else entry.id
        return self._change_gesture(undoer, gesture or entry.id, undoer.undo)

    def _change_gesture(
        self, undoer: GestureUndoer, gesture: GestureId, undo: Callable[[GestureId], Gesture]
    ) -> Show:
        self.context.undo_stack.doing = f"Undoing: {self.library.state.history.describe(gesture)}…"
        question = undoer.find_question(gesture)
        if question and self._asked != gesture:
            self._asked = gesture
            return partial(self.widgets.show_message, f"{question} To do so, press the key again.")
        self._asked = None
        if not (accounts := undoer.list_accounts(gesture)):
            return self._make_show(undo(gesture))

        def ask_accounts() -> None:
            self.widgets.show_message(f"Asking {' and '.join(accounts)}…")
            self.context.server_tasks.enqueue(
                lambda: self._make_show(undo(gesture)), lambda show: show()
            )

        return ask_accounts

    def _make_show(self, done: Gesture) -> Show:
        state = self.library.state
        is_redone, has_files = state.history.is_redo(done.id), state.steps.read(done.id) is not None
        titles = self.article.load_rows
        what = state.history.describe(
            done.id, lambda one: next((to_display_title(row.title) for row in titles([one])), "")
        )
        ids = done.article_ids
        is_few = 0 < len(ids) <= MAX_COPIES_SHOWN
        of_group = is_few and ids <= {*self.article.ids_of_group(next(iter(ids)))}
        rows = self._load_marked_rows(ids, of_group=of_group)

        def show() -> None:
            if done.assignments or not has_files:
                self._show_marked(rows)
            if has_files:
                self.article.read_again()
                self.context.tell(lambda each: each.on_files_changed())
            if is_redone:
                self.context.undo_stack.show_done(f"Redone: {what}")
            else:
                self.widgets.show_message(f"Undone: {what}")

        return show


def describe_marking(done: int, total: int) -> str:
    """Describe how many articles of all are named to be marked as read; then they are written."""
    if not total:
        return "Marking as read…"
    return f"Marking {done:,} of {total:,} as read…" if done < total else "Writing marks…"


def message_of(change: Change, *, of_group: bool = False) -> str:
    """Describe a change for the user; `of_group`: of one article and its copies."""
    count = len(change.ids)
    if change.mark == "tags" or not (count == 1 or of_group):
        return change.title
    if change.mark == "read":
        message = "Marked as unread" if change.before else "Marked as read"
    else:
        message = "Removed the star" if change.before else "Starred"
    if count == 1:
        return message
    return f"{message}, with {'a copy' if count == 2 else f'{count - 1} copies'}"
