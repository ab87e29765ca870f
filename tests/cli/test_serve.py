"""`serve`: the reader in a browser, for nobody but whoever has its address."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from rilo_reader.extras import WEB
from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from tests.support.chromium import needs_chromium, tab
from tests.support.command_line import Child, User
from tests.support.hostile_library import fill
from tests.support.processes import needs_proc
from tests.support.terminal import LIMIT, until
from tests.support.verdict import faults_in_reader

ADDRESS = re.compile(r"The reader is at (http://127\.0\.0\.1:\d+/[\w-]{32}/)\n")


@asynccontextmanager
async def serving(*command: str) -> AsyncIterator[str]:
    """The address of a server in this process."""
    from rilo_reader.cli.web import serve

    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(command, 0, address.set_result))
    try:
        yield await asyncio.wait_for(address, LIMIT)
    finally:
        task.cancel()
        await asyncio.wait([task])


def root_of(address: str) -> str:
    return address.rstrip("/").rpartition("/")[0]


async def test_without_the_token_or_from_another_page_everything_is_forbidden() -> None:
    async with serving("false") as address, ClientSession() as client:
        root = root_of(address)
        statics = ("", "static/js/textual.js", "static/css/xterm.css")

        async def status(url: str, **headers: str) -> int:
            async with client.get(url, headers=headers) as answer:
                return answer.status

        assert [await status(address + path) for path in statics] == [200] * 3
        stolen = f"{root}/{'x' * 32}/"
        assert [await status(stolen + path) for path in (*statics, "ws")] == [403] * 4
        assert [await status(f"{root}/{path}") for path in (*statics, "ws")] == [403] * 4
        assert await status(address, Host="rebound.example.org") == 403
        assert await status(address + "static/css/xterm.css", Host="rebound.example.org") == 403
        for headers in (
            {},
            {"Origin": "https://example.org"},
            {"Origin": "http://127.0.0.1:1"},
            {"Origin": "http://rebound.example.org", "Host": "rebound.example.org"},
        ):
            with pytest.raises(WSServerHandshakeError, match="403"):
                await client.ws_connect(address + "ws", headers=headers)
        with pytest.raises(WSServerHandshakeError, match="403"):
            await client.ws_connect(f"{root}/ws", origin=root)


async def test_the_page_asks_nobody_else_and_tells_nobody_its_address() -> None:
    async with serving("false") as address, ClientSession() as client:
        async with client.get(address) as answer:
            text, headers = await answer.text(), answer.headers
        assert re.findall(r'(?: href=| src=|url\()"(?!static/|data:|")', text) == []
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        async with client.get(address, headers={"Host": "localhost:8001"}) as answer:
            assert "ws://localhost:8001/" in await answer.text()  # by a port of ssh


async def test_a_reader_that_cannot_start_closes_its_tab() -> None:
    async with (
        serving(sys.executable, "-S", "-c", "") as address,
        ClientSession() as client,
        client.ws_connect(address + "ws", origin=root_of(address)) as tab,
    ):
        assert (await tab.receive(LIMIT)).type is WSMsgType.CLOSE


def test_without_the_extra_it_says_what_to_install(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, WEB.module, None)  # what Python takes for not installed
    user.run("serve").failed(1, 'the extra "web"', 'install "rilo-reader[web]"')


def test_a_port_or_folder_that_cannot_be_used_is_named(user: User) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        user.run("serve", "--port", port).failed(1, port, "in use")
    user.run("serve", "--port", "99999").failed(1, "99999")
    user.run("serve", "--library", "nowhere").failed(1, "nowhere")
    user.run("serve", "--host", "0.0.0.0").failed(2, "no option '--host'")


class Page:
    """What a page does: it sends keys, and gets bytes and addresses."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self.drawn = b""
        self.told: list[object] = []

    async def keys(self, keys: str) -> None:
        await self._socket.send_json(["stdin", keys])

    async def until(self, there: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT):
            while not there():
                message = await self._socket.receive()
                if message.type is WSMsgType.BINARY:
                    self.drawn += message.data
                elif message.type is WSMsgType.TEXT:
                    self.told.append(message.json())
                else:
                    raise AssertionError(f"closed: {self.drawn[-2000:]!r}")


