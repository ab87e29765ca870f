"""Requests, responses, errors and limits of the HTTP client: values alone (pure)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


class Request(NamedTuple):
    """A GET request.

    Attributes:
        url: http or https; may hold `user:pass@`.
        trusted: whether the user named it (typed, or a subscription): then it may be private or
            loopback, but for a host that was on the public net before. What a redirect of it
            leads to is not trusted, but for its own host.
        allowed: of what is trusted, whether the user allowed it in so many words to be private,
            whatever it was before.
        etag: of the copy that is held already, "" for none.
        last_modified: of the copy that is held already, as it was given; "" for none.
        accept: the media types that can be read.
    """

    url: str
    trusted: bool = False
    allowed: bool = False
    etag: str = ""
    last_modified: str = ""
    accept: str = "*/*"


class Response(NamedTuple):
    """A response with content, or 304 to a conditional request.

    Attributes:
        url: where it was found after all redirects, without credentials.
        moved_to: where permanent redirects alone lead, "" where there were none.
        status: 200, or 304 where the copy that is held is still right (then `data` is empty).
        data: the bytes, decompressed.
        content_type: the header as it was given, "" where there was none.
        etag: to send with the next request, "" for none.
        last_modified: to send with the next request, "" for none.
        fresh_until: when it asks for the next request at the earliest (`Cache-Control: max-age`,
            `Expires`, `Retry-After`), or None.
    """

    url: str
    moved_to: str = ""
    status: int = 200
    data: bytes = b""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    fresh_until: datetime | None = None


class Client(Protocol):
    """Sends requests, as `HttpClient` does.

    Attributes:
        public_hosts: hosts that were on the public net and must stay there.
    """

    public_hosts: set[str]

    async def get(self, request: Request) -> Response:
        """Return the response; raises FetchError."""
        ...


class Failure(StrEnum):
    """Why there was no response."""

    ADDRESS = "address"
    """It is no address that can be fetched, or its name is unknown."""
    REFUSED = "refused"
    """It is private, loopback or not of the web, and nobody typed it."""
    OFFLINE = "offline"
    """No connection could be made."""
    TIMEOUT = "timeout"
    TOO_LARGE = "too large"
    BROKEN = "broken"
    """The answer is cut off, garbled, or leads in a circle."""
    TLS = "tls"
    """The certificate is not to be trusted."""
    LOGIN = "login"
    """401 or 403."""
    MISSING = "missing"
    """404."""
    GONE = "gone"
    """410: it will not come back."""
    BUSY = "busy"
    """429 or 503: later, see `retry_after`."""
    STATUS = "status"
    """Any other status that is no success."""


class FetchError(Exception):
    """There was no response with content.

    Attributes:
        failure: why.
        reason: one sentence for the user: what happened, with the number or name that tells.
        status: of the answer, 0 where there was none.
        retry_after: when the server asks to be asked again, or None.
        moved_to: where permanent redirects led before it failed, or "".
    """

    def __init__(
        self,
        failure: Failure,
        reason: str,
        *,
        status: int = 0,
        retry_after: datetime | None = None,
        moved_to: str = "",
    ) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        self.moved_to = moved_to


class Limits(NamedTuple):
    """Bounds on everything that comes from outside.

    Attributes:
        together: requests at one time.
        per_host: requests at one time to one host.
        size: bytes of one answer, also after unpacking.
        connect: seconds to make a connection.
        silence: seconds without a byte.
        whole: seconds for one answer with all its redirects.
        redirects: redirects of one request.
    """

    together: int = 32
    per_host: int = 2
    size: int = 20_000_000
    connect: float = 10.0
    silence: float = 20.0
    whole: float = 60.0
    redirects: int = 8
