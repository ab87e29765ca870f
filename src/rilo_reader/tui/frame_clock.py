"""When a frame is painted: at once for a key, at most sixty times a second for all else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic


class FrameClock:
    """Decides when a screen paints; has the methods `resume` and `pause` of Textual's timer.

    Textual's timer ticks every sixtieth of a second, and skips the tick after a late one: a frame
    that is requested soon after another comes 17 to 33 ms later, with nothing to do meanwhile.
    """

    def __init__(
        self,
        paint: Callable[[], None],
        schedule: Callable[[Callable[[], None]], object],
        *,
        period: float = 1 / 60,
    ) -> None:
        """Create a clock that has not painted yet.

        Args:
            paint: paints what has changed.
            schedule: calls a function when the screen handles its next message.
            period: seconds between frames that are not for a key.
        """
        self._paint = paint
        self._schedule = schedule
        self._period = period
        self._next_at = 0.0  # of the monotonic clock
        self._is_for_key = False
        self._is_scheduled = False
        self._timer: asyncio.TimerHandle | None = None

    def key_came(self) -> None:
        """Paint the next frame as soon as it is requested."""
        self._is_for_key = True

    def resume(self) -> None:
        """Request a frame, as Textual does when there is something to paint."""
        wait = 0.0 if self._is_for_key else self._next_at - monotonic()
        if wait <= 0:
            self._cancel_timer()
            if not self._is_scheduled:
                self._is_scheduled = True
                self._schedule(self._paint_scheduled)
        elif self._timer is None and not self._is_scheduled:
            self._timer = asyncio.get_running_loop().call_later(wait, self.resume)

    def pause(self) -> None:
        """Note that Textual paints: all that was requested is in this frame."""
        self._is_for_key = False
        self._next_at = monotonic() + self._period
        self.drop_request()

    def drop_request(self) -> None:
        """Drop the requested frame, which is to be requested again later."""
        self._is_scheduled = False
        self._cancel_timer()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _paint_scheduled(self) -> None:
        # Textual paints without a request where the size changes: then the frame is there already.
        if self._is_scheduled:
            self._paint()
