"""A pool of worker processes that gives every piece of work a time limit.

    submit(work)                    queued as a future; one thread of the pool takes it
        worker = idle or started    a process of its own: `python -m rilo_reader.workers`
        worker.call(work)           pickled to it, the result pickled back
            too late                the worker is killed, and this work alone fails
            the worker died         another one is given the work once more

`ProcessPoolExecutor` would fail whatever is queued when one worker dies, has no public way to end
a worker that takes too long, and imports the caller's `__main__` into each. Here a
`ThreadPoolExecutor` queues, and each of its threads waits for one process. Workers end when the
pipe to them closes, so also when this process is killed.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib import import_module
from queue import SimpleQueue
from typing import IO, Any, Self, TypeVar

from rilo_reader.threads import start_thread

T = TypeVar("T")

MOST_BYTES = 1_500_000_000
"""Memory of a worker, where the system can limit it; the worst of feeds and pages needs half."""

WALL_CLOCK_FACTOR = 6.0  # times of its processor time that work may last, as others use it too
ATTEMPTS = 2  # how many workers may die of one piece of work
MOST_WORKERS = 3  # beyond so many, the process that they work for is what everything waits for


class WorkTimeoutError(Exception):
    """The work took longer than it may; its worker was ended."""


class WorkerDiedError(Exception):
    """The worker ended during the work, and so did the next one that was given it."""


def count_cores() -> int:
    """The cores this process may use, at least 1: fewer than the machine has where it is bound."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def python_command(*arguments: str) -> list[str]:
    """The command that runs this Python, which imports nothing from the current folder.

    With `-m` and `-c` alone it would look there first, and that may be a stranger's checkout.
    """
    return [sys.executable, "-P", *arguments]


