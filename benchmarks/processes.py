"""What the system knows of a process: its descendants, its private memory, its end (Linux)."""

from __future__ import annotations

import os
import re
import select
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def descendants(process: int) -> list[int]:
    """The ids of all processes that descend from one."""
    found, waiting = [], [process]
    while waiting:
        try:
            tasks = list(Path(f"/proc/{waiting.pop()}/task").iterdir())
            texts = [(task / "children").read_text() for task in tasks]
        except OSError:
            continue
        children = [int(child) for text in texts for child in text.split()]
        found += children
        waiting += children
    return found


def private_memory(process: int) -> float:
    """RssAnon in MB: memory that no other process shares and no file backs."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise LookupError(process)


def processor_time(process: int) -> int:
    """Hundredths of a second that a process has worked; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def processor_ms(process: int) -> float:
    """Milliseconds that a process has worked, by the clock that clock_getcpuclockid(3) names."""
    return time.clock_gettime(~process << 3 | 2) * 1000


def wakes(process: int) -> Counter[str]:
    """How often each thread of a process and of those that it started has begun to wait."""
    found: Counter[str] = Counter()
    for each in (process, *descendants(process)):
        for task in Path(f"/proc/{each}/task").iterdir():
            with suppress(OSError):  # one that has ended meanwhile
                name, waits, status = (
                    (task / file).read_text() for file in ("comm", "wchan", "status")
                )
                waited = re.findall(r"(?m)^voluntary_ctxt_switches:\s*(\d+)", status)
                found[f"{each}/{task.name} {name.strip()} {waits}"] = int(waited[0])
    return found


def wait_until_quiet(process: int, least: float = 0.5) -> None:
    """Wait until a process and those that it started have done nothing for half a second.

    What the reader's child compares with the folder at the start takes a million articles half a
    minute, and this machine may have few cores.
    """

    def worked() -> int:
        return sum(map(processor_time, (process, *descendants(process))))

    before, now = -1, worked()
    while now - before > 1:
        time.sleep(least)
        before, now = now, worked()


def wait_until_gone(processes: Iterable[int], seconds: float = 60) -> None:
    """Wait for the end of processes that need not be children of this one."""
    for process in processes:
        try:
            handle = os.pidfd_open(process)
        except ProcessLookupError:
            continue
        try:
            if not select.select([handle], [], [], seconds)[0]:
                raise TimeoutError(f"process {process} goes on")
        finally:
            os.close(handle)
