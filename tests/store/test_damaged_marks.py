"""A marks file that is damaged, as somebody at the command line meets it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from tests.support.command_line import User


def starred(user: User) -> Path:
    """Two articles, one of them starred; returns the marks file, which has a backup."""
    for name in ("a", "b"):
        user.write(f"{name}.md", f"# Story {name}\n\nText.\n")
    with open_library(user.library, user_paths()) as library:
        list(library.follower.reconcile())
        article = library.find("a.md")
        assert article is not None
        library.state.set_starred([article], True)
        return library.state_file


def test_one_byte_that_is_no_utf_8_costs_nothing(user: User) -> None:
    file = starred(user)
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("UPDATE value SET id = CAST(id || x'ff' AS TEXT)")
        raw.execute("UPDATE clock SET writes = writes + 1")
    found = user.ask("search", "is:starred", "--library", str(user.library), "--count")
    assert (found.code, found.out) == (0, "1\n")
    assert "backup" in found.err
    again = user.ask("search", "is:starred", "--library", str(user.library), "--count")
    assert (again.code, again.out, again.err) == (0, "1\n", "")
    assert user.ask("doctor", "--library", str(user.library)).code == 0


def test_doctor_meets_it_first(user: User) -> None:
    file = starred(user)
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("UPDATE value SET id = CAST(id || x'ff' AS TEXT)")
        raw.execute("UPDATE clock SET writes = writes + 1")
    told = user.ask("doctor", "--library", str(user.library))
    assert "Traceback" not in told.err
    found = user.ask("search", "is:starred", "--library", str(user.library), "--count")
    assert (found.code, found.out) == (0, "1\n")
