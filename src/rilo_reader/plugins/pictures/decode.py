"""Decode pictures with Pillow; imported by workers only, which end a decoder that takes too long.

Of a stranger's picture only the first frame is decoded, upright, if its header is within limits.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageFile, ImageOps, ImageStat

from rilo_reader.errors import NotReadableError
from rilo_reader.plugins.pictures.cache import MOST_BYTES, MOST_PIXELS
from rilo_reader.plugins.pictures.header import read_header

LARGEST_KEPT = 1600  # pixels of the longer side in the cache
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP")
SIXEL_COLOURS = 64  # more look little better, and take longer to send
_SIXELS = bytes(range(63, 127)) + bytes(192)  # the letter for each six pixels
_RUN = re.compile(rb"(.)\1{3,}")
_FAINT = 60  # of 255: how little a drawing may differ from the ground that shows through it

Colour = tuple[int, int, int]
Raster = tuple[int, int, bytes]
"""Columns, rows and three bytes for each pixel, row by row."""


def decode_half_blocks(file: str, columns: int, rows: int, ground: Colour) -> Raster:
    """A picture as large as fits in some columns and twice as many rows of square pixels.

    What is transparent has the colour of the ground, or white where nothing would be seen there.

    Raises:
        NotReadableError: it is not a picture that is shown.
    """
    image = _open_image(_read_bytes(file), columns, 2 * rows)
    image = _on_ground(_fit_image(image, columns, 2 * rows), ground)
    return image.width, image.height, image.tobytes()


def decode_as_png(file: str, width: int, height: int, ground: Colour) -> bytes:
    """A picture within some pixels, in the format that terminals read; raises NotReadableError."""
    image = _open_image(_read_bytes(file), width, height)
    image.thumbnail((width, height), Image.Resampling.LANCZOS)
    if image.mode == "RGBA":
        image = _on_ground(image, ground)
    return _encode_image(image, "PNG", compress_level=1)


def decode_lines(
    file: str, box: tuple[int, int], cell: tuple[int, int], ground: Colour, form: str
) -> tuple[Raster, list[bytes]]:
    """A picture as `decode_half_blocks` has it, and each of its lines in "sixel" or "jpeg".

    `cell` is the width and height of a cell in pixels. Raises NotReadableError.
    """
    (columns, rows), (width, height) = box, cell
    image = _open_image(_read_bytes(file), columns * width, rows * height)
    blocks = _on_ground(_fit_image(image, columns, 2 * rows), ground)
    size = blocks.width * width, blocks.height // 2 * height
    image = _on_ground(image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0), ground)
    if form == "sixel":  # the colours are those of the whole, so that no line stands out
        image = image.quantize(SIXEL_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    cut = (image.crop((0, top, size[0], top + height)) for top in range(0, size[1], height))
    drawn = [
        _encode_sixel(line) if form == "sixel" else _encode_image(line, "JPEG", quality=85)
        for line in cut
    ]
    return (blocks.width, blocks.height, blocks.tobytes()), drawn


def _encode_sixel(image: Image.Image) -> bytes:
    """The data of a sixel sequence: for each six lines of pixels, one pass for each colour.

    The commonest colour fills them, and the others are drawn over it.
    """
    width, height = image.size
    pixels, palette = image.tobytes(), image.getpalette() or []
    used = {colour: palette[3 * colour : 3 * colour + 3] for colour in sorted(set(pixels))}
    out = b'"1;1;%d;%d' % image.size
    for colour, parts in used.items():
        out += b"#%d;2;%d;%d;%d" % (colour, *(round(part / 2.55) for part in parts))
    bands = []
    for top in range(0, height, 6):
        band = pixels[top * width : (top + 6) * width]
        rows = [band[start : start + width] for start in range(0, len(band), width)]
        first, *others = sorted(set(band), key=band.count, reverse=True)
        passes = [b"#%d!%d%c" % (first, width, 62 + (1 << len(rows)))]
        for colour in others:
            bits = 0
            for number, row in enumerate(rows):
                mask = bytearray(256)
                mask[colour] = 1 << number
                bits |= int.from_bytes(row.translate(mask), "big")
            sixels = bits.to_bytes(width, "big").translate(_SIXELS).rstrip(b"?")
            passes.append(b"#%d" % colour + _RUN.sub(_encode_run, sixels))
        bands.append(b"$".join(passes))
    return out + b"-".join(bands)


def _encode_run(run: re.Match[bytes]) -> bytes:
    return b"!%d%c" % (len(run[0]), run[0][0])


def rewrite_for_cache(data: bytes) -> bytes:
    """A picture from the web as it is kept: small, upright and rewritten.

    Raises:
        NotReadableError: it is not a picture that is shown.
    """
    image = _open_image(data, LARGEST_KEPT, LARGEST_KEPT)
    image.thumbnail((LARGEST_KEPT, LARGEST_KEPT), Image.Resampling.LANCZOS)
    if image.mode == "RGBA":
        return _encode_image(image, "PNG")
    # Drawings and screenshots have few colours, and are smaller and sharper so.
    if image.getcolors(256):
        return _encode_image(image.quantize(256, dither=Image.Dither.NONE), "PNG")
    return _encode_image(image, "JPEG", quality=85)


def _read_bytes(file: str) -> bytes:
    try:
        with Path(file).open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotReadableError(error.strerror or "It cannot be read.") from error


def _open_image(data: bytes, width: int, height: int) -> Image.Image:
    """The first frame in RGB or RGBA, upright; not much larger than wanted where that is easy."""
    header = read_header(BytesIO(data))
    if header is None:
        raise NotReadableError("It is not a kind of picture that can be shown.")
    _check_size(header.width, header.height, len(data))
    ImageFile.LOAD_TRUNCATED_IMAGES = header.kind == "jpeg"  # what came of a photo is shown
    image: Image.Image = Image.open(BytesIO(data), formats=_FORMATS)
    _check_size(image.width, image.height)  # its header may contradict itself
    image.draft("RGB", (max(width, height) * 2, max(width, height) * 2))
    ImageOps.exif_transpose(image, in_place=True)  # in place, since a copy may be 200 MB
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _check_size(width: int, height: int, size: int = 0) -> None:
    if size > MOST_BYTES or width * height > MOST_PIXELS:
        raise NotReadableError(f"It is too large: {width:,} × {height:,} pixels.")


def _fit_image(image: Image.Image, columns: int, rows: int) -> Image.Image:
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


def _encode_image(image: Image.Image, form: str, **options: int) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()
