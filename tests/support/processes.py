"""What the system tells of processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="nothing tells of processes here"
)


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
