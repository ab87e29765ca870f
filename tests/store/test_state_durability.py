"""Killed at any moment, what State confirmed is there."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.store.sqlite import connect
from rilo_reader.store.state import open_state

CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from rilo_reader.store.state import open_state

state = open_state(Path(sys.argv[1]))
round = sys.argv[2]
for notice in state.notices:
    print("notice", notice, flush=True)
number = 0
while True:
    one, many = f"{round}-{number}", [f"{round}-{number}-{n}" for n in range(50)]
    state.set_read([one], True); print("read", one, flush=True)
    state.set_starred(many, True); print("starred", *many, flush=True)
    state.save_position(one, number + 1, datetime.now(UTC))
    print("position", one, number + 1, flush=True)
    if number % 3 == 0:
        state.set_tags(one, ["kept"]); print("tag", one, flush=True)
    if number % 5 == 0:
        state.backup()
    number += 1
"""

ROUNDS = 25


@pytest.mark.slow
def test_what_was_confirmed_survives_sigkill(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    chance = random.Random(20261124)
    read: set[str] = set()
    starred: set[str] = set()
    tagged: set[str] = set()
    positions: dict[str, int] = {}
    for number in range(ROUNDS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, file, str(number)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        # Killed after so many confirmations, wherever it is then; the rest of what it had
        # already confirmed still stands in the pipe.
        lines = [child.stdout.readline() for _ in range(chance.randrange(1, 40))]
        child.kill()
        lines += child.stdout.readlines()
        child.wait()
        child.stdout.close()
        for line in lines:
            if not line.endswith("\n"):
                continue
            word, *rest = line.split()
            assert word != "notice", line
            if word == "read":
                read.update(rest)
            elif word == "starred":
                starred.update(rest)
            elif word == "tag":
                tagged.update(rest)
            elif word == "position":
                positions[rest[0]] = int(rest[1])
    with closing(open_state(file)) as state:
        assert state.notices == ()
        assert len(read) > ROUNDS
        assert read <= set(state.ids_with("read"))
        assert starred <= set(state.ids_with("starred"))
        assert tagged <= set(state.tags()["kept"])
        kept = state.marks([ArticleId(article) for article in positions])
        assert {article: kept[ArticleId(article)].position for article in positions} == positions
        # All or nothing: fifty stars are one marking.
        assert len(state.ids_with("starred")) % 50 == 0


@pytest.mark.slow
def test_killed_while_it_is_made(tmp_path: Path) -> None:
    """A file that comes to be is either not there or whole."""
    file = tmp_path / "state.db"
    program = (
        "import os, sqlite3, sys; from pathlib import Path\n"
        "from rilo_reader.store import sqlite, state\n"
        "left = int(sys.argv[2])\n"
        "def stop(event, arguments):\n"
        "    global left\n"
        "    if event in ('open', 'os.link', 'os.remove', 'sqlite3.connect'):\n"
        "        left -= 1\n"
        "        if left == 0: os._exit(9)\n"
        "sys.addaudithook(stop)\n"
        "state.open_state(Path(sys.argv[1])).set_read(['a'], True)\n"
    )
    for steps in range(1, 60):
        done = subprocess.run([sys.executable, "-c", program, file, str(steps)], check=False)
        if done.returncode == 0:
            break
        if file.exists():
            assert file.stat().st_size > 0
        with closing(open_state(file)) as state:
            assert state.notices == ()
            state.set_starred([ArticleId("b")], True)
        for name in (file, file.with_name("state.db-wal"), file.with_name("state.db-shm")):
            name.unlink(missing_ok=True)
    else:
        raise AssertionError("it never got to the end")
    assert steps > 3


def test_every_commit_is_flushed(tmp_path: Path) -> None:
    """A kill does not show it, a power cut would: the promise is SQLite's, and asked for."""
    file = tmp_path / "state.db"
    open_state(file).close()
    with closing(connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_nobody_else_may_read_what_was_read(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with closing(open_state(file)) as state:
        state.set_read([ArticleId("a")], True)
        state.backup()
        assert len(list(tmp_path.iterdir())) == 4
        for path in tmp_path.iterdir():
            assert path.stat().st_mode & 0o777 == 0o600, path.name
    file.write_bytes(b"damaged")
    with closing(open_state(file)) as state:
        assert "restored" in state.notices[0]
        assert file.stat().st_mode & 0o777 == 0o600
