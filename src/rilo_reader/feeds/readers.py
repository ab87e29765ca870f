"""Threads that read what came: pure work, which may be given up when it takes too long.

A thread whose work is given up ends at its next step in Python, so that it does not take the
interpreter from the others; another takes its place, and nobody waits for it.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import Any, Generic, TypeVar

from rilo_reader.fetch.values import Failure, FetchError

LOOKS = 4
"""How often running work is looked at within its time."""

CLOSING_SECONDS = 2.0

T = TypeVar("T")


class _GivenUpError(BaseException):
    """Raised in a thread whose work nobody wants any more."""


class Job(Generic[T]):
    """One piece of work.

    Attributes:
        work: what to do.
        told: whom to tell.
        seconds: how long it may take.
        begun: since when it is done.
        given_up: whether nobody wants it any more.
    """

    def __init__(self, work: T, told: asyncio.Future[Any], seconds: float) -> None:
        self.work = work
        self.told = told
        self.seconds = seconds
        self.begun = 0.0
        self.given_up = False


class Readers:
    """So many threads, for one event loop; made when something is to be read first.

    Args:
        count: threads at one time.
        seconds: that one piece of work may take; waiting for a thread does not count.
    """

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._jobs: SimpleQueue[Job[Callable[[], Any]] | None] = SimpleQueue()
        # Held where a thread ends its work and where it is given up: never one in the other.
        self._changing = threading.Lock()
        self._running: dict[threading.Thread, Job[Callable[[], Any]]] = {}
        self._threads: set[threading.Thread] = set()
        self._watching: asyncio.Task[None] | None = None
        self._told_of_dropped: Callable[[sys.UnraisableHookArgs], object] | None = None

    @property
    def waiting(self) -> int:
        """How much work nobody has begun yet."""
        return self._jobs.qsize()

    async def do(self, work: Callable[[], T]) -> T:
        """What some work returns; it touches nothing that others use.

        Raises:
            FetchError: TOO_LARGE where it takes longer than it may.
        """
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
            self._told_of_dropped, sys.unraisablehook = sys.unraisablehook, self._dropped
            for _ in range(self._count):
                self._hire()
        self._jobs.put(Job(work, told, self._seconds))
        return await told

    def close(self) -> None:
        """Begin nothing more; wait only for what will end soon."""
        if self._watching is not None:
            self._watching.cancel()
        if self._told_of_dropped is not None and sys.unraisablehook == self._dropped:
            sys.unraisablehook = self._told_of_dropped
        for job in self._running.values():
            job.given_up = True
        for _ in self._threads:
            self._jobs.put(None)
        until = monotonic() + CLOSING_SECONDS
        for thread in list(self._threads):
            thread.join(max(0.0, until - monotonic()))

    def _dropped(self, what: sys.UnraisableHookArgs) -> None:
        """Python says what it had to drop, but for what ends a thread."""
        if what.exc_type is not _GivenUpError and self._told_of_dropped is not None:
            self._told_of_dropped(what)

    def _hire(self) -> None:
        loop = asyncio.get_running_loop()
        thread = threading.Thread(target=self._work, args=(loop,), name="reading", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """Work until there is nothing more to do, or until given up, wherever that meets it."""
        with suppress(_GivenUpError):
            self._do_jobs(loop)

    def _do_jobs(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do one job after the other, until there are no more or one was given up."""
        thread = threading.current_thread()
        while (job := self._jobs.get()) is not None:
            if job.told.done():
                continue
            job.begun = monotonic()
            self._running[thread] = job
            try:
                tell = partial(settle, job.told, job.work(), None)
            except BaseException as error:
                tell = partial(settle, job.told, None, error)
            with self._changing:
                del self._running[thread]
            try:
                loop.call_soon_threadsafe(tell)
            except RuntimeError:
                # The loop was closed meanwhile: nobody asks any more.
                return
            if job.given_up:
                return

    async def _watch(self) -> None:
        """Give up what takes too long."""
        while True:
            await asyncio.sleep(self._seconds / LOOKS)
            for thread, job in list(self._running.items()):
                if not job.given_up and monotonic() - job.begun < job.seconds:
                    continue
                was_known = job.given_up
                with self._changing:
                    # Else the thread is at other work by now.
                    if self._running.get(thread) is not job:
                        continue
                    job.given_up = True
                    # Again at each look: where it meets a callback, Python drops the exception.
                    _end(thread)
                if was_known:
                    continue
                self._threads.discard(thread)
                self._hire()
                reason = f"it takes longer than {job.seconds:g} seconds to read"
                settle(job.told, None, FetchError(Failure.TOO_LARGE, reason))


def _end(thread: threading.Thread) -> None:
    """Let a thread end at its next step: CPython's own way, for work that holds nothing."""
    import ctypes

    if thread.ident is not None:
        number = ctypes.c_ulong(thread.ident)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(_GivenUpError))


def settle(told: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    """Tell who asked, where nobody did before and they still want to know."""
    if told.done():
        return
    if error is not None:
        told.set_exception(error)
    else:
        told.set_result(result)
