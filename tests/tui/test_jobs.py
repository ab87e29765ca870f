"""The threads that answer a screen's questions."""

from __future__ import annotations

import threading

from tests.support.reader import reading


async def test_no_thread_outlives_its_reader() -> None:
    before = set(threading.enumerate())
    async with reading() as reader:
        await reader.press("j", "v")
    for thread in set(threading.enumerate()) - before:
        if not thread.name.startswith("asyncio"):  # the loop's own
            thread.join(10)
            assert not thread.is_alive()
