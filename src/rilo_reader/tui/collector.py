"""The process that fetches and collects, started beside the reader when something is to come in.

`rilo-reader refresh --json` and its like as a child: fetching, parsing and their libraries never
take the interpreter from the keyboard, and what was begun ends whole when the reader goes.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

COLLECTOR_PATIENCE = 3.0
"""Seconds for a child to finish what it is writing when it is asked to stop."""

COLLECTOR_LONGEST_LINE = 1 << 22
"""Bytes of one line; a feed with a thousand new articles names each of their paths."""

Word = Mapping[str, object]
"""One JSON object that a verb prints."""


class Collector(Protocol):
    """Something that carries out a verb and says how far it is."""

    def words(self, *arguments: str) -> AsyncIterator[Word]:
        """Yield what the verb says; an object with "error" where it could not be done."""
        ...

    async def close(self) -> None:
        """Stop it; what is being written is finished first."""
        ...


class ChildCollector:
    """A verb of our own as a child process; each object carries out one."""

    def __init__(self, library: Path | None) -> None:
        """Make it.

        Args:
            library: where articles go; None for the user's own place.
        """
        self._library = library
        self._child: asyncio.subprocess.Process | None = None
        self._closing = False

    async def words(self, *arguments: str) -> AsyncIterator[Word]:
        """Start the child and yield what it says, the last word being an error if it failed."""
        verb, *rest = arguments
        library = () if self._library is None else ("--library", str(self._library))
        command = [sys.executable, "-m", "rilo_reader", verb, *library, *rest]
        try:
            child = await self._start(command)
        except OSError as error:
            yield {"error": f"It could not be started: {error.strerror or error}."}
            return
        told = False
        async for word in _lines_of(child):
            told = told or "error" in word or word.get("finished") is True
            yield word
        code = await child.wait()
        if code and not told and not self._is_closing():
            yield {"error": "It ended before it was done; rilo-reader doctor may know why."}

    def _is_closing(self) -> bool:
        return self._closing

    async def _start(self, command: list[str]) -> asyncio.subprocess.Process:
        # A session of its own: Ctrl-C in an editor we wait for is not meant for it.
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=COLLECTOR_LONGEST_LINE,
        )
        self._child = child
        return child

    async def close(self) -> None:
        """Interrupt the child as Ctrl-C does, and end it by force when it does not go."""
        self._closing = True
        child = self._child
        if child is None or child.returncode is not None:
            return
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(child.wait(), COLLECTOR_PATIENCE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()


async def _lines_of(child: asyncio.subprocess.Process) -> AsyncIterator[Word]:
    """The objects that a child prints; what is none is left out."""
    if child.stdout is None:
        return
    try:
        async for line in child.stdout:
            with suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict):
                    yield said
    except ValueError:  # a line over the limit
        with suppress(ProcessLookupError):
            child.kill()
