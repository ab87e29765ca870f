"""Dates of commits for articles that have none, with a git that is written here."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.dates import format_date
from rilo_reader.library import Library, open_library
from rilo_reader.library.git_dates import parse_log
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.query.parser import parse
from rilo_reader.system_programs import find_program
from tests.support.for_each import for_each
from tests.support.reader import paths_in

LOG = (
    b"@1551916800\0\0\nA\0a.md\0A\0pictures/a.png\0A\0old.md\0"
    b"@1552003200\0@1552089600\0\nR100\0old.md\0sub/\xff new.md\0A\0a.md\0"
)
THEN = "2019-03-07 00:00"


def test_the_first_commit_of_a_file_counts_also_under_another_name() -> None:
    assert parse_log(LOG) == {
        "a.md": 1551916800,
        "old.md": 1551916800,
        "sub/\ufffdFF new.md": 1551916800,
    }


@for_each("log", [b"", b"\0\0", b"@", b"@x\0A\0a.md", b"A", b"R100\0a.md", b"\xff"])
def test_what_git_does_not_print_is_no_date(log: bytes) -> None:
    assert set(parse_log(log)) <= {"a.md"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with an article in it, and a git that prints LOG and notes each call."""
    folder = tmp_path / "notes"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git/HEAD").write_text("1" * 40)
    (folder / "a.md").write_text("Words.\n")
    os.utime(folder / "a.md", (1_000_000_000,) * 2)  # long enough ago to be known by it
    (tmp_path / "bin").mkdir()
    (tmp_path / "log").write_bytes(LOG)
    says(tmp_path, f"cat {tmp_path}/log")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    return folder


def says(home: Path, script: str) -> None:
    git = home / "bin/git"
    git.write_text(f'#!/bin/sh\necho "$GIT_DIR $*" >> {home}/calls\n{script}\n')
    git.chmod(0o755)


def calls(home: Path) -> int:
    return len((home / "calls").read_text().splitlines()) if (home / "calls").exists() else 0


def opened(home: Path, git_seconds: float = 15.0) -> Library:
    library = open_library(
        home / "notes", paths_in(home), limits=ReadingLimits(git_seconds=git_seconds)
    )
    list(library.follower.reconcile())
    return library


def dates(library: Library) -> dict[str, str]:
    """The dates in lists; those of the pages are the same."""
    rows = library.search.window(parse(""), 0, 50).rows
    assert [library.article(row.id).date for row in rows] == [row.date for row in rows]
    zone = datetime.now(UTC)
    return {row.path: format_date(row.date, row.date_only, form="iso", now=zone) for row in rows}


def test_an_article_without_a_date_has_that_of_its_commit(folder: Path, tmp_path: Path) -> None:
    (folder / "dated.md").write_text("---\ndate: 2020-02-02\n---\n\nWords.\n")
    (folder / "new.md").write_text("Words.\n")
    (folder / "_index.md").write_text("Words.\n")
    with opened(tmp_path) as library:
        found = dates(library)
        assert found["a.md"] == THEN
        assert found["dated.md"] == "2020-02-02"
        assert found["new.md"].startswith(f"{datetime.now(UTC):%Y}")  # not committed
        assert found["_index.md"] == "no date"


def test_git_is_asked_again_when_head_has_moved(folder: Path, tmp_path: Path) -> None:
    (folder / "new.md").write_text("Words.\n")
    opened(tmp_path).close()
    assert calls(tmp_path) == 1
    opened(tmp_path).close()
    assert calls(tmp_path) == 1
    (tmp_path / "log").write_bytes(LOG + b"@1552176000\0\0\nA\0new.md\0")
    (folder / ".git/HEAD").write_text("2" * 40)
    with opened(tmp_path) as library:
        assert dates(library) == {"a.md": THEN, "new.md": "2019-03-10 00:00"}
    assert calls(tmp_path) == 2


def test_a_failure_is_remembered_until_head_moves(folder: Path, tmp_path: Path) -> None:
    says(tmp_path, "exit 128")
    for _ in range(3):
        opened(tmp_path).close()
    assert calls(tmp_path) == 1
    (folder / ".git/HEAD").write_text("2" * 40)
    opened(tmp_path).close()
    assert calls(tmp_path) == 2


def test_the_setting_is_followed_both_ways(folder: Path, tmp_path: Path) -> None:
    with opened(tmp_path, git_seconds=0) as library:
        assert dates(library)["a.md"] != THEN
    assert calls(tmp_path) == 0
    with opened(tmp_path) as library:
        assert dates(library)["a.md"] == THEN
    with opened(tmp_path, git_seconds=0) as library:
        assert dates(library)["a.md"] != THEN


@pytest.mark.parametrize(
    "script",
    [
        "exit 128",
        "exec sleep 60",
        "sleep 60",  # which outlives a script that is killed alone
        "echo HEAD",
        "exec yes",
        "printf '@9999999999999999999999\\0A\\0a.md\\0'",
    ],
)
def test_what_git_cannot_say_fails_nothing(folder: Path, tmp_path: Path, script: str) -> None:
    says(tmp_path, script)
    with opened(tmp_path, git_seconds=0.05) as library:
        assert list(dates(library)) == ["a.md"]
        assert dates(library)["a.md"] != THEN


def test_what_git_said_last_holds_where_it_is_missing(folder: Path, tmp_path: Path) -> None:
    opened(tmp_path).close()
    says(tmp_path, "exit 127")
    (folder / ".git/HEAD").write_text("2" * 40)
    with opened(tmp_path) as library:
        assert dates(library) == {"a.md": THEN}


def test_git_is_not_run_in_the_checkout(folder: Path, tmp_path: Path) -> None:
    says(tmp_path, f'echo "$PWD $HOME $GIT_OBJECT_DIRECTORY" > {tmp_path}/said; exit 1')
    opened(tmp_path).close()
    place, home, objects = (tmp_path / "said").read_text().split()
    assert place == home != os.fspath(folder)
    assert objects == os.fspath(folder / ".git/objects")
    assert not Path(place).exists()  # it was for this alone


@pytest.mark.parametrize("windows", [False, True])
def test_a_program_of_the_current_folder_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, windows: bool
) -> None:
    name = "git.exe" if windows else "git"
    for place in ("here", "bin"):
        (tmp_path / place).mkdir()
        (tmp_path / place / name).write_text("")
        (tmp_path / place / name).chmod(0o755)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", "../here")))
    assert not find_program("git", windows=windows)
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", f"{tmp_path}/bin")))
    assert find_program("git", windows=windows) == f"{tmp_path}/bin/{name}"


def test_marks_follow_a_file_that_is_moved_in_a_checkout(folder: Path, tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        (row,) = library.search.window(parse(""), 0, 1).rows
        library.state.set_starred([row.id], True)
        (folder / "sub").mkdir()
        (folder / "a.md").rename(folder / "sub/b.md")  # too few words to be known by them
        list(library.follower.reconcile())
        (row,) = library.search.window(parse(""), 0, 1).rows
        assert (row.path, row.marks.starred) == ("sub/b.md", True)
