"""Child processes of the reader: the indexer, and the collector that fetches and imports.

Both are verbs of the command line with `--json`, so that indexing and parsing never take the
interpreter from the keyboard. They print one JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rilo_reader.library import Progress

if TYPE_CHECKING:
    from rilo_reader.sync.services.secrets import Secret

RESTARTS = 3
"""How often an indexer that died is started again."""

LONGEST_LINE = 1 << 22
"""Bytes of one line; a feed with a thousand new articles names each of their paths."""

Report = Mapping[str, object]
"""One JSON object that a verb prints."""


class Stopped(NamedTuple):
    """Indexing has stopped; `reason` is one sentence for the user."""

    reason: str


class Indexer(Protocol):
    """Something that keeps the index in step with the folder, and reports its progress."""

    def follow(self) -> AsyncIterator[Progress | Stopped]:
        """Yield progress until closed; Stopped comes last."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


class Collector(Protocol):
    """Something that runs one verb, and reports its progress."""

    def run(self, *arguments: str, given: Secret | None = None) -> AsyncIterator[Report]:
        """Run a verb and yield its reports; the last one has "error" if it failed.

        Args:
            arguments: the verb and its arguments.
            given: what it reads from its standard input.
        """
        ...

    async def close(self) -> None:
        """Stop it; what is being written is finished first."""
        ...


class ChildIndexer:
    """The indexer as a child process, which is started again if it dies."""

    def __init__(self, command: Sequence[str], *, patience: float = 2.0) -> None:
        """Create it; `follow` starts the process.

        Args:
            command: what to run; see `indexer_command`.
            patience: seconds before the child is started again (longer each time), and that it has
                to end when it is asked to.
        """
        self._command = command
        self._patience = patience
        self._child: asyncio.subprocess.Process | None = None
        self._closing = False

    async def follow(self) -> AsyncIterator[Progress | Stopped]:
        """Start the child and yield its progress; Stopped once it has died RESTARTS + 1 times."""
        reason = ""
        for attempt in range(1 + RESTARTS):
            if attempt:
                await asyncio.sleep(self._patience * attempt)
            if self._is_closing():
                return
            reason = ""
            try:
                self._child = await _start(self._command, stdin=asyncio.subprocess.PIPE)
            except OSError as error:
                reason = error.strerror or str(error)
                continue
            async for report in _reports_of(self._child):
                if "error" in report:
                    reason = str(report["error"]).rstrip(".")
                elif (progress := progress_in(report)) is not None:
                    yield progress
            await self._child.wait()
            if self._is_closing():
                return
        yield Stopped(f"New articles are not being indexed: {reason or 'the indexer stopped'}.")

    def _is_closing(self) -> bool:
        return self._closing

    async def close(self) -> None:
        """Close the child's stdin, at which it ends; kill it if it does not."""
        self._closing = True
        child = self._child
        if child is None or child.returncode is not None:
            return
        if child.stdin is not None:
            child.stdin.close()
        await _end(child, self._patience)


def indexer_command(folder: Path) -> list[str]:
    """The command that indexes a folder and watches it until its stdin is closed.

    It reads settings.toml itself, so that drafts are shown where the reader shows them.
    """
    program = [sys.executable, "-m", "rilo_reader"]
    return [*program, "index", "--library", str(folder), "--watch", "--json"]


def progress_in(report: Report) -> Progress | None:
    """The progress in a report; fields of other versions are left out."""
    known = {key: value for key, value in report.items() if key in Progress._fields}
    try:
        return Progress(**known)  # type: ignore[arg-type]
    except TypeError:
        return None


class ChildCollector:
    """A verb as a child process; one for each object."""

    def __init__(self, library: Path | None, *, patience: float = 3.0) -> None:
        """Create it; `run` starts the process.

        Args:
            library: where articles go; None for the user's own library.
            patience: seconds for the child to finish what it is writing when it is stopped.
        """
        self._library = library
        self._patience = patience
        self._child: asyncio.subprocess.Process | None = None
        self._closing = False

    async def run(self, *arguments: str, given: Secret | None = None) -> AsyncIterator[Report]:
        """Start the child and yield its reports; the last one has "error" if it failed."""
        verb, *rest = arguments
        library = () if self._library is None else ("--library", str(self._library))
        command = [sys.executable, "-m", "rilo_reader", verb, *library, *rest]
        try:
            pipe = asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE
            child = self._child = await _start(command, stdin=pipe)
        except OSError as error:
            yield {"error": f"It could not be started: {error.strerror or error}."}
            return
        if given is not None and child.stdin is not None:
            # It is shorter than what a pipe takes at once; the child may have ended already.
            child.stdin.write(f"{given.reveal()}\n".encode())
            child.stdin.close()
        has_ended = False
        async for report in _reports_of(child):
            has_ended = has_ended or "error" in report or report.get("finished") is True
            yield report
        code = await child.wait()
        if code and not has_ended and not self._is_closing():
            yield {"error": "It ended before it was done; rilo-reader doctor may know why."}

    def _is_closing(self) -> bool:
        return self._closing

    async def close(self) -> None:
        """Interrupt the child as Ctrl-C does; kill it if it does not end."""
        self._closing = True
        child = self._child
        if child is None or child.returncode is not None:
            return
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGINT)
        await _end(child, self._patience)


async def _start(command: Sequence[str], *, stdin: int) -> asyncio.subprocess.Process:
    # In a session of its own: Ctrl-C in an editor that the reader waits for is not meant for it.
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        limit=LONGEST_LINE,
    )


async def _end(child: asyncio.subprocess.Process, patience: float) -> None:
    """Wait for a child that was asked to end, and kill it after `patience` seconds."""
    try:
        await asyncio.wait_for(child.wait(), patience)
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def _reports_of(child: asyncio.subprocess.Process) -> AsyncIterator[Report]:
    """Yield the JSON objects that a child prints; other lines are skipped.

    A child that prints a line over LONGEST_LINE is broken, and killed.
    """
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
