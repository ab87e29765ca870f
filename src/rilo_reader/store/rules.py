"""What gestures depend on beside their transaction: the clock, and how much history is kept.

Apart from `applying` and `history`, so that a launch, which only reads marks, imports neither.
"""

import time
from collections.abc import Callable
from typing import NamedTuple


def wall_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class HistoryLimits(NamedTuple):
    """How much history is kept; of each device at least the newest gesture.

    Attributes:
        gestures: of each device as many as this, and those that are newer than `days`.
        days: see `gestures`.
        size: bytes for each device.
    """

    gestures: int = 1_000
    days: int = 90
    size: int = 64_000_000


class Rules(NamedTuple):
    """What gestures depend on beside their transaction.

    Attributes:
        now: the time, in milliseconds since 1970.
        limits: how much history is kept.
    """

    now: Callable[[], int] = wall_clock
    limits: HistoryLimits = HistoryLimits()
