"""The shared threads: at most three, and always one for what somebody waits for."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.tui.tasks import MOST_THREADS, SharedThreads, Urgency
from tests.support.for_each import for_each
from tests.support.reader import reading

LONG = 30.0
"""Seconds in which anything here has happened, however busy the machine is."""


class Gate:
    """A job that runs until it is let through, and counts how many do at once."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def pass_through(self) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.open.wait(LONG)
        with self._lock:
            self.running -= 1


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def results(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result(LONG)


@for_each("urgency", Urgency)
def test_work_of_an_urgency_occupies_so_many_threads(urgency: Urgency) -> None:
    threads, gate = SharedThreads(), Gate()
    futures = [threads.submit(gate.pass_through, urgency) for _ in range(9)]
    until(lambda: gate.running == urgency)
    gate.open.set()
    results(futures)
    assert gate.most == urgency <= MOST_THREADS


def test_what_is_awaited_does_not_wait_for_what_is_not() -> None:
    threads, gate = SharedThreads(), Gate()
    slow = [
        threads.submit(gate.pass_through, urgency)
        for urgency in (Urgency.IDLE, Urgency.LATER)
        for _ in range(5)
    ]
    assert threads.submit(lambda: "at once").result(LONG) == "at once"
    gate.open.set()
    results(slow)


def test_the_most_urgent_comes_first() -> None:
    threads, gate, first = SharedThreads(), Gate(), Gate()
    blocked = [
        threads.submit(first.pass_through),
        *(threads.submit(gate.pass_through) for _ in "ab"),
    ]
    done: list[Urgency] = []
    waiting = [threads.submit(partial(done.append, urgency), urgency) for urgency in Urgency]
    first.open.set()
    results(waiting)
    assert done == [Urgency.AWAITED, Urgency.LATER, Urgency.IDLE]
    gate.open.set()
    results(blocked)


@given(st.lists(st.sampled_from(Urgency), max_size=60))
def test_every_job_runs(urgencies: list[Urgency]) -> None:
    threads = SharedThreads()
    futures = [threads.submit(partial(int, n), each) for n, each in enumerate(urgencies)]
    assert [future.result(LONG) for future in futures] == list(range(len(urgencies)))


def test_what_a_job_raises_is_its_result_and_the_thread_goes_on() -> None:
    threads = SharedThreads()

    def fail() -> None:
        raise ValueError("no")

    failed = [threads.submit(fail) for _ in range(9)]
    assert threads.submit(lambda: 1).result(LONG) == 1
    for future in failed:
        with pytest.raises(ValueError, match="no"):
            future.result(LONG)


@pytest.mark.slow
async def test_no_thread_outlives_its_reader() -> None:
    before = set(threading.enumerate())
    async with reading() as reader:
        await reader.press("j", "v")
    for thread in set(threading.enumerate()) - before:
        if not thread.name.startswith("asyncio"):  # the loop's own
            thread.join(10)
            assert not thread.is_alive()


async def test_what_is_written_does_not_wait_for_queries_that_are_stuck() -> None:
    gate = Gate()
    async with reading() as reader:
        tasks = reader.screen.tasks
        for number in range(MOST_THREADS):
            tasks.make_latest(f"stuck {number}").request(gate.pass_through, lambda _: None)
        until(lambda: gate.running == MOST_THREADS)
        written: list[str] = []
        tasks.write_tasks.enqueue(lambda: written.append("a mark"))
        await asyncio.wait_for(tasks.write_tasks.wait_for_all(), LONG)
        assert written == ["a mark"]
        gate.open.set()
