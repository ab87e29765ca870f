"""Content-Encoding undone, within a bound: gzip, deflate, br, zstd, one around the other.

What a server says about the encoding is often wrong, so the bytes are asked first: gzip and zstd
say themselves what they are. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rilo_reader.collect.fetching import Failure, FetchError

LAYERS = 4
_SLICE = 65_536
_WINDOW_LOG = 23
"""zstd on the web may ask for a window of 8 MB and not more (RFC 9659)."""


class _PackedError(ValueError):
    """The bytes are not what they were taken for; the message says how."""


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
    if data[:3] == b"\x1f\x8b\x08":
        return _gzip
    if data[:4] == b"\x28\xb5\x2f\xfd":
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

    while data[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(wbits=31)
        try:
            while not member.eof:
                part = member.decompress(data, _SLICE)
                data = member.unconsumed_tail
                if not part and not data and not member.eof:
                    raise _PackedError("is cut off")
                yield part
        except zlib.error as error:
            raise _PackedError(f"is damaged ({error})") from None
        data = member.unused_data


def _deflate(data: bytes) -> Iterator[bytes]:
    """As the standard says (in a zlib wrapper), or bare, as some servers do."""
    import zlib

    wrapped = data[:1] and data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
    packed = zlib.decompressobj(wbits=15 if wrapped else -15)
    try:
        while not packed.eof:
            part = packed.decompress(data, _SLICE)
            data = packed.unconsumed_tail
            if not part and not data and not packed.eof:
                raise _PackedError("is cut off")
            yield part
    except zlib.error as error:
        raise _PackedError(f"is damaged ({error})") from None


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
    while data[:4] == b"\x28\xb5\x2f\xfd":
        frame = zstd.ZstdDecompressor(options=options)
        pending = data
        try:
            while not frame.eof:
                part = frame.decompress(pending, _SLICE)
                pending = b""
                if not part and frame.needs_input and not frame.eof:
                    raise _PackedError("is cut off")
                yield part
        except zstd.ZstdError as error:
            raise _PackedError(f"is damaged ({error})") from None
        data = frame.unused_data
