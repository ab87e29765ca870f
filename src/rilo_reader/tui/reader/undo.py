"""Steps that can be undone, the newest first, whatever they changed: marks, settings, feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.store.marks import wall_clock
from rilo_reader.tui.tasks import SerialTasks

if TYPE_CHECKING:
    from rilo_reader.tui.reader.widgets import ReaderWidgets


MOST_STEPS = 100

Show = Callable[[], None]  # shows on the screen what a job in a thread has done


class UndoStep(NamedTuple):
    """Something that was done and can be undone."""

    message: str
    # undoes it; runs in a thread, and returns what to show on the screen then, or None if there is
    # nothing left to undo of it
    undo: Callable[[], Show | None]
    is_setting: bool = False  # whether it changed settings or feeds, and no article
    # whether `undo` only returns what begins to undo it, and shows itself what came of that
    takes_long: bool = False
    key_label: str = "undoes it"  # what the key of `undo` does
    done_at_ms: int = 0  # when it was done, in milliseconds since 1970; put in by `UndoStack`


class UndoResult(NamedTuple):
    """A sentence of what was undone ("" if `show` says it), and what shows it on the screen."""

    message: str
    show: Show


class UndoStack:
    """The last steps of this session; below them is what was done before it."""

    def __init__(self, widgets: ReaderWidgets, written: SerialTasks) -> None:
        self._widgets = widgets
        self._write_tasks = written
        self._steps: tuple[UndoStep, ...] = ()
        # undoes the last thing that rules or an assistant did after a time, or with None that was
        # done before this session; runs in a thread, and returns None if there is none
        self.undo_older: Callable[[int | None], UndoResult | None] = lambda since: None

    def add(self, step: UndoStep, message: str = "") -> None:
        """Show what was done, by `message` or that of the step, and remember how to undo it."""
        self.push_step(step)
        key = self._widgets.key_of("undo")
        text = message or step.message
        self._widgets.show_message(f"{text} · {key} {step.key_label}" if key else text)

    def push_step(self, step: UndoStep) -> None:
        """Keep a step that could not be undone now, but may be later."""
        step = step._replace(done_at_ms=step.done_at_ms or wall_clock())
        self._steps = (*self._steps[1 - MOST_STEPS :], step)

    def undo(self, *, only_settings: bool = False) -> None:
        """Undo the last step; with `only_settings`, only if it changed no article."""
        last = f": {self._steps[-1].message}" if self._steps else ""
        job = self._undo_setting if only_settings else self._undo_last
        self._write_tasks.enqueue(job, self._show_result, saying=f"Undoing{last}…")

    # Here, and not when the key is pressed: the step before may still be on its way.

    def _undo_setting(self) -> UndoResult | None:
        is_setting = bool(self._steps) and self._steps[-1].is_setting
        return self._undo_step() if is_setting else None

    def _undo_last(self) -> UndoResult | None:
        if self._steps and (newer := self.undo_older(self._steps[-1].done_at_ms)) is not None:
            return newer
        while self._steps:
            undone = self._undo_step()
            if undone is not None:
                return undone
        return self.undo_older(None)

    def _undo_step(self) -> UndoResult | None:
        """Undo the last step of the session; None if nothing is left to undo of it."""
        *rest, step = self._steps
        self._steps = tuple(rest)
        show = step.undo()
        return None if show is None else UndoResult("" if step.takes_long else step.message, show)

    def _show_result(self, undone: UndoResult | None) -> None:
        if undone is None:
            self._widgets.show_message("There is nothing to undo.")
            return
        undone.show()
        if undone.message:
            self._widgets.show_message(f"Undone: {undone.message}")
