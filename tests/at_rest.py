"""Until an event loop has nothing left to do: looked at, instead of guessed from the processor."""

from __future__ import annotations

import asyncio
from typing import Any

import textual.app
import textual.pilot

BLINK = 0.06
"""Seconds that a timer may be away and still belongs to what is under way.

Longer than what the reader holds back for a moment: a frame, a key's effect, a quiet timeline.
"""

PATIENCE = 10.0
"""Seconds after which a loop that always has something to do is a fault."""


async def at_rest(*_: float) -> None:
    """Wait until nothing is ready to run here, and no timer is due within a blink.

    What a thread or another process works on is not looked at: whoever waits for that knows of it.
    """
    # There is no public way to ask a loop this; the names are the same in every Python so far.
    loop: Any = asyncio.get_running_loop()
    begun = loop.time()
    while loop.time() - begun < PATIENCE:
        await asyncio.sleep(0)
        if loop._ready:
            continue
        due = min((one.when() for one in loop._scheduled if not one.cancelled()), default=None)
        if due is None or due - loop.time() > BLINK:
            return
        await asyncio.sleep(max(0.0, due - loop.time()))
    raise AssertionError(f"the loop does not come to rest: {list(loop._ready)}, {loop._scheduled}")


def teach_pilot() -> None:
    """Let Textual's pilot wait for rest, instead of for a fiftieth of a second that looks idle.

    It looks twice for each key and once for each pause, so that a thousand tests would spend most
    of their time asleep, and the longer the more the processor has to do for others.
    """
    for module in (textual.app, textual.pilot):
        vars(module)["wait_for_idle"] = at_rest
