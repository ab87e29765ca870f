"""Dates of commits, with the git of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.library.git_dates import GitDates

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not here"),
]
DAYS = ("2019-03-07T10:00:00Z", "2020-03-07T10:00:00Z", "2021-03-07T10:00:00Z")
CLONES: tuple[tuple[tuple[str, ...], str], ...] = (
    ((), "2020"),
    (("--depth", "1"), "2021"),
    (("--filter=blob:none", "--no-checkout"), "2020"),
)


def git(folder: Path, *arguments: str, day: str = DAYS[0]) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    dated = {"GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day}
    command = ["git", "-C", str(folder), *identity, *arguments]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | dated)


def commit(folder: Path, day: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Change", day=day)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "notes").mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "notes/é one.md").write_text("One.\n")
    (folder / "readme.md").write_text("Read me.\n")
    commit(folder, DAYS[0])
    (folder / "notes/two.md").write_text("Two.\n")
    (folder / "notes/é one.md").rename(folder / "notes/first.md")
    commit(folder, DAYS[1])
    (folder / "notes/first.md").write_text("One more.\n")
    commit(folder, DAYS[2])
    return folder


def added(folder: Path, home: Path) -> dict[str, str]:
    found = GitDates(folder, home / "cache.json", 15).read_dates()
    return {path: f"{datetime.fromtimestamp(at, UTC):%Y}" for path, at in found.items()}


def test_a_folder_of_a_checkout(checkout: Path, tmp_path: Path) -> None:
    wanted = {"é one.md": "2019", "first.md": "2019", "two.md": "2020"}
    assert added(checkout / "notes", tmp_path) == wanted
    assert added(checkout / "notes", tmp_path) == wanted  # from the cache


def test_a_clone_a_shallow_one_and_a_worktree(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "config", "uploadpack.allowFilter", "true")
    for number, (kind, year) in enumerate(CLONES):
        git(tmp_path, "clone", "-q", *kind, checkout.as_uri(), f"clone{number}")
        (tmp_path / f"home{number}").mkdir()
        assert (
            added(tmp_path / f"clone{number}", tmp_path / f"home{number}")["notes/two.md"] == year
        )
    git(checkout, "worktree", "add", "-q", "../tree")
    assert added(tmp_path / "tree", tmp_path)["notes/two.md"] == "2020"


def test_a_damaged_repository_and_an_empty_one(checkout: Path, tmp_path: Path) -> None:
    shutil.rmtree(checkout / ".git/objects")
    assert added(checkout, tmp_path) == {}
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    assert added(tmp_path / "empty", tmp_path) == {}
