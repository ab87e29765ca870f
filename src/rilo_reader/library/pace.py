"""How fast a reconciliation goes and how long it still takes, from what it reports (pure)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from rilo_reader.library.rows import Progress

SPAN = 10.0
"""Seconds over which the speed is taken: a commit or a large file must not make it jump."""

FIRST = 1.0
"""Seconds before anything is said: what the first files took says nothing."""


class Pace:
    """The speed of one reconciliation.

    Args:
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: deque[tuple[float, int]] = deque()
        self._total: int | None = None

    def hear(self, progress: Progress) -> None:
        """Take in a report; reports of another total begin anew."""
        if progress.total != self._total or (self._heard and progress.done < self._heard[-1][1]):
            self._heard.clear()
        self._total = progress.total
        now = self._clock()
        self._heard.append((now, progress.done))
        while len(self._heard) > 2 and now - self._heard[1][0] >= SPAN:
            self._heard.popleft()

    @property
    def speed(self) -> float | None:
        """Files a second; None while that cannot be told."""
        if not self._heard:
            return None
        (begun, first), (now, last) = self._heard[0], self._heard[-1]
        return (last - first) / (now - begun) if now - begun >= FIRST and last > first else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all files are read; None while that cannot be told."""
        speed = self.speed
        if speed is None or self._total is None:
            return None
        return (self._total - self._heard[-1][1]) / speed


def spoken(seconds: float) -> str:
    """A span of time as people say it while they wait: "40 s", "3 min", "1 h 20 min"."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