class WorkerPool:
    """Runs functions in worker processes, which are started when there is work for them.

    Where no process can be started, work is done in a thread of this process, without a limit.
    A worker imports the modules `preload` before its first work, outside of its time.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        preload: Sequence[str] = (),
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._size = workers or min(count_cores(), MOST_WORKERS)
        self._arguments = (str(most_bytes), *preload)
        self._threads = ThreadPoolExecutor(self._size, "workers")
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._closed = False

    def start(self) -> None:
        """Start all workers now, so that they are ready when work comes."""
        with suppress(OSError), self._lock:
            while len(self._workers) < self._size and not self._closed:
                self._idle.append(self._start_worker())

    def submit(self, work: Callable[[], T], *, seconds: float | None = None) -> Future[T]:
        """Call a function in a worker; it, its result and its exception are pickled.

        It may take so many `seconds` of processor time, and `WALL_CLOCK_FACTOR` times as many in
        all; None for no limit. Where the system has no such timer (Windows), only the latter
        counts. The future raises what the work raised, with the worker's traceback as a note,
        MemoryError where it needs more than `most_bytes`, WorkTimeoutError or WorkerDiedError. In a
        closed pool it is cancelled.
        """
        with self._lock:
            if not self._closed:
                return self._threads.submit(self._run_work, work, seconds)
        cancelled: Future[T] = Future()
        cancelled.cancel()
        return cancelled

    async def run(self, work: Callable[[], T], *, seconds: float | None = None) -> T:
        """Await what `submit` returns."""
        from asyncio import wrap_future  # heavy, and commands that only read the library need none

        return await wrap_future(self.submit(work, seconds=seconds))

    def close(self) -> None:
        """End the workers, whatever they do; work that has not ended is cancelled or fails."""
        with self._lock:
            self._closed = True
            workers = list(self._workers)
        for worker in workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in workers:
            worker.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # -- in the pool's threads ------------------------------------------------------------------

    def _run_work(self, work: Callable[[], T], seconds: float | None) -> T:
        request = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        for _ in range(ATTEMPTS):
            try:
                worker = self._take_worker()
            except OSError:
                return work()
            with suppress(_DiedError):
                try:
                    result: T = worker.call(request, seconds)
                finally:
                    self._give_back(worker)
                return result
        raise WorkerDiedError

    def _take_worker(self) -> _Worker:
        """An idle worker, else a new one; there are as many as threads, so this never waits."""
        with self._lock:
            if self._closed:
                raise WorkerDiedError
            return self._idle.pop() if self._idle else self._start_worker()

    def _start_worker(self) -> _Worker:
        worker = _Worker(self._arguments)
        self._workers.append(worker)
        return worker

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            if worker.has_ended:
                self._workers.remove(worker)
            else:
                self._idle.append(worker)


class _DiedError(Exception):
    """The worker ended during the work."""


class _Worker:
    """One worker process, seen from the process that it works for.

    It has a process group of its own, so that Ctrl-C in a terminal ends the program and not its
    workers. Not a session: to one Linux would give as much of the processor as to the reader.

    Raises:
        OSError: no process can be started.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            python_command("-m", __name__, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        self._is_ready = False
        self._is_late = False
        self.has_ended = False

    def call(self, request: bytes, seconds: float | None) -> Any:  # noqa: ANN401
        """Return what the work returns; raise what it raises, WorkTimeoutError or _DiedError."""
        try:
            if not self._is_ready:
                _receive(self._process.stdout)
                self._is_ready = True
            timer = threading.Timer((seconds or 0) * WALL_CLOCK_FACTOR, self._end_late)
            timer.daemon = True
            try:
                if seconds:
                    timer.start()
                _send(self._process.stdin, (seconds, request))
                answer = _receive(self._process.stdout)
            finally:
                timer.cancel()
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            code = self.end()
            if self._is_late or code == -getattr(signal, "SIGPROF", 0):
                raise WorkTimeoutError from error
            raise _DiedError from error
        went_well, result = pickle.loads(answer)  # noqa: S301  # of our own process
        if went_well:
            return result
        raise result

    def _end_late(self) -> None:
        self._is_late = True
        self._process.kill()

    def kill(self) -> None:
        """End it, in the middle of anything."""
        self._process.kill()

    def end(self) -> int:
        """Kill it, and give back what the system holds for it; its exit code."""
        self.has_ended = True
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what it did not take is not missed
                if pipe is not None:
                    pipe.close()
        return self._process.wait()


def _send(pipe: IO[bytes] | None, message: object) -> None:
    if pipe is None:
        raise BrokenPipeError
    pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> Any:  # noqa: ANN401
    if pipe is None:
        raise EOFError
    return pickle.load(pipe)  # noqa: S301  # of our own process


# -- in the worker ------------------------------------------------------------------------------


def _serve(most_bytes: int, preload: Sequence[str]) -> None:
    """Do what comes through the standard input, and answer through the standard output."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # for whatever a library prints
    _limit_memory(most_bytes)
    requests: SimpleQueue[tuple[float | None, bytes]] = SimpleQueue()
    start_thread(partial(_take_requests, requests), "requests")
    for name in preload:
        import_module(name)
    with suppress(OSError):
        _send(answers, "ready")
        while True:
            _send(answers, _run_request(*requests.get()))


def _limit_memory(most: int) -> None:
    """Limit the memory of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(OSError, ValueError):  # a lower limit is kept
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _take_requests(requests: SimpleQueue[tuple[float | None, bytes]]) -> None:
    """Take what comes; end this process at once, whatever it does, when nothing more can come."""
    with suppress(EOFError, OSError, pickle.UnpicklingError):
        while True:
            requests.put(_receive(sys.stdin.buffer))
    os._exit(0)


def _run_request(seconds: float | None, request: bytes) -> bytes:
    """Run a request; return (True, result) or (False, error), pickled."""
    try:
        work = pickle.loads(request)  # noqa: S301  # of our own process
        return pickle.dumps((True, _run_within(seconds, work)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        note = traceback.format_exc()
        error.add_note(note)
        with suppress(Exception):
            failure = pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
            pickle.loads(failure)  # noqa: S301  # some can be written only
            return failure
        summary = RuntimeError(f"{type(error).__name__}: {error}")
        summary.add_note(note)
        return pickle.dumps((False, summary), pickle.HIGHEST_PROTOCOL)


def _run_within(seconds: float | None, work: Callable[[], T]) -> T:
    """Call the work; the system ends this process (SIGPROF) where it takes more processor time.

    So it does not matter whether Python is in the middle of a library.
    """
    if seconds is None or not hasattr(signal, "setitimer"):
        return work()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2:])
    # At once: an ordinary end would flush a pipe that nobody reads any more, and complain.
    os._exit(0)
