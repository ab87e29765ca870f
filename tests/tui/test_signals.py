"""Signals at a bad moment: before the loop runs nobody listens, after it the system decides."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

AFTER_THE_LOOP = """
import asyncio, os, signal
from rilo_reader.tui.shutdown import leave_at_signals

async def read():
    leave_at_signals(lambda: None)

asyncio.run(read())
os.kill(os.getpid(), signal.{name})
print("still here")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP and ends at once")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_after_the_loop_ends_the_program_without_a_word(number: signal.Signals) -> None:
    script = AFTER_THE_LOOP.format(name=number.name)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-number, "", "")
