"""What is written survives a power cut, also where the system's `fsync` is not enough (macOS)."""

from __future__ import annotations

import errno
import os
import re
from contextlib import closing
from pathlib import Path

import pytest

from rilo_reader import files
from rilo_reader.store.sqlite import connect
from rilo_reader.store.state import open_state

CALL = r"os\.f(data)?sync"


@pytest.mark.parametrize("is_known", [True, False])
def test_a_file_is_flushed_to_the_disk_itself_where_that_is_another_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_known: bool
) -> None:
    done: list[str] = []

    def full(handle: int) -> None:
        if not is_known:
            raise OSError(errno.ENOTSUP, "a disk on a network")
        done.append("full")

    monkeypatch.setattr(os, "fsync", lambda handle: done.append("fsync"))
    with (tmp_path / "file").open("w") as opened:
        files.flush_handle(opened.fileno(), full)
    assert done == ["full" if is_known else "fsync"]


def test_commits_of_marks_ask_for_the_same(tmp_path: Path) -> None:
    open_state(tmp_path / "state.db").close()
    with closing(connect(tmp_path / "state.db")) as connection:
        for setting, value in (("synchronous", 2), ("fullfsync", 1), ("checkpoint_fullfsync", 1)):
            assert connection.execute(f"PRAGMA {setting}").fetchone() == (value,)


def test_nothing_else_flushes_by_itself() -> None:
    source = Path(files.__file__).parent
    found = [file.name for file in source.rglob("*.py") if re.search(CALL, file.read_text("utf-8"))]
    assert found == ["files.py"]
