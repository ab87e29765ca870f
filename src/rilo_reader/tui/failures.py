"""Threads that die of an error which nobody foresaw: the app ends as at any other error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LAST_RESORT = 3.0
"""Seconds that the app has to end then. It never does where the thread that died is the one which
writes to the terminal, and the queue before it is full."""

GiveUp = Callable[[BaseException], None]
"""Ends the program at once, saying why."""


@contextmanager
def failing_threads(
    call_later: Callable[..., object],
    give_up: GiveUp,
    is_expected: Callable[[BaseException], bool] = lambda _: False,
) -> Iterator[None]:
    """Raise in the app what a thread died of.

    Args:
        call_later: has the app call a function with an argument; safe in any thread.
        give_up: called where the app has not ended in time.
        is_expected: whether an error is no fault, and the app leaves by itself.
    """
    before = threading.excepthook
    last_resort: list[threading.Timer] = []

    def died(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is None or last_resort or is_expected(args.exc_value):
            return
        timer = threading.Timer(LAST_RESORT, give_up, [args.exc_value])
        timer.daemon = True
        last_resort.append(timer)
        timer.start()
        call_later(_raise, args.exc_value)

    threading.excepthook = died
    try:
        yield
    finally:
        threading.excepthook = before
        for timer in last_resort:
            timer.cancel()


def _raise(error: BaseException) -> None:
    raise error
