"""Marks of articles: read, starred, tags, each with undo; and the panel of what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import Change, Gesture, GestureId, Ids
from rilo_reader.store.history import HistoryEntry
from rilo_reader.text import to_display_title
from rilo_reader.tui import panels
from rilo_reader.tui.reader.article import MarkedRows
from rilo_reader.tui.reader.controller import Controller, ReaderContext, ReaderPart
from rilo_reader.tui.reader.undo import Show, UndoResult, UndoStep
from rilo_reader.tui.tasks import Saying

PAGE = 100  # number of gestures that are loaded at once

NOTHING_LEFT = "Everything it changed was changed again later."


class GestureHistory(ReaderPart):
    """Opens the panel of the history, and changes what is chosen there."""

    panel: panels.history.HistoryScreen | None = None

    def __init__(
        self,
        context: ReaderContext,
        take_back: Callable[[GestureId], Show | None],
        do_again: Callable[[GestureId], Show | None],
    ) -> None:
        super().__init__(context)
        self._take_back = take_back
        self._do_again = do_again
        self._wanted_count = PAGE
        self._load_task = context.tasks.make_latest("history")
        self.commands = {"history": self.open_history}

    def open_history(self) -> None:
        """Show what was done, on all devices."""
        self._wanted_count = PAGE
        # In the order of the keys: a mark may still be on its way.
        self.tasks.write_tasks.enqueue(partial(self._read_gestures, PAGE), self._show_page)

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
        change, doing, done = self._take_back, "Undoing", "Undone"
        if entry.is_undone:
            change, doing, done = self._do_again, "Redoing", "Redone"

        def toggled(show: Show | None) -> None:
            if show is not None:
                show()
            self.widgets.show_message(NOTHING_LEFT if show is None else f"{done}: {entry.title}")
            self.on_marks_changed()

        saying = f"{doing}: {entry.title}…"
        self.tasks.write_tasks.enqueue(partial(change, entry.id), toggled, saying=saying)


ROWS = 1_000  # rows of the list that are read together to mark them
MAX_COPIES_SHOWN = 500  # number of copies beyond which the list is loaded again


class MarkController(Controller):
    """Marks articles as read, starred, tagged. A mark is shown once it is on disk."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.history = GestureHistory(context, self.undo_gesture, self.redo_gesture)
        context.undo_stack.undo_older = self._undo_other
        self.commands = {
            "read": self.toggle_read,
            "star": self.toggle_star,
            "tags": self.edit_tags,
            "all_read": self.mark_all_read,
            "above_read": partial(self.mark_rows_read, above=True),
            "below_read": partial(self.mark_rows_read, above=False),
            "undo": self.context.undo_stack.undo,
            "redo": self.redo_last,
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
        read = not sees_unread and self.library.search.marks([article])[article].read
        return self.library.state.set_read(self.article.ids_of_group(article), not read)

    def _change_star(self, article: ArticleId) -> Change:
        starred = self.library.search.marks([article])[article].starred
        return self.library.state.set_starred(self.article.ids_of_group(article), not starred)

    def mark_all_read(self) -> None:
        """Mark all results as read."""
        search, query = self.library.search, self.results.query_shown
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
            article, set_tags = row.id, self.library.state.set_tags

            def change_tags(tags: tuple[str, ...]) -> None:
                self._run_mark_job(partial(set_tags, article, tags))

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
            undo = partial(self.undo_gesture, change.gesture, of_group=of_group)
            self.context.undo_stack.add(UndoStep(message_of(change, of_group=of_group), undo))

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

    def undo_gesture(self, gesture: GestureId, *, of_group: bool = False) -> Show | None:
        """Take back a gesture of any device, `of_group` one article and its copies; in a thread.

        Returns what to show on the screen then; None if there is nothing to take back any more.
        """
        return self._make_show(self.library.state.undo(gesture), of_group=of_group)

    def redo_gesture(self, gesture: GestureId) -> Show | None:
        """Do a gesture again that is taken back, as `undo_gesture` does."""
        return self._make_show(self.library.state.redo(gesture))

    def _make_show(self, gesture: Gesture | None, *, of_group: bool = False) -> Show | None:
        if gesture is None:
            return None
        rows = self._load_marked_rows(gesture.article_ids, of_group=of_group)
        return partial(self._show_marked, rows)

    def _undo_other(self, by_program_since: int | None) -> UndoResult | None:
        state = self.library.state
        done = state.undo_last(by_program_since)
        show = self._make_show(done)
        if done is None or show is None:
            return None
        return UndoResult(state.history.describe(done.id), show)

    def redo_last(self) -> None:
        """Do again what was undone last, unless something else was done since."""
        state = self.library.state

        def redo() -> tuple[UndoStep, Show] | None:
            done = state.redo_last()
            show = self._make_show(done)
            if done is None or show is None:
                return None
            undo = partial(self.undo_gesture, done.id)
            return UndoStep(state.history.describe(done.id), undo), show

        def redone(result: tuple[UndoStep, Show] | None) -> None:
            if result is None:
                self.widgets.show_message("There is nothing to redo.")
            else:
                step, show = result
                show()
                self.context.undo_stack.add(step, f"Redone: {step.message}")

        self.tasks.write_tasks.enqueue(redo, redone, saying="Redoing…")


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
