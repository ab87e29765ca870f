"""How many processor cores there are for building an index."""

from __future__ import annotations

import os


def cores() -> int:
    """The cores this process may use, at least 1: fewer than the machine has where it is bound."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
