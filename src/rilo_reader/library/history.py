"""What was done with articles, on all devices, as `library.history`: undo, highlights, notes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rilo_reader.article import ArticleId
from rilo_reader.library.values import translate_errors
from rilo_reader.store.gestures import (
    HIGHLIGHT,
    NOTE,
    Assignment,
    Gesture,
    GestureId,
    Ids,
    Stamp,
)

if TYPE_CHECKING:
    from rilo_reader.store.history import HistoryEntry
    from rilo_reader.store.state import State


class History:
    """Gestures of a library, and the annotations that only gestures make.

    A gesture is on disk when a method returns. Every method raises LibraryError if the marks
    cannot be read or written.
    """

    def __init__(self, state: State) -> None:
        """`state` is open; `Library.close` closes it."""
        self._state = state

    # -- gestures -------------------------------------------------------------------------------

    def apply(self, assignments: Iterable[Assignment]) -> Gesture | None:
        """Do a gesture: only what really changes, and None if nothing does."""
        with translate_errors():
            return self._state.apply(assignments)

    def undo(self, gesture: GestureId) -> Gesture | None:
        """Take back a gesture, also another device's, where no later one changed the same.

        Returns:
            The gesture that takes it back; None if there is nothing to take back any more.
        """
        with translate_errors():
            return self._state.undo(gesture)

    def undo_last(self) -> Gesture | None:
        """Take back this device's last gesture that is not taken back; None if there is none."""
        with translate_errors():
            return self._state.undo_last()

    def redo_last(self) -> Gesture | None:
        """Do again what was undone last; None if something else was done since."""
        with translate_errors():
            return self._state.redo_last()

    def redo(self, gesture: GestureId) -> Gesture | None:
        """Do a gesture again that is taken back; None if there is nothing to do again."""
        with translate_errors():
            return self._state.redo(gesture)

    def title(self, gesture: GestureId) -> str:
        """What a gesture did ("Marked 12 as read"), or of an undo what it undid."""
        with translate_errors():
            return self._state.title(gesture)

    def entries(self, limit: int = 50, before: GestureId | None = None) -> Sequence[HistoryEntry]:
        """What was done on all devices, newest first, from the one after `before` on."""
        with translate_errors():
            return self._state.history(limit, before)

    @property
    def revision(self) -> int:
        """A number that grows with every change of marks by anybody; positions do not count."""
        with translate_errors():
            return self._state.revision

    def ids(self) -> Sequence[GestureId]:
        """The names of all gestures that `entries` has, newest first."""
        with translate_errors():
            return self._state.gesture_ids()

    # -- annotations ----------------------------------------------------------------------------

    def annotations(self, article: ArticleId) -> Sequence[tuple[str, str, Stamp]]:
        """(field, value, stamp) of each highlight and note of an article, by field."""
        with translate_errors():
            return self._state.annotations(article)

    def set_annotation(self, article: ArticleId, field: str, value: str) -> Gesture | None:
        """Give a value to `highlight:ID` or `note:ID` of an article; "" removes it."""
        return self.apply([Assignment(field, value, Ids([article]))])

    def highlights(self) -> Sequence[tuple[ArticleId, str, str]]:
        """(article, field, value) of all highlights of the library."""
        with translate_errors():
            return self._state.all_annotations(HIGHLIGHT)

    def highlighted(self) -> Collection[ArticleId]:
        """The articles that have highlights."""
        return {article for article, _, _ in self.highlights()}

    def notes(self) -> Mapping[ArticleId, Sequence[str]]:
        """The texts of all notes, by article."""
        found: dict[ArticleId, list[str]] = {}
        with translate_errors():
            for article, _, text in self._state.all_annotations(NOTE):
                found.setdefault(article, []).append(text)
        return found

    def ever_highlighted(self) -> Mapping[ArticleId, Collection[str]]:
        """The ids of all highlights that there ever were, removed ones too, by article."""
        found: dict[ArticleId, set[str]] = {}
        with translate_errors():
            for article, field in self._state.annotation_fields():
                if field.startswith(HIGHLIGHT):
                    found.setdefault(article, set()).add(field.removeprefix(HIGHLIGHT))
        return found

    def changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        """The revision of marks and annotations, and the articles that changed after `since`.

        None instead of the articles if any may have changed.
        """
        with translate_errors():
            return self._state.changed_since(since)
