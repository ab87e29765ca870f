"""The end: signals, a terminal that is gone, errors in threads, plugins that hold up the reader."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from traceback import walk_stack
from types import FrameType

from rilo_reader.third_parties import failures, find_plugin_frame, loaded_modules

LEAVING_LIMIT = 5
"""Seconds until the process is ended once the terminal is gone; all marks are saved by then."""


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

    def on_termination(number: int, frame: object) -> None:
        notify(number)

    def on_hangup(number: int, frame: object) -> None:
        # Not a handler of the loop: this runs before the handler of SIGCONT, which the system sends
        # as well, and at which Textual would start again on a terminal that is gone.
        if is_terminal_gone():
            _detach_from_terminal()
        notify(number)

    for name, handler in (("SIGTERM", on_termination), ("SIGHUP", on_hangup)):
        if (number := getattr(signal, name, None)) is not None:
            # Only the main thread may set handlers; tests run the app in others.
            with suppress(ValueError):
                signal.signal(number, handler)


def is_terminal_gone() -> bool:
    """Return whether standard input, a terminal when the reader started, no longer is one."""
    return not os.isatty(0)


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


EXIT_LIMIT = 3.0
"""Seconds that the app has to exit. It cannot exit if the thread that writes to the terminal has
died and the queue of that thread is full."""

EndProgram = Callable[[BaseException], None]  # reports an error, and ends the program at once


@contextmanager
def end_on_thread_error(
    call_later: Callable[..., object], end_program: EndProgram
) -> Iterator[None]:
    """Raise the error of a thread in the app, unless the terminal is gone: the app leaves anyway.

    `call_later` has the app call a function with an argument, and may be called from any thread;
    `end_program` is called if the app has not exited after EXIT_LIMIT seconds.
    """
    before = threading.excepthook
    timers: list[threading.Timer] = []

    def on_error(args: threading.ExceptHookArgs) -> None:
        # SIGHUP may come after the write that failed.
        is_expected = isinstance(args.exc_value, OSError) and is_terminal_gone()
        if args.exc_value is None or timers or is_expected:
            return
        timer = threading.Timer(EXIT_LIMIT, end_program, [args.exc_value])
        timer.daemon = True
        timers.append(timer)
        timer.start()
        call_later(_raise_error, args.exc_value)

    threading.excepthook = on_error
    try:
        yield
    finally:
        threading.excepthook = before
        for timer in timers:
            timer.cancel()


def _raise_error(error: BaseException) -> None:
    raise error


LOOK = 0.25  # s between two looks at what the main thread does
LONGEST_CALL = 1.0  # s that a plugin may hold it up without being named
LONGEST_END = 0.5  # s that it may while the reader is being left
MOST_BREAKS = 4  # of one call, after which the program is ended


class PluginWatch:
    """Names the plugin of others that holds up the reader; breaks that off once a key waits.

    Where the system has no timers (Windows), it does nothing.
    """

    def __init__(self, waiting_keys: Callable[[], Sequence[str]]) -> None:
        self._waiting_keys = waiting_keys  # that the loop has
        self._keys_read = self.keys_taken = 0  # by the driver's thread, and by the loop
        self._held: FrameType | None = None  # of the plugin, at the last look
        self._since, self._breaks = 0.0, 0

    def note_key(self) -> None:
        """Count a key that the driver has read, in its thread."""
        self._keys_read += 1

    @contextmanager
    def watch_loop(self, end_program: EndProgram) -> Iterator[None]:
        """Look at the main thread every LOOK seconds, if there are plugins of others."""
        if not (loaded_modules() and hasattr(signal, "setitimer")):
            yield
            return

        def look(number: int, frame: FrameType | None) -> None:
            self._look(frame, end_program)

        before = signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _look(self, frame: FrameType | None, end_program: EndProgram) -> None:
        stack = [each for each, _ in walk_stack(frame)]
        found, line = find_plugin_frame(reversed(stack))
        if found is not self._held:
            self._held, self._since, self._breaks = found, monotonic(), 0
            return
        ends = found is not None and found.f_code.co_name in ("stop", "finish")
        if found is None or monotonic() - self._since < (LONGEST_END if ends else LONGEST_CALL):
            return
        failures().record(line.format("holds up the reader"))
        if ends or self._keys_read > self.keys_taken or self._waiting_keys():
            self._breaks += 1
            if self._breaks > MOST_BREAKS:
                end_program(TimeoutError(line.format("holds up the reader")))
            raise TimeoutError("it held up the reader")
