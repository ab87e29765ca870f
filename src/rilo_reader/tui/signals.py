"""What the system tells: to leave, also when the terminal is gone; and that its size changed."""

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

PATIENCE = 5
"""Seconds that leaving may take once the terminal is gone; every mark is on the disk by then."""

SETTLED = 0.2
"""Seconds after which a storm of sizes is over."""


def leave_when_told(leave: Callable[[], object]) -> None:
    """Call `leave` in the running loop at SIGTERM and SIGHUP; once, whatever comes.

    After the loop has ended the program ends at once: everything is kept by then.
    """
    loop = asyncio.get_running_loop()

    def tell(number: int) -> None:
        try:
            loop.call_soon_threadsafe(leave)
        except RuntimeError:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def terminated(number: int, frame: object) -> None:
        tell(number)

    def hung_up(number: int, frame: object) -> None:
        # A plain handler, not the loop's: it runs before that of SIGCONT, which the system sends
        # along and at which Textual would start again on a terminal that is not there.
        if terminal_is_gone():
            _let_go_of_terminal()
        tell(number)

    for name, handler in (("SIGTERM", terminated), ("SIGHUP", hung_up)):
        if (number := getattr(signal, name, None)) is not None:
            # Only the main thread may; a test that runs the app elsewhere does without.
            with suppress(ValueError):
                signal.signal(number, handler)


def terminal_is_gone() -> bool:
    """Whether standard input, which was a terminal when the reader started, is none any more."""
    return not os.isatty(0)


def is_lost_terminal(error: BaseException) -> bool:
    """Whether an error comes of a terminal that is gone: SIGHUP, which tells, may come later."""
    return isinstance(error, OSError) and terminal_is_gone()


def _let_go_of_terminal() -> None:
    """Let every write succeed and go nowhere, and see to it that leaving ends."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    # Textual's writing thread may have died of the last write already, and whoever waits for it
    # then waits for ever: the system's own default for SIGALRM is the way out.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)


class SizeCheck:
    """Makes sure that the last of many sizes is the one that is drawn, and drawn whole.

    Textual asks for the size in the signal's handler. Where one signal comes while another is
    handled, the older size is told last, and the screen would stay drawn for it. And a terminal
    that shrank and grew again at once has lost what stood beyond its edge, though its size is then
    the one that Textual painted for: so everything is painted once more.
    """

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._timer: Timer | None = None
        self._is_first = True

    def soon(self) -> None:
        """Look once the sizes have settled."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(SETTLED, self._look)

    def _look(self) -> None:
        if self._app.is_headless or self._app.is_web:
            return
        size = Size(*shutil.get_terminal_size(self._app.size))
        if size != self._app.size:
            self._app.post_message(events.Resize(size, size))
        elif not self._is_first:  # at the start nothing was lost, and a slow line has enough to do
            self._app.refresh()
        self._is_first = False
