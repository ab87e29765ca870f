"""How a verb behaves as a child of the reader: at low priority, and no longer than its parent."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
from pathlib import Path

EXIT_TIMEOUT = 10.0
"""Seconds that a child has to exit; the index is valid at any moment."""

NICENESS = 10
"""Niceness of children of the reader."""


def become_child(stopped: threading.Event) -> None:
    """Lower the priority, and exit on SIGTERM or when the parent closes our stdin."""
    lower_priority()

    def stop(number: int, frame: object) -> None:
        # Raised to interrupt whatever the main thread waits for. The index is valid at any
        # point, and its lock is released.
        if not stopped.is_set():
            stopped.set()
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    if _is_pipe(sys.stdin):
        threading.Thread(target=_wait_for_end, args=(sys.stdin.fileno(),), daemon=True).start()


def _is_pipe(stream: object) -> bool:
    try:
        number = stream.fileno()  # type: ignore[attr-defined]
        return stat.S_ISFIFO(os.fstat(number).st_mode) or stat.S_ISSOCK(os.fstat(number).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


def _wait_for_end(descriptor: int) -> None:
    """Read until the other end is closed, then send SIGTERM to this process.

    The parent may have exited, so that nobody else could end this process by force.
    """
    # A stdin that cannot be read counts as closed.
    with contextlib.suppress(OSError):
        while os.read(descriptor, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(EXIT_TIMEOUT)
    os._exit(1)


def lower_priority() -> None:
    """Lower the priority of this process below that of the reader."""
    # Optional: the work is done even if the system does not support or permit it.
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    # With autogroups, Linux schedules sessions, and niceness counts only within one. This sets
    # the niceness of our own session, but never that of the user's shell.
    with contextlib.suppress(AttributeError, OSError):
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")
