"""Content-Encoding undone, within a bound: gzip, deflate, br, zstd, one around the other.

What a server says about the encoding is often wrong, so the bytes are asked first: gzip and zstd
say themselves what they are. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rilo_reader.fetch.values import Failure, FetchError

if TYPE_CHECKING:
    import zlib

LAYERS = 4
PIECES = 2_000
"""Members or frames one after the other: each costs the setting up of a decompressor."""
_SLICE = 65_536
_WINDOW_LOG = 23
"""zstd on the web may ask for a window of 8 MB and not more (RFC 9659)."""


class _PackedError(ValueError):
    """The bytes are not what they were taken for; the message says how."""


_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"


def may_be_packed(data: bytes, encoding: str) -> bool:
    """Whether `unpack` would have anything to do with these bytes."""
    return bool(encoding.strip()) or data.startswith((_GZIP, _ZSTD))


def unpack(data: bytes, encoding: str, limit: int) -> bytes:
    """The bytes that were meant.

    Args:
        data: as they were sent.
        encoding: the Content-Encoding header, "" where there was none.
        limit: bytes that may come out.

    Raises:
        FetchError: TOO_LARGE beyond the limit (never more than that is held), BROKEN where the
            bytes are cut off or damaged.
    """
    labels = [label.strip().lower() for label in encoding.split(",") if label.strip()]
    for _ in range(LAYERS):
        method = _method(data, labels)
        if method is None:
            return data
        try:
            data = _bounded(method(data), limit)
        except _PackedError as error:
            raise FetchError(Failure.BROKEN, f"the compressed answer {error}") from None
    if _method(data, labels) is not None:
        raise FetchError(Failure.BROKEN, f"the answer is compressed more than {LAYERS} times")
    return data


def _method(data: bytes, labels: list[str]) -> Callable[[bytes], Iterator[bytes]] | None:
    """What undoes the outermost layer; its label is taken off the labels."""
    label = labels.pop() if labels else ""
    if data.startswith(_GZIP):
        return _gzip
    if data.startswith(_ZSTD):
        return _zstd
    if label in ("br", "x-br") and not _is_plain(data):
        return _brotli
    if label == "deflate" and not _is_plain(data):
        return _deflate
    return None


def _is_plain(data: bytes) -> bool:
    """Whether the bytes begin as a feed or a page does, whatever their label says."""
    return data.lstrip(b"\xef\xbb\xbf\t\r\n ")[:1] in (b"<", b"{", b"") and data[:1] != b"\x0b"


def _bounded(parts: Iterator[bytes], limit: int) -> bytes:
    found = bytearray()
    for part in parts:
        found += part
        if len(found) > limit:
            raise FetchError(
                Failure.TOO_LARGE, f"the answer is larger than {limit:,} bytes when unpacked"
            )
    return bytes(found)


def _gzip(data: bytes) -> Iterator[bytes]:
    """One member after the other; what follows the last and is none is padding."""
    import zlib

    at = members = 0
    while data.startswith(b"\x1f\x8b", at):
        members = _one_more(members)
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            part, at = _inflated(member, data, at)
            yield part


def _deflate(data: bytes) -> Iterator[bytes]:
    """As the standard says (in a zlib wrapper), or bare, as some servers do."""
    import zlib

    wrapped = data[:1] and data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
    packed = zlib.decompressobj(wbits=15 if wrapped else -15)
    at = 0
    while not packed.eof:
        part, at = _inflated(packed, data, at)
        yield part


def _inflated(packed: zlib._Decompress, data: bytes, at: int) -> tuple[bytes, int]:
    """The next part, and where the next input begins: whole inputs are never copied about."""
    import zlib

    given = data[at : at + _SLICE]
    try:
        part = packed.decompress(given, _SLICE)
    except zlib.error as error:
        raise _PackedError(f"is damaged ({error})") from None
    if not given and not part and not packed.eof:
        raise _PackedError("is cut off")
    return part, at + len(given) - len(packed.unconsumed_tail) - len(packed.unused_data)


def _one_more(pieces: int) -> int:
    if pieces == PIECES:
        raise _PackedError(f"has more than {PIECES:,} pieces")
    return pieces + 1


def _brotli(data: bytes) -> Iterator[bytes]:
    import brotli

    decoder = brotli.Decompressor()
    pending = data
    try:
        while not decoder.is_finished():
            part = decoder.process(pending, output_buffer_limit=_SLICE)
            pending = b""
            if not part and decoder.can_accept_more_data() and not decoder.is_finished():
                raise _PackedError("is cut off")
            yield part
    except brotli.error:
        raise _PackedError("is damaged") from None


def _zstd(data: bytes) -> Iterator[bytes]:
    import sys

    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    at = frames = 0
    while data.startswith(b"\x28\xb5\x2f\xfd", at):
        frames = _one_more(frames)
        frame = zstd.ZstdDecompressor(options=options)
        while not frame.eof:
            # What it was given and has not used it keeps: it asks before it wants more.
            given = data[at : at + _SLICE] if frame.needs_input else b""
            at += len(given)
            if frame.needs_input and not given:
                raise _PackedError("is cut off")
            try:
                yield frame.decompress(given, _SLICE)
            except zstd.ZstdError as error:
                raise _PackedError(f"is damaged ({error})") from None
        at -= len(frame.unused_data)
