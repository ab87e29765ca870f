"""Standing back: what the reader's children do, so that the keyboard comes first."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NICENESS = 10
"""How far they stand back."""


def stand_back() -> None:
    """Leave the processor to the reader, whenever it has something to do."""
    # A courtesy: where it is unknown or refused the work is done all the same.
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    # Linux, as desktops have it, shares the processor out among sessions, and by niceness only
    # within one. Of a session of our own it is told; somebody's shell is none of our business.
    with contextlib.suppress(AttributeError, OSError):
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")
