"""Steps that can be undone, the newest first, whatever they changed: marks, settings, feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rilo_reader.tui.reader.widgets import ReaderWidgets
    from rilo_reader.tui.tasks import SerialTasks

MOST_STEPS = 100


class UndoStep(NamedTuple):
    """Something that was done and can be undone.

    Attributes:
        message: what was done, for the user.
        undo: undoes it; runs in a thread, and returns what to show on the screen then.
        is_setting: whether it changed settings or feeds, and no article.
    """

    message: str
    undo: Callable[[], Callable[[], None]]
    is_setting: bool = False


class UndoStack:
    """The last steps of this session."""

    def __init__(self, widgets: ReaderWidgets, written: SerialTasks) -> None:
        self._widgets = widgets
        self._written = written
        self._steps: tuple[UndoStep, ...] = ()

    def add(self, step: UndoStep) -> None:
        """Show what was done, and remember how to undo it."""
        self._steps = (*self._steps[1 - MOST_STEPS :], step)
        key = self._widgets.key_of("undo")
        self._widgets.show_message(f"{step.message} · {key} undoes it" if key else step.message)

    def undo(self, *, only_settings: bool = False) -> None:
        """Undo the last step.

        Args:
            only_settings: leave it alone where it changed an article.
        """

        def undo() -> tuple[UndoStep, Callable[[], None]] | None:
            # Here, and not when the key is pressed: the step before may still be on its way.
            if not self._steps or (only_settings and not self._steps[-1].is_setting):
                return None
            *rest, step = self._steps
            self._steps = tuple(rest)
            return step, step.undo()

        self._written.do(undo, self._undone)

    def _undone(self, undone: tuple[UndoStep, Callable[[], None]] | None) -> None:
        if undone is None:
            self._widgets.show_message("There is nothing to undo.")
            return
        step, show = undone
        show()
        self._widgets.show_message(f"Undone: {step.message}")
