"""The process that keeps the index in step with the folder, started beside the reader."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rilo_reader.library import Progress

if TYPE_CHECKING:
    from rilo_reader.paths import Paths


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
        """Yield progress until closed; Stopped comes last."""
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
        value = json.loads(line)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("error"), str):
        return str(value["error"]).rstrip(".")
    known = set(Progress._fields)
    try:
        return Progress(**{key: part for key, part in value.items() if key in known})
    except TypeError:
        return None


# The environment of the reader: where the user's things are, and the processes beside it.


REOPEN = 75
"""The exit code that asks for the reader to be opened again (EX_TEMPFAIL of sysexits.h)."""


def local_day() -> date:
    """The day it is here."""
    return datetime.now().astimezone().date()


class Environment(NamedTuple):
    """What the reader does not do itself.

    Attributes:
        paths: where settings and feeds are; without, nothing of them is written down.
        indexer: makes what keeps the index in step with the folder.
        collector: makes what fetches and collects.
        collects_into: where collected articles go; another folder than the library's while the
            guide stands in for a library that holds nothing yet.
        notices: what to say at the start, the most important first.
        today: tells the day, by which mutes end.
    """

    paths: Paths | None = None
    indexer: Callable[[], Indexer] | None = None
    collector: Callable[[], Collector] | None = None
    collects_into: Path | None = None
    notices: tuple[str, ...] = ()
    today: Callable[[], date] = local_day

    @property
    def settings_file(self) -> Path | None:
        """The user's settings.toml, None where there is no place for it."""
        return None if self.paths is None else self.paths.settings_file


# The process that fetches and collects, started beside the reader when something is to come in.


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
        has_ended = False
        async for word in _lines_of(child):
            has_ended = has_ended or "error" in word or word.get("finished") is True
            yield word
        code = await child.wait()
        if code and not has_ended and not self._is_closing():
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
                value = json.loads(line)
                if isinstance(value, dict):
                    yield value
    except ValueError:  # a line over the limit
        with suppress(ProcessLookupError):
            child.kill()
