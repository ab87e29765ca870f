"""How a cost grows, in calls of functions, which no other work on the machine changes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from types import FrameType

Prepare = Callable[[int], Callable[[], object]]
"""Prepares a job with so many of something."""

MOST = 2.4
"""How much more the third size may add to the second than the second to the first."""


def count_calls(job: Callable[[], object]) -> int:
    """Count the functions that a job calls in this thread, of Python and of C."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event.endswith("call")

    gc.collect()  # what it calls is nobody's cost here
    before = sys.getprofile()
    sys.setprofile(called)
    try:
        job()
    finally:
        sys.setprofile(before)
    return count


def measure_growth(prepare: Prepare, size: int) -> float:
    """Do a job of a size, twice and four times as much of it; return how its calls grow.

    Of a linear cost, two sizes more add twice as much as one: 2.0; of a quadratic one 4.0. What a
    job calls whatever its size does not matter.
    """
    prepare(size)()  # what is imported and compiled once
    one, two, four = (count_calls(prepare(times * size)) for times in (1, 2, 4))
    return (four - two) / max(two - one, size / 10)


def find_growing(jobs: Mapping[str, Prepare], size: int) -> dict[str, float]:
    """Return what grows more than it may, and how much."""
    found = {name: measure_growth(prepare, size) for name, prepare in jobs.items()}
    return {name: growth for name, growth in found.items() if growth > MOST}
