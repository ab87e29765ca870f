"""What a process and its helpers say to each other, and the helper itself (`helpers.py` has some).

A message is its length and a pickle: a function of ours by its name with what it is given, and
back what it returned or raised. The first that a helper says is that it is ready. Both ends are
this program, and nobody else holds the pipes.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, TypeVar

from rilo_reader.workers import pipes

T = TypeVar("T")

FEWER_LOOKS = 20_000
"""Objects that are made before Python looks whether some are garbage; 700 by default."""


def send(pipe: IO[bytes] | None, message: object) -> None:
    """Write a message into a pipe.

    Raises:
        OSError: nobody reads any more.
    """
    pipes.send(pipe, pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


def receive(pipe: IO[bytes] | None) -> Any:  # noqa: ANN401  # whatever was asked for
    """Wait for a message from a pipe.

    Raises:
        EOFError: there is none any more.
    """
    return pickle.loads(pipes.receive(pipe))  # noqa: S301  # of our own process


def within(seconds: float, work: Callable[[], T]) -> T:
    """What a function returns; ends this process where that takes more processor time.

    The system itself ends it (`was_ended_by_time` tells), so it does not matter whether Python is
    in the middle of a library. Where the system has no such timer there is no bound.
    """
    if not hasattr(signal, "setitimer"):
        return work()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def was_ended_by_time(code: int | None) -> bool:
    """Whether a process that ended with such a code took more processor time than it might."""
    return hasattr(signal, "SIGPROF") and code == -signal.SIGPROF


def done(request: bytes) -> tuple[bool, object]:
    """Whether what was asked for went well, and what it returned, or else raised."""
    try:
        work, given, named = pickle.loads(request)  # noqa: S301  # of our own process
        return True, work(*given, **named)
    except Exception as error:
        error.add_note(traceback.format_exc())
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301
        except Exception:
            told = RuntimeError(f"{type(error).__name__}: {error}")
            told.add_note(traceback.format_exc())
            return False, told
        return False, error


def _take(requests: SimpleQueue[bytes]) -> None:
    """Take what is asked for; end at once, in the middle of anything, when nobody can ask more."""
    with suppress(EOFError, OSError):
        while True:
            requests.put(pipes.receive(sys.stdin.buffer))
    os._exit(0)


def _get_ready() -> None:
    """Load what most feeds take to be read, while nothing has come yet."""
    from importlib import import_module

    for name in ("feeds.drafting", "parsers", "parsers.rss", "parsers.xml", "parsers.tree"):
        import_module(f"rilo_reader.{name}")
    import_module("rilo_reader.html.tree")


def main() -> None:
    """Do what one is asked to, until nobody asks."""
    # Reading makes many objects and no circles: looking for some takes a tenth of it.
    gc.set_threshold(FEWER_LOOKS, 10, 10)
    requests: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_take, args=(requests,), daemon=True).start()
    _get_ready()
    with suppress(OSError):
        send(sys.stdout.buffer, "ready")
        while True:
            send(sys.stdout.buffer, done(requests.get()))
    os._exit(0)


if __name__ == "__main__":
    main()
