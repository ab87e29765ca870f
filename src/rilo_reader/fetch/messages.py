"""Requests, responses, errors and limits of the HTTP client: values alone (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, Protocol


class Headers(dict[str, str]):
    """Headers of the user's own for requests to one host, by name; never shows their values."""

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


class Request(NamedTuple):
    """A GET request."""

    url: str  # http or https; may contain `user:pass@`
    # Whether the user named it (typed it, or subscribed to it). Then it may be private or loopback,
    # unless its host was on the internet before. Redirects of it to other hosts are not trusted.
    is_trusted: bool = False
    # whether the user has allowed a trusted address to be private whatever it was
    is_private_allowed: bool = False
    etag: str = ""  # ETag of the known version, or ""
    last_modified: str = ""  # Last-Modified header of the known version, or ""
    accept: str = "*/*"  # acceptable media types
    headers: Headers = Headers()  # for its host alone, instead of those of the client
    # for the response with all its redirects; 0 for those of the client, which are the most
    seconds: float = 0.0
    # the first byte to send, and the one after the last; a server that cannot sends all
    part: tuple[int, int] | None = None


class Response(NamedTuple):
    """A response with content, or 304 to a conditional request."""

    url: str  # address after all redirects, without credentials
    moved_to: str = ""  # address after permanent redirects only, or ""
    status: int = 200  # status code; 304 (with no data) if the known version is current
    data: bytes = b""  # decompressed
    content_type: str = ""
    etag: str = ""  # for the next request, or ""
    last_modified: str = ""  # for the next request, or ""
    # earliest next request that the server wants (`Cache-Control: max-age`, `Expires`,
    # `Retry-After`), or None
    fresh_until: datetime | None = None
    size: int = 0  # of the whole content, where `data` is the part that was asked for (206)


class ApiRequest(NamedTuple):
    """A request to the API of a server where the user has an account."""

    url: str  # http or https, named by the user; may contain `user:pass@`
    method: str = "GET"
    headers: Mapping[str, str] = MappingProxyType({})  # may hold secrets
    body: bytes = b""
    # whether the user has allowed the address to be private whatever it was
    is_private_allowed: bool = False


class ApiReply(NamedTuple):
    """The reply of an API, whatever its status."""

    status: int  # status code; a redirect is not followed
    # by name in lower case; repeated values are joined with commas
    headers: Mapping[str, str] = MappingProxyType({})
    data: bytes = b""  # decompressed


class Client(Protocol):
    """Sends requests, as `HttpClient` does."""

    public_hosts: set[str]  # hosts that were on the internet and must stay there

    async def get(self, request: Request) -> Response:
        """Return the response; raises FetchError."""
        ...


class ApiClient(Protocol):
    """Calls APIs, as `HttpClient` does."""

    async def call_api(self, request: ApiRequest) -> ApiReply:
        """Return the reply, whatever its status; raises FetchError."""
        ...


class ServerClient(ApiClient, Protocol):
    """Calls APIs, and finds servers of other protocols, as `HttpClient` does."""

    async def find_addresses(
        self, host: str, port: int, *, is_private_allowed: bool = False
    ) -> Sequence[str]:
        """Return the IP addresses of the server of an account; raises FetchError."""
        ...


class Failure(StrEnum):
    """The kinds of reasons for which there was no response."""

    ADDRESS = "address"  # the address is invalid, or its host is unknown
    REFUSED = "refused"  # private, loopback or not of the web, and not typed by the user
    OFFLINE = "offline"  # the connection failed
    TIMEOUT = "timeout"
    TOO_LARGE = "too large"
    BROKEN = "broken"  # the reply is truncated or invalid, or redirects in a circle
    TLS = "tls"  # the certificate is not trusted
    LOGIN = "login"  # 401 or 403
    MISSING = "missing"  # 404
    GONE = "gone"  # 410, permanently
    BUSY = "busy"  # 429 or 503, see `retry_after`
    PROGRAM = "program"  # the program that makes it failed
    STATUS = "status"  # any other status without content


class FetchError(Exception):
    """There was no response with content."""

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
        self.reason = reason  # what happened, one sentence for users
        self.status = status  # 0: no reply
        self.retry_after = retry_after  # when the server wants the next request, or None
        self.moved_to = moved_to  # address after permanent redirects before the failure, or ""

    def __reduce__(self) -> tuple[object, ...]:
        """Return what makes an equal error, for workers."""
        more = {name: getattr(self, name) for name in ("status", "retry_after", "moved_to")}
        return partial(FetchError, self.failure, self.reason, **more), ()


class FetchLimits(NamedTuple):
    """Limits of the client."""

    max_requests: int = 32  # requests at one time
    per_host: int = 2  # to one host
    max_bytes: int = 20_000_000  # bytes of a response, as sent and decompressed
    connect_seconds: float = 10.0  # seconds to connect
    silence_seconds: float = 20.0  # seconds without data
    total_seconds: float = 60.0  # seconds for a response with all its redirects
    max_redirects: int = 8  # redirects of a request
