"""A folder that is listed as it was is not compared file by file, nor read again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from rilo_reader.library import Progress, open_library
from rilo_reader.paths import Paths
from rilo_reader.query.tree import Query

SECOND = 10**9


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(*(tmp_path / name for name in Paths._fields))


def write(folder: Path, path: str, draft: str, seconds: int = -100) -> None:
    """Write a file of always the same size, changed so many seconds from now."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\ndate: 2020-01-01\ndraft: {draft}\n---\n\nText\n")
    stamp = (time.time_ns() // (1_000 * SECOND) * 1_000 + seconds) * SECOND
    os.utime(file, ns=(stamp, stamp))


def reconciled(folder: Path, paths: Paths, *, drafts: bool = False) -> tuple[Progress, int]:
    """What the index is told to do, and how many articles it has then."""
    with open_library(folder, paths, drafts=drafts) as library:
        last = list(library.follower.reconcile())[-1]
        return last, library.search.count(Query())


def test_what_is_no_article_is_read_once(tmp_path: Path, paths: Paths) -> None:
    folder = tmp_path / "library"
    write(folder, "a.md", "nop")
    write(folder, "b.md", "yes")
    first, articles = reconciled(folder, paths)
    assert (first.added, first.skipped, articles) == (1, 1, 1)
    again, _ = reconciled(folder, paths)
    assert (again.files, again.total, again.skipped) == (2, 2, 0)
    write(folder, "b.md", "nop", seconds=-50)
    assert reconciled(folder, paths)[1] == 2


def test_only_folders_that_differ_are_compared(tmp_path: Path, paths: Paths) -> None:
    folder = tmp_path / "library"
    write(folder, "kept/b.md", "yes")
    write(folder, "other/c.md", "yes")
    reconciled(folder, paths)
    write(folder, "other/d.md", "nop")
    last, articles = reconciled(folder, paths)
    assert (last.added, last.skipped, articles) == (1, 1, 1)
    (folder / "other" / "d.md").unlink()
    assert reconciled(folder, paths)[1] == 0


def test_a_listing_counts_for_its_commit_alone(tmp_path: Path, paths: Paths) -> None:
    folder = tmp_path / "library"
    write(folder, "a.md", "nop")
    reconciled(folder, paths)
    with open_library(folder, paths) as library:
        write(folder, "a.md", "yes", seconds=-50)
        library.follower.update(["a.md"])
        assert library.search.count(Query()) == 0
    write(folder, "a.md", "nop")  # the very file that was listed
    assert reconciled(folder, paths)[1] == 1


def test_a_setting_that_takes_other_files_looks_at_all(tmp_path: Path, paths: Paths) -> None:
    folder = tmp_path / "library"
    write(folder, "a.md", "yes")
    assert reconciled(folder, paths)[1] == 0
    assert reconciled(folder, paths, drafts=True)[1] == 1


def test_a_file_that_may_change_without_another_time_is_read_again(
    tmp_path: Path, paths: Paths
) -> None:
    folder = tmp_path / "library"
    write(folder, "a.md", "yes", seconds=5_000)
    assert reconciled(folder, paths)[1] == 0
    write(folder, "a.md", "nop", seconds=5_000)
    assert reconciled(folder, paths)[1] == 1
