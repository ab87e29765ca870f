"""Interpret replies: headers, status, and compressed bodies (pure)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from rilo_reader.fetch.messages import Failure, FetchError

ENCODINGS = "gzip, deflate"
PARTIAL = 206
WITH_CONTENT = frozenset(
    (200, 201, 203, PARTIAL, 226)
)  # statuses whose body is the requested content
REDIRECTS = frozenset((301, 302, 303, 307, 308))  # statuses that name another address
MAX_FRESH = timedelta(days=1)
"""A feed that asks for no request during a year is misconfigured, not serious."""
MAX_RETRY = timedelta(days=7)
VALIDATOR_LIMIT = 1000
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]+)", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,=])", re.IGNORECASE)
_VALIDATOR = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


# -- headers ---------------------------------------------------------------------------------


def join_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by name in lower case; repeated values are joined with commas."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        try:
            text = value.decode().strip()
        except UnicodeDecodeError:
            text = value.decode("latin-1").strip()
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def clean_validator(text: str) -> str:
    """Return an ETag or Last-Modified that can be sent back unchanged, else ""."""
    text = text.strip()
    return text if len(text) <= VALIDATOR_LIMIT and _VALIDATOR.fullmatch(text) else ""


def read_whole_size(headers: Mapping[str, str]) -> int:
    """Return the size of the content that a part is of, 0 if it is not said."""
    found = re.fullmatch(r"bytes \d+-\d+/(\d{1,15})", headers.get("content-range", "").strip())
    return int(found[1]) if found else 0


def read_fresh_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return the earliest next request that the server wants, at most MAX_FRESH from now.

    That is `Cache-Control: max-age` less `Age`, else `Expires`, but not before `Retry-After`; else
    None. Dates are relative to the server's clock, if it is known, since either may be wrong.
    """
    control = headers.get("cache-control", "")
    lifetime = timedelta(0)
    if not _NOT_KEPT.search(control):
        text = headers.get("age", "").strip()
        age = _to_timedelta(text) if text.isascii() and text.isdigit() else timedelta(0)
        stated = _MAX_AGE.search(control)
        if stated:
            lifetime = _to_timedelta(stated[1]) - age
        elif expires := _parse_date(headers.get("expires", "")):
            lifetime = expires - (_parse_date(headers.get("date", "")) or now) - age
    lifetime = min(lifetime, MAX_FRESH)
    until = now + lifetime if lifetime > timedelta(0) else None
    wait = read_retry_after(headers, now)
    return max(filter(None, (until, wait)), default=None)


def read_retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return the time in `Retry-After`, at most MAX_RETRY from now, or None."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        wait = _to_timedelta(text)
    else:
        date = _parse_date(text)
        wait = date - (_parse_date(headers.get("date", "")) or now) if date else timedelta(0)
    return now + min(wait, MAX_RETRY) if wait > timedelta(0) else None


def _to_timedelta(digits: str) -> timedelta:
    return timedelta(seconds=int(digits) if len(digits) <= 9 else 10**9)


def _parse_date(text: str) -> datetime | None:
    """Parse an HTTP date in any of its three forms, also one of the year 9999, for "never"."""
    try:
        date = parsedate_to_datetime(text[:100])
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


# -- status ----------------------------------------------------------------------------------

_STATUS: Mapping[int, tuple[Failure, str]] = {
    101: (Failure.BROKEN, "the server uses another protocol"),
    304: (Failure.BROKEN, "it says that nothing changed, but was not asked that"),
    401: (Failure.LOGIN, "the server refuses access"),
    403: (Failure.LOGIN, "the server refuses access"),
    404: (Failure.MISSING, "nothing is at this address"),
    407: (Failure.STATUS, "the proxy wants a login"),
    410: (Failure.GONE, "it is gone for good"),
    429: (Failure.BUSY, "the server says it was asked too often"),
    503: (Failure.BUSY, "the server is busy or down for a while"),
}


def status_error(status: int, headers: Mapping[str, str], now: datetime) -> FetchError:
    """Return the error for a status without content."""
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    if status >= 500:
        general = "the server has an error"
    elif 200 <= status < 300:
        general = "the server sent no content"
    else:
        general = "the server did not answer with content"
    failure, reason = _STATUS.get(status, (Failure.STATUS, general))
    wait = read_retry_after(headers, now)
    return FetchError(failure, f"{reason} ({phrase})", status=status, retry_after=wait)


# -- body ------------------------------------------------------------------------------------

MAX_LAYERS = 4
MAX_MEMBERS = 2_000  # members of a gzip body, each of which needs a new decompressor
_SLICE = 65_536
_GZIP = b"\x1f\x8b\x08"


def is_compressed(data: bytes, encoding: str) -> bool:
    """Return whether `decompress` would change these bytes."""
    return bool(encoding.strip()) or data.startswith(_GZIP)


def decompress(data: bytes, encoding: str, limit: int) -> bytes:
    """Decompress a body with a Content-Encoding, holding at most `limit` bytes of the result.

    The header is often wrong, so the bytes decide first: gzip has a signature, and a body that
    begins like a feed or a page is not compressed. aiohttp trusts the header, and accepts a
    truncated body as whole.

    Raises:
        FetchError: TOO_LARGE beyond the limit, BROKEN if the bytes are truncated, damaged or in an
            encoding that was not requested.
    """
    labels = [label.strip().lower() for label in encoding.split(",") if label.strip()]
    for _ in range(MAX_LAYERS):
        label = labels.pop() if labels else ""
        is_plain = data.lstrip(b"\xef\xbb\xbf\t\r\n ")[:1] in (b"<", b"{", b"")
        if data.startswith(_GZIP):
            data = _decompress_stream(data, 31, limit)
        elif label not in ("deflate", "br", "zstd") or is_plain:
            return data
        elif label == "deflate":
            # In a zlib wrapper by the standard, or bare.
            is_wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
            data = _decompress_stream(data, 15 if is_wrapped else -15, limit)
        else:
            reason = f"the answer is compressed with {label}, which was not requested"
            raise FetchError(Failure.BROKEN, reason)
    if is_compressed(data, ",".join(labels)):
        raise FetchError(Failure.BROKEN, f"the answer is compressed more than {MAX_LAYERS} times")
    return data


def _decompress_stream(data: bytes, wbits: int, limit: int) -> bytes:
    """Decompress the members of gzip (wbits 31), or one stream; other bytes after it are padding.

    The input is read in slices, since zlib copies what is left of it.
    """
    whole = bytearray()
    at = members = 0
    while not members or (wbits == 31 and data.startswith(_GZIP[:2], at)):
        members += 1
        if members > MAX_MEMBERS:
            raise _make_damage_error(f"has more than {MAX_MEMBERS:,} pieces")
        stream = zlib.decompressobj(wbits)
        while not stream.eof:
            piece = data[at : at + _SLICE]
            try:
                part = stream.decompress(piece, _SLICE)
            except zlib.error as error:
                raise _make_damage_error(f"is damaged ({error})") from None
            if not piece and not part and not stream.eof:
                raise _make_damage_error("is cut off")
            at += len(piece) - len(stream.unconsumed_tail) - len(stream.unused_data)
            whole += part
            if len(whole) > limit:
                reason = f"the answer is larger than {limit:,} bytes when unpacked"
                raise FetchError(Failure.TOO_LARGE, reason)
    return bytes(whole)


def _make_damage_error(damage: str) -> FetchError:
    return FetchError(Failure.BROKEN, f"the compressed answer {damage}")
