"""Work in threads for a screen: the newest question only, or one after the other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
from typing import TypeVar

from textual.dom import DOMNode
from textual.timer import Timer
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from rilo_reader.library import LibraryError
from rilo_reader.tui.background import SharedThreads, Urgency

Result = TypeVar("Result")

Failed = Callable[[LibraryError], None]
"""Called with an error that the user must know of."""

PATIENCE = 0.008
"""Seconds that a key may wait for its answer before the screen goes on without it: half a frame."""

_Whole = Callable[[], Callable[[], None]]
"""A job that ends with what to do on the screen with its result."""


def _whole(job: Callable[[], Result], then: Callable[[Result], None]) -> _Whole:
    def run() -> Callable[[], None]:
        return partial(then, job())

    return run


class LatestTask:
    """One kind of question to the library, of which only the newest is answered.

    At most one runs and one waits, so that a held key never queues work: what came between is
    neither run nor shown. A job that takes long looks at `wanted` between its parts.
    """

    def __init__(
        self,
        owner: DOMNode,
        threads: SharedThreads,
        name: str,
        failed: Failed,
        urgency: Urgency = Urgency.AWAITED,
    ) -> None:
        """Make it.

        Args:
            owner: the screen that asks.
            threads: what runs the jobs.
            name: of the group of Textual's workers.
            failed: called with an error that the user must know of.
            urgency: an answer that is awaited is waited for on the spot, for PATIENCE at most; any
                other work begins once the frame that is due is painted, and takes no time from it.
        """
        self._owner = owner
        self._threads = threads
        self._name = name
        self._failed = failed
        self._urgency = urgency
        self._patience = PATIENCE if urgency is Urgency.AWAITED else 0.0
        self._asked = 0  # how many questions there were
        self._next: _Whole | None = None
        self._running = 0  # the number of the question that a thread works on
        self._worker: Worker[None] | None = None

    def ask(self, job: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Run `job` in a thread, then `then` with its result, unless a newer one comes.

        Most answers take a millisecond or two: those are waited for, so that they are on the
        screen with the frame that shows the key's own effect, and not with the one after it.
        """
        self._asked += 1
        self._next = _whole(job, then)
        if self._patience:
            self._begin()
        else:
            self._owner.call_after_refresh(self._begin)

    def forget(self) -> None:
        """Answer nothing of what was asked so far."""
        self._asked += 1
        self._next = None

    @property
    def is_running(self) -> bool:
        """Whether an answer is still to come, later than with the key that asked."""
        return self._worker is not None

    def wanted(self) -> Callable[[], bool]:
        """What a job asks, from its thread, to know whether the next question's answer counts.

        Called before `ask`; false once there is a newer question, or the answer is forgotten.
        """
        number = self._asked + 1
        return lambda: self._asked <= number

    async def answered(self) -> None:
        """Wait until what was asked is answered."""
        self._begin()
        while self._worker is not None:
            await _end_of(self._worker)
            self._begin()

    def _begin(self) -> None:
        if self._next is None or self._worker is not None:
            return
        running = self._start(self._next)
        if self._patience:
            wait([running], self._patience)
        if running.done():
            self._finish(running)
        else:
            self._worker = self._owner.run_worker(
                self._work(running), name=self._name, group=self._name
            )

    async def _work(self, running: Future[Callable[[], None]]) -> None:
        try:
            while True:
                with suppress(LibraryError):
                    await asyncio.wrap_future(running)
                self._finish(running)
                if self._next is None:
                    return
                if not self._patience:
                    self._owner.call_after_refresh(self._begin)
                    return
                running = self._start(self._next)
        finally:
            self._worker = None

    def _start(self, job: _Whole) -> Future[Callable[[], None]]:
        self._next = None
        self._running = self._asked
        return self._threads.submit(job, self._urgency)

    def _finish(self, done: Future[Callable[[], None]]) -> None:
        """Show the result, or say why there is none, unless there is a newer question."""
        if self._running != self._asked:
            return
        try:
            then = done.result()
        except LibraryError as error:
            self._failed(error)
        else:
            then()


