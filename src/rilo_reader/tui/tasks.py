"""Jobs in daemon threads: only the latest of a kind, or all in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from enum import IntEnum
from functools import partial
from inspect import isawaitable
from threading import Lock
from typing import TypeVar

from textual.dom import DOMNode
from textual.timer import Timer
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from rilo_reader.library import LibraryError
from rilo_reader.third_parties import report_plugin_failures
from rilo_reader.threads import fulfil_future, run_in_thread, start_thread

Result = TypeVar("Result")

Job = Callable[[], None]

MOST_THREADS = 3


class Urgency(IntEnum):
    """The urgency of a job; its value is how many threads jobs of at most that urgency may occupy.

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
        # how many threads jobs of at most that urgency may still occupy
        self._free_threads = {urgency: int(urgency) for urgency in Urgency}

    def submit(
        self, job: Callable[[], Result], urgency: Urgency = Urgency.AWAITED
    ) -> Future[Result]:
        """Run `job` as soon as a thread is free for work of its urgency."""
        future: Future[Result] = Future()
        with self._lock:
            self._waiting[urgency].append(lambda: fulfil_future(future, job))
            following = self._take_next()
        if following is not None:
            start_thread(partial(self._run_jobs, *following), "tasks")
        return future

    def _run_jobs(self, urgency: Urgency, job: Job) -> None:
        following: tuple[Urgency, Job] | None = (urgency, job)
        while following is not None:
            urgency, job = following
            job()
            with self._lock:
                self._count_free(urgency, 1)
                following = self._take_next()

    def _take_next(self) -> tuple[Urgency, Job] | None:
        """Return the next job, which counts as running from now on; called with the lock."""
        has_thread = True
        for urgency in Urgency:  # the most urgent first
            has_thread = has_thread and self._free_threads[urgency] > 0
            if has_thread and self._waiting[urgency]:
                self._count_free(urgency, -1)
                return urgency, self._waiting[urgency].popleft()
        return None

    def _count_free(self, urgency: Urgency, change: int) -> None:
        for level in Urgency:
            if level >= urgency:
                self._free_threads[level] += change


ErrorHandler = Callable[[LibraryError], None]  # called with an error that the user must know of

LONGEST_BLOCK = 0.008
"""Seconds to block for a result, so that it is shown in the same frame; half a frame."""

_BoundJob = Callable[[], Callable[[], object]]  # a job that returns a callback for the main thread


def _bind_result(job: Callable[[], Result], on_result: Callable[[Result], object]) -> _BoundJob:
    def run() -> Callable[[], object]:
        return partial(on_result, job())

    return run


class LatestTask:
    """A kind of query, of which only the latest gets a result.

    At most one job runs and one waits, so that a repeating key does not queue work; jobs in between
    are dropped. Long jobs check `make_wanted_check` to stop early. Those that are not AWAITED begin
    after the next frame, and do not delay it.
    """

    _latest_number = 0  # how many questions there were
    _next_job: _BoundJob | None = None
    _running_number = 0  # the question that a thread works on
    _worker: Worker[None] | None = None

    def __init__(
        self,
        owner: DOMNode,
        threads: SharedThreads,
        name: str,
        on_error: ErrorHandler,
        urgency: Urgency,
    ) -> None:
        self.owner, self.threads, self.name = owner, threads, name
        self.on_error, self.urgency = on_error, urgency

    def request(self, job: Callable[[], Result], on_result: Callable[[Result], None]) -> None:
        """Run `job` in a thread, then `on_result` in the main one, unless a newer job replaces it.

        If the task is AWAITED, this blocks for up to LONGEST_BLOCK: most jobs take a millisecond or
        two, and their results are then in the same frame as the effect of the key.
        """
        self._latest_number += 1
        self._next_job = _bind_result(job, on_result)
        if self.urgency is Urgency.AWAITED:
            self._start_next()
        else:
            self.owner.call_after_refresh(self._start_next)

    def cancel(self) -> None:
        """Drop the result of the job that is running or waiting."""
        self._latest_number += 1
        self._next_job = None

    @property
    def is_running(self) -> bool:
        """True if a job is running or waiting."""
        return self._worker is not None

    def make_wanted_check(self) -> Callable[[], bool]:
        """Return a function that tells the next job, in its thread, whether its result is wanted.

        To be called before `request`. It returns False once there is a newer job, or after
        `cancel`.
        """
        number = self._latest_number + 1
        return lambda: self._latest_number <= number

    async def wait_for_result(self) -> None:
        """Wait for the latest job, and for its result to be shown."""
        self._start_next()
        while self._worker is not None:
            await _wait_for_worker(self._worker)
            self._start_next()

    def _start_next(self) -> None:
        if self._next_job is None or self._worker is not None:
            return
        running = self._submit_job(self._next_job)
        if self.urgency is Urgency.AWAITED:
            wait([running], LONGEST_BLOCK)
        if running.done():
            self._deliver_result(running)
        else:
            self._worker = self.owner.run_worker(
                self._await_results(running), name=self.name, group=self.name
            )

    async def _await_results(self, running: Future[Callable[[], object]]) -> None:
        try:
            while True:
                with suppress(Exception):  # which `_deliver_result` raises again
                    await asyncio.wrap_future(running)
                self._deliver_result(running)
                if self._next_job is None:
                    return
                if self.urgency is not Urgency.AWAITED:
                    self.owner.call_after_refresh(self._start_next)
                    return
                running = self._submit_job(self._next_job)
        finally:
            self._worker = None

    def _submit_job(self, job: _BoundJob) -> Future[Callable[[], object]]:
        self._next_job = None
        self._running_number = self._latest_number
        return self.threads.submit(job, self.urgency)

    def _deliver_result(self, done: Future[Callable[[], object]]) -> None:
        """Show the result or the error, unless there is a newer job."""
        if self._running_number != self._latest_number:
            return
        with report_plugin_failures():
            try:
                show_result = done.result()
            except LibraryError as error:
                self.on_error(error)
            else:
                show_result()


