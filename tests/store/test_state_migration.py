"""A file of marks that 0.1.0 left is read, and keeps all it has."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.store import sqlite
from rilo_reader.store.marks import BEGINNING, POSITION, READ, STARRED, TAG, LastSession, Marks
from rilo_reader.store.state import State, StateError, open_state
from rilo_reader.store.state_schema import STATE
from tests.support.shared import samples

A, B, D = ArticleId("https://example.org/a"), ArticleId("notes/b.md"), ArticleId("notes/d.md")
WHEN = datetime(2026, 3, 7, 9, 30, 15, 123456, tzinfo=UTC)

Values = dict[tuple[ArticleId, str], str]
MARKED: Values = {
    (A, READ): "1",
    (A, TAG + "ivory"): "1",
    (B, READ): "1",
    (B, STARRED): "1",
    (B, POSITION): "1204",
    (D, STARRED): "1",
}
"""What somebody did with 0.1.0."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file as 0.1.0 left it, and its backup."""
    file = tmp_path / "state.db"
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript((samples("state") / "0.1.0.sql").read_text("utf-8"))
    shutil.copy(file, sqlite.backup_path(file))
    return file


def values_of(state: State) -> Values:
    """All that won and would travel."""
    return {
        (article, assignment.field): assignment.value
        for gesture in state.journals.iter_snapshot()
        for assignment in gesture.assignments
        for article in assignment.ids
    }


def test_all_that_was_marked_is_there_and_goes_on(file: Path) -> None:
    with closing(open_state(file)) as state:
        assert state.notices == ()
        assert values_of(state) == MARKED
        assert state.marks([B]) == {B: Marks(True, True, (), 1204, WHEN)}
        assert state.session.read() == LastSession(B, "ivory is:unread")
        assert state.searches.read_newest() == ["ivory"]
        assert state.set_starred([B], False)
        assert state.undo_last()
        assert values_of(state) == MARKED
        assert state.backup()
    assert sqlite.thorough_fault(file, STATE) == ""


def test_marks_from_before_are_older_than_every_gesture(file: Path, tmp_path: Path) -> None:
    with closing(open_state(file)) as old, closing(open_state(tmp_path / "new.db")) as new:
        assert old.history.read() == []
        [gesture] = old.journals.iter_snapshot()
        assert gesture.id.stamp == BEGINNING
        new.set_read([A], True)
        new.set_read([A], False)
        new.journals.merge_gestures([gesture], [])
        assert values_of(new) == {**MARKED, (A, READ): "0"}


def test_a_backup_of_before_is_restored(file: Path) -> None:
    open_state(file).close()
    file.write_bytes(b"damaged")
    with closing(open_state(file)) as state:
        assert "its backup of" in state.notices[0]
        assert values_of(state) == MARKED


def test_a_backup_of_no_release_is_left_and_told(file: Path) -> None:
    open_state(file).close()
    file.write_bytes(b"damaged")
    backup = sqlite.backup_path(file)
    with closing(sqlite3.connect(backup)) as raw:
        raw.execute("PRAGMA user_version=5")
    for _ in range(2):
        with closing(open_state(file)) as state:
            assert "written by an unreleased rilo-reader" in state.notices[0]
            with pytest.raises(StateError):
                state.set_read([A], True)
    assert backup.exists()


def test_one_that_is_open_when_a_newer_program_comes_takes_nothing_for_damage(
    tmp_path: Path,
) -> None:
    file = tmp_path / "state.db"
    step = {STATE.version: ("ALTER TABLE value RENAME TO other",)}
    newer = STATE._replace(version=STATE.version + 1, steps=step)
    with closing(open_state(file)) as state:
        state.set_read([A], True)
        assert state.backup()
        open_state(file, kind=newer).close()
        with pytest.raises(StateError, match="no such table"):
            state.marks([A])
        with pytest.raises(StateError, match="no such table"):
            state.set_read([B], True)
        state.backup()
        assert state.notices == ()
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("SELECT id FROM other").fetchall() == [(A,)]


KILLED = """
import os, sys
from pathlib import Path
from rilo_reader.store import sqlite
from rilo_reader.store.state_schema import STATE

connection, left = sqlite.connect(Path(sys.argv[1])), int(sys.argv[2])
def stop():
    global left
    left -= 1
    if not left:
        os._exit(9)
connection.set_progress_handler(stop, 1_000)
sqlite.migrate(connection, STATE)
"""


@pytest.mark.slow
def test_killed_while_it_is_brought_up_to_date(file: Path, tmp_path: Path) -> None:
    """It is of the version before or of this one, and has all."""
    many = [(f"m{number:05}", 1) for number in range(4_000)]
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.executemany("INSERT INTO mark (id, read) VALUES (?, ?)", many)
    versions = set()
    for steps in (int(1.5**number) for number in range(30)):
        copy = tmp_path / f"{steps}.db"
        shutil.copy(file, copy)
        run = subprocess.run([sys.executable, "-c", KILLED, copy, str(steps)], check=False)
        with closing(sqlite3.connect(copy)) as raw:
            versions.add(sqlite.read_version(raw))
        with closing(open_state(copy)) as state:
            assert state.notices == ()
            read = {(ArticleId(name), READ): "1" for name, _ in many}
            assert values_of(state) == MARKED | read
        if run.returncode == 0:
            break
    assert run.returncode == 0
    assert versions == {3, STATE.version}
