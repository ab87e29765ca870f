"""The size of a picture by its header."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.plugins.pictures.header import PictureHeader, read_header
from tests.support.for_each import for_each
from tests.support.pictures import SVG, animation, picture, png_that_claims, turned


@for_each("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP"])
def test_each_kind_says_its_size(form: str) -> None:
    assert read_header(BytesIO(picture(form))) == PictureHeader(form.lower(), 320, 200)


def test_webp_says_it_in_three_ways() -> None:
    assert read_header(BytesIO(picture("WEBP", lossless=True))) == PictureHeader("webp", 320, 200)
    see_through = picture("WEBP", colour=(9, 9, 9, 90))
    assert read_header(BytesIO(see_through)) == PictureHeader("webp", 320, 200)


@for_each("orientation, size", [(1, (320, 200)), (3, (320, 200)), (6, (200, 320))])
def test_a_photo_that_lies_on_its_side_is_as_large_as_it_is_shown(
    orientation: int, size: tuple[int, int]
) -> None:
    assert read_header(BytesIO(turned(orientation))) == PictureHeader("jpeg", *size)


def test_what_is_no_picture_has_no_size() -> None:
    for data in (
        b"",
        SVG,
        b"<html>",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\0" * 9,
        b"BM",
        b"GIF89a",
    ):
        assert read_header(BytesIO(data)) is None
    assert read_header(BytesIO(png_that_claims(0, 5))) is None
    # A JPEG of thousands of segments is not walked to its end.
    assert read_header(BytesIO(b"\xff\xd8" + b"\xff\xe0\0\2" * 5000)) is None


def test_bytes_before_a_marker_are_skipped() -> None:
    whole = picture("JPEG")
    for more in (b"\xff" * 500, b"\xff\x01\xff\xd0"):
        assert read_header(BytesIO(whole[:2] + more + whole[2:])) == PictureHeader("jpeg", 320, 200)
    assert read_header(BytesIO(whole[:2] + b"\xff" * 10_000 + whole[2:])) is None


class Counting(BytesIO):
    """Says how much was read of it."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read, and count."""
        found = super().read(size)
        self.taken += len(found)
        return found


@for_each("length", range(2, 12))
def test_a_short_exif_reads_no_more_than_others(length: int) -> None:
    whole = picture("JPEG")
    exif = b"\xff\xe1" + length.to_bytes(2) + b"Exif\0\0"[: length - 2].ljust(length - 2, b"\0")
    file = Counting(whole[:2] + exif + whole[2:] + bytes(1_000_000))
    assert read_header(file) == PictureHeader("jpeg", 320, 200)
    assert file.taken < 10_000
    long = b"\xff\xe1\xff\xff" + b"Exif\0\0".ljust(65_533, b"\0")
    file = Counting(whole[:2] + long * 190 + whole[2:])
    assert read_header(file) == PictureHeader("jpeg", 320, 200)
    assert file.taken < 1_000_000


def test_the_first_bytes_are_enough() -> None:
    assert read_header(BytesIO(animation()[:10])) == PictureHeader("gif", 64, 64)


@cache
def whole_pictures() -> tuple[bytes, ...]:
    return picture("PNG"), turned(6), picture("WEBP"), picture("AVIF")


@given(st.data())
def test_damage_is_no_error(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(whole_pictures()))
    at = data.draw(st.integers(0, min(len(whole), 400) - 1))
    broken = bytearray(whole)
    broken[at] = data.draw(st.integers(0, 255))
    read_header(BytesIO(bytes(broken[: data.draw(st.integers(0, len(whole)))])))
