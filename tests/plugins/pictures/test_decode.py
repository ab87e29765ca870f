"""Decoding: what is shown of a picture, and what a hostile one can do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from rilo_reader.errors import NotReadableError
from rilo_reader.plugins.pictures import decode
from rilo_reader.plugins.pictures.decode import (
    SIXEL_COLOURS,
    decode_as_png,
    decode_half_blocks,
    decode_lines,
    rewrite_for_cache,
)
from rilo_reader.plugins.pictures.fetch import DECODER, decode_in_worker
from rilo_reader.workers import WorkerPool
from tests.support.pictures import BLUE, RED, SVG, animation, picture, png_that_claims, turned

GROUND = (20, 20, 20)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "picture"


def pixels(file: Path, data: bytes, columns: int = 8, rows: int = 4) -> Image.Image:
    file.write_bytes(data)
    width, height, raster = decode_half_blocks(str(file), columns, rows, GROUND)
    return Image.frombytes("RGB", (width, height), raster)


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP"])
def test_each_kind_is_two_pixels_a_cell(file: Path, form: str) -> None:
    shown = pixels(file, picture(form, (320, 320)))
    assert shown.size == (8, 8)
    assert near(shown.getpixel((1, 1)), BLUE)
    assert near(shown.getpixel((6, 6)), RED)


def test_a_photo_stands_upright(file: Path) -> None:
    # Turned clockwise by a quarter, the blue corner is at the upper right.
    shown = pixels(file, turned(6), 10, 8)
    assert shown.size == (10, 16)
    assert near(shown.getpixel((8, 1)), BLUE)
    assert near(shown.getpixel((1, 1)), RED)


@pytest.mark.slow
def test_only_the_first_frame_is_shown(file: Path) -> None:
    assert near(pixels(file, animation()).getpixel((4, 4)), RED)
    assert near(
        Image.open(BytesIO(rewrite_for_cache(animation()))).convert("RGB").getpixel((9, 9)), RED
    )


def test_the_page_is_seen_through_a_picture(file: Path) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((250, 200, 0, 255), (32, 0, 64, 64))
    out = BytesIO()
    image.save(out, "PNG")
    shown = pixels(file, out.getvalue())
    assert shown.getpixel((1, 4)) == GROUND
    assert near(shown.getpixel((6, 4)), (250, 200, 0))
    # Black lines on nothing would not be seen on a dark page.
    image.paste((0, 0, 0, 255), (32, 0, 64, 64))
    out = BytesIO()
    image.save(out, "PNG")
    assert pixels(file, out.getvalue()).getpixel((1, 4)) == (255, 255, 255)


@pytest.mark.slow
def test_the_terminal_gets_a_png_and_the_cache_small_pictures(file: Path) -> None:
    file.write_bytes(picture("JPEG", (4000, 1000)))
    shown = Image.open(BytesIO(decode_as_png(str(file), 400, 400, GROUND)))
    assert (shown.format, shown.size) == ("PNG", (400, 100))
    kept = Image.open(BytesIO(rewrite_for_cache(file.read_bytes())))
    assert kept.size == (1600, 400)
    assert Image.open(BytesIO(rewrite_for_cache(turned(6)))).size == (200, 320)
    alpha = Image.open(BytesIO(rewrite_for_cache(picture("PNG", colour=(9, 9, 9, 90)))))
    assert alpha.mode == "RGBA"


def seen(line: bytes) -> Image.Image:
    """What a terminal makes of sixels."""
    raster, body = re.fullmatch(rb'"1;1;(\d+;\d+)(#.*)', line, re.DOTALL).groups()  # type: ignore[union-attr]
    width, height = map(int, raster.split(b";"))
    image = Image.new("RGB", (width, height), (255, 0, 255))
    colours: dict[int, tuple[int, ...]] = {}
    colour, x, y = 0, 0, 0  # and the column and line of the next sixel
    for number, parts, count, letter in re.findall(
        rb"#(\d+)((?:;\d+)*)|(?:!(\d+))?([$?-~-])", body
    ):
        if parts:
            _, *shares = map(int, parts[1:].split(b";"))
            colours[int(number)] = tuple(round(share * 2.55) for share in shares)
        elif number:
            colour = int(number)
        elif letter in b"$-":
            x, y = 0, y + 6 * (letter == b"-")
        else:
            end = x + int(count or 1)
            for bit in filter(lambda bit: ord(letter) - 63 >> bit & 1, range(6)):
                for column in range(x, end):
                    image.putpixel((column, y + bit), colours[colour])  # raises beyond its height
            x = end
    return image


@pytest.mark.parametrize(("width", "height"), [(9, 18), (10, 20), (7, 13)])
def test_each_line_is_a_picture_in_sixels_or_a_file(file: Path, width: int, height: int) -> None:
    file.write_bytes(picture("PNG", (320, 320)))
    for form in ("sixel", "jpeg"):
        (columns, rows, raster), drawn = decode_lines(
            str(file), (8, 4), (width, height), GROUND, form
        )
        assert len(drawn) == rows // 2 == 4
        assert len(raster) == 3 * columns * rows
        shown = [seen(line) if form == "sixel" else Image.open(BytesIO(line)) for line in drawn]
        assert {line.size for line in shown} == {(8 * width, height)}
        for line, left in zip(shown, (BLUE, BLUE, RED, RED), strict=True):
            assert near(line.getpixel((2, height - 1)), left)
            assert near(line.getpixel((8 * width - 1, 0)), RED)


def test_sixels_have_the_colours_of_a_photo(file: Path) -> None:
    Image.linear_gradient("L").convert("RGB").save(file, "PNG")
    _, drawn = decode_lines(str(file), (12, 6), (10, 20), GROUND, "sixel")
    shown = Image.new("L", (120, 120))
    for number, line in enumerate(drawn):
        assert line.count(b";2;") <= SIXEL_COLOURS
        shown.paste(seen(line).convert("L"), (0, 20 * number))
    for y in range(120):
        assert abs(int(shown.getpixel((60, y))) - y * 256 / 120) < 16  # type: ignore[arg-type]


def test_the_page_is_seen_through_lines(file: Path) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((250, 200, 0, 255), (32, 0, 64, 64))
    image.save(file, "PNG")
    _, drawn = decode_lines(str(file), (8, 4), (10, 20), GROUND, "sixel")
    assert near(seen(drawn[0]).getpixel((5, 5)), GROUND)
    assert near(seen(drawn[0]).getpixel((75, 5)), (250, 200, 0))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (SVG, "kind of picture"),
        (b"", "kind of picture"),
        (b"<html>", "kind of picture"),
        (png_that_claims(60_000, 60_000), "too large: 60,000"),
        (png_that_claims(2_000_000_000, 2), "too large"),
    ],
)
def test_what_is_not_shown_says_why(file: Path, data: bytes, reason: str) -> None:
    file.write_bytes(data)
    with pytest.raises(NotReadableError, match=reason):
        decode_half_blocks(str(file), 8, 4, GROUND)
    with pytest.raises(NotReadableError, match=reason):
        rewrite_for_cache(data)


def test_bytes_are_bounded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MOST_BYTES", 100)
    file.write_bytes(picture())
    with pytest.raises(NotReadableError, match="too large"):
        decode_half_blocks(str(file), 8, 4, GROUND)
    with pytest.raises(NotReadableError, match="No such file"):
        decode_as_png(str(file.parent / "missing"), 9, 9, GROUND)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1, preload=[DECODER]) as workers:
        yield workers


@pytest.mark.slow
async def test_a_worker_says_what_is_damaged(pool: WorkerPool, file: Path) -> None:
    whole = picture("PNG", (900, 900))
    for data in (
        whole[:50],
        b"\x89PNG\r\n\x1a\n" + whole[8:40] + b"x" * 99,
        b"RIFFxxxxWEBPVP8 " * 9,
    ):
        with pytest.raises(NotReadableError):
            await decode_in_worker(pool, "rewrite_for_cache", data)
    # Of a photo that was cut off, what came is shown.
    file.write_bytes(picture("JPEG", (900, 900))[:-500])
    width, _, _ = await decode_in_worker(pool, "decode_half_blocks", str(file), 8, 4, GROUND)
    assert width == 8


@pytest.mark.slow
async def test_an_animation_of_many_frames_costs_one(pool: WorkerPool) -> None:
    assert len(await decode_in_worker(pool, "rewrite_for_cache", animation())) < 1000
