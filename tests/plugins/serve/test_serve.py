"""`serve`: the reader in a browser, for nobody but whoever has its address."""

from __future__ import annotations

import asyncio
import json
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
    from rilo_reader.plugins.serve.web import serve_until_cancelled

    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve_until_cancelled(command, 0, address.set_result))
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


@asynccontextmanager
async def connected(address: str, query: str = "") -> AsyncIterator[ClientWebSocketResponse]:
    async with (
        ClientSession() as client,
        client.ws_connect(f"{address}ws{query}", origin=root_of(address)) as socket,
    ):
        yield socket


# A reader that says its size and each message it gets, a byte at a time, as Textual's driver does.
ECHO = """
import os, sys
packet = lambda kind, data: os.write(1, kind + len(data).to_bytes(4, "big") + data)
os.write(1, b"__GANGLION__\\n")
packet(b"D", f"{os.environ['COLUMNS']}x{os.environ['ROWS']}".encode())
while kind := sys.stdin.buffer.read(1):
    packet(b"D", sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(4), "big")))
"""
SIZES = [
    *(("80", "24", "80x24"), ("1000000000", "1", "1000x1"), ("-5", "-5", "1x1")),
    *(("100000000", "100000000", "1000x1000"), ("x", "24", "80x24"), ("", "", "80x24")),
    *(("9" * 5000, "1", "80x24"), ("1e9", "1", "80x24"), ("0", "0", "1x1")),
]


@pytest.mark.parametrize(("width", "height", "wanted"), SIZES)
async def test_a_window_has_1_to_1000_columns_and_rows(
    width: str, height: str, wanted: str
) -> None:
    async with (
        serving(sys.executable, "-S", "-c", ECHO) as address,
        connected(address, f"?width={width}&height={height}") as tab,
    ):
        assert await tab.receive_bytes(timeout=LIMIT) == wanted.encode()
        side = [
            int(each) if re.fullmatch(r"-?\d{1,99}", each) else each for each in (width, height)
        ]
        await tab.send_json(["resize", {"width": side[0], "height": side[1]}])
        await tab.send_json(["stdin", "key"])
        told = await tab.receive_bytes(timeout=LIMIT)
        if b"resize" in told:
            columns, rows = wanted.split("x")
            assert told == b'{"type": "resize", "width": %s, "height": %s}' % (
                columns.encode(),
                rows.encode(),
            )
            told = await tab.receive_bytes(timeout=LIMIT)
        assert told == b"key"


@pytest.mark.parametrize(
    "message",
    [
        *("", "x", "[", "[" * 50_000, '{"a":' * 50_000, "[" * 50_000 + "]" * 50_000, "null"),
        *("9" * 5_000, '["stdin", 1]', '["stdin"]', '["resize", {}]', '["resize", [1, 2]]'),
        *('["resize", {"width": 1.5, "height": 2}]', '["quit"]', '["focus", 1]', '[["focus"]]'),
        *('["resize", {"width": NaN, "height": Infinity}]', '["deliver_chunk_request", {}]'),
    ],
    ids=lambda message: message[:12],
)
async def test_a_message_that_is_none_is_left_out(
    message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with serving(sys.executable, "-S", "-c", ECHO) as address, connected(address) as tab:
        await tab.receive_bytes(timeout=LIMIT)
        await tab.send_str(message)
        await tab.send_json(["stdin", "key"])
        assert await tab.receive_bytes(timeout=LIMIT) == b"key"
    assert capfd.readouterr() == ("", "")


async def test_tabs_and_messages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from rilo_reader.plugins.serve import web

    monkeypatch.setattr(web, "MOST_TABS", 2)
    async with (
        serving(sys.executable, "-S", "-c", ECHO) as address,
        connected(address) as one,
        ClientSession() as client,
    ):
        async with connected(address):
            with pytest.raises(WSServerHandshakeError, match="503"):
                await client.ws_connect(address + "ws", origin=root_of(address))
            async with client.get(address) as answer:
                assert (answer.status, "2 tabs are open" in await answer.text()) == (503, True)
        async with asyncio.timeout(LIMIT):  # one whose reader has ended is not counted
            while (await client.get(address)).status != 200:
                await asyncio.sleep(0.01)
        async with connected(address) as other:
            await other.receive_bytes(timeout=LIMIT)
            await other.send_json(["stdin", "x" * web.MOST_BYTES])
            assert (await other.receive(LIMIT)).type is WSMsgType.CLOSE
        await one.receive_bytes(timeout=LIMIT)
        await one.send_json(["stdin", "key"])
        assert await one.receive_bytes(timeout=LIMIT) == b"key"


@needs_proc
@pytest.mark.parametrize("end", ["tab", "server"])
async def test_a_reader_that_does_not_end_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str
) -> None:
    from rilo_reader.plugins.serve import web_session

    monkeypatch.setattr(web_session, "LEAVING_LIMIT", 0.1)
    deaf = (
        "import os, signal, time; [signal.signal(each, signal.SIG_IGN) for each in (2, 15)]; "
        f"os.write(1, b'__GANGLION__\\nD\\0\\0\\0\\1x'); time.sleep(1000); {str(tmp_path)!r}"
    )
    async with serving(sys.executable, "-S", "-c", deaf) as address:
        async with connected(address) as tab:
            await tab.receive_bytes(timeout=LIMIT)
            assert len(running(str(tmp_path))) == 1
            if end == "tab":
                await tab.send_json(["stdin", "x" * 900_000])  # more than a pipe holds
                await tab.send_json(["stdin", "x" * 900_000])
                await tab.send_json(["stdin", "x" * 900_000])
        if end == "tab":
            await asyncio.to_thread(until, lambda: not running(str(tmp_path)))
    assert not running(str(tmp_path))


def test_without_the_extra_it_says_what_to_install(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, WEB.module, None)  # what Python takes for not installed
    user.run("serve").failed(1, 'the extra "web"', '[web]"')


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

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)

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
        client.ws_connect(f"{address}ws?{size}", origin=root_of(address), max_msg_size=0) as socket,
    ):
        yield Page(socket)


def readers(library: Path) -> list[str]:
    """Processes that have a library open."""
    return [line for line in running(str(library)) if "serve" not in line.split()]


def running(word: str) -> list[str]:
    """Processes with this in their arguments."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(word in each for each in words):
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
        assert library.state.session.read().article == "1.md"
    assert not list(user.home.rglob("error-*.log"))


@pytest.mark.slow
@needs_proc
async def test_a_reader_survives_every_size_and_message(
    user: User, served: tuple[str, Child]
) -> None:
    user.article("a.md", "Title", "2024-01-01", "Text.")
    user.ask("index").says()
    async with opened(served[0], "width=1000000000&height=40") as page:
        await page.until(lambda: b"Title" in page.drawn)
        for side in (10**9, -5, 10**8, 1):
            await page.send(json.dumps(["resize", {"width": side, "height": 1}]))
        for message in ("[" * 50_000, "x", "[]"):
            await page.send(message)
        page.drawn = b""
        await page.send(json.dumps(["resize", {"width": 110, "height": 40}]))
        await page.until(lambda: b"Title" in page.drawn)
        await page.keys("Js")
        await page.until(lambda: b"Starred" in page.drawn)
    await asyncio.to_thread(until, lambda: not readers(user.library))


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
