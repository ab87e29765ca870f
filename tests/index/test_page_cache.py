"""The system reads an index's files ahead: which, how much of them, and until when."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import sys
from pathlib import Path

import pytest

from rilo_reader.index import readahead
from rilo_reader.index.index import open_index
from rilo_reader.index.readahead import chosen, free_memory, read_ahead
from rilo_reader.library import open_library
from tests.support.reader import paths_in

linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what lies in memory")

MB = 1 << 20


def test_what_every_question_reads_comes_first_and_the_rest_not_at_all() -> None:
    sizes = {f"a.{kind}": 1 for kind in ("pos", "store", "idx", "fast", "fieldnorm", "term", "del")}
    assert chosen(sizes, 100) == ["a.term", "a.fast", "a.fieldnorm", "a.idx"]


def test_what_does_not_fit_is_left_out_and_smaller_files_behind_it_are_not() -> None:
    sizes = {"a.term": 10, "b.term": 50, "c.term": 20, "a.fast": 10, "a.idx": 100}
    assert chosen(sizes, 40) == ["a.term", "c.term", "a.fast"]
    assert chosen(sizes, 0) == []


@linux
def test_linux_says_how_much_memory_is_free() -> None:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    assert 0 < free_memory() < pages * size


def test_where_nobody_says_how_much_memory_is_free_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readahead, "_MEMORY", tmp_path / "missing")
    assert free_memory() == 0


def in_memory(file: Path) -> int:
    """How many bytes of a file lie in the page cache."""
    size = file.stat().st_size
    pages = -(-size // mmap.PAGESIZE)
    said = (ctypes.c_ubyte * pages)()
    with file.open("rb") as opened:
        shared = mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_COPY)
        start = ctypes.addressof(ctypes.c_char.from_buffer(shared))
        libc = ctypes.CDLL(None, use_errno=True)
        failed = libc.mincore(ctypes.c_void_p(start), ctypes.c_size_t(size), said)
    assert not failed
    return sum(page & 1 for page in said) * mmap.PAGESIZE


def on_disk_alone(file: Path) -> None:
    """Let the system forget what it has of a file in memory."""
    descriptor = os.open(file, os.O_RDWR)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    if in_memory(file):
        pytest.skip("this file system keeps all its files in memory")


@linux
def test_a_file_lies_in_memory_afterwards_all_of_it(tmp_path: Path) -> None:
    for name in ("a.idx", "a.store"):
        (tmp_path / name).write_bytes(os.urandom(5 * MB))
        on_disk_alone(tmp_path / name)
    read_ahead(tmp_path, ["a.idx", "a.store", "gone.idx"], lambda: True)
    assert in_memory(tmp_path / "a.idx") >= 5 * MB
    assert in_memory(tmp_path / "a.store") == 0


@pytest.mark.slow
@linux
def test_it_ends_when_nobody_wants_it_any_more(tmp_path: Path) -> None:
    for name in ("a.idx", "b.idx"):
        (tmp_path / name).write_bytes(os.urandom(40 * MB))
        on_disk_alone(tmp_path / name)
    asked: list[bool] = []

    def wanted() -> bool:
        asked.append(True)
        return len(asked) < 3

    read_ahead(tmp_path, ["a.idx", "b.idx"], wanted)
    assert in_memory(tmp_path / "a.idx") < 40 * MB
    assert in_memory(tmp_path / "b.idx") == 0


@linux
def test_an_index_is_read_once_and_then_what_was_committed_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(readahead, "_read", lambda path, _: read.append(path.name))
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "one.md").write_text("+++\ntitle = 'One'\n+++\n\ntext\n")
    with open_library(folder, paths_in(tmp_path)) as library:
        list(library.reconcile())
        library.read_ahead(lambda: True)
        first = list(read)
        assert {name.partition(".")[2] for name in first} == set(readahead.KINDS)
        library.read_ahead(lambda: True)
        assert read == first
        (folder / "two.md").write_text("+++\ntitle = 'Two'\n+++\n\ntext\n")
        list(library.reconcile())
        library.read_ahead(lambda: True)
        assert set(read) - set(first)
        assert len(read) == len(set(read))


def test_a_broken_list_of_parts_is_left_to_whoever_asks(tmp_path: Path) -> None:
    index = open_index(tmp_path / "index")
    meta = next((tmp_path / "index").rglob("meta.json"))
    assert json.loads(meta.read_bytes())
    meta.write_bytes(b"{")
    index.read_ahead(lambda: True)
