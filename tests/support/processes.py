"""Programs that run beside the tests, and what the system tells of processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="nothing tells of processes here"
)


class Stoppable:
    """A server of the tests that can be stopped for a while."""

    def __init__(self, start: Callable[[], AbstractContextManager[None]]) -> None:
        """`start` runs it for as long as a context is open."""
        self._start = start
        self._running = ExitStack()
        self._running.enter_context(start())

    def close(self) -> None:
        """Stop it."""
        self._running.close()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it for as long as the block lasts; nothing answers at its address."""
        self.close()
        try:
            yield
        finally:
            self._running.enter_context(self._start())


def is_running(process: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def ended(process: int) -> bool:
    """Wait until a process has ended."""
    until = time.monotonic() + 20
    while is_running(process) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_running(process)


def workers(parent: int | None = None) -> set[int]:
    """The worker processes of a process, by default this one."""
    found = set()
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            number = int(each.read_text().rpartition(")")[2].split()[1])
            if number == (parent or os.getpid()):
                argv = each.with_name("cmdline").read_bytes().split(b"\0")
                if b"rilo_reader.workers" in argv:
                    found.add(int(each.parent.name))
        except OSError:
            continue
    return found


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, end: signal.Signals = signal.SIGTERM, **options: Any
) -> Iterator[None]:
    """Run a program for as long as the block lasts; `end` asks it to end."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)
    try:
        yield
    finally:
        process.send_signal(end)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(holds: Callable[[], bool], otherwise: str, *logs: Path) -> None:
    """Wait for 90 s at most, as Syncthing tries again after 60; the failure shows ends of logs."""
    until = time.monotonic() + 90
    while not holds():
        if time.monotonic() > until:
            ends = [log.read_text("utf-8", "replace")[-2_000:] for log in logs]
            pytest.fail("\n".join((otherwise, *ends)))
        time.sleep(0.02)


def free_ports(number: int) -> list[int]:
    """Ports of this computer that nobody listens at."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
