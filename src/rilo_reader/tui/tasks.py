"""Work in threads for a screen: the newest question only, or one after the other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
from typing import TypeVar

from textual.dom import DOMNode
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from rilo_reader.library import LibraryError
from rilo_reader.tui.background import in_thread

Result = TypeVar("Result")

Failed = Callable[[LibraryError], None]
"""Told what the user must know."""

PATIENCE = 0.008
"""Seconds that a key may wait for its answer before the screen goes on without: half a frame."""

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
        self, owner: DOMNode, name: str, failed: Failed, *, patience: float = PATIENCE
    ) -> None:
        """Make it.

        Args:
            owner: who asks.
            name: of the thread and the workers' group.
            failed: told what the user must know.
            patience: seconds to wait on the spot for an answer; 0 for what nobody waits for: it
                begins once the frame that is due is painted, and takes nothing from it.
        """
        self._owner = owner
        self._name = name
        self._failed = failed
        self._patience = patience
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
    def is_at_it(self) -> bool:
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
        return in_thread(job, self._name)

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
    """What is written: every job runs, one after the other, in the order of the keys."""

    def __init__(self, owner: DOMNode, name: str, failed: Failed) -> None:
        self._owner = owner
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
                    then = await asyncio.to_thread(job)
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
