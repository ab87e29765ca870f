"""Processes that read, write out and write files for this one, where there is much of it.

Each has a thread here that sends it one piece of work after the other and waits. Work that takes
longer than it may is given up by killing its process, and another is started. A helper ends when
the pipe to it closes, so also when this process is killed, in the middle of whatever it does.
"""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from queue import PriorityQueue
from time import monotonic
from typing import ParamSpec, TypeVar

from rilo_reader.feeds.helping import receive, send, was_ended_by_time
from rilo_reader.feeds.readers import Job, settle
from rilo_reader.fetch.values import Failure, FetchError

_PIPE = 1 << 20  # bytes that a pipe holds, where it can be told: most messages, so fewer turns
_LAST_SECONDS = 2.0
_SOON, _LATER = range(2)

LOOK_SECONDS = 0.1
"""Between two looks at how long work has taken."""

P = ParamSpec("P")
T = TypeVar("T")


class NoHelperError(Exception):
    """No process can be started."""


class LostHelperError(Exception):
    """The process that was asked has come to an end by itself; what it did may be half done."""


class Helpers:
    """So many processes, for one event loop; started when something is to be done, or before.

    Args:
        processes: at one time.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._jobs: PriorityQueue[tuple[int, int, Job[object] | None]] = PriorityQueue()
        self._numbers = count()
        # Held where work ends and where its process is killed: never one in the other.
        self._changing = threading.Lock()
        self._running: dict[subprocess.Popen[bytes], Job[object]] = {}
        self._threads: list[threading.Thread] = []
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Start the processes, where that was not done; they get ready while others work."""
        if self._watching is not None:
            return
        loop = asyncio.get_running_loop()
        self._watching = asyncio.create_task(self._watch())
        for _ in range(self._processes):
            thread = threading.Thread(target=self._serve, args=(loop,), daemon=True)
            self._threads.append(thread)
            thread.start()

    async def do(self, seconds: float, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What a function of ours returns, called in another process, within so many seconds.

        What may take any time comes before what may not: it is what others wait for (files that
        are to be written, while there is more to read).

        Raises:
            FetchError: TOO_LARGE where it takes longer.
            NoHelperError: no process can be started.
            LostHelperError: the process ended.
        """
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.start()
        job: Job[object] = Job((work, args, named), told, seconds)
        self._jobs.put((_LATER if seconds < math.inf else _SOON, next(self._numbers), job))
        return await told

    def close(self) -> None:
        """End the processes, whatever they do: nobody wants to know any more."""
        self._closed = True
        if self._watching is not None:
            self._watching.cancel()
        with self._changing:
            for process in self._running:
                process.kill()
        for _ in self._threads:
            self._jobs.put((_SOON, next(self._numbers), None))
        until = monotonic() + _LAST_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have a process do one job after the other."""
        process = _helper()
        try:
            while (job := self._jobs.get()[2]) is not None:
                if job.told.done() or self._closed:
                    continue
                if process is None or process.poll() is not None:
                    process = _helper()
                result, error = self._have_done(process, job)
                try:
                    loop.call_soon_threadsafe(settle, job.told, result, error)
                except RuntimeError:
                    # The loop was closed meanwhile: nobody asks any more.
                    return
        finally:
            if process is not None:
                _end(process)

    def _have_done(
        self, process: subprocess.Popen[bytes] | None, job: Job[object]
    ) -> tuple[object, BaseException | None]:
        """What came of a job: a result or an error."""
        if process is None or process.stdin is None or process.stdout is None:
            return None, NoHelperError("no process can be started")
        job.begun = monotonic()
        with self._changing:
            self._running[process] = job
        try:
            send(process.stdin, job.work)
            went_well, told = receive(process.stdout)
        except (EOFError, OSError):
            _end(process)
            if was_ended_by_time(process.returncode):
                return None, FetchError(Failure.TOO_LARGE, "it takes too much time to read")
            return None, LostHelperError("a helper has ended by itself")
        except BaseException as error:
            _end(process)
            return None, error
        finally:
            with self._changing:
                del self._running[process]
        return (told, None) if went_well else (None, told)

    async def _watch(self) -> None:
        """Give up what takes too long."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = monotonic()
            with self._changing:
                late = [
                    (p, job) for p, job in self._running.items() if now - job.begun > job.seconds
                ]
                for process, _ in late:
                    process.kill()
            for _, job in late:
                reason = f"it takes longer than {job.seconds:g} seconds to read"
                settle(job.told, None, FetchError(Failure.TOO_LARGE, reason))


def _helper() -> subprocess.Popen[bytes] | None:
    """A process that is ready to help, with large pipes where one may have them; None for none.

    It gets a group of its own: Ctrl-C is for the one who waits for us. Not a session of its own, in
    which Linux would give it as much of the processor as the reader has.
    """
    argv = [sys.executable, "-m", "rilo_reader.feeds.helping"]

    def start(pipesize: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
            pipesize=pipesize,
        )

    for size in (_PIPE, -1):
        with suppress(OSError):
            process = start(size)
            break
    else:
        return None
    with suppress(EOFError, OSError):
        # Its own beginning is no part of the time that work may take.
        receive(process.stdout)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a process end, and all that we have of it."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what it did not take is not missed
            if pipe is not None:
                pipe.close()
    process.wait()
