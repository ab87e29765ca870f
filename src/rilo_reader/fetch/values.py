"""Requests, responses, errors and limits of the HTTP client: values alone (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol


class Request(NamedTuple):
    """A GET request.

    Attributes:
        url: http or https; may contain `user:pass@`.
        trusted: whether the user named it (typed it, or subscribed to it). Then it may be private
            or loopback, unless its host was on the public net before. Redirects of it to other
            hosts are not trusted.
        allowed: whether the user has allowed a trusted address to be private whatever it was.
        etag: the ETag of the known version, or "".
        last_modified: the Last-Modified header of the known version, or "".
        accept: the acceptable media types.
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
        url: the address after all redirects, without credentials.
        moved_to: the address after permanent redirects only, or "".
        status: the status code; 304 (with no data) if the known version is current.
        data: the body, decompressed.
        content_type: the header, or "".
        etag: for the next request, or "".
        last_modified: for the next request, or "".
        fresh_until: the earliest next request that the server wants (`Cache-Control: max-age`,
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


class ApiRequest(NamedTuple):
    """A request to the API of a server where the user has an account.

    Attributes:
        url: http or https, named by the user; may contain `user:pass@`.
        method: the HTTP method.
        headers: headers to send; may hold secrets.
        body: the body to send.
        allowed: whether the user has allowed the address to be private whatever it was.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""
    allowed: bool = False


class ApiReply(NamedTuple):
    """The reply of an API, whatever its status.

    Attributes:
        status: the status code; a redirect is not followed.
        headers: by name in lower case; repeated values are joined with commas.
        data: the body, decompressed.
    """

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    data: bytes = b""


class Client(Protocol):
    """Sends requests, as `HttpClient` does.

    Attributes:
        public_hosts: hosts that were on the public net and must stay there.
    """

    public_hosts: set[str]

    async def get(self, request: Request) -> Response:
        """Return the response; raises FetchError."""
        ...


class ApiClient(Protocol):
    """Calls APIs, as `HttpClient` does."""

    async def call(self, request: ApiRequest) -> ApiReply:
        """Return the reply, whatever its status; raises FetchError."""
        ...


class Failure(StrEnum):
    """Why there was no response."""

    ADDRESS = "address"
    """The address is invalid, or its host is unknown."""
    REFUSED = "refused"
    """The address is private, loopback or not of the web, and was not typed by the user."""
    OFFLINE = "offline"
    """The connection failed."""
    TIMEOUT = "timeout"
    TOO_LARGE = "too large"
    BROKEN = "broken"
    """The reply is truncated or invalid, or redirects in a circle."""
    TLS = "tls"
    """The certificate is not trusted."""
    LOGIN = "login"
    """401 or 403."""
    MISSING = "missing"
    """404."""
    GONE = "gone"
    """410, permanently."""
    BUSY = "busy"
    """429 or 503, see `retry_after`."""
    STATUS = "status"
    """Any other status without content."""


class FetchError(Exception):
    """There was no response with content.

    Attributes:
        failure: the kind of failure.
        reason: what happened, one sentence for users.
        status: the status code, 0 if there was no reply.
        retry_after: when the server wants the next request, or None.
        moved_to: the address after permanent redirects before the failure, or "".
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
    """Limits of the client.

    Attributes:
        together: concurrent requests.
        per_host: concurrent requests to one host.
        size: bytes of a response, as sent and decompressed.
        connect: seconds to connect.
        silence: seconds without data.
        whole: seconds for a response with all its redirects.
        redirects: redirects of a request.
    """

    together: int = 32
    per_host: int = 2
    size: int = 20_000_000
    connect: float = 10.0
    silence: float = 20.0
    whole: float = 60.0
    redirects: int = 8
