"""Real web servers on 127.0.0.1 for tests, each in a thread of its own, well and ill behaved.

    with serving() as server:
        server.page("/feed.xml", b"<rss/>", etag='"1"')       # answers 304 when asked with it
        server.page("/old", status=301, headers={"Location": "/feed.xml"})
        server.route("/drip", drip)                            # async def drip(asked, writer)
        ...ask server.url("/feed.xml")...
        assert server.asked[0].headers["user-agent"].startswith("rilo-reader/")

A handler writes what it likes, byte by byte if need be; where it returns, the connection is closed.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple


class Asked(NamedTuple):
    """One request: its first line's parts, its headers by name in lower case, and its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


class Page(NamedTuple):
    """What is answered: as it stands, or 304 to who has it already."""

    data: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}
    etag: str = ""
    last_modified: str = ""
    delay: float = 0.0


Handler = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]

Answerer = Callable[[Asked], Page]
"""Answers requests to an API; called in the server's thread."""


class Server:
    """One server; everything it was asked is in `asked`, in order."""

    def __init__(self, tls: ssl.SSLContext | None = None, hosts: int = 1) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.most_together = 0
        """The most requests it was answering at one time."""
        self.most_of_host: Counter[str] = Counter()
        """The same for each name it was asked by."""
        self.port = 0
        self._scheme = "https" if tls else "http"
        self._tls = tls
        self._hosts = hosts
        self._pages: dict[str, Page] = {}
        self._routes: dict[str, Handler] = {}
        self._every: Handler | None = None
        self._answerer: Answerer | None = None
        self._now: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    def page(self, path: str, data: bytes = b"", **also: object) -> str:
        """Answer a path from now on; the address of it. The rest is as in Page."""
        self._pages[path] = Page(data, **also)  # type: ignore[arg-type]  # Page checks nothing else
        return self.url(path)

    def route(self, path: str, handler: Handler) -> str:
        """Let a handler answer a path, "*" for every path that nothing else answers."""
        if path == "*":
            self._every = handler
        else:
            self._routes[path] = handler
        return self.url(path)

    def answer(self, answerer: Answerer) -> None:
        """Let a function answer what nothing else does; connections are kept open."""
        self._answerer = answerer

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a path, by any name that leads here."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """What it was asked for, in order."""
        return [asked.path for asked in self.asked]

    def drop_connections(self) -> None:
        """Close every connection that is open, in the middle of whatever it does."""

        async def drop() -> None:
            for task in self._tasks:
                task.cancel()

        asyncio.run_coroutine_threadsafe(drop(), self._loop).result(5)

    @property
    def open_connections(self) -> int:
        """Connections that neither side has closed."""
        return len(self._tasks)

    def run(self, ready: threading.Event) -> None:
        """Serve until `stop`."""
        asyncio.set_event_loop(self._loop)
        servers: list[asyncio.Server] = []
        for number in range(1, self._hosts + 1):
            start = asyncio.start_server(
                self._connected, f"127.0.0.{number}", self.port, ssl=self._tls, backlog=1024
            )
            servers.append(self._loop.run_until_complete(start))
            self.port = servers[0].sockets[0].getsockname()[1]
        # A handshake that the other side refuses is what a test wanted, and no news.
        self._loop.set_exception_handler(lambda _loop, _context: None)
        ready.set()
        self._loop.run_forever()
        for server in servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.close()

    def stop(self) -> None:
        """End serving, from another thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(OSError):
                writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        fields = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in fields}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, path, headers, body)
        self.asked.append(asked)
        host = asked.headers.get("host", "").rpartition(":")[0]
        self._now[host] += 1
        self.most_together = max(self.most_together, self._now.total())
        self.most_of_host[host] = max(self.most_of_host[host], self._now[host])
        try:
            return await self._answer(asked, writer)
        finally:
            self._now[host] -= 1

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        handler = self._routes.get(asked.path)
        page = self._pages.get(asked.path)
        if handler is None and page is None and self._answerer is not None:
            page = self._answerer(asked)
        if handler is None and page is None:
            handler = self._every
        if handler is not None:
            await handler(asked, writer)
            await writer.drain()
            if not writer.is_closing() and writer.can_write_eof():
                writer.write_eof()
            return False
        await send(writer, _conditional(page or Page(b"nothing here", 404), asked))
        return True


def _conditional(page: Page, asked: Asked) -> Page:
    has = page.etag and asked.headers.get("if-none-match") == page.etag
    has = has or (
        page.last_modified and asked.headers.get("if-modified-since") == page.last_modified
    )
    return page._replace(data=b"", status=304) if has else page


async def send(writer: asyncio.StreamWriter, page: Page) -> None:
    """Write a whole answer as a good server does."""
    if page.delay:
        await asyncio.sleep(page.delay)
    headers = dict(page.headers)
    if page.etag:
        headers["ETag"] = page.etag
    if page.last_modified:
        headers["Last-Modified"] = page.last_modified
    if page.status != 304:
        headers.setdefault("Content-Length", str(len(page.data)))
    lines = [f"HTTP/1.1 {page.status} Some words", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + page.data)
    await writer.drain()


@contextmanager
def serving(tls: ssl.SSLContext | None = None, hosts: int = 1) -> Iterator[Server]:
    """A server that answers for as long as the block lasts, at 127.0.0.1 to 127.0.0.hosts."""
    server = Server(tls, hosts)
    ready = threading.Event()
    thread = threading.Thread(target=server.run, args=(ready,), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()
