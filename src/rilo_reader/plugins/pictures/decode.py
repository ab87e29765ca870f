"""Decode pictures with Pillow; imported by workers only, which end a decoder that takes too long.

Of a stranger's picture only the first frame is decoded, upright, if its header is within limits.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageFile, ImageOps, ImageStat

from rilo_reader.errors import NotReadableError
from rilo_reader.plugins.pictures.cache import MOST_BYTES, MOST_PIXELS
from rilo_reader.plugins.pictures.header import header_of

LARGEST_KEPT = 1600  # pixels of the longer side in the cache
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP")
_FAINT = 60  # of 255: how little a drawing may differ from the ground that shows through it

Colour = tuple[int, int, int]
Raster = tuple[int, int, bytes]
"""Columns, rows and three bytes for each pixel, row by row."""


def half_blocks(file: str, columns: int, rows: int, ground: Colour) -> Raster:
    """A picture as large as fits in some columns and twice as many rows of square pixels.

    What is transparent has the colour of the ground, or white where nothing would be seen there.

    Raises:
        NotReadableError: it is not a picture that is shown.
    """
    image = _opened(_bytes_of(file), columns, 2 * rows)
    image = _on_ground(_fitted(image, columns, 2 * rows), ground)
    return image.width, image.height, image.tobytes()


def as_png(file: str, width: int, height: int, ground: Colour) -> bytes:
    """A picture within some pixels, in the format that terminals read; raises NotReadableError."""
    image = _opened(_bytes_of(file), width, height)
    image.thumbnail((width, height), Image.Resampling.LANCZOS)
    if image.mode == "RGBA":
        image = _on_ground(image, ground)
    return _saved(image, "PNG", compress_level=1)


def for_cache(data: bytes) -> bytes:
    """A picture from the web as it is kept: small, upright and rewritten.

    Raises:
        NotReadableError: it is not a picture that is shown.
    """
    image = _opened(data, LARGEST_KEPT, LARGEST_KEPT)
    image.thumbnail((LARGEST_KEPT, LARGEST_KEPT), Image.Resampling.LANCZOS)
    if image.mode == "RGBA":
        return _saved(image, "PNG")
    # Drawings and screenshots have few colours, and are smaller and sharper so.
    if image.getcolors(256):
        return _saved(image.quantize(256, dither=Image.Dither.NONE), "PNG")
    return _saved(image, "JPEG", quality=85)


def _bytes_of(file: str) -> bytes:
    try:
        with Path(file).open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotReadableError(error.strerror or "It cannot be read.") from error


def _opened(data: bytes, width: int, height: int) -> Image.Image:
    """The first frame in RGB or RGBA, upright; not much larger than wanted where that is easy."""
    header = header_of(BytesIO(data))
    if header is None:
        raise NotReadableError("It is not a kind of picture that can be shown.")
    _check(header.width, header.height, len(data))
    ImageFile.LOAD_TRUNCATED_IMAGES = header.kind == "jpeg"  # what came of a photo is shown
    image: Image.Image = Image.open(BytesIO(data), formats=_FORMATS)
    _check(image.width, image.height)  # its header may contradict itself
    image.draft("RGB", (max(width, height) * 2, max(width, height) * 2))
    ImageOps.exif_transpose(image, in_place=True)  # in place, since a copy may be 200 MB
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _check(width: int, height: int, size: int = 0) -> None:
    if size > MOST_BYTES or width * height > MOST_PIXELS:
        raise NotReadableError(f"It is too large: {width:,} × {height:,} pixels.")


def _fitted(image: Image.Image, columns: int, rows: int) -> Image.Image:
    """The image within a box; it fills one that is as wide and high but for rounding."""
    scale = min(columns / image.width, rows / image.height)
    width, height = (max(round(side * scale), 1) for side in image.size)
    if columns - width <= 2 and rows - height <= 2:
        width, height = columns, rows
    elif height % 2:
        height += 1
    return image.resize((width, height), Image.Resampling.HAMMING, reducing_gap=3.0)


def _on_ground(image: Image.Image, ground: Colour) -> Image.Image:
    if image.mode != "RGBA":
        return image
    shape = image.getchannel("A")
    seen = ImageStat.Stat(image.convert("RGB"), shape).mean if shape.getbbox() else [0, 0, 0]
    if max(abs(a - b) for a, b in zip(seen, ground, strict=True)) < _FAINT:
        ground = (255, 255, 255) if sum(ground) < 382 else (32, 32, 32)
    back = Image.new("RGBA", image.size, (*ground, 255))
    return Image.alpha_composite(back, image).convert("RGB")


def _saved(image: Image.Image, form: str, **options: int) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()
