"""What went wrong between here and a server, in words for the user."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus

import h2.exceptions
import httpcore2

from rilo_reader.fetch.values import Failure, FetchError, Limits

NETWORK_ERRORS = (
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
    h2.exceptions.H2Error,
    OSError,
)
"""What may come out of a request that failed."""


def explained(error: BaseException, host: str, limits: Limits) -> FetchError:
    """A failure of the network or of the protocol as the user is told it."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, FetchError):
            return cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message.rstrip(".")
            return FetchError(Failure.TLS, f"the certificate of {host} is not to be trusted: {why}")
    failure, reason = _kind(error, causes, host, limits)
    return FetchError(failure, reason)


def _kind(
    error: BaseException, causes: list[BaseException], host: str, limits: Limits
) -> tuple[Failure, str]:
    tls = any(isinstance(cause, ssl.SSLError) for cause in causes)
    match error:
        case httpcore2.ConnectTimeout() | httpcore2.PoolTimeout():
            told = (
                Failure.TIMEOUT,
                f"{host} could not be reached within {limits.connect:g} seconds",
            )
        case httpcore2.TimeoutException():
            told = (Failure.TIMEOUT, f"{host} was silent for {limits.silence:g} seconds")
        case _ if tls:
            told = (Failure.TLS, f"no encrypted connection to {host} could be made")
        case httpcore2.ProxyError():
            told = (Failure.OFFLINE, f"the proxy did not connect to {host}: {_plain(error)}")
        case httpcore2.ConnectError():
            told = (Failure.OFFLINE, f"no connection to {host} could be made{_why(causes)}")
        case httpcore2.NetworkError() | OSError():
            told = (Failure.BROKEN, f"the connection to {host} broke off")
        case _:
            told = (Failure.BROKEN, f"{host} sent no proper answer{_protocol(error)}")
    return told


_STATUS: Mapping[int, tuple[Failure, str]] = {
    401: (Failure.LOGIN, "the server does not let us in"),
    403: (Failure.LOGIN, "the server does not let us in"),
    404: (Failure.MISSING, "there is nothing at this address"),
    407: (Failure.STATUS, "the proxy wants a login"),
    410: (Failure.GONE, "it is gone and will not come back"),
    429: (Failure.BUSY, "the server was asked too often"),
    503: (Failure.BUSY, "the server is busy or down for a while"),
}


def refused_by_status(status: int) -> tuple[Failure, str]:
    """Why an answer of this status brings nothing, and how it is said."""
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    general = "the server has a fault" if status >= 500 else "the server sent no content"
    if not (status >= 500 or 200 <= status < 300):
        general = "the server answered otherwise than with content"
    failure, reason = _STATUS.get(status, (Failure.STATUS, general))
    return failure, f"{reason} ({phrase})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, nearest first."""
    seen: set[int] = set()
    step: BaseException | None = error
    while step is not None and id(step) not in seen:
        seen.add(id(step))
        yield step
        step = step.__cause__ or step.__context__


def _why(causes: list[BaseException]) -> str:
    """The system's own word for it, such as "Connection refused"."""
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
            from os import strerror

            return f": {strerror(cause.errno)}"
    return ""


def _protocol(error: BaseException) -> str:
    """What of a protocol's error is worth reading to a user."""
    text = str(error).casefold()
    if "without sending complete message" in text or "peer closed connection" in text:
        return ": it was cut off"
    if "disconnected" in text:
        return ": it closed the connection instead"
    if "too long" in text or "too large" in text:
        return ": its headers have no end"
    return ""


def _plain(error: BaseException) -> str:
    """A proxy's refusal: status and phrase, printable and short."""
    from rilo_reader.text import clean_line

    return clean_line(str(error), 80)
