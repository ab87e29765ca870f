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

    What failed as it did the time before is not told again. A refresh that is under way when the
    program ends finds nobody who reads what it reports, and ends too.
    """
    before = ""
    while not stop.is_set():
        told = asyncio.run(_refreshed(folder))
        if told and told != before:
            tell(told)
        before = told
        stop.wait(minutes * 60)


async def _refreshed(folder: Path) -> str:
    """Run the verb; a sentence on what it did, "" if that is nothing."""
    last: Report | None = None
    async for report in Collector(folder).run("refresh", "--json"):
        last = report
    if isinstance(last, VerbFailed):
        return last.error
    if not isinstance(last, Summary) or last.offline or not (last.new or last.failed):
        return ""
    from rilo_reader.tui.reader.refresh import conclusion  # has textual

    return f"Refreshed: {conclusion(last, 'feeds')}"
