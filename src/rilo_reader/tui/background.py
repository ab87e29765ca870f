"""Background threads that do not delay the end of the program."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from threading import Lock, Thread
from typing import TypeVar

Result = TypeVar("Result")

Job = Callable[[], None]

MOST_THREADS = 3


class Urgency(IntEnum):
    """How urgent a job is; the value is how many threads jobs of at most that urgency may occupy.

    The other threads stay free for more urgent jobs, so that keys are answered whatever else runs.
    """

    AWAITED = MOST_THREADS  # the user pressed a key for it
    LATER = 2  # shown when it is ready
    IDLE = 1  # not visible


class SharedThreads:
    """Runs jobs in at most three daemon threads, the most urgent first.

    Unlike those of `concurrent.futures.ThreadPoolExecutor`, they are not joined when the program
    ends. A thread is started when there is a job for it, and ends when there is none.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[Urgency, deque[Job]] = {urgency: deque() for urgency in Urgency}
        self._running = dict.fromkeys(Urgency, 0)

    def submit(
        self, job: Callable[[], Result], urgency: Urgency = Urgency.AWAITED
    ) -> Future[Result]:
        """Run `job` as soon as a thread is free for work of its urgency."""
        future: Future[Result] = Future()
        with self._lock:
            self._waiting[urgency].append(lambda: _run(job, future))
            following = self._take()
        if following is not None:
            Thread(target=self._work, args=following, name="tasks", daemon=True).start()
        return future

    def _work(self, urgency: Urgency, job: Job) -> None:
        following: tuple[Urgency, Job] | None = (urgency, job)
        while following is not None:
            urgency, job = following
            job()
            with self._lock:
                self._running[urgency] -= 1
                following = self._take()

    def _take(self) -> tuple[Urgency, Job] | None:
        """The next job, which counts as running from now on; called with the lock."""
        for urgency in sorted(Urgency, reverse=True):
            if self._waiting[urgency] and self._has_thread_for(urgency):
                self._running[urgency] += 1
                return urgency, self._waiting[urgency].popleft()
        return None

    def _has_thread_for(self, urgency: Urgency) -> bool:
        return all(
            sum(count for each, count in self._running.items() if each <= level) < level
            for level in Urgency
            if level >= urgency
        )


def _run(job: Callable[[], Result], future: Future[Result]) -> None:
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(job())
        except BaseException as error:
            future.set_exception(error)


def in_thread(job: Callable[[], Result], name: str) -> Future[Result]:
    """Run a job in its own daemon thread."""
    future: Future[Result] = Future()
    Thread(target=_run, args=(job, future), name=name, daemon=True).start()
    return future
