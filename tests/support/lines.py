"""A line to a server that falls silent without being closed, is cut, and comes back.

with line_to(port) as line:
    connect(line.port)
    line.silence(after=100_000)     # bytes; nothing passes from then on, nothing is closed
    line.cut()                      # all connections end
    line.restore()                  # what was on its way arrives
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Line:
    """A port here that leads to another one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, to: int) -> None:
        self._loop = loop
        self._to = to
        self._passes = asyncio.Event()
        self._passes.set()
        self._left: int | None = None  # bytes until it is silent
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.connections = 0  # that were made

    @property
    def port(self) -> int:
        """The port here."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def is_silent(self) -> bool:
        """Whether nothing passes."""
        return not self._passes.is_set()

    def silence(self, after: int = 0) -> None:
        """Let nothing pass once so many more bytes have, in both directions together."""

        def do() -> None:
            self._left = after
            if not after:
                self._passes.clear()

        self._do(do)

    def restore(self) -> None:
        """Let all pass."""

        def do() -> None:
            self._left = None
            self._passes.set()

        self._do(do)

    def cut(self) -> None:
        """End all connections."""

        def do() -> None:
            for writer in self._writers:
                writer.transport.abort()

        self._do(do)

    def _do(self, what: Callable[[], None]) -> None:
        done = threading.Event()

        def do() -> None:
            what()
            done.set()

        self._loop.call_soon_threadsafe(do)
        assert done.wait(10)

    async def begin(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)

    async def end(self) -> None:
        """Close all."""
        for writer in self._writers:
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with suppress(OSError):
            there, to_there = await asyncio.open_connection("127.0.0.1", self._to)
            self._writers.add(to_there)
            await asyncio.gather(self._pump(reader, to_there), self._pump(there, writer))
        writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(4_096):
                if self._left is not None:
                    self._left -= len(data)
                    if self._left <= 0:
                        self._passes.clear()
                await self._passes.wait()
                writer.write(data)
                await writer.drain()
        await self._passes.wait()
        writer.close()  # also if the other end reset the connection


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """Make a line to a port of this machine."""
    loop = asyncio.new_event_loop()
    line = Line(loop, port)
    loop.run_until_complete(line.begin())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        asyncio.run_coroutine_threadsafe(line.end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
