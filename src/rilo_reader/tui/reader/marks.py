"""Marking: read, starred, tags, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.library import Row
from rilo_reader.store.marks import Change
from rilo_reader.text import shown_title
from rilo_reader.tui.reader.controllers import Controller

FEW = 500
"""Marked articles drawn one by one; beyond it the list is asked for anew."""


class Marked(NamedTuple):
    """What a marking did, and the rows as they are now.

    Attributes:
        change: what was changed.
        of_story: whether all of it is one article and its copies.
        rows: the changed rows, where they are few.
        matching: which of them are still among the results, where that may have changed.
    """

    change: Change
    of_story: bool
    rows: list[Row]
    matching: dict[ArticleId, bool]


class Marking(Controller):
    """Every command that marks. A mark is painted once it is on the disk."""

    @property
    def marked_row(self) -> Row | None:
        """The row that a mark is meant for: the one that is stood on, else the open article."""
        return self.desk.row_aside or self.desk.articles.cursor_row or self.desk.open_row

    def read(self) -> None:
        """Read, or unread again."""
        if (row := self.marked_row) is not None:
            self.desk.stop_reading()
            self._mark(partial(self._toggle_read, row.id), of_story=True)

    def star(self) -> None:
        """Star, or take the star away."""
        if (row := self.marked_row) is not None:
            self._mark(partial(self._toggle_star, row.id), of_story=True)

    # The library is asked for the mark when the job runs, not when the key is pressed: two quick
    # presses are two changes.

    def _toggle_read(self, article: ArticleId) -> Change:
        read = self.desk.library.marks([article])[article].read
        return self.desk.library.set_read(self.desk.story_of(article), not read)

    def _toggle_star(self, article: ArticleId) -> Change:
        starred = self.desk.library.marks([article])[article].starred
        return self.desk.library.set_starred(self.desk.story_of(article), not starred)

    def all_read(self) -> None:
        """Every article shown; undo brings them back."""
        self.desk.stop_reading()
        query = self.desk.query_shown
        self._mark(lambda: self.desk.library.set_read(self.desk.library.ids(query), read=True))

    def tags(self) -> None:
        """Edit one's own tags of the article."""
        from rilo_reader.tui.panels.pickers import split_tags, tags_prompt

        row = self.marked_row
        if row is None:
            return

        def done(lines: tuple[str, ...] | None) -> None:
            if lines is not None:
                self._mark(partial(self.desk.library.set_tags, row.id, split_tags(lines[0])))

        self.desk.app.push_screen(tags_prompt(shown_title(row.title), row.marks.tags), done)

    def _mark(self, job: Callable[[], Change], *, of_story: bool = False) -> None:
        self.desk.written.do(lambda: self._marked(job(), of_story), self._show_marked)

    def _marked(self, change: Change, of_story: bool) -> Marked:
        ids = list(change.ids) if len(change.ids) <= FEW else []
        return Marked(change, of_story, self.desk.rows_of(ids), self.desk.still_matching(ids))

    def _show_marked(self, marked: Marked) -> None:
        change = marked.change
        if not change:
            self.desk.say("Nothing to mark here.")
            return

        def take_back() -> Callable[[], None]:
            self.desk.library.undo(change)
            return partial(self._paint, self._marked(change, marked.of_story))

        self._paint(marked)
        self.rooms.undoing.done(UndoStep(told(change, of_story=marked.of_story), take_back))

    def _paint(self, marked: Marked) -> None:
        if len(marked.change.ids) == 1 or (marked.of_story and marked.rows):
            self.desk.show_marks(marked.rows, marked.matching)
        else:
            self.desk.ask_again()


def told(change: Change, *, of_story: bool = False) -> str:
    """What a change did, in words; of one article without a number, of a story with its copies."""
    count = len(change.ids)
    if change.mark == "tags" or not (count == 1 or of_story):
        return change.title
    if change.mark == "read":
        words = "Marked as unread" if change.before else "Marked as read"
    else:
        words = "Took the star away" if change.before else "Starred"
    if count == 1:
        return words
    return f"{words}, with {'a copy' if count == 2 else f'{count - 1} copies'}"


# Taking back what was done.


UNDOABLE = 100
"""Deeds that can be taken back, the newest first."""


class UndoStep(NamedTuple):
    """Something that was done and can be undone.

    Attributes:
        told: what was done, for the user.
        take_back: undoes it; runs in a thread, and returns what to show on the screen then.
        is_setting: whether it changed the settings and no article.
    """

    told: str
    take_back: Callable[[], Callable[[], None]]
    is_setting: bool = False


class Undoing(Controller):
    """Remembers deeds."""

    _deeds: tuple[UndoStep, ...] = ()

    def done(self, deed: UndoStep) -> None:
        """Say what was done, and remember how to take it back."""
        self._deeds = (*self._deeds[1 - UNDOABLE :], deed)
        key = self.desk.key_of("undo")
        self.desk.say(f"{deed.told} · {key} undoes it" if key else deed.told)

    def undo(self) -> None:
        """Take the last deed back."""
        self._take_back(only_settings=False)

    def undo_setting(self) -> None:
        """Take the last deed back where it changed the settings."""
        self._take_back(only_settings=True)

    def _take_back(self, *, only_settings: bool) -> None:
        def undo() -> tuple[UndoStep, Callable[[], None]] | None:
            # Here, and not when the key is pressed: the deed before may still be on its way.
            if not self._deeds or (only_settings and not self._deeds[-1].is_setting):
                return None
            *rest, deed = self._deeds
            self._deeds = tuple(rest)
            return deed, deed.take_back()

        self.desk.written.do(undo, self._undone)

    def _undone(self, undone: tuple[UndoStep, Callable[[], None]] | None) -> None:
        if undone is None:
            self.desk.say("There is nothing to undo.")
            return
        deed, show = undone
        show()
        self.desk.say(f"Undone: {deed.told}")