Saying = str | Callable[[], str]
"""What the user is told of a job that takes long: "Undoing…"; a function where that changes."""


class SerialTasks:
    """Writes: all jobs run, one after another, in the order of the keys.

    They do not use the shared threads, so that leaving never waits for queries.
    """

    def __init__(self, owner: DOMNode, name: str, on_error: ErrorHandler) -> None:
        self._owner = owner
        self._name = name
        self._on_error = on_error
        self._waiting_jobs: deque[tuple[Saying, _BoundJob]] = deque()
        self._worker: Worker[None] | None = None
        # told what is being done by a job that says so, and "" after each
        self.on_progress: Callable[[Saying], object] = lambda saying: None

    def enqueue(
        self,
        job: Callable[[], Result],
        on_result: Callable[[Result], object] = lambda _: None,
        *,
        saying: Saying = "",
    ) -> None:
        """Run `job` in a thread after the previous ones, then `on_result` in the main thread.

        `saying` is what the user is told where it takes long.
        """
        self._waiting_jobs.append((saying, _bind_result(job, on_result)))
        if self._worker is None:
            self._worker = self._owner.run_worker(
                self._run_jobs(), name=self._name, group=self._name
            )

    async def wait_for_all(self) -> None:
        """Wait for all jobs."""
        await _wait_for_worker(self._worker)

    async def _run_jobs(self) -> None:
        try:
            while self._waiting_jobs:
                saying, job = self._waiting_jobs.popleft()
                with report_plugin_failures():
                    try:
                        if saying:
                            self.on_progress(saying)
                        show_result = await asyncio.wrap_future(run_in_thread(job, self._name))
                    except LibraryError as error:
                        self._on_error(error)
                    else:
                        show_result()
                    finally:
                        if saying:
                            self.on_progress("")
        finally:
            self._worker = None


async def _wait_for_worker(worker: Worker[None] | None) -> None:
    # A worker that failed has ended the app already.
    if worker is not None:
        with suppress(WorkerFailed, WorkerCancelled):
            await worker.wait()


class TaskRunner:
    """Threads, timers and coroutines of a screen."""

    def __init__(self, owner: DOMNode, on_error: ErrorHandler, quit_keys: Iterable[str]) -> None:
        self._owner = owner
        self._on_error = on_error
        self._quit_keys = tuple(quit_keys)
        self._threads = SharedThreads()
        self.write_tasks = SerialTasks(owner, "written", on_error)  # in the order of the keys
        # returns the keys that are not handled yet
        self.keys_ahead: Callable[[], Sequence[str]] = lambda: ()
        # While an answer is waited for: what ends that early, and the keys that do.
        self._wants_to_leave: asyncio.Event | None = None
        self._active_quit_keys: set[str] = set()

    def make_latest(
        self, name: str, on_error: ErrorHandler | None = None, *, urgency: Urgency = Urgency.AWAITED
    ) -> LatestTask:
        """Create a kind of query; `on_error` shows errors in the last line by default."""
        return LatestTask(self._owner, self._threads, name, on_error or self._on_error, urgency)

    def make_serial(self, name: str, on_error: ErrorHandler | None = None) -> SerialTasks:
        """Create a queue of jobs that does not hold up `write_tasks`; as `make_latest`."""
        return SerialTasks(self._owner, name, on_error or self._on_error)

    def call_after(
        self, seconds: float, callback: Callable[[], object], *, instead: Timer | None = None
    ) -> Timer:
        """Call `callback` once after some seconds; stop the timer `instead`, which it replaces."""
        if instead is not None:
            instead.stop()

        async def call() -> None:
            with report_plugin_failures():
                if isawaitable(result := callback()):
                    await result

        return self._owner.set_timer(seconds, call)

    def run(self, work: Coroutine[None, None, None], *, group: str) -> None:
        """Run a coroutine until it ends or the screen is removed."""

        async def run() -> None:
            with report_plugin_failures():
                await work

        self._owner.run_worker(run(), name=group, group=group)

    async def wait_for_results(self, *awaited: LatestTask, while_typing: bool = False) -> None:
        """Wait for results, or until a quit key; `while_typing`, printable keys do not quit."""

        async def wait_for_all() -> None:
            for task in awaited:
                await task.wait_for_result()

        self._active_quit_keys = {key for key in self._quit_keys if "+" in key or not while_typing}
        self._wants_to_leave = asyncio.Event()
        self.on_keys_queued()
        results = asyncio.create_task(wait_for_all())
        leaving = asyncio.create_task(self._wants_to_leave.wait())
        await asyncio.wait((results, leaving), return_when=asyncio.FIRST_COMPLETED)
        self._wants_to_leave = None
        leaving.cancel()

    def on_keys_queued(self) -> None:
        """End `wait_for_results` if one of the keys that are not handled yet quits."""
        wants = self._wants_to_leave
        if wants is not None and not self._active_quit_keys.isdisjoint(self.keys_ahead()):
            wants.set()
