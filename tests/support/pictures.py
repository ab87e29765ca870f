"""Pictures for tests, made by Pillow: small ones, odd ones, and bombs."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image

RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(
    form: str = "PNG",
    size: tuple[int, int] = (320, 200),
    colour: tuple[int, ...] = RED,
    **save: object,
) -> bytes:
    """A picture of one colour; its upper left quarter is blue."""
    image = Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour)
    image.paste(BLUE, (0, 0, size[0] // 2, size[1] // 2))
    out = BytesIO()
    image.save(out, form, **save)
    return out.getvalue()


def turned(orientation: int) -> bytes:
    """A photo of 320 × 200 pixels that EXIF says to turn."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return picture("JPEG", exif=exif)


def animation() -> bytes:
    """A GIF that is red, and then, for 300 frames, blue."""
    frames = [Image.new("RGB", (64, 64), BLUE) for _ in range(300)]
    out = BytesIO()
    Image.new("RGB", (64, 64), RED).save(out, "GIF", save_all=True, append_images=frames)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG whose header says a size, with a few bytes that would unpack to many."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(10_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><script>x()</script></svg>'
