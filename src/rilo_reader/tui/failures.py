"""Unexpected errors in threads: the app ends as at any other error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_LIMIT = 3.0
"""Seconds that the app has to exit. It cannot exit if the thread that writes to the terminal has
died and the queue of that thread is full."""

EndProgram = Callable[[BaseException], None]
"""Reports an error, and ends the program at once."""


@contextmanager
def failing_threads(
    call_later: Callable[..., object],
    end_program: EndProgram,
    is_expected: Callable[[BaseException], bool] = lambda _: False,
) -> Iterator[None]:
    """Raise the error of a thread in the app.

    Args:
        call_later: has the app call a function with an argument; callable from any thread.
        end_program: called if the app has not exited after EXIT_LIMIT seconds.
        is_expected: whether to ignore an error, at which the app leaves anyway.
    """
    before = threading.excepthook
    timers: list[threading.Timer] = []

    def failed(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is None or timers or is_expected(args.exc_value):
            return
        timer = threading.Timer(EXIT_LIMIT, end_program, [args.exc_value])
        timer.daemon = True
        timers.append(timer)
        timer.start()
        call_later(_raise, args.exc_value)

    threading.excepthook = failed
    try:
        yield
    finally:
        threading.excepthook = before
        for timer in timers:
            timer.cancel()


def _raise(error: BaseException) -> None:
    raise error
