"""A marks file that is damaged, as somebody at the command line meets it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from rilo_reader.library import open_library
from rilo_reader.paths import user_paths
from tests.support.command_line import User


def spoil_marks(user: User) -> None:
    """Two articles, one of them starred, with a backup of the marks, of which a byte is wrong."""
    for name in ("a", "b"):
        user.write(f"{name}.md", f"# Story {name}\n\nText.\n")
    with open_library(user.library, user_paths()) as library:
        list(library.follower.reconcile())
        article = library.find("a.md")
        assert article is not None
        library.state.set_starred([article], True)
        file = library.state_file
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("UPDATE value SET id = CAST(id || x'ff' AS TEXT)")
        raw.execute("UPDATE clock SET writes = writes + 1")


@pytest.mark.slow
@pytest.mark.parametrize("doctor_first", [False, True])
def test_one_byte_that_is_no_utf_8_costs_nothing(user: User, *, doctor_first: bool) -> None:
    spoil_marks(user)
    if doctor_first:
        told = user.ask("doctor", "--library", str(user.library))
        assert "Traceback" not in told.err
    for says in ("" if doctor_first else "backup", ""):
        found = user.ask("search", "is:starred", "--library", str(user.library), "--count")
        assert (found.code, found.out) == (0, "1\n")
        assert says in found.err
    assert found.err == ""
    assert user.ask("doctor", "--library", str(user.library)).code == 0
