"""Undo and redo: whatever was done last in this library, here or elsewhere on this device."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.store.marks import to_milliseconds, wall_clock
from rilo_reader.tui.tasks import SerialTasks

if TYPE_CHECKING:
    from rilo_reader.store.gestures import GestureId
    from rilo_reader.store.state import State
    from rilo_reader.tui.reader.widgets import ReaderWidgets


MOST_STEPS = 100

Show = Callable[[], object]  # shows on the screen what a job in a thread has done


class UndoStep(NamedTuple):
    """A change of this session alone, which no file can remember."""

    message: str
    undo: Callable[[], object]  # undoes it, and shows that
    is_setting: bool = False  # whether it changed settings or feeds, and no article
    key_label: str = "undoes it"  # what the key of `undo` does
    done_at_ms: int = 0  # when it was done, in milliseconds since 1970; put in by `UndoStack`


class UndoStack:
    """Gestures of a library and steps of this session alone, the last first."""

    def __init__(self, widgets: ReaderWidgets, written: SerialTasks, state: State) -> None:
        self._widgets = widgets
        self._write_tasks = written
        self._state = state
        self._steps: tuple[UndoStep, ...] = ()
        self.doing = ""  # what is being undone or redone, where it takes long
        # takes back the last gesture, or an undo, or only a setting, if it is one; runs
        # in a thread, and returns what shows that
        self.change_last: Callable[[GestureId, bool], Show | None] = lambda gesture, setting: None
        # adds what killed processes left to the history; runs in a thread
        self.add_stopped: Callable[[], None] = lambda: None

    def add(self, step: UndoStep, message: str = "") -> None:
        """Show what was done, by `message` or that of the step, and remember how to undo it."""
        step = step._replace(done_at_ms=step.done_at_ms or wall_clock())
        self._steps = (*self._steps[1 - MOST_STEPS :], step)
        self.show_done(message or step.message, step.key_label)

    def show_done(self, message: str, key_label: str = "undoes it") -> None:
        """Show what was done, and the key that undoes it."""
        key = self._widgets.key_of("undo")
        self._widgets.show_message(f"{message} · {key} {key_label}" if key else message)

    def undo(self, *, only_settings: bool = False) -> None:
        """Undo the last step; with `only_settings`, only if it changed no article."""
        self._enqueue(partial(self._undo_last, only_settings), "undo")

    def redo(self) -> None:
        """Do again what was undone last, unless something else was done since."""
        self._enqueue(self._redo_last, "redo")

    def _enqueue(self, job: Callable[[], Show | None], what: str) -> None:
        self.doing = f"{what.title()}ing…"
        show = partial(self._show_result, what)
        self._write_tasks.enqueue(job, show, saying=lambda: self.doing)

    # Here, and not when the key is pressed: the step before may still be on its way.

    def _undo_last(self, only_settings: bool) -> Show | None:
        self.add_stopped()
        gesture = self._state.steps.find_last()
        step = self._steps[-1] if self._steps else None
        since = to_milliseconds(gesture.stamp) if gesture is not None else 0
        if step is None or step.done_at_ms < since:
            return None if gesture is None else self.change_last(gesture, only_settings)
        if only_settings and not step.is_setting:
            return None
        self._steps = self._steps[:-1]
        return step.undo

    def _redo_last(self) -> Show | None:
        gesture = self._state.steps.find_last(redo=True)
        return None if gesture is None else self.change_last(gesture, False)

    def _show_result(self, what: str, show: Show | None) -> None:
        if show is None:
            self._widgets.show_message(f"There is nothing to {what}.")
        else:
            show()
