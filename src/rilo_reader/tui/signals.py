"""Signals: leaving at SIGTERM and SIGHUP, also when the terminal is gone; changes of its size."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from textual import events
from textual.app import App
from textual.geometry import Size
from textual.timer import Timer

LEAVING_LIMIT = 5
"""Seconds until the process is ended once the terminal is gone; all marks are saved by then."""

SIZE_SETTLES = 0.2
"""Seconds without another size before the size is checked."""


def leave_at_signals(leave: Callable[[], object]) -> None:
    """Call `leave` in the running loop at SIGTERM and SIGHUP.

    A signal after the loop has ended ends the process at once: everything is saved by then.
    """
    loop = asyncio.get_running_loop()

    def notify(number: int) -> None:
        try:
            loop.call_soon_threadsafe(leave)
        except RuntimeError:  # the loop is closed
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def terminated(number: int, frame: object) -> None:
        notify(number)

    def hung_up(number: int, frame: object) -> None:
        # Not a handler of the loop: this runs before the handler of SIGCONT, which the system sends
        # as well, and at which Textual would start again on a terminal that is gone.
        if terminal_is_gone():
            _detach_from_terminal()
        notify(number)

    for name, handler in (("SIGTERM", terminated), ("SIGHUP", hung_up)):
        if (number := getattr(signal, name, None)) is not None:
            # Only the main thread may set handlers; tests run the app in others.
            with suppress(ValueError):
                signal.signal(number, handler)


def terminal_is_gone() -> bool:
    """Whether standard input, a terminal when the reader started, no longer is one."""
    return not os.isatty(0)


def is_lost_terminal(error: BaseException) -> bool:
    """Whether an error was caused by a lost terminal; SIGHUP may come after it."""
    return isinstance(error, OSError) and terminal_is_gone()


def _detach_from_terminal() -> None:
    """Redirect the standard streams to the null device, and limit the time for leaving."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    # Textual's writer thread may have died at the last write already, and Textual would wait for it
    # for ever: SIGALRM then ends the process.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LEAVING_LIMIT)


class SizeCheck:
    """Repaints after the size of the terminal has changed several times.

    Textual reads the size in the signal handler. If one signal interrupts the handling of another,
    the older size is reported last, and the screen would stay laid out for it. A terminal that
    shrinks and grows again at once loses what was beyond its edge, although its size is the one
    that Textual painted for. So everything is painted again.
    """

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._timer: Timer | None = None
        self._is_first = True

    def soon(self) -> None:
        """Check once the size has not changed for SIZE_SETTLES seconds."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(SIZE_SETTLES, self._check)

    def _check(self) -> None:
        if self._app.is_headless or self._app.is_web:
            return
        size = Size(*shutil.get_terminal_size(self._app.size))
        if size != self._app.size:
            self._app.post_message(events.Resize(size, size))
        elif not self._is_first:  # nothing is lost at the start, when a slow line is busy enough
            self._app.refresh()
        self._is_first = False
