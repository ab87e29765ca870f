"""The size of a picture by its first bytes, without decoding it (pure).

So a page knows how many lines to leave for a picture before there is anything to draw.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import BinaryIO, NamedTuple

MOST_SEGMENTS = 200  # of a JPEG before its size
MOST_FILLED = 1_000  # bytes that may stand before a marker
MOST_EXIF = 4_096  # bytes of what cameras write, in which the orientation comes first
_MARKERS_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # markers that no length follows
_FIRST_BYTES = 4096  # bytes that tell the size of all others


class PictureHeader(NamedTuple):
    """The kind and the size of a picture, upright."""

    kind: str  # subtype of its media type: "png", "jpeg", "gif", "webp", "avif" or "bmp"
    width: int  # pixels
    height: int


def read_header(file: BinaryIO) -> PictureHeader | None:
    """Read the kind and the size of a picture; None if it is not one, or does not say.

    Reads a few kilobytes, and seeks. Raises OSError.
    """
    data = file.read(_FIRST_BYTES)
    with suppress(struct.error, IndexError):
        if data[:3] == b"\xff\xd8\xff":
            file.seek(2)
            return _read_jpeg_header(file)
        found = _read_simple_header(data)
        if found is not None and found.width > 0 and found.height > 0:
            return found
    return None


def _read_simple_header(data: bytes) -> PictureHeader | None:
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return PictureHeader("png", *struct.unpack(">II", data[16:24]))
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return PictureHeader("gif", *struct.unpack("<HH", data[6:10]))
    if data[:2] == b"BM":
        width, height = struct.unpack("<ii", data[18:26])
        return PictureHeader("bmp", width, abs(height))  # those upside down have a negative height
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _read_webp_header(data)
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        at = data.index(b"ispe") if b"ispe" in data else len(data)
        return PictureHeader("avif", *struct.unpack(">II", data[at + 8 : at + 16]))
    return None


def _read_webp_header(data: bytes) -> PictureHeader | None:
    form = data[12:16]
    if form == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif form == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", data[26:30]))
    return PictureHeader("webp", width, height)


def _read_jpeg_header(file: BinaryIO) -> PictureHeader | None:
    """Walk the segments up to that of the frame; one before it may say that it lies on its side."""
    on_side = False
    for _ in range(MOST_SEGMENTS):
        kind = _read_marker(file)
        if kind in _MARKERS_WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if not kind or length < 2:
            return None
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">xHH", file.read(5))
            if not (width and height):
                return None
            return PictureHeader("jpeg", *((height, width) if on_side else (width, height)))
        start = file.tell()
        if kind == 0xE1 and file.read(6) == b"Exif\0\0":
            on_side = _is_on_side(file.read(min(max(length - 8, 0), MOST_EXIF)))
        file.seek(start + length - 2)
    return None


def _read_marker(file: BinaryIO) -> int:
    """Read the kind of the next segment, before which any number of bytes 255 may stand; or 0."""
    filled = 0
    while (byte := file.read(1)) == b"\xff" and filled < MOST_FILLED:
        filled += 1
    return byte[0] if byte and filled and byte != b"\xff" else 0


def _is_on_side(exif: bytes) -> bool:
    """Return whether EXIF says that a picture is to be turned by a quarter."""
    order = "<" if exif[:2] == b"II" else ">"
    with suppress(struct.error):
        (at,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * min(count, 100), 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if tag == 0x0112:
                return bool(5 <= value <= 8)
    return False
