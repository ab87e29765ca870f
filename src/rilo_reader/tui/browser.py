"""The driver of a reader that `rilo-reader serve` shows in a browser."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Any

from textual.app import App
from textual.drivers.web_driver import WebDriver


class BrowserDriver(WebDriver):
    """Textual's driver, but the reader leaves as by `quit` when its tab or its server is gone."""

    def __init__(self, app: App[Any], **settings: Any) -> None:  # noqa: ANN401
        super().__init__(app, **settings)
        self._reader = app

    def start_application_mode(self) -> None:
        """Begin to draw; Ctrl-C in the server's terminal reaches this process too."""
        super().start_application_mode()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._leave)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Do what the server says: it says "quit" when the tab is closed."""
        if packet_type == "quit":
            self._leave()
        else:
            super().on_meta(packet_type, payload)

    def run_input_thread(self) -> None:
        """Read until the driver is stopped, or the server is gone."""
        super().run_input_thread()
        self._leave()

    def write(self, data: str) -> None:
        """Draw, if the server is there."""
        with suppress(BrokenPipeError):
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        """Tell the server something, if it is there."""
        with suppress(BrokenPipeError):
            super().write_meta(data)

    def _leave(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._reader.call_later(self._reader.run_action, "app.leave")
