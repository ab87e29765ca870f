"""Run a verb as a child of the reader: at low priority, and no longer than its parent."""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from rilo_reader.threads import start_thread

EXIT_TIMEOUT = 10.0  # seconds that a child has to exit; the index is valid at any moment
NICENESS = 10  # niceness of children of the reader


def lower_priority() -> None:
    """Lower the priority of this process below that of the reader."""
    # The work is done even if the system does not support or permit it.
    with suppress(AttributeError, OSError):
        os.nice(NICENESS)
    # With autogroups, Linux schedules sessions, and niceness counts only within one. This sets
    # the niceness of our own session, but never that of the user's shell.
    with suppress(AttributeError, OSError):
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


@contextmanager
def hold_signals() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM until a block is done, so that it is never done by half."""
    if threading.current_thread() is not threading.main_thread():  # which alone gets them
        yield
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: came.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def become_child(stopped: threading.Event) -> None:
    """Exit on SIGTERM, or when the parent closes our stdin; `stopped` is set then."""

    def stop(number: int, frame: object) -> None:
        # Raised to interrupt whatever the main thread waits for. The index is valid at any
        # point, and its lock is released.
        if not stopped.is_set():
            stopped.set()
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with suppress(AttributeError, OSError, ValueError):  # where there is no such stream
        mode = os.fstat(sys.stdin.fileno()).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            start_thread(partial(_wait_for_end, sys.stdin.fileno()), "end")


def _wait_for_end(descriptor: int) -> None:
    """Read until the other end is closed, then send SIGTERM to this process.

    The parent may have exited, so that nobody else could end this process by force.
    """
    # A stdin that cannot be read counts as closed.
    with suppress(OSError):
        while os.read(descriptor, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(EXIT_TIMEOUT)
    os._exit(1)
