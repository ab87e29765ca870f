"""A server that speaks HTTP/2, well or ill, for tests; HTTP/2 is only spoken under TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import h2.config
import h2.connection
import h2.events
import trustme

Headers = list[tuple[str, str]]
Answering = Callable[["Conversation", int, dict[str, str]], Awaitable[None]]


class Conversation:
    """One connection.

    Attributes:
        state: what h2 knows of it.
        writer: where bytes go that h2 would never send.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.state = h2.connection.H2Connection(config)
        self.writer = writer
        self._room = asyncio.Event()

    async def flush(self) -> None:
        """Send what h2 wants to be sent."""
        self.writer.write(self.state.data_to_send())
        await self.writer.drain()

    async def answer(
        self, stream: int, data: bytes, headers: Headers | None = None, status: int = 200
    ) -> None:
        """A whole answer."""
        self.state.send_headers(stream, [(":status", str(status)), *(headers or [])])
        await self.send(stream, data)
        self.state.end_stream(stream)
        await self.flush()

    async def send(self, stream: int, data: bytes) -> None:
        """Part of a body, as fast as the other side lets it."""
        while data:
            room = min(self.state.local_flow_control_window(stream), 16_384)
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            self.state.send_data(stream, data[:room])
            data = data[room:]
            await self.flush()

    def more_room(self) -> None:
        """The other side takes more."""
        self._room.set()


class Http2Server:
    """What was asked of a server, and how many streams it had at one time."""

    def __init__(self, answering: Answering) -> None:
        self.asked: list[dict[str, str]] = []
        self.connections = 0
        self.together: Counter[str] = Counter()
        self.most_together = 0
        self.url = ""
        self._answering = answering

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        self.connections += 1
        conversation = Conversation(writer)
        conversation.state.initiate_connection()
        tasks: set[asyncio.Task[None]] = set()
        with suppress(OSError, asyncio.CancelledError):
            await conversation.flush()
            while data := await reader.read(65_536):
                for event in conversation.state.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        tasks.add(asyncio.create_task(self._one(conversation, event)))
                    elif isinstance(event, h2.events.WindowUpdated):
                        conversation.more_room()
                await conversation.flush()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()

    async def _one(self, conversation: Conversation, event: h2.events.RequestReceived) -> None:
        asked = {str(name): str(value) for name, value in event.headers or []}
        self.asked.append(asked)
        self.together["now"] += 1
        self.most_together = max(self.most_together, self.together["now"])
        try:
            await self._answering(conversation, int(event.stream_id or 0), asked)
        finally:
            self.together["now"] -= 1


@asynccontextmanager
async def http2_serving(answering: Answering, authority: trustme.CA) -> AsyncIterator[Http2Server]:
    """A server on 127.0.0.1 in this event loop."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    server = Http2Server(answering)
    listener = await asyncio.start_server(server.connected, "127.0.0.1", 0, ssl=context)
    server.url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
    try:
        yield server
    finally:
        listener.close()
