"""How many processor cores there are for building an index."""

from __future__ import annotations

import os


def cores() -> int:
    """The number of cores that this process may use, which its affinity may limit; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
