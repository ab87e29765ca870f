"""Taking back what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rilo_reader.tui.screens.room import Room

UNDOABLE = 100
"""Deeds that can be taken back, the newest first."""


class Deed(NamedTuple):
    """Something that was done and can be undone.

    Attributes:
        told: what was done, for the user.
        take_back: undoes it; runs in a thread, and returns what to show on the screen then.
        is_setting: whether it changed the settings and no article.
    """

    told: str
    take_back: Callable[[], Callable[[], None]]
    is_setting: bool = False


class Undoing(Room):
    """Remembers deeds."""

    _deeds: tuple[Deed, ...] = ()

    def done(self, deed: Deed) -> None:
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
        def undo() -> tuple[Deed, Callable[[], None]] | None:
            # Here, and not when the key is pressed: the deed before may still be on its way.
            if not self._deeds or (only_settings and not self._deeds[-1].is_setting):
                return None
            *rest, deed = self._deeds
            self._deeds = tuple(rest)
            return deed, deed.take_back()

        self.desk.written.do(undo, self._undone)

    def _undone(self, undone: tuple[Deed, Callable[[], None]] | None) -> None:
        if undone is None:
            self.desk.say("There is nothing to undo.")
            return
        deed, show = undone
        show()
        self.desk.say(f"Undone: {deed.told}")
