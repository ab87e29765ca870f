"""An index's files are read before somebody asks: which of them, and until when."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.index.directory import PIECE, READ_KINDS, read_ahead
from rilo_reader.index.index import SearchIndex

linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what lies in memory")


def in_memory(file: Path) -> int:
    """How many bytes of a file lie in the page cache."""
    size = file.stat().st_size
    pages = -(-size // mmap.PAGESIZE)
    present = (ctypes.c_ubyte * pages)()
    with file.open("rb") as opened:
        shared = mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_COPY)
        start = ctypes.addressof(ctypes.c_char.from_buffer(shared))
        libc = ctypes.CDLL(None, use_errno=True)
        failed = libc.mincore(ctypes.c_void_p(start), ctypes.c_size_t(size), present)
    assert not failed
    return sum(page & 1 for page in present) * mmap.PAGESIZE


def only_on_disk(file: Path) -> None:
    """Let the system forget what it has of a file in memory."""
    descriptor = os.open(file, os.O_RDWR)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    if in_memory(file):
        pytest.skip("this file system keeps all its files in memory")


@pytest.fixture
def on_disk() -> Iterator[Path]:
    """A folder where temporary files usually lie: that of the other tests may be in memory."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@linux
def test_what_every_query_reads_lies_in_memory_afterwards_and_the_rest_does_not(
    on_disk: Path,
) -> None:
    names = [f"a.{kind}" for kind in (*READ_KINDS, "store", "pos")]
    for name in names:
        (on_disk / name).write_bytes(os.urandom(3 * PIECE))
        only_on_disk(on_disk / name)
    read_ahead(on_disk, [*names, "gone.idx"], lambda: True)
    there = {name for name in names if in_memory(on_disk / name) >= 3 * PIECE}
    assert there == {f"a.{kind}" for kind in READ_KINDS}
    assert in_memory(on_disk / "a.store") == in_memory(on_disk / "a.pos") == 0


@pytest.mark.slow
@linux
def test_it_ends_when_nobody_wants_it_any_more(on_disk: Path) -> None:
    for name in ("a.idx", "b.idx"):
        (on_disk / name).write_bytes(os.urandom(40 * PIECE))
        only_on_disk(on_disk / name)
    asked: list[bool] = []

    def wanted() -> bool:
        asked.append(True)
        return len(asked) < 3

    read_ahead(on_disk, ["a.idx", "b.idx"], wanted)
    assert in_memory(on_disk / "a.idx") < 40 * PIECE
    assert in_memory(on_disk / "b.idx") == 0


def test_a_damaged_list_of_segments_is_left_to_the_next_query(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path / "index")
    meta = next((tmp_path / "index").rglob("meta.json"))
    assert json.loads(meta.read_bytes())
    meta.write_bytes(b"{")
    index.read_ahead(lambda: True)
