"""Files of marks that earlier versions of the program left are read, and keep all they have."""

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
from rilo_reader.store.gestures import (
    BEGINNING,
    HIGHLIGHT,
    MOVED,
    NOTE,
    POSITION,
    READ,
    STARRED,
    TAG,
    Marks,
    Session,
)
from rilo_reader.store.state import State, StateError, open_state
from rilo_reader.store.state_schema import STATE
from tests.support.shared import samples

A, C = ArticleId("https://example.org/a"), ArticleId("三")
B, NOW_B = ArticleId("notes/b.md"), ArticleId("moved/b.md")
D, NOW_D = ArticleId("notes/d.md"), ArticleId("moved/d.md")
WHEN = datetime(2026, 3, 7, 9, 30, 15, 123456, tzinfo=UTC)
VERSIONS = (3, 4, 5, 6)
NOTED = "A note.\n\nOf two lines."

Values = dict[tuple[ArticleId, str], str]


def left_by(version: int, file: Path) -> Path:
    """A file as a version of the program left it, and its backup."""
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript((samples("state") / f"version-{version}.sql").read_text())
    shutil.copy(file, sqlite.backup_of(file))
    return file


def values_of(state: State) -> Values:
    """All that won and would travel."""
    return {
        (article, assignment.field): assignment.value
        for gesture in state.journals.snapshot()
        for assignment in gesture.assignments
        for article in assignment.ids
    }


def expected(version: int) -> Values:
    """What somebody did with every version as far as it could be done with that."""
    values: Values = {
        (A, TAG + "ivory"): "1",
        (B, READ): "1",
        (B, STARRED): "1",
        (D, STARRED): "1",
        (B, POSITION): "1204",
    }
    if version == 3:  # which had neither stamps nor what is gone
        return {**values, (A, READ): "1"}
    values |= {
        (A, READ): "0",
        (C, READ): "0",
        (A, TAG + "customs = 100%"): "0",
        (A, HIGHLIGHT + "0a1b2c3d"): '{"quote": "ivory"}',
        (A, NOTE + "0a1b2c3d"): NOTED,
        (B, TAG + "later"): "1",
        (B, MOVED): NOW_B,
    }
    if version >= 5:
        values |= {(A, "agreed:0a1b:read"): "1", (A, "agreed:0a1b:starred"): "0"}
        values |= {(B, "agreed:0a1b:read"): "1"}
    if version >= 6:
        values |= {(D, MOVED): NOW_D, (NOW_D, STARRED): "1"}
        values |= {(D, "anew:2"): "1", (ArticleId("other.md"), "anew:2"): "1"}
        values |= {(ArticleId(f"{D}//2"), READ): "1"}
    moved = {(NOW_B, field): value for (one, field), value in values.items() if one == B}
    del moved[NOW_B, MOVED]
    return values | moved


@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_was_marked_is_there(tmp_path: Path, version: int) -> None:
    with closing(open_state(left_by(version, tmp_path / "state.db"))) as state:
        assert state.notices == ()
        assert values_of(state) == expected(version)
        place = B if version == 3 else NOW_B
        tags = () if version == 3 else ("later",)
        assert state.marks([place]) == {place: Marks(True, True, tags, 1204, WHEN)} or version < 6
        assert state.session() == Session(B, "ivory is:unread")
        assert state.searches.newest() == ["ivory"]
        titles = [entry.title for entry in state.history()]
        assert ("Undid: Removed 1 note" in titles) == (version > 3)


def test_what_was_done_can_be_taken_back_and_goes_on(tmp_path: Path) -> None:
    with closing(open_state(left_by(6, tmp_path / "state.db"))) as state:
        assert state.marks([D]) == {D: Marks(read=True)}
        assert state.ever_with("read", [A, C, D]) == {A, C, D}
        assert state.agreed("0a1b:starred", [A]) == {A: False}
        assert state.moved_to([B]) == {B: {NOW_B}}
        assert state.undo_last()
        assert state.marks([D]) == {}
        assert state.undo_last()
        assert [field for field, *_ in state.annotations(A)] == [HIGHLIGHT + "0a1b2c3d"]
        before = state.journals.unwritten_count()
        # The journal of another device said it before the file came here.
        state.move({ArticleId("other.md"): ArticleId("else.md")}, [ArticleId("other.md")])
        state.set_starred([NOW_B], False)
        assert state.journals.unwritten_count() == before + 2
        assert state.backup()


def test_marks_from_before_are_older_than_every_gesture(tmp_path: Path) -> None:
    with (
        closing(open_state(left_by(3, tmp_path / "old.db"))) as old,
        closing(open_state(tmp_path / "new.db")) as new,
    ):
        assert old.history() == []
        [gesture] = old.journals.snapshot()
        assert gesture.id.stamp == BEGINNING
        new.set_read([A], True)
        new.set_read([A], False)
        new.journals.merge([gesture], [])
        assert values_of(new) == {**expected(3), (A, READ): "0"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_backup_of_before_is_restored(tmp_path: Path, version: int) -> None:
    file = left_by(version, tmp_path / "state.db")
    open_state(file).close()
    file.write_bytes(b"damaged")
    with closing(open_state(file)) as state:
        assert "its backup of" in state.notices[0]
        assert values_of(state) == expected(version)


def test_one_that_is_open_when_a_newer_program_comes_takes_nothing_for_damage(
    tmp_path: Path,
) -> None:
    file = tmp_path / "state.db"
    newer = STATE._replace(migrations=(*STATE.migrations, ("ALTER TABLE value RENAME TO other",)))
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
def test_killed_while_it_is_brought_up_to_date(tmp_path: Path) -> None:
    """It is of the version before or of this one, and has all."""
    many = [(f"m{number:05}", number % 2) for number in range(4_000)]
    whole = tmp_path / "whole.db"
    with closing(sqlite3.connect(left_by(6, whole))) as raw, raw:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.executemany("INSERT INTO mark (id, read, read_at) VALUES (?, ?, 7)", many)
    versions = set()
    for steps in (int(1.5**number) for number in range(30)):
        file = tmp_path / f"{steps}.db"
        shutil.copy(whole, file)
        run = subprocess.run([sys.executable, "-c", KILLED, file, str(steps)], check=False)
        with closing(sqlite3.connect(file)) as raw:
            versions.add(sqlite.version(raw))
        with closing(open_state(file)) as state:
            assert state.notices == ()
            values = values_of(state)
            assert [values.pop((ArticleId(name), READ)) for name, _ in many] == [
                str(value) for _, value in many
            ]
            assert values == expected(6)
        if run.returncode == 0:
            break
    assert run.returncode == 0
    assert versions == {6, STATE.newest}
