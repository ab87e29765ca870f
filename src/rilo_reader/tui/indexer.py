"""The process that keeps the index in step with the folder, started beside the reader."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from rilo_reader.library import Progress

RESTARTS = 3
"""How often a child that died is started again."""

PATIENCE = 2.0
"""Seconds before it is started again, and for it to end when asked."""

LONGEST_LINE = 1 << 16
"""Bytes of one line of progress; a child that writes more is broken."""


class Stopped(NamedTuple):
    """Indexing has stopped; `reason` is one sentence for the user."""

    reason: str


class Indexer(Protocol):
    """Something that follows the library's folder and says how far it is."""

    def follow(self) -> AsyncIterator[Progress | Stopped]:
        """Yield progress until closed; Stopped is the last thing said."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


class ChildIndexer:
    """`rilo-reader index --watch --json` as a child process; it ends when its stdin closes.

    It reads settings.toml itself, so that it shows drafts where the reader does.
    """

    def __init__(self, folder: Path) -> None:
        self._command = [sys.executable, "-m", "rilo_reader", "index"]
        self._command += ["--library", str(folder), "--watch", "--json"]
        self._child: asyncio.subprocess.Process | None = None
        self._closing = False

    async def follow(self) -> AsyncIterator[Progress | Stopped]:
        """Start the child and yield what it says; start it again when it dies, a few times."""
        reason = ""
        for attempt in range(1 + RESTARTS):
            if attempt:
                await asyncio.sleep(PATIENCE * attempt)
            if self._is_closing():
                return
            reason = ""
            try:
                await self._start()
            except OSError as error:
                reason = error.strerror or str(error)
                continue
            async for word in self._words():
                if isinstance(word, Progress):
                    yield word
                else:
                    reason = word
            if self._is_closing():
                return
        yield Stopped(f"New articles are not being indexed: {reason or 'the indexer stopped'}.")

    def _is_closing(self) -> bool:
        return self._closing

    async def close(self) -> None:
        """Close the child's stdin, and end it by force when it does not go."""
        self._closing = True
        child = self._child
        if child is None or child.returncode is not None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            await asyncio.wait_for(child.wait(), PATIENCE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _start(self) -> None:
        # A session of its own: Ctrl-C in an editor we wait for is not meant for it.
        self._child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=LONGEST_LINE,
        )

    async def _words(self) -> AsyncIterator[Progress | str]:
        """What the child says: progress, or why it ends."""
        child = self._child
        if child is None or child.stdout is None:
            return
        try:
            async for line in child.stdout:
                word = parse_line(line)
                if word is not None:
                    yield word
        except ValueError:  # a line over the limit
            with suppress(ProcessLookupError):
                child.kill()
        await child.wait()


def parse_line(line: bytes) -> Progress | str | None:
    """One line of the child: progress, an error for the user, or None where it is neither."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    if isinstance(said.get("error"), str):
        return str(said["error"]).rstrip(".")
    known = set(Progress._fields)
    try:
        return Progress(**{key: value for key, value in said.items() if key in known})
    except TypeError:
        return None
