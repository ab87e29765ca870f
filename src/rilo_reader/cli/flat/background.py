"""Refreshing feeds beside a session, in a child process, as the reader does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Event

from rilo_reader.feeds.progress import Summary
from rilo_reader.tui.children import Collector, Report, VerbFailed


def refresh_every(minutes: int, folder: Path, tell: Callable[[str], None], stop: Event) -> None:
    """Refresh now and every `minutes`, until `stop`; `tell` gets a line on what is new or failed.

    What failed as it did the time before is not told again.
    """
    before = ""
    while not stop.is_set():
        told = asyncio.run(_refreshed(folder, stop))
        if told and told != before:
            tell(told)
        before = told
        stop.wait(minutes * 60)


async def _refreshed(folder: Path, stop: Event) -> str:
    """Run the verb; a sentence on what it did, "" if that is nothing."""
    collector = Collector(folder)
    last: Report | None = None

    async def end() -> None:
        while not stop.is_set():
            await asyncio.sleep(POLL)
        await collector.close()

    ending = asyncio.create_task(end())
    async for report in collector.run("refresh", "--json"):
        last = report
    ending.cancel()
    if isinstance(last, VerbFailed):
        return last.error
    if not isinstance(last, Summary) or last.offline or not (last.new or last.failed):
        return ""
    from rilo_reader.tui.reader.refresh import conclusion  # has textual

    return f"Refreshed: {conclusion(last, 'feeds')}"


POLL = 0.2  # seconds between two looks whether the session is over
