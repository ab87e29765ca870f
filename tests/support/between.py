"""A server between a client and a real one: it passes calls on, and lets things go wrong.

with between(miniflux.url) as way:
    ...a client of way.url...
    way.fault = lambda number, asked: PORTAL if number == 3 else None    # not passed on
    way.after = lambda number, asked: CUT if number == 3 else None       # passed on, reply lost
    way.clock = timedelta(days=-1)                                       # what `Date` says
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.support.servers import Asked, Page, Server, serving

Fault = Callable[[int, Asked], Page | None]
"""What is answered in place of a call, by its number from 0; None to answer as it should be."""

_OF_A_CONNECTION = frozenset(("connection", "content-length", "transfer-encoding", "keep-alive"))
_HTML = {"Content-Type": "text/html; charset=utf-8"}

CUT = Page(status=0)
"""The connection is closed in place of a reply."""
BUSY = Page(b"", 429, {"Retry-After": "120"})
ERROR = Page(b'{"error_message": "pq: too many connections"}', 500)
BAD_GATEWAY = Page(b"<html><body><h1>502 Bad Gateway</h1></body></html>", 502, _HTML)
PORTAL = Page(b"<!doctype html><title>Welcome to the train</title><form>", 200, _HTML)
ENDLESS = Page(b'{"total": 1, "entries": [' + b'{"id": 1},' * 1_000_000, 200)
"""Ten megabytes of JSON that breaks off."""
ELSEWHERE = Page(b"", 302, {"Location": "http://127.0.0.1:9/login"})
LOGIN = Page(b'{"error_message": "Access Unauthorized"}', 401)


def nothing(number: int, asked: Asked) -> Page | None:
    """Let nothing go wrong."""
    return None


def at(wrong: int, page: Page) -> Fault:
    """Let one call go wrong, and all that follow."""
    return lambda number, _: page if number >= wrong else None


class Between:
    """The server between."""

    def __init__(self, server: Server, url: str) -> None:
        self._server = server
        self._to = HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.fault: Fault = nothing  # calls that are answered otherwise, and not passed on
        self.after: Fault = nothing  # calls that are passed on, and answered otherwise
        self.clock = timedelta(0)  # how much `Date` is ahead
        self.calls = 0  # since `begin`
        server.answer(self._answer)

    @property
    def url(self) -> str:
        """Its address."""
        return self._server.url("")

    def begin(self, fault: Fault = nothing, after: Fault = nothing) -> None:
        """Count calls anew, with other faults."""
        self.calls, self.fault, self.after = 0, fault, after

    def close(self) -> None:
        self._to.close()

    def _answer(self, asked: Asked) -> Page:
        number, self.calls = self.calls, self.calls + 1
        page = self.fault(number, asked)
        if page is None:
            passed = self._passed_on(asked)
            page = self.after(number, asked) or passed
        if page is CUT:
            raise ConnectionResetError
        return page

    def _passed_on(self, asked: Asked) -> Page:
        headers = {k: v for k, v in asked.headers.items() if k not in _OF_A_CONNECTION | {"host"}}
        self._to.request(asked.method, asked.path, asked.body or None, headers)
        reply = self._to.getresponse()
        data = reply.read()
        answered = {k: v for k, v in reply.getheaders() if k.lower() not in _OF_A_CONNECTION}
        if "Date" in answered and self.clock:
            when = parsedate_to_datetime(answered["Date"]) + self.clock
            answered["Date"] = format_datetime(when, usegmt=True)
        return Page(data, reply.status, answered)


@contextmanager
def between(url: str) -> Iterator[Between]:
    """A server before the one at an address, for as long as the block lasts."""
    with serving() as server:
        way = Between(server, url)
        try:
            yield way
        finally:
            way.close()
