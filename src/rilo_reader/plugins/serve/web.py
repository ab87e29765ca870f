"""Serve the reader to browsers on this machine: textual-serve's scripts and fonts, a page of ours.

Each tab is a process of its own, as each terminal is (`WebSession`). All is below a token that
is new in each run. The page makes the browser ask nobody else (Content-Security-Policy); what it
opens learns neither its address nor a way back to it (Referrer-Policy, Cross-Origin-Opener-Policy).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from secrets import compare_digest, token_urlsafe
from string import Template

import textual_serve
from aiohttp import web

from rilo_reader.plugins.serve.web_session import LEAVING_LIMIT, WebSession

HOST = "127.0.0.1"
HOSTS = (HOST, "localhost")
"""The names by which a browser comes. Any other is that of a stranger's page (DNS rebinding)."""

MOST_TABS = 16
"""Readers at once; each takes the memory of a terminal's."""

MOST_BYTES = 1_000_000
"""Bytes of a message of the page, which has keys and what is pasted."""

_PAGE = Path(__file__).with_name("web.html")
_STATICS = Path(textual_serve.__file__).parent / "static"
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; img-src data:; connect-src {socket}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


async def serve_until_cancelled(
    command: Sequence[str], port: int, announce: Callable[[str], None], ground: str = "#15171a"
) -> None:
    """Run `command` for each tab until cancelled; `announce` gets the address to open.

    Port 0 is any free one. `ground` is the colour around the reader, which has whole rows. Raises
    OSError for a port that cannot be used.
    """
    server = WebServer(command, ground)
    runner = web.AppRunner(
        server.make_application(), access_log=None, shutdown_timeout=2 * LEAVING_LIMIT
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        announce(f"http://{HOST}:{runner.addresses[0][1]}/{server.token}/")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


class WebServer:
    """Answers who has the token and came by a name of this machine; all others get 403."""

    def __init__(self, command: Sequence[str], ground: str) -> None:
        self._ground = ground
        self._command = command
        self.token = token_urlsafe(24)
        self._open: set[web.WebSocketResponse] = set()

    def make_application(self) -> web.Application:
        """The page, its statics and its websocket, below the token."""
        app = web.Application(middlewares=[self._check_request])
        app.router.add_get(f"/{self.token}/", self._send_page)
        app.router.add_get(f"/{self.token}/ws", self._run_session)
        app.router.add_static(f"/{self.token}/static", _STATICS)
        app.on_shutdown.append(self._close_sockets)
        return app

    @web.middleware
    async def _check_request(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        token = request.path.removeprefix("/").partition("/")[0].encode()
        is_ours = request.url.host in HOSTS and compare_digest(token, self.token.encode())
        # Every browser says which page opens a websocket.
        if request.headers.get("Upgrade"):
            is_ours = is_ours and request.headers.get("Origin") == f"http://{request.host}"
        if not is_ours:
            raise web.HTTPForbidden(text="The address that rilo-reader serve printed is needed.\n")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _send_page(self, request: web.Request) -> web.StreamResponse:
        self._check_room()
        values = {"socket": f"ws://{request.host}/{self.token}/ws", "nonce": token_urlsafe()}
        text = Template(_PAGE.read_text("utf-8")).substitute(values, ground=self._ground)
        policy = {"Content-Security-Policy": _POLICY.format(**values)}
        return web.Response(text=text, content_type="text/html", headers=policy)

    def _check_room(self) -> None:
        if len(self._open) >= MOST_TABS:
            reason = f"{MOST_TABS} tabs are open, which is the limit. Close one, then try again.\n"
            raise web.HTTPServiceUnavailable(text=reason)

    async def _run_session(self, request: web.Request) -> web.StreamResponse:
        self._check_room()
        socket = web.WebSocketResponse(heartbeat=15, max_msg_size=MOST_BYTES, compress=False)
        self._open.add(socket)
        session = WebSession(self._command, socket)
        try:
            await socket.prepare(request)
            await session.start(request.query.get("width"), request.query.get("height"))
            async for message in socket:
                if message.type is web.WSMsgType.TEXT:
                    session.handle_message(message.data)
        finally:
            await session.stop()
            self._open.discard(socket)
        return socket

    async def _close_sockets(self, _: web.Application) -> None:
        await asyncio.gather(*(socket.close() for socket in self._open))
