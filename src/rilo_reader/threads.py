"""The one way to start a thread: a daemon, which delays no end of the program."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def started(job: Callable[[], object], name: str) -> Thread:
    """Start a thread; an error in it is one of the program (`threading.excepthook`)."""
    thread = Thread(target=job, name=name, daemon=True)
    thread.start()
    return thread


def in_thread(job: Callable[[], Result], name: str) -> Future[Result]:
    """Run a job in a thread; the future has its result or its error."""
    future: Future[Result] = Future()
    started(lambda: fulfil(future, job), name)
    return future


def fulfil(future: Future[Result], job: Callable[[], Result]) -> None:
    """Run a job for a future, unless nobody waits for it any more."""
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(job())
        except BaseException as error:
            future.set_exception(error)
