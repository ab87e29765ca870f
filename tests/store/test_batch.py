"""Many files written together are whole or absent, and on the disk, however many they are."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from rilo_reader.files import TEMPORARY
from rilo_reader.store.file_writer import SYNCFS_MIN_FILES, flush_files, remove_leftovers, write_all


def leftovers(root: Path) -> list[Path]:
    """Temporary files anywhere below."""
    return list(root.rglob(f"{TEMPORARY}*"))


@pytest.mark.parametrize("count", [0, 1, 2, SYNCFS_MIN_FILES + 20])
def test_every_file_is_written_whole(tmp_path: Path, count: int) -> None:
    texts: dict[str, str | bytes] = {
        f"f{number % 7}/{number % 3}/{number}.md": f"text {number}\n" for number in range(count)
    }
    assert write_all(tmp_path, texts) == {}
    assert {path: (tmp_path / path).read_text() for path in texts} == texts
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("count", [3, SYNCFS_MIN_FILES + 20])
def test_what_cannot_be_written_is_named_and_the_rest_is(tmp_path: Path, count: int) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    (tmp_path / "folder.md").mkdir()
    texts = {f"good/{number}.md": "x" for number in range(count)}
    failed = write_all(tmp_path, texts | {"taken/a.md": "x", "folder.md": "x"})
    assert failed.keys() == {"taken/a.md", "folder.md"}
    assert all((tmp_path / path).read_text() == "x" for path in texts)
    assert leftovers(tmp_path) == []


def test_an_old_file_keeps_its_permissions_and_a_link_what_it_is(tmp_path: Path) -> None:
    old, target = tmp_path / "old.md", tmp_path / "elsewhere.md"
    old.write_text("old")
    old.chmod(0o604)
    target.write_text("old")
    (tmp_path / "link.md").symlink_to(target)
    before = os.umask(0o027)
    try:
        assert write_all(tmp_path, {"old.md": "new", "link.md": "new", "a.md": "1\r\n"}) == {}
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == 0o640
    assert (tmp_path / "a.md").read_bytes() == b"1\r\n"
    assert (old.read_text(), stat.S_IMODE(old.stat().st_mode)) == ("new", 0o604)
    assert (tmp_path / "link.md").is_symlink()
    assert target.read_text() == "new"


def test_a_file_that_is_gone_before_it_is_flushed_is_named(tmp_path: Path) -> None:
    gone = os.fspath(tmp_path / "gone")
    (tmp_path / "here").write_text("x")
    failed = flush_files([gone, os.fspath(tmp_path / "here")])
    assert list(failed) == [gone]
    assert isinstance(failed[gone], FileNotFoundError)


def test_many_files_of_a_folder_that_is_gone_all_failed(tmp_path: Path) -> None:
    files = [os.fspath(tmp_path / "gone" / str(number)) for number in range(SYNCFS_MIN_FILES)]
    assert flush_files(files).keys() == set(files)


def test_what_cannot_be_flushed_is_not_put_in_place(tmp_path: Path) -> None:
    lost = OSError(5, "Input/output error")
    seen: list[Path] = []

    def fail(files: Sequence[str]) -> dict[str, OSError]:
        seen.extend(tmp_path.rglob("*.md"))
        return {files[1]: lost}

    assert write_all(tmp_path, {"new/a.md": "a", "new/b.md": "b"}, flush=fail) == {"new/b.md": lost}
    assert seen == []
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a.md"]


def test_a_library_that_is_not_there_is_made_in_its_place(tmp_path: Path) -> None:
    assert write_all(tmp_path / "library", {"a.md": "a", "new/b.md": "b"}) == {}
    assert [file.name for file in tmp_path.iterdir()] == ["library"]
    assert (tmp_path / "library/new/b.md").read_text() == "b"


def test_leftovers_of_a_killed_process_are_deleted(tmp_path: Path) -> None:
    (tmp_path / f"{TEMPORARY}abc.tmp").write_text("half")
    (tmp_path / "a.md").write_text("whole")
    remove_leftovers(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.md"]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from rilo_reader.store.file_writer import write_all
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
texts = {"a.md": "new" * 100_000, "b/c.md": "new" * 100_000, "d.md": "d"}
failed = write_all(Path(sys.argv[1]), texts)
print(*(f"{path}: {error.errno}" for path, error in failed.items()))
"""


@pytest.mark.skipif(os.name != "posix", reason="the limit is POSIX's")
def test_a_full_disk_leaves_the_old_file_whole_and_no_litter(tmp_path: Path) -> None:
    write_all(tmp_path, {"a.md": "old"})
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == f"a.md: {errno.EFBIG} b/c.md: {errno.EFBIG}"
    assert (tmp_path / "a.md").read_text() == "old"
    assert (tmp_path / "d.md").read_text() == "d"
    assert leftovers(tmp_path) == []


@pytest.mark.slow
def test_a_reader_sees_the_old_or_the_new_text_and_nothing_between(tmp_path: Path) -> None:
    texts = ["a" * 300_000, "b" * 200_000]
    write_all(tmp_path, {"a.md": texts[0]})
    stop = threading.Event()

    def rewrite() -> None:
        for number in range(60):
            write_all(tmp_path, {"a.md": texts[number % 2]})
        stop.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    seen = set()
    while not stop.is_set():
        seen.add((tmp_path / "a.md").read_text())
    writer.join()
    assert seen <= set(texts)


def test_text_that_cannot_be_written_leaves_the_old(tmp_path: Path) -> None:
    write_all(tmp_path, {"a.md": "old"})
    with pytest.raises(UnicodeEncodeError):
        write_all(tmp_path, {"a.md": "new", "b/c.md": "new \ud800"})
    assert (tmp_path / "a.md").read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.md"]
