"""The history of a library in memory: what was marked, undone and done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import Assignment, Change, Gesture, GestureId, Stamp
from rilo_reader.store.history import HistoryEntry


class FakeHistory:
    """Gestures of one device, each of one change."""

    def __init__(self, put: Callable[[Change, bool], None]) -> None:
        """`put` gives the changed mark its value before, or the one it got."""
        self._put = put
        self._changes: dict[GestureId, Change] = {}
        self._undone: list[GestureId] = []
        self._of: dict[GestureId, GestureId] = {}
        self._redoable: list[GestureId] = []
        self._stamp = 0

    def changed_since(self, revision: int) -> tuple[int, frozenset[ArticleId]]:
        """No highlight or note ever changes here."""
        return revision, frozenset()

    def add(self, change: Change) -> Change:
        """Keep a change; returns it with the gesture that it is."""
        if not change:
            return change
        change = change._replace(gesture=self._next())
        assert change.gesture is not None
        self._changes[change.gesture] = change
        self._redoable = []
        return change

    def _next(self) -> GestureId:
        self._stamp += 1
        return GestureId("here-00000000", Stamp(self._stamp))

    def _made(self, undoes: GestureId, root: GestureId) -> Gesture:
        gesture = self._next()
        self._of[gesture] = root
        change = self._changes[root]
        return Gesture(gesture, (Assignment(change.mark, "", change.ids),), undoes)

    def undo(self, gesture: GestureId) -> Gesture | None:
        root = self._of.get(gesture, gesture)
        if root not in self._changes or root in self._undone:
            return None
        self._put(self._changes[root], False)
        self._undone.append(root)
        self._redoable.append(root)
        return self._made(gesture, root)

    def undo_last(self, by_program_since: int | None = None) -> Gesture | None:
        if by_program_since is not None:
            return None  # nothing here is done by rules or an assistant
        left = [gesture for gesture in self._changes if gesture not in self._undone]
        return self.undo(left[-1]) if left else None

    def redo(self, gesture: GestureId) -> Gesture | None:
        if gesture not in self._undone:
            return None
        self._put(self._changes[gesture], True)
        self._undone.remove(gesture)
        return self._made(gesture, gesture)

    def redo_last(self) -> Gesture | None:
        return self.redo(self._redoable.pop()) if self._redoable else None

    def title(self, gesture: GestureId) -> str:
        return self._changes[self._of.get(gesture, gesture)].title

    def history(self, limit: int = 50, before: GestureId | None = None) -> Sequence[HistoryEntry]:
        return ()

    def annotations(self, article: ArticleId) -> Sequence[tuple[str, str, Stamp]]:
        return ()

    def all_annotations(self, prefix: str) -> Sequence[tuple[ArticleId, str, str]]:
        return ()
