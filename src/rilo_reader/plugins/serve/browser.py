"""The driver of a reader that `rilo-reader serve` shows in a browser."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from textual.app import App
from textual.drivers.web_driver import WebDriver

from rilo_reader.plugins.serve.window_size import parse_window_size

LEAVING_LIMIT = 10
"""Seconds in which the reader ends once it was asked to; everything is saved long before."""


class BrowserDriver(WebDriver):
    """Textual's driver, but the reader leaves as by `quit` when its tab or its server is gone."""

    def __init__(self, app: App[Any], **settings: Any) -> None:  # noqa: ANN401
        named = parse_window_size(os.environ.get("COLUMNS"), os.environ.get("ROWS"))
        super().__init__(app, **{**settings, "size": named or settings.get("size")})
        self._reader = app

    def start_application_mode(self) -> None:
        """Begin to draw; Ctrl-C in the server's terminal reaches this process too."""
        super().start_application_mode()
        call_at_signals(asyncio.get_running_loop(), self._leave_reader)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Do what the server says: it says "quit" when the tab is closed."""
        if packet_type == "quit":
            self._leave_reader()
        elif packet_type != "resize":
            super().on_meta(packet_type, payload)
        elif size := parse_window_size(payload.get("width"), payload.get("height")):
            super().on_meta(packet_type, dict(zip(("width", "height"), size, strict=True)))

    def run_input_thread(self) -> None:
        """Read until the driver is stopped, or the server is gone."""
        super().run_input_thread()
        self._leave_reader()

    def write(self, data: str) -> None:
        """Draw, if the server is there."""
        with suppress(BrokenPipeError):
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        """Tell the server something, if it is there."""
        with suppress(BrokenPipeError):
            super().write_meta(data)

    def _leave_reader(self) -> None:
        _end_in_time()
        with suppress(RuntimeError):  # the loop is closed
            self._reader.call_later(self._reader.run_action, "app.leave")


def call_at_signals(loop: asyncio.AbstractEventLoop, leave: Callable[[], object]) -> None:
    """Call `leave` at SIGINT and SIGTERM, also where a loop takes no handlers, as on Windows."""
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, leave)
        except NotImplementedError:
            signal.signal(number, lambda *_: leave())


def _end_in_time() -> None:
    """End the process after LEAVING_LIMIT seconds, whatever it does then."""
    if hasattr(signal, "alarm"):
        signal.alarm(LEAVING_LIMIT)  # the system ends it, also where Python is busy
    else:
        timer = threading.Timer(LEAVING_LIMIT, os._exit, [1])
        timer.daemon = True
        timer.start()
