"""The reader in a browser leaves at signals."""

from __future__ import annotations

import asyncio
import signal
from contextlib import closing

from rilo_reader.plugins.serve.browser import call_at_signals


def test_a_loop_that_takes_no_handlers_still_leaves_at_signals() -> None:
    class Loop(asyncio.SelectorEventLoop):
        def add_signal_handler(self, *_: object) -> None:
            raise NotImplementedError

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    told: list[int] = []
    try:
        with closing(Loop()) as loop:
            call_at_signals(loop, lambda: told.append(1))
        for number in before:
            signal.raise_signal(number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert told == [1, 1]