class SerialTasks:
    """Writes to the disk: every job runs, one after the other, in the order of the keys."""

    def __init__(self, owner: DOMNode, threads: SharedThreads, name: str, failed: Failed) -> None:
        self._owner = owner
        self._threads = threads
        self._name = name
        self._failed = failed
        self._waiting: deque[_Whole] = deque()
        self._worker: Worker[None] | None = None

    def do(
        self, job: Callable[[], Result], then: Callable[[Result], None] = lambda _: None
    ) -> None:
        """Run `job` in a thread after those before it, then `then` with its result."""
        self._waiting.append(_whole(job, then))
        if self._worker is None:
            self._worker = self._owner.run_worker(self._work(), name=self._name, group=self._name)

    async def done(self) -> None:
        """Wait until everything that was asked for is done: nothing is lost on leaving."""
        await _end_of(self._worker)

    async def _work(self) -> None:
        try:
            while self._waiting:
                job = self._waiting.popleft()
                try:
                    then = await asyncio.wrap_future(self._threads.submit(job))
                except LibraryError as error:
                    self._failed(error)
                else:
                    then()
        finally:
            self._worker = None


async def _end_of(worker: Worker[None] | None) -> None:
    # A worker that failed has ended the app already; whoever waits need not say it again.
    if worker is not None:
        with suppress(WorkerFailed, WorkerCancelled):
            await worker.wait()


class TaskRunner:
    """What a screen starts beside itself: threads, timers and coroutines.

    Attributes:
        written: writes to the disk, in the order of the keys.
        keys_ahead: the keys that were pressed and wait for their turn.
    """

    def __init__(self, owner: DOMNode, failed: Failed, quit_keys: Iterable[str]) -> None:
        """Make it.

        Args:
            owner: the screen.
            failed: called with an error that the user must know of.
            quit_keys: the keys that leave, in Textual's names.
        """
        self._owner = owner
        self._failed = failed
        self._quit_keys = tuple(quit_keys)
        self._threads = SharedThreads()
        self.written = SerialTasks(owner, self._threads, "written", failed)
        self.keys_ahead: Callable[[], Sequence[str]] = lambda: ()
        # While an answer is waited for: what ends that early, and the keys that do.
        self._wants_to_leave: asyncio.Event | None = None
        self._leaves_with: set[str] = set()

    def latest(
        self, name: str, failed: Failed | None = None, *, urgency: Urgency = Urgency.AWAITED
    ) -> LatestTask:
        """A kind of question of which only the newest is answered; errors are shown by default."""
        return LatestTask(self._owner, self._threads, name, failed or self._failed, urgency)

    def after(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call something once, later."""
        return self._owner.set_timer(seconds, callback)

    def every(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call something again and again."""
        return self._owner.set_interval(seconds, callback)

    def run(self, work: Coroutine[None, None, None], *, name: str, group: str) -> None:
        """Run a coroutine beside the screen, until it ends or the screen goes."""
        self._owner.run_worker(work, name=name, group=group)

    async def answered(self, *questions: LatestTask, while_typing: bool = False) -> None:
        """Wait until questions are answered, or somebody presses a key that leaves.

        Args:
            questions: one after the other.
            while_typing: whether a key that types something types it, and means nothing else.
        """

        async def all_answered() -> None:
            for question in questions:
                await question.answered()

        self._leaves_with = {key for key in self._quit_keys if "+" in key or not while_typing}
        self._wants_to_leave = asyncio.Event()
        self.keys_came()
        ways = (all_answered(), self._wants_to_leave.wait())
        tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self._wants_to_leave = None
        tasks[1].cancel()

    def keys_came(self) -> None:
        """Look whether one of the keys that wait for their turn leaves."""
        leaves = self._wants_to_leave
        if leaves is not None and not self._leaves_with.isdisjoint(self.keys_ahead()):
            leaves.set()
