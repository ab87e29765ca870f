"""Until an event loop has nothing left to do: looked at, instead of guessed from the processor."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any

from textual.app import App
from textual.events import Key
from textual.keys import ASCII_KEY_NAMES, KEY_NAME_REPLACEMENTS, KEY_TO_UNICODE_NAME, REPLACED_KEYS
from textual.pilot import Pilot

BLINK = 0.06
"""Seconds that a timer may be away and still belongs to what is under way.

Longer than what the reader holds back for a moment: a frame, a key's effect, a quiet timeline.
"""

MOST_PASSES, MOST_TIMERS = 50_000, 600
"""Passes of a loop, and timers it waits for, after which always having something to do is a fault.

Work is counted, not seconds, as the same work takes longer on a machine that is busy otherwise.
"""


async def at_rest(app: App[Any]) -> None:
    """Wait until nothing is ready to run here, and no timer is due within a blink.

    An app that exits is at rest: it no longer paints, but its screen may go on asking for frames.

    What a thread or another process works on is not looked at: whoever waits for that knows of it.
    """
    # There is no public way to ask a loop this; the names are the same in every Python so far.
    loop: Any = asyncio.get_running_loop()
    timers = 0
    for _ in range(MOST_PASSES):
        await asyncio.sleep(0)
        if app.return_code is not None:
            return
        if loop._ready:
            continue
        due = min((one.when() for one in loop._scheduled if not one.cancelled()), default=None)
        if due is None or due - loop.time() > BLINK:
            return
        timers += 1
        if timers > MOST_TIMERS:
            break
        await asyncio.sleep(max(0.0, due - loop.time()))
    raise AssertionError(f"the loop does not come to rest: {list(loop._ready)}, {loop._scheduled}")


class RestingPilot(Pilot[Any]):
    """A pilot that goes on once the app's loop is at rest.

    Textual's own waits for a fiftieth of a second that looks idle, twice for each key and once for
    each pause, so that a thousand tests would spend most of their time asleep, and the longer the
    more the processor has to do for others.
    """

    async def press(self, *keys: str) -> None:
        """Press keys, by name or as the character; each has had its effect before the next."""
        for key in keys:
            self.app.post_message(key_event(key))
            await at_rest(self.app)
        await self.pause()

    async def pause(self, delay: float | None = None) -> None:
        """Wait until the loop is at rest, or for so many seconds; then what is due is painted."""
        if delay is None:
            await at_rest(self.app)
        await super().pause(delay or 0)


def key_event(key: str) -> Key:
    """The event of a key: a name, such as "slash" or "ctrl+d", or the character it types."""
    if len(key) == 1 and not key.isalnum():
        name = unicodedata.name(key, "").lower().replace("-", "_").replace(" ", "_")
        name = name or ASCII_KEY_NAMES.get(key, key)
        return Key(KEY_NAME_REPLACEMENTS.get(name, name), key)
    if len(key) == 1:
        return Key(key, key)
    original = REPLACED_KEYS.get(key, key)
    try:
        return Key(key, unicodedata.lookup(KEY_TO_UNICODE_NAME.get(original, original)))
    except KeyError:
        return Key(key, None)
