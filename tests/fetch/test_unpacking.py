"""Packed answers: as they should be, as servers send them, and as an attacker would."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.fetch.response import decompress
from tests.support.examples import examples
from tests.support.for_each import for_each

FEED = b"<?xml version='1.0'?><rss><channel><title>News</title></channel></rss>" * 20
LIMIT = 1_000_000


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}


@for_each("encoding", PACKERS)
@for_each("data", [FEED, b"", b"<", bytes(range(256)) * 3])
def test_each_encoding_is_undone(encoding: str, data: bytes) -> None:
    assert decompress(PACKERS[encoding](data), encoding, LIMIT) == data


@for_each(
    "data, encoding",
    [
        *((FEED, said) for said in ("", "gzip", "br", "deflate", "zstd", "utf-8", "identity")),
        (b"\xef\xbb\xbf" + FEED, "br"),
        *((gzip.compress(FEED), said) for said in ("", "x-gzip", "br", "deflate", "GZIP")),
        (bare_deflate(FEED), "deflate"),
        (gzip.compress(gzip.compress(FEED)), "gzip"),
        (gzip.compress(gzip.compress(FEED)), "gzip, gzip"),
        (gzip.compress(zlib.compress(FEED)), "deflate, gzip"),
        (gzip.compress(FEED[:500]) + gzip.compress(FEED[500:]), "gzip"),
        (gzip.compress(FEED) + b"\0\0\0\0", "gzip"),
    ],
)
def test_what_servers_send_is_read(data: bytes, encoding: str) -> None:
    assert decompress(data, encoding, LIMIT).removeprefix(b"\xef\xbb\xbf") == FEED


@for_each("encoding", PACKERS)
@for_each("kept", [0.3, 0.7, 0.98])
def test_what_is_cut_off_is_not_taken_for_whole(encoding: str, kept: float) -> None:
    packed = PACKERS[encoding](bytes(i * i % 251 for i in range(9000)))
    with pytest.raises(FetchError, match="the compressed answer is") as caught:
        decompress(packed[: int(len(packed) * kept)], encoding, LIMIT)
    assert caught.value.failure is Failure.BROKEN


@pytest.mark.parametrize("encoding", PACKERS)
def test_damaged_data_is_reported(encoding: str) -> None:
    packed = bytearray(PACKERS[encoding](bytes(i * i % 251 for i in range(90_000))))
    packed[len(packed) // 2] ^= 0x55
    packed[-6] ^= 0x55
    with pytest.raises(FetchError) as caught:
        decompress(bytes(packed), encoding, LIMIT)
    assert caught.value.failure is Failure.BROKEN


@pytest.mark.parametrize("encoding", PACKERS)
@pytest.mark.slow
def test_a_bomb_stops_at_the_limit_in_bounded_memory(encoding: str) -> None:
    bomb = PACKERS[encoding](bytes(200_000_000))
    assert len(bomb) < 400_000
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match="larger than 1,000,000 bytes when unpacked") as caught:
            decompress(bomb, encoding, LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 6 * LIMIT
    finally:
        tracemalloc.stop()
    assert caught.value.failure is Failure.TOO_LARGE


@pytest.mark.parametrize("encoding", PACKERS)
def test_what_is_large_and_does_not_pack_is_read_in_one_go(encoding: str) -> None:
    data = random.Random(1).randbytes(300_000)
    packed = PACKERS[encoding](data)
    assert decompress(packed, encoding, len(data)) == data
    with pytest.raises(FetchError, match="larger than 299,999 bytes"):
        decompress(packed, encoding, len(data) - 1)


def test_layers_and_members_have_an_end() -> None:
    data = FEED
    for _ in range(6):
        data = gzip.compress(data)
    with pytest.raises(FetchError, match="more than 4 times"):
        decompress(data, "", LIMIT)
    # A bomb in a bomb.
    with pytest.raises(FetchError, match="larger than"):
        decompress(gzip.compress(gzip.compress(bytes(5_000_000))), "gzip, gzip", LIMIT)
    assert decompress(gzip.compress(b"") * 2_000, "gzip", LIMIT) == b""
    with pytest.raises(FetchError, match="more than 2,000 pieces"):
        decompress(gzip.compress(b"") * 200_000, "", LIMIT)


@for_each("encoding", ["br", "zstd", "gzip, br"])
def test_an_encoding_that_was_not_asked_for_is_named(encoding: str) -> None:
    with pytest.raises(FetchError, match=r"compressed with (br|zstd), which was not") as caught:
        decompress(b"\x8b\x03\x80<rss/>\x03", encoding, LIMIT)
    assert caught.value.failure is Failure.BROKEN


@examples(200)
@given(
    st.binary(max_size=400),
    st.sampled_from(["", "gzip", "br", "deflate", "zstd", "br, gzip"]),
    st.sampled_from([b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x78\x9c", b"<rss>"]),
)
def test_any_bytes_are_unpacked_or_reported(tail: bytes, encoding: str, head: bytes) -> None:
    try:
        assert len(decompress(head + tail, encoding, LIMIT)) <= LIMIT
    except FetchError as error:
        assert error.failure in (Failure.BROKEN, Failure.TOO_LARGE)
