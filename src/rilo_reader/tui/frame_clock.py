"""When the screen is painted: at once for a key, at most sixty times a second for all else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

PERIOD = 1 / 60
"""Seconds from one frame to the next one that nobody waits for."""

Schedule = Callable[[Callable[[], None]], object]
"""Runs something in the screen's own turn."""


class FrameClock:
    """Stands in the place of the timer by which Textual paints a screen.

    That timer ticks by the clock. It passes over a tick that it is late for and the one behind it,
    so that whoever asks for a frame soon after another waits for 17 to 33 ms with nothing to do.
    """

    def __init__(self, paint: Callable[[], None], schedule: Schedule) -> None:
        """Make it.

        Args:
            paint: paints what has changed.
            schedule: runs that in the screen's own turn.
        """
        self._paint = paint
        self._schedule = schedule
        self._painted_at = 0.0
        self._is_key = False
        self._is_asked = False
        self._handle: asyncio.TimerHandle | None = None

    def key_came(self) -> None:
        """Somebody waits for the next frame: it comes as soon as it is asked for."""
        self._is_key = True

    def resume(self) -> None:
        """Ask for a frame, as Textual does when there is something to paint."""
        now, at = monotonic(), self._painted_at + PERIOD
        if self._is_key or at <= now:
            self._forget()
            if not self._is_asked:
                self._is_asked = True
                self._schedule(self._frame)
        elif self._handle is None and not self._is_asked:
            self._handle = asyncio.get_running_loop().call_later(at - now, self.resume)

    def pause(self) -> None:
        """Textual paints: whatever was asked for is in this frame."""
        self._is_key = False
        self._painted_at = monotonic()
        self.stand_back()

    def stand_back(self) -> None:
        """Nothing is painted now: whoever holds the frame back asks for it again."""
        self._is_asked = False
        self._forget()

    def _forget(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _frame(self) -> None:
        # Painted meanwhile, since Textual paints at once where the size changes.
        if self._is_asked:
            self._paint()