@pytest.fixture
def served(user: User) -> Iterator[tuple[str, Child]]:
    """The address of a server on an indexed library, and the server."""
    with user.running("serve") as server:
        line = server.stdout.readline().decode()
        found = ADDRESS.match(line)
        assert found, line
        yield found[1], server


@asynccontextmanager
async def opened(address: str, size: str = "width=110&height=120") -> AsyncIterator[Page]:
    """A page that is open until the block ends."""
    async with (
        ClientSession() as client,
        client.ws_connect(f"{address}ws?{size}", origin=root_of(address)) as socket,
    ):
        yield Page(socket)


def readers(library: Path) -> list[str]:
    """Processes that have a library open."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if str(library) in words and "serve" not in words:
            found.append(" ".join(words))
    return found


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("end", ["tab", "ctrl-c", "kill"])
async def test_a_reader_saves_everything_and_ends_with_its_tab_or_server(
    user: User, served: tuple[str, Child], end: str
) -> None:
    for number in range(3):
        user.article(f"{number}.md", f"Title {number}", f"2024-01-0{number + 1}", "Text.")
    user.ask("index").says()
    address, server = served
    async with opened(address) as page:
        await page.until(lambda: b"Title 0" in page.drawn)
        await page.keys("Js")
        await page.until(lambda: b"Starred" in page.drawn)
        if end == "ctrl-c":
            server.process.send_signal(signal.SIGINT)
        elif end == "kill":
            server.process.kill()
        if end != "tab":
            assert await asyncio.to_thread(server.process.wait, LIMIT) == (
                0 if end == "ctrl-c" else -signal.SIGKILL
            )
    await asyncio.to_thread(until, lambda: not readers(user.library))
    user.ask("search", "is:starred").says("Title 1")
    with open_library(user.library, user_paths()) as library:
        assert library.state.session().article == "1.md"
    assert not list(user.home.rglob("error-*.log"))


@pytest.mark.slow
async def test_hostile_text_stays_text_and_what_needs_a_terminal_says_so(
    user: User, served: tuple[str, Child]
) -> None:
    fill(user.library)
    user.article("z.md", "Newest", "2100-01-01", "Text.", url='"https://example.org/newest"')
    user.ask("index").says()
    async with opened(served[0]) as page:
        await page.until(lambda: b"Newest" in page.drawn)
        await page.keys("o")
        await page.until(lambda: page.told)
        assert page.told == [["open_url", {"url": "https://example.org/newest", "new_tab": True}]]
        await page.keys("e")
        await page.until(lambda: b"An editor needs a terminal" in page.drawn)
        await page.keys("J" * 20 + "?")
        await page.until(lambda: b"to find a key" in page.drawn)
    assert faults_in_reader(page.drawn, (110, 120)) == []


@pytest.mark.service
@needs_chromium
async def test_a_browser_shows_it_takes_keys_and_asks_no_other_address(
    user: User, served: tuple[str, Child], tmp_path: Path
) -> None:
    for number in range(3):
        user.article(f"{number}.md", f"Title {number}", f"2024-01-0{number + 1}", "Text.")
    user.ask("index").says()
    address, _ = served
    async with tab(tmp_path / "profile") as it:
        await it.call("Page.navigate", url=address)
        await it.until("document.body?.classList.contains('-first-byte') ?? false")
        fonts = "[...document.fonts].map(it => it.status).join()"
        assert await it.value(fonts) == "loaded,loaded"
        await it.type("Js")
        await asyncio.to_thread(until, lambda: "Title 1" in user.ask("search", "is:starred").out)
        await it.picture(tmp_path / "reader.png")
        root = root_of(address)
        assert len(it.asked) > 4
        assert {url.replace("ws:", "http:").startswith(root) for url in it.asked} == {True}
        await it.type("q")
        await it.until("document.body.classList.contains('-closed')")
