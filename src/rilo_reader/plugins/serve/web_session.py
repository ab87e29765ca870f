"""The reader of one tab of a browser: a process, and what goes between it and the page.

    the page -> the process     ["stdin", KEYS], ["resize", {width, height}], ["focus"], ["blur"]
    the process -> the page     bytes to draw, ["open_url", {url, new_tab}]

The process speaks the protocol of Textual's driver for the web: packets of a letter (D for data, M
for JSON), four bytes of length, and the content.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web

from rilo_reader.plugins.serve.window_size import parse_window_size
from rilo_reader.text import clean_text

DRIVER = "rilo_reader.plugins.serve.browser:BrowserDriver"  # as Textual imports it

LEAVING_LIMIT = 10.0
"""Seconds that a reader has to save everything and end, after which it is ended by force."""

MOST_WAITING = 1_000_000
"""Bytes that wait for a reader which is busy; keys that come then are lost."""

MOST_OF_PACKET = 100_000_000
"""Bytes that a reader draws at once, far more than 1,000 rows of 1,000 cells take."""

MOST_ERRORS = 10_000
"""Bytes that are kept of what a reader says about its end."""

_BEGIN_LINE = b"__GANGLION__\n"  # Textual's driver says it when it begins
_LINES_BEFORE = 10


class WebSession:
    """A reader that runs from `start` to `stop`."""

    def __init__(self, command: Sequence[str], socket: web.WebSocketResponse) -> None:
        self._command = command
        self._socket = socket
        self._process: Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._errors = b""

    async def start(self, width: object, height: object) -> None:
        """Start the reader, in a window of this size. Raises OSError."""
        columns, rows = parse_window_size(width, height) or (80, 24)
        environment = {
            **os.environ,
            **{"TEXTUAL_DRIVER": DRIVER, "TEXTUAL_FPS": "60"},
            **{"TEXTUAL_COLOR_SYSTEM": "truecolor", "TERM_PROGRAM": "textual"},
            **{"COLUMNS": str(columns), "ROWS": str(rows)},
        }
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
        )
        if process.stdout and process.stderr:
            drawing, listening = (
                self._forward_output(process.stdout),
                self._collect_errors(process.stderr),
            )
            self._tasks = [*map(asyncio.create_task, (drawing, listening))]

    def handle_message(self, text: str) -> None:
        """Pass on what the page sends; what is not known, or no JSON, is left out."""
        with suppress(ValueError, RecursionError):
            match json.loads(text):
                case ["stdin", str(keys)]:
                    self._send_packet(b"D", keys.encode("utf-8", "replace"))
                case ["resize", {"width": int(width), "height": int(height)}]:
                    columns, rows = parse_window_size(width, height) or (80, 24)
                    self._send_message(type="resize", width=columns, height=rows)
                case ["focus" | "blur" as kind]:
                    self._send_message(type=kind)

    async def stop(self) -> None:
        """Ask the reader to save everything and end; end it by force if it does not."""
        process = self._process
        if process is None:
            return
        self._send_message(type="quit")
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), LEAVING_LIMIT)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        finally:
            for task in self._tasks:  # what the reader has left running may keep its pipes
                task.cancel()
        if self._errors:
            sys.stderr.write(clean_text(self._errors.decode("utf-8", "replace")))

    def _send_message(self, **message: object) -> None:
        self._send_packet(b"M", json.dumps(message).encode())

    def _send_packet(self, kind: bytes, content: bytes) -> None:
        pipe = self._process.stdin if self._process else None
        if pipe and pipe.transport.get_write_buffer_size() < MOST_WAITING:
            with suppress(OSError, RuntimeError):  # it has ended
                pipe.write(kind + len(content).to_bytes(4, "big") + content)

    async def _forward_output(self, out: asyncio.StreamReader) -> None:
        """Pass on what the reader draws; the tab learns of its end, whatever that is."""
        try:
            for _ in range(_LINES_BEFORE):
                if await out.readline() == _BEGIN_LINE:
                    break
            while (kind := await out.readexactly(1)) in (b"D", b"M"):
                length = int.from_bytes(await out.readexactly(4), "big")
                if length > MOST_OF_PACKET:
                    break
                await self._forward_packet(kind, await out.readexactly(length))
        except (asyncio.IncompleteReadError, ValueError):  # its end, or no reader
            pass
        finally:
            await self._socket.close()

    async def _forward_packet(self, kind: bytes, content: bytes) -> None:
        """Pass on a packet; a tab that is closed gets nothing, but its reader is read on."""
        with suppress(ConnectionResetError):
            if kind == b"D":
                await self._socket.send_bytes(content)
            elif (message := json.loads(content)).get("type") == "open_url":
                request = {name: message[name] for name in ("url", "new_tab")}
                await self._socket.send_json(["open_url", request])

    async def _collect_errors(self, errors: asyncio.StreamReader) -> None:
        """Keep the last that the reader says on standard error."""
        while piece := await errors.read(MOST_ERRORS):
            self._errors = (self._errors + piece)[-MOST_ERRORS:]
