"""Marking: read, starred, tags, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.config import Config
from rilo_reader.library import Library, Row
from rilo_reader.store.state import Change
from rilo_reader.tui.screens.opening import Opening

UNDOABLE = 100
"""Changes that can be taken back, the newest first."""

FEW = 500
"""Marked articles drawn one by one; beyond it the list is asked for anew."""


class Marked(NamedTuple):
    """What a marking did, and the rows as they are now."""

    change: Change
    rows: list[Row]
    matching: dict[ArticleId, bool]


class Marking(Opening):
    """Every command that marks. A mark is painted once it is on the disk."""

    def __init__(self, library: Library, config: Config) -> None:
        super().__init__(library, config)
        self._changes: list[Change] = []

    @property
    def marked_row(self) -> Row | None:
        """The row that a mark is meant for: the one that is stood on, else the open article."""
        return self.articles.cursor_row or self.open_row

    def action_read(self) -> None:
        """Read, or unread again."""
        if (row := self.marked_row) is not None:
            self.stop_reading()
            self._mark(partial(self._toggle_read, row.id))

    def action_star(self) -> None:
        """Star, or take the star away."""
        if (row := self.marked_row) is not None:
            self._mark(partial(self._toggle_star, row.id))

    # The library is asked for the mark when the job runs, not when the key is pressed: two quick
    # presses are two changes.

    def _toggle_read(self, article: ArticleId) -> Change:
        read = self.library.marks([article])[article].read
        return self.library.set_read([article], not read)

    def _toggle_star(self, article: ArticleId) -> Change:
        starred = self.library.marks([article])[article].starred
        return self.library.set_starred([article], not starred)

    def action_all_read(self) -> None:
        """Every article shown; undo brings them back."""
        self.stop_reading()
        query = self.query_shown
        self._mark(lambda: self.library.set_read(self.library.ids(query), read=True))

    def action_tags(self) -> None:
        """Edit one's own tags of the article."""
        from rilo_reader.tui.screens.tags import TagsScreen

        row = self.marked_row
        if row is None:
            return

        def done(tags: tuple[str, ...] | None) -> None:
            if tags is not None:
                self._mark(partial(self.library.set_tags, row.id, tags))

        self.app.push_screen(TagsScreen(row.title, row.marks.tags), done)

    def action_undo(self) -> None:
        """Take the last mark back."""

        def undo() -> Marked | None:
            # Here, and not when the key is pressed: the mark before may still be on its way.
            if not self._changes:
                return None
            change = self._changes.pop()
            self.library.undo(change)
            return self._marked(change)

        self.written.do(undo, self._show_undone)

    def _mark(self, job: Callable[[], Change]) -> None:
        self.written.do(lambda: self._marked(job()), self._show_marked)

    def _marked(self, change: Change) -> Marked:
        ids = list(change.ids) if len(change.ids) <= FEW else []
        return Marked(change, self.rows_of(ids), self.still_matching(ids))

    def _show_marked(self, marked: Marked) -> None:
        change = marked.change
        if not change:
            self.say("Nothing to mark here.")
            return
        self._changes = [*self._changes[1 - UNDOABLE :], change]
        self._paint(marked)
        key = self.key_of("undo")
        self.say(f"{told(change)} · {key} undoes it" if key else told(change))

    def _show_undone(self, marked: Marked | None) -> None:
        if marked is None:
            self.say("There is nothing to undo.")
            return
        self._paint(marked)
        self.say(f"Undone: {told(marked.change)}")

    def _paint(self, marked: Marked) -> None:
        if len(marked.change.ids) > 1:
            self.ask_again()
        else:
            self.show_marks(marked.rows, marked.matching)


def told(change: Change) -> str:
    """What a change did, in words; of one article without a number."""
    if len(change.ids) != 1 or change.mark == "tags":
        return change.title
    if change.mark == "read":
        return "Marked as unread" if change.before else "Marked as read"
    return "Took the star away" if change.before else "Starred"
