"""Work in threads that may be left unfinished."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def in_thread(job: Callable[[], Result], name: str) -> Future[Result]:
    """Run a job in a thread of its own, which nobody waits for when the program ends."""
    future: Future[Result] = Future()

    def run() -> None:
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)

    Thread(target=run, name=name, daemon=True).start()
    return future
