"""Debian's Chromium without a screen, driven by its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse

from tests.support.terminal import LIMIT

CHROMIUM = shutil.which("chromium")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not here")

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--no-proxy-server",
    "--remote-debugging-port=0",
    "--window-size=1200,800",
)


class Tab:
    """One tab, and every address that its page has asked for."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._session: dict[str, str] = {}
        self.asked: list[str] = []
        self.opened: list[str] = []  # in other tabs

    async def begin(self) -> None:
        """Make the tab, and record what it asks for."""
        made = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        await self.call("Network.enable")
        await self.call("Page.enable")

    async def call(self, method: str, **params: object) -> dict[str, Any]:
        """Call a method of the protocol; what happens meanwhile is recorded."""
        self._number += 1
        sent = {"id": self._number, "method": method, "params": params, **self._session}
        await self._socket.send_json(sent)
        while True:
            told = await self._socket.receive_json(timeout=LIMIT)
            happened = told.get("params", {})
            if told.get("method") == "Network.requestWillBeSent":
                self.asked.append(happened["request"]["url"])
            elif told.get("method") == "Network.webSocketCreated":
                self.asked.append(happened["url"])
            elif told.get("method") == "Page.windowOpen":
                self.opened.append(happened["url"])
            if told.get("id") == self._number:
                assert "error" not in told, told
                result: dict[str, Any] = told["result"]
                return result

    async def until(self, script: str) -> None:
        """Wait until an expression of the page is true."""
        async with asyncio.timeout(LIMIT):
            while not await self.value(script):
                await asyncio.sleep(0.05)

    async def value(self, script: str) -> object:
        """What an expression of the page is."""
        answer = await self.call("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    async def type(self, text: str) -> None:
        """Press a key for each character."""
        for key in text:
            await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self, file: Path) -> None:
        """Save what the tab shows as PNG."""
        taken = await self.call("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(taken["data"]))


@asynccontextmanager
async def tab(folder: Path) -> AsyncIterator[Tab]:
    """A tab of a browser that keeps what it has in `folder`."""
    assert CHROMIUM
    browser = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *_OPTIONS,
        f"--user-data-dir={folder}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert browser.stderr
        address = ""
        while not address:
            line = await asyncio.wait_for(browser.stderr.readline(), LIMIT)
            assert line, "the browser has ended"
            address = line.decode().partition("DevTools listening on ")[2].strip()
        async with ClientSession() as client, client.ws_connect(address, max_msg_size=0) as socket:
            made = Tab(socket)
            await made.begin()
            yield made
    finally:
        browser.terminate()
        await browser.wait()
