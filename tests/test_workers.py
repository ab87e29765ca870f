"""The pool of worker processes: results, limits, deaths, ends."""

from __future__ import annotations

import asyncio
import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path

import pytest

from rilo_reader.errors import NotReadableError
from rilo_reader.parsers import read_feed
from rilo_reader.workers import WALL_CLOCK_FACTOR, WorkerDiedError, WorkerPool, WorkTimeoutError
from tests.support.processes import ended, is_running, needs_proc, workers


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1) as pool:
        yield pool


def spin(seconds: float) -> str:
    """Use the processor for so long."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        sum(range(1000))
    return "done"


def overflow(depth: int = 0) -> int:
    """Go deeper than Python does."""
    return overflow(depth + 1) + 1


class _LabelledError(Exception):
    """Of what is written, only the message is read again."""

    def __init__(self, message: str, *, label: str) -> None:
        super().__init__(message, label)
        self.label = label

    def __str__(self) -> str:
        return str(self.args[0])


def fail_unpicklably() -> None:
    raise _LabelledError("an unknown name", label="a")


def die_once(trace: Path) -> str:
    """End this process, but not if that was done before."""
    if not trace.exists():
        trace.touch()
        os._exit(3)
    return "survived"


def test_work_is_done_in_other_processes(pool: WorkerPool) -> None:
    assert pool.submit(os.getpid).result() != os.getpid()
    assert pool.submit(partial(pow, 2, exp=3)).result() == 8


async def test_work_can_be_awaited(pool: WorkerPool) -> None:
    assert await pool.run(partial(operator.add, 1, 2), seconds=60) == 3


@pytest.mark.slow
def test_exceptions_come_back_with_the_traceback_of_the_worker(pool: WorkerPool) -> None:
    with pytest.raises(NotReadableError, match="web page") as error:
        pool.submit(partial(read_feed, b"<html></html>", "https://a.example/")).result()
    assert error.value.reason == "It is a web page, not a feed."
    with pytest.raises(ZeroDivisionError) as surprise:
        pool.submit(partial(operator.truediv, 1, 0)).result()
    assert "Traceback" in surprise.value.__notes__[0]
    with pytest.raises(RecursionError):
        pool.submit(overflow).result()


@pytest.mark.slow
def test_an_exception_that_cannot_be_pickled_comes_back_in_words(pool: WorkerPool) -> None:
    with pytest.raises(RuntimeError, match="_LabelledError: an unknown name"):
        pool.submit(fail_unpicklably).result()
    with pytest.raises(Exception, match="pickle"):
        pool.submit(partial(operator.attrgetter("name"), signal)).result()
    assert pool.submit(partial(operator.add, "still ", "there")).result() == "still there"


def test_what_cannot_be_pickled_is_refused_and_the_pool_goes_on(pool: WorkerPool) -> None:
    with pytest.raises(Exception, match="pickle"):
        pool.submit(lambda: 1).result()
    assert pool.submit(partial(operator.add, 1, 2)).result() == 3


def test_large_messages_go_both_ways(pool: WorkerPool) -> None:
    text = b"x" * 5_000_000
    assert pool.submit(partial(bytes.upper, text)).result() == text.upper()


def test_what_is_printed_disturbs_nothing(pool: WorkerPool) -> None:
    assert pool.submit(partial(print, "x" * 100_000)).result() is None
    assert pool.submit(partial(os.write, 1, b"beside Python")).result() == 13


@pytest.mark.slow
def test_work_that_lasts_too_long_is_ended_and_its_worker_replaced(pool: WorkerPool) -> None:
    first = pool.submit(os.getpid).result()
    with pytest.raises(WorkTimeoutError):
        pool.submit(partial(time.sleep, 600), seconds=0.3 / WALL_CLOCK_FACTOR).result()
    assert not is_running(first)
    assert pool.submit(os.getpid).result() != first


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer of processor time here")
@pytest.mark.slow
def test_processor_time_has_a_limit_and_waiting_does_not_count(pool: WorkerPool) -> None:
    with pytest.raises(WorkTimeoutError):
        pool.submit(partial(spin, 60.0), seconds=0.3).result()
    # The next work has all of its own time.
    for _ in range(2):
        assert pool.submit(partial(spin, 0.6), seconds=1).result() == "done"
    pool.submit(partial(time.sleep, 1.2), seconds=1).result()


@pytest.mark.slow
def test_work_without_a_limit_has_none_after_work_with_one(pool: WorkerPool) -> None:
    assert pool.submit(partial(spin, 0.05), seconds=1).result() == "done"
    assert pool.submit(partial(spin, 1.2)).result() == "done"


@pytest.mark.slow
def test_other_work_goes_on_while_one_is_ended() -> None:
    with WorkerPool(2) as pool:
        slow = pool.submit(partial(time.sleep, 1), seconds=60)
        with pytest.raises(WorkTimeoutError):
            pool.submit(partial(time.sleep, 600), seconds=0.05).result()
        assert slow.result() is None


@pytest.mark.slow
def test_work_is_done_once_more_when_its_worker_dies(pool: WorkerPool, tmp_path: Path) -> None:
    assert pool.submit(partial(die_once, tmp_path / "trace")).result() == "survived"


@pytest.mark.slow
def test_work_that_ends_two_workers_fails_alone(pool: WorkerPool) -> None:
    others = [pool.submit(partial(operator.add, number, 1)) for number in range(3)]
    deadly = pool.submit(partial(os._exit, 3))
    others += [pool.submit(partial(operator.add, number, 1)) for number in range(3, 6)]
    with pytest.raises(WorkerDiedError):
        deadly.result()
    assert [other.result() for other in others] == [1, 2, 3, 4, 5, 6]


def test_an_idle_worker_that_was_killed_is_replaced(pool: WorkerPool) -> None:
    first = pool.submit(os.getpid).result()
    os.kill(first, signal.SIGKILL)
    assert pool.submit(os.getpid).result() != first


def test_closing_waits_for_nothing() -> None:
    pool = WorkerPool(1)
    worker = pool.submit(os.getpid).result()
    running = pool.submit(partial(time.sleep, 600))
    waiting = pool.submit(partial(time.sleep, 600))
    time.sleep(0.1)
    pool.close()
    assert not is_running(worker)
    with pytest.raises(WorkerDiedError):
        running.result()
    with pytest.raises(CancelledError):
        waiting.result()


@pytest.mark.slow
@needs_proc
def test_workers_are_started_when_there_is_work_and_at_most_so_many(
    own_workers: Callable[[], set[int]],
) -> None:
    with WorkerPool(2, preload=["rilo_reader.parsers"]) as pool:
        assert own_workers() == set()
        for _ in range(3):
            pool.submit(os.getpid).result()
        assert len(own_workers()) == 1
        pool.start()
        both = own_workers()
        assert len(both) == 2
        for future in [pool.submit(partial(time.sleep, 0.1)) for _ in range(4)]:
            future.result()
        assert own_workers() == both
    assert own_workers() == set()


def test_where_no_process_can_be_started_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with WorkerPool(1) as pool:
        pool.start()
        assert pool.submit(os.getpid, seconds=60).result() == os.getpid()
        with pytest.raises(ZeroDivisionError):
            pool.submit(partial(operator.truediv, 1, 0)).result()


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="there are no sessions here")
def test_workers_are_of_our_session_and_not_of_our_group(pool: WorkerPool) -> None:
    # In a session of its own Linux would give a worker as much of the processor as the reader,
    # whatever its niceness; in our group Ctrl-C would end it.
    assert pool.submit(partial(os.getsid, 0)).result() == os.getsid(0)
    assert pool.submit(os.getpgrp).result() != os.getpgrp()


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="there are no priorities here")
def test_workers_have_the_priority_of_who_starts_them() -> None:
    code = (
        "import os; from functools import partial; from rilo_reader.workers import WorkerPool\n"
        "os.nice(7)\n"
        "with WorkerPool(1) as pool: print(pool.submit(partial(os.getpriority, 0, 0)).result())"
    )
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert int(told.stdout) == min(19, mine + 7)


_PARENT = """
import time
from functools import partial
import os
from rilo_reader.workers import WorkerPool

if __name__ == "__main__":
    with WorkerPool(2) as pool:
        first = pool.submit(os.getpid).result()
        futures = [pool.submit(partial(time.sleep, 600)) for _ in range(2)]
        time.sleep(0.5)
        print(first, flush=True)
        futures[0].result()
"""


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_a_parent_that_is_ended(how: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    assert parent.stdout is not None
    assert parent.stderr is not None
    first = int(parent.stdout.readline())
    its_workers = workers(parent.pid)
    assert first in its_workers
    assert len(its_workers) == 2
    if how is signal.SIGINT:
        os.killpg(parent.pid, how)  # as a terminal does
    else:
        parent.kill()
    assert parent.wait(20) != 0
    assert all(ended(worker) for worker in its_workers)
    # Ctrl-C ends the program, and says nothing of workers.
    assert parent.stderr.read().count("Traceback") == int(how is signal.SIGINT)


async def test_work_for_a_pool_that_was_closed_meanwhile_is_cancelled() -> None:
    """As where the reader is left while a picture is about to be drawn."""
    pool = WorkerPool(1)
    pool.close()
    with pytest.raises(asyncio.CancelledError):
        await pool.run(partial(abs, -1))
