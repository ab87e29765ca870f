"""Marks come along with a library that is moved to another path."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library.library import Library, bring_marks, open_library
from rilo_reader.paths import Paths
from rilo_reader.query.parser import parse
from rilo_reader.store.state import open_state
from tests.support.command_line import User

OLD = time.time_ns() - 10**12


def fill(folder: Path, names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        file = folder / f"{name}.md"
        file.write_text(f"# Story {name}\n\nText.\n")
        os.utime(file, ns=(OLD, OLD))
    return folder


def opened(folder: Path, paths: Paths) -> Library:
    library = open_library(folder, paths)
    list(library.follower.reconcile())
    return library


def left_with_a_star(folder: Path, paths: Paths, names: str) -> Path:
    with opened(fill(folder, names), paths) as library:
        library.state.set_starred([ArticleId(f"{names[0]}.md")], True)
    return folder


def starred(library: Library) -> set[str]:
    return set(library.search.ids(parse("is:starred")))


def test_marks_and_history_come_along_and_the_user_is_told(tmp_path: Path, paths: Paths) -> None:
    folder = fill(tmp_path / "news", "abcd")
    with opened(folder, paths) as library:
        library.state.set_starred([ArticleId("a.md")], True)
        library.state.set_tags(ArticleId("b.md"), ["harbour"])
        done = library.state.history.read()
    with closing(open_state(library.state_file)) as state:
        state.journals.set_sync_folder(folder / ".rilo")
    moved = folder.rename(tmp_path / "better")
    fill(moved, "e")
    before = sorted(moved.iterdir())
    with opened(moved, paths) as library:
        (notice,) = library.notices
        assert f"were moved from {folder}, which no longer exists: 4 of its articles" in notice
        assert starred(library) == {"a.md"}
        assert set(library.search.ids(parse("tag:harbour"))) == {"b.md"}
        assert library.state.history.read() == done
        library.state.set_starred([ArticleId("c.md")], True)
    with closing(open_state(library.state_file)) as state:
        assert state.journals.sync_folder() == moved / ".rilo"
    assert sorted(moved.iterdir()) == before
    with opened(moved, paths) as library:
        assert library.notices == ()
        assert starred(library) == {"a.md", "c.md"}


@pytest.mark.parametrize("stays", [True, False])
def test_another_library_keeps_its_marks(tmp_path: Path, paths: Paths, stays: bool) -> None:
    folder = left_with_a_star(tmp_path / "news", paths, "abcd")
    if stays:
        shutil.copytree(folder, tmp_path / "copy")
    else:
        fill(tmp_path / "copy", "abxyz")
        os.utime(tmp_path / "copy" / "a.md")
        shutil.rmtree(folder)
    with opened(tmp_path / "copy", paths) as library:
        assert library.notices == ()
        assert starred(library) == set()


def test_a_fresh_copy_of_a_library_is_known_by_its_paths(tmp_path: Path, paths: Paths) -> None:
    folder = left_with_a_star(tmp_path / "news", paths, "abcdefghij")
    shutil.rmtree(folder)
    fill(tmp_path / "clone", "abcdefghijk")
    for file in (tmp_path / "clone").iterdir():
        os.utime(file)
    with opened(tmp_path / "clone", paths) as library:
        assert starred(library) == {"a.md"}


def test_a_library_with_marks_keeps_them(tmp_path: Path, paths: Paths) -> None:
    folder = left_with_a_star(tmp_path / "news", paths, "abcd")
    left_with_a_star(tmp_path / "other", paths, "b")
    shutil.rmtree(tmp_path / "other")
    folder.rename(tmp_path / "other")
    with opened(tmp_path / "other", paths) as library:
        assert starred(library) == {"b.md"}


@pytest.mark.slow
def test_a_command_says_so_on_standard_error(user: User) -> None:
    for name in "abc":
        user.write(f"{name}.md", f"# Story {name}\n\nText.\n")
    user.run("mark", "star", "a.md", "--library", str(user.library))
    moved = user.library.rename(user.home / "moved")
    found = user.run("search", "is:starred", "--library", str(moved), "--count")
    assert (found.code, found.out) == (0, "1\n")
    assert (
        f"Your marks and history were moved from {user.library}, which no longer exists"
        in found.err
    )
    assert "Starred 1" in user.run("history", "--library", str(moved)).out


# -- a home that was copied ------------------------------------------------------------------------


def copied_home(old: Path, new: Path, *, gone: bool) -> Paths:
    """Copy a home without its cache, and perhaps without its articles."""
    shutil.copytree(old, new, ignore=shutil.ignore_patterns("cache"))
    if gone:
        shutil.rmtree(old)
    return home_paths(new)


def home_paths(home: Path) -> Paths:
    return Paths(*(home / name for name in ("config", "data", "state", "cache")))


def forget_where_marks_were(paths: Paths) -> None:
    """Leave marks as older programs did."""
    for file in paths.state.glob("*.db"):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("DELETE FROM sync WHERE key = 'file'")
            connection.commit()


@pytest.mark.slow
@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("names", ["ab", "abcdefghijkl"])
def test_marks_of_a_copied_home_are_known_by_its_place(
    tmp_path: Path, gone: bool, names: str
) -> None:
    old, new = tmp_path / "old", tmp_path / "a longer name"
    left_with_a_star(old / "news", home_paths(old), names)
    left_with_a_star(old / "other" / "news", home_paths(old), names[1:])
    paths = copied_home(old, new, gone=gone)
    with opened(new / "news", paths) as library:
        assert starred(library) == {"a.md"}
        assert str(old / "news") in library.notices[0]
    with opened(new / "other" / "news", paths) as library:
        assert starred(library) == {"b.md"}
    with opened(fill(new / "third", names), paths) as library:
        assert starred(library) == set()


@pytest.mark.parametrize("gone", [True, False])
def test_marks_of_an_older_program_are_known_by_most_of_their_articles(
    tmp_path: Path, gone: bool
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with opened(fill(old / "news", "abcd"), home_paths(old)) as library:
        library.state.set_read([ArticleId(f"{name}.md") for name in "abc"], True)
    forget_where_marks_were(home_paths(old))
    paths = copied_home(old, new, gone=gone)
    with opened(new / "news", paths) as library:
        assert set(library.search.ids(parse("is:read"))) == {"a.md", "b.md", "c.md"}


def test_a_home_without_its_articles_is_not_begun_anew(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    left_with_a_star(old / "news", home_paths(old), "abcd")
    paths = copied_home(old, new, gone=True)
    shutil.move(new / "news", tmp_path / "left")
    before = sorted(paths.state.glob("*.db"))
    (new / "news").mkdir()
    doubt = bring_marks(new / "news", paths)
    assert f"{old / 'news'} are in " in doubt
    assert f"0 of its 1 known articles are in {new / 'news'}" in doubt
    assert "Copy the articles there first" in doubt
    assert sorted(paths.state.glob("*.db")) == before
    (new / "news").rmdir()
    shutil.move(tmp_path / "left", new / "news")
    assert bring_marks(new / "news", paths) == ""
    with opened(new / "news", paths) as library:
        assert starred(library) == {"a.md"}


def test_what_failed_is_said_and_the_marks_stay(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    left_with_a_star(old / "news", home_paths(old), "abcd")
    paths = copied_home(old, new, gone=True)
    [marks] = paths.state.glob("news-*.db")
    ledger = marks.with_name(f"{marks.stem}.collected.db")
    ledger.mkdir()
    assert "cannot be copied" in bring_marks(new / "news", paths)
    ledger.rmdir()
    assert bring_marks(new / "news", paths) == ""


def test_a_damaged_index_of_before_stops_nothing(tmp_path: Path, paths: Paths) -> None:
    folder = left_with_a_star(tmp_path / "news", paths, "abcdefghijkl")
    for file in (paths.cache / "index").rglob("*.fast"):
        file.write_bytes(b"x" * file.stat().st_size)
    with opened(folder.rename(tmp_path / "better"), paths) as library:
        assert library.search.count(parse("")) == 12
