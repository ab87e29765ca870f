"""Damaged, missing, protected and foreign state files: nothing is lost quietly."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.errors import StateError
from rilo_reader.store import sqlite
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import LastSession, Marks
from rilo_reader.store.sqlite import FileKind, replace_damaged, temporary_beside
from rilo_reader.store.state import open_state
from rilo_reader.store.state_schema import STATE

IDS = [ArticleId(f"https://example.org/2019/03/{number:06}/some-title") for number in range(4_000)]


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a state file of some size, all of it in the file, and a backup."""
    folder = tmp_path_factory.mktemp("marked")
    with closing(open_state(folder / "state.db")) as state:
        state.set_read(IDS, True)
        state.set_starred(IDS[:10], True)
        state.set_tags(IDS[0], ["ivory"])
        assert state.backup()
    return folder


@pytest.fixture
def file(marked: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    shutil.copytree(marked, tmp_path / "state")
    return tmp_path / "state" / "state.db"


def garbage(file: Path) -> None:
    file.write_bytes(os.urandom(file.stat().st_size))


def other_database(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE something (else_ TEXT)")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda file: os.truncate(file, file.stat().st_size // 2),
    "cut within the last page": lambda file: os.truncate(file, file.stat().st_size - 100),
    "a stub": lambda file: os.truncate(file, 50),
    "empty": lambda file: os.truncate(file, 0),
    "garbage": garbage,
    "text": lambda file: file.write_text("This is no database.\n" * 1000),
    "a header of zeros": lambda file: file.write_bytes(bytes(100) + file.read_bytes()[100:]),
    "another database": other_database,
}


def damaged_files(file: Path) -> list[Path]:
    return sorted(file.parent.glob("state.db.damaged-*"))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_set_aside_and_the_backup_restored(
    file: Path, damage: Callable[[Path], object]
) -> None:
    damage(file)
    spoilt = file.read_bytes()
    with closing(open_state(file)) as state:
        (notice,) = state.notices
        assert all(word in notice for word in ("damaged", "backup", "restored", str(file)))
        assert state.marks(IDS[:1]) == {IDS[0]: Marks(True, True, ("ivory",))}
        assert len(state.ids_with("read")) == len(IDS)
        state.set_read([ArticleId("new")], True)

    (kept,) = damaged_files(file)
    assert kept.name in state.notices[0]
    assert kept.read_bytes() == spoilt
    with closing(open_state(file)) as again:
        assert again.notices == ()
        assert again.marks([ArticleId("new")])[ArticleId("new")].read


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_without_a_backup_it_starts_afresh_and_says_so(
    file: Path, damage: Callable[[Path], object]
) -> None:
    sqlite.backup_path(file).unlink()
    damage(file)
    with closing(open_state(file)) as state:
        (notice,) = state.notices
        assert "starting without marks" in notice
        assert state.ids_with("read") == []
        assert state.set_read(IDS[:3], True)
    assert len(damaged_files(file)) == 1


def test_a_damaged_backup_is_set_aside_too(file: Path) -> None:
    garbage(file)
    os.truncate(sqlite.backup_path(file), 5_000)
    with closing(open_state(file)) as state:
        assert "so is its backup" in state.notices[0]
        assert state.set_read(IDS[:3], True)
    assert len(damaged_files(file)) == 1
    assert len(list(file.parent.glob("state.db.backup.damaged-*"))) == 1


def overwrite_the_middle(file: Path) -> None:
    """Pages that are only met in use; those at the front, which opening reads, stay."""
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(size // 4 // 4096 * 4096)
        opened.write(os.urandom(size // 2))


def test_damage_met_in_use_is_mended_at_once(file: Path) -> None:
    overwrite_the_middle(file)
    with closing(open_state(file)) as state:
        assert not state.notices
        assert len(state.marks(IDS)) == len(IDS)
        (notice,) = state.notices
        assert "restored" in notice
    assert len(damaged_files(file)) == 1


def test_a_mark_that_meets_damage_is_kept(file: Path) -> None:
    overwrite_the_middle(file)
    with closing(open_state(file)) as state:
        before = state.revision
        change = state.set_read(IDS, False)
        assert len(change.ids) == len(IDS)
        assert state.revision != before
        assert state.read_changes_since(before)[1] is None
        assert len(state.notices) == 1
    with closing(open_state(file)) as again:
        assert again.ids_with("read") == []
        assert len(again.ids_with("starred")) == 10


def test_a_damaged_file_never_becomes_the_backup(file: Path) -> None:
    good = sqlite.backup_path(file).read_bytes()
    with closing(open_state(file)) as state:
        state.session.save(LastSession(IDS[0], "x"))
    overwrite_the_middle(file)
    with closing(open_state(file)) as state:
        assert not state.backup()
        assert len(state.notices) == 1
    assert sqlite.backup_path(file).read_bytes() == good
    # Perhaps nobody saw it, since backups are made on leaving: it is said once more.
    for notices in (state.notices, ()):
        with closing(open_state(file)) as again:
            assert again.notices == notices
            assert len(again.ids_with("read")) == len(IDS)


# -- text that cannot be read ---------------------------------------------------------------------

UNREADABLE = {
    "an id": "UPDATE value SET id = CAST(x'ff' || id AS TEXT) WHERE id = :id",
    "a tag": "UPDATE value SET field = CAST(x'7461673ac328' AS TEXT) WHERE field = 'tag:ivory'",
    "a tagged id": "UPDATE value SET id = CAST(x'ed' || id AS TEXT) WHERE field = 'tag:ivory'",
    "the session": "INSERT INTO session VALUES (CAST(x'80' AS TEXT), '')",
    "a search": "INSERT INTO search VALUES (CAST(x'6966fe' AS TEXT), 1)",
    "a change": "INSERT INTO recent SELECT revision, CAST(x'ff' AS TEXT) FROM clock",
    "a notice": "INSERT INTO notice VALUES (CAST(x'ff' AS TEXT))",
}
"""Ways in which one byte makes a text no UTF-8; SQLite's integrity check finds none of them."""


def spoil(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as raw, raw:
        names = {"id": IDS[0]} if ":id" in statement else {}
        assert raw.execute(statement, names).rowcount
        raw.execute("UPDATE clock SET writes = writes + 1")


@pytest.mark.parametrize("what", UNREADABLE)
@pytest.mark.parametrize("is_saved", [False, True])
def test_text_that_cannot_be_read_is_mended_where_it_is_met_and_never_backed_up(
    file: Path, what: str, *, is_saved: bool
) -> None:
    spoil(file, UNREADABLE[what])
    with closing(open_state(file)) as state:
        if is_saved:
            assert not state.backup()
            assert "unreadable text" in state.notices[0]
        state.read_changes_since(state.revision - 1)
        assert len(state.ids_with("starred")) == 10
        assert state.tags() == {"ivory": IDS[:1]}
        assert state.marks(IDS[:1])[IDS[0]] == Marks(True, True, ("ivory",))
        assert (state.session.read(), state.searches.read_newest()) == (LastSession(), [])
        assert len(state.notices) == 1
        assert "restored" in state.notices[0]
    assert len(damaged_files(file)) == 1
    assert sqlite.thorough_fault(sqlite.backup_path(file), STATE) == ""
    assert sqlite.thorough_fault(file, STATE) == ""


@pytest.mark.parametrize("is_there", [True, False])
def test_a_damaged_backup_gives_way_to_the_older_one(file: Path, is_there: bool) -> None:
    with closing(open_state(file)) as state:
        state.set_starred(IDS[10:20], True)
        assert state.backup()
    if is_there:
        spoil(sqlite.backup_path(file), UNREADABLE["an id"])
    else:
        sqlite.backup_path(file).unlink()
    garbage(file)
    with closing(open_state(file)) as state:
        assert ("older backup" if is_there else "backup of") in state.notices[0]
        assert len(state.ids_with("starred")) == 10


def test_a_damaged_schema_never_becomes_the_backup(file: Path) -> None:
    with closing(open_state(file)) as state:
        state.set_starred(IDS[10:20], True)
    data = file.read_bytes()
    assert b"CREATE TABLE device(id TEXT PRIMARY KEY, name TEXT" in data
    file.write_bytes(data.replace(b"KEY, name TEXT", b"KEY, nami TEXT"))
    with closing(open_state(file)) as state:
        assert not state.backup()
        assert "its schema does not match version" in state.notices[0]
    assert sqlite.thorough_fault(sqlite.backup_path(file), STATE) == ""
    assert sqlite.thorough_fault(file, STATE) == ""


def test_a_missing_file_comes_back_from_its_backup(file: Path) -> None:
    file.unlink()
    with closing(open_state(file)) as state:
        assert "missing" in state.notices[0]
        assert "restored" in state.notices[0]
        assert len(state.ids_with("starred")) == 10
        assert damaged_files(file) == []
        file.rename(file.with_name("elsewhere"))
        assert state.set_read([ArticleId("new")], True)
        assert len(state.ids_with("read")) == len(IDS) + 1
        assert "missing" in state.notices[1]


def test_the_log_of_a_lost_file_is_not_played_into_another(file: Path) -> None:
    with closing(open_state(file)) as other:
        other.set_read([ArticleId("late")], True)
        log = file.with_name("state.db-wal").read_bytes()
    file.unlink()
    file.with_name("state.db-wal").write_bytes(log)
    with closing(open_state(file)) as state:
        assert len(state.ids_with("read")) == len(IDS)
        with closing(sqlite3.connect(file)) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [kept.name.endswith("-wal") for kept in damaged_files(file)] == [True]


@pytest.mark.slow
def test_two_that_meet_the_same_damage_mend_it_once(file: Path) -> None:
    garbage(file)
    program = (
        "import sys; from pathlib import Path; from rilo_reader.store.state import open_state\n"
        "s = open_state(Path(sys.argv[1])); s.set_read([sys.argv[2]], True)\n"
        "assert len(s.ids_with('starred')) == 10; s.close()"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, file, name]) for name in "abcd"]
    assert [process.wait() for process in running] == [0, 0, 0, 0]
    with closing(open_state(file)) as state:
        assert {"a", "b", "c", "d"} <= set(state.ids_with("read"))
    assert len(damaged_files(file)) == 1


def test_one_in_use_follows_when_another_process_replaces_the_file(file: Path) -> None:
    with closing(open_state(file)) as first:
        first.set_read([ArticleId("before")], True)
        judged = sqlite.read_identity(file)
        assert replace_damaged(file, STATE, judged, "for the test")
        assert replace_damaged(file, STATE, judged, "for the test") == ""
        assert first.set_read([ArticleId("after")], True)
        second = open_state(file)
        assert second.marks([ArticleId("after")])[ArticleId("after")].read
        second.close()


def test_a_backup_is_made_only_when_something_changed(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with closing(open_state(file)) as state:
        assert not state.backup()
        for position in 3, 4:
            state.save_position(IDS[0], position, datetime(2026, 1, 1, tzinfo=UTC))
            assert state.backup()
            assert not state.backup()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "state.db",
        "state.db.backup",
        "state.db.backup-older",
    ]


@pytest.mark.parametrize(("version", "which"), [(99, "a newer"), (5, "an unreleased")])
def test_a_file_of_another_version_is_not_touched(file: Path, version: int, which: str) -> None:
    with closing(sqlite3.connect(file)) as raw:
        raw.execute(f"PRAGMA user_version={version}")
    before = file.read_bytes()
    with closing(open_state(file)) as state:
        assert f"{which} rilo-reader" in state.notices[0]
        assert state.marks(IDS[:1]) == {}
        with pytest.raises(StateError, match=which):
            state.set_read(IDS[:1], True)
        assert not state.backup()
    assert file.read_bytes() == before
    assert damaged_files(file) == []


def use_all(file: Path) -> tuple[str, ...]:
    """Read and write everything; return what the user is told."""
    with closing(open_state(file)) as state:
        for _ in range(2):
            try:
                list(state.journals.iter_snapshot())
            except StateError as error:
                assert "Try again" in str(error)  # it is handed out as it is read
        state.marks(IDS[:50])
        state.annotations.read(IDS[0])
        state.annotations.list_fields()
        list(state.iter_ids_with("read"))
        state.history.read()
        state.session.read()
        state.searches.read_newest()
        state.read_changes_since(0)
        state.moved_files.find_new_ids(IDS[:50])
        state.journals.devices.list_others()
        state.journals.segments.read()
        state.journals.quarantine.read()
        state.set_read(IDS[:3], False)
        state.set_tags(IDS[1], ["harbour"])
        state.moved_files.record_moves({IDS[5]: ArticleId("z.md")})
        state.save_position(IDS[2], 7, datetime.now(UTC))
        state.undo_last()
        state.redo_last()
        state.backup()
        return state.notices


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 50, 100, 150])
def test_any_byte_may_change_and_the_backup_is_restored(tmp_path: Path, first: int) -> None:
    (tmp_path / "state").mkdir()
    with closing(open_state(tmp_path / "state" / "state.db")) as state:
        state.journals.set_sync_folder(tmp_path)
        state.set_read(IDS[:50], True)
        state.set_tags(IDS[0], ["ivory"])
        state.apply_assignments([Assignment("note:0a1b2c3d", "A note.", Ids(IDS[:1]))])
        state.searches.add("ivory")
        state.moved_files.record_moves({IDS[3]: ArticleId("moved.md")}, [IDS[4]])
        assert state.backup()
    sound = (tmp_path / "state" / "state.db").read_bytes()
    restored = 0
    for seed in range(first, first + 50):
        chance = Random(seed)
        folder = shutil.copytree(tmp_path / "state", tmp_path / str(seed))
        damaged = bytearray(sound)
        # Its header and its schema come first.
        damaged[chance.randrange(64, 8_000 if seed % 2 else len(sound))] ^= chance.randrange(1, 256)
        (folder / "state.db").write_bytes(damaged)
        told = use_all(folder / "state.db")
        if told:
            assert "backup of" in told[0]
            assert "was restored" in told[0]
            restored += 1
    assert restored > 5


@pytest.mark.parametrize(
    "damage",
    [
        (b"CREATE TABLE lost", b"CREATE TABLE los\xff"),
        (b"ON value(id, field) WHERE", b"ON value(id, field) WHER\xff"),
        (b"value TEXT NOT NULL, at ", b"value TEXT NOT NULL, ab "),
    ],
)
def test_a_name_in_the_schema_that_is_damaged(file: Path, damage: tuple[bytes, bytes]) -> None:
    data = file.read_bytes()
    assert damage[0] in data
    file.write_bytes(data.replace(*damage))
    with closing(open_state(file)) as state:
        assert state.set_read(IDS[:1], False)
        assert len(state.ids_with("starred")) == 10
        assert "its backup of" in state.notices[0]


def next_version(*statements: str) -> FileKind:
    return STATE._replace(version=STATE.version + 1, steps={STATE.version: statements})


def test_a_migration_that_fails_changes_nothing(file: Path) -> None:
    # The second step fails in this file, where many articles are read.
    broken = ("ALTER TABLE value ADD COLUMN rating", "CREATE UNIQUE INDEX one ON value(at)")
    with closing(open_state(file, kind=next_version(*broken))) as state:
        assert "can be neither read nor saved" in state.notices[0]
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (STATE.version,)
        columns = [row[1] for row in raw.execute("PRAGMA table_info(value)")]
    assert "rating" not in columns
    assert damaged_files(file) == []


# -- what the system does not allow ---------------------------------------------------------------


@pytest.fixture
def outside(marked: Path) -> Iterator[Path]:
    """A copy of the marked folder where another user can get at it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        shutil.copytree(marked, folder / "state")
        (folder / "state").chmod(0o777)
        for path in (folder / "state").iterdir():
            path.chmod(0o666)
        yield folder / "state" / "state.db"
        (folder / "state").chmod(0o777)


def as_plain_user(program: str, file: Path) -> str:
    """Run a program as a user to whom permissions apply; what it prints."""
    root = os.geteuid() == 0
    head = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from rilo_reader.store.state import *\n"
        "from rilo_reader.store import gesture_actions, gesture_table, value_table\n"
        # Only now, since the interpreter may stand where that user cannot read.
        f"import sqlite3, difflib, os; {'os.setuid(65534)' if root else ''}\n"
        "file = Path(sys.argv[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + program, file], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


LOOK = """
state = open_state(file)
print(len(state.notices), *state.notices)
print(len(state.ids_with("starred")))
try:
    state.set_read(["x"], True)
except StateError as error:
    print("refused:", error)
print(state.backup())
state.close()
"""


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize(
    ("modes", "says", "starred", "refuses"),
    [
        ((0o444, 0o777), "read-only", "10", "make it writable"),
        ((0o444, 0o555), "read-only", "10", "make it writable"),
        ((0o666, 0o000), "Permission denied", "0", "Permission denied"),
    ],
)
def test_a_write_protected_file_is_read(
    outside: Path, modes: tuple[int, int], says: str, starred: str, refuses: str
) -> None:
    outside.chmod(modes[0])
    outside.parent.chmod(modes[1])
    notice, found, refusal, backup = as_plain_user(LOOK, outside).splitlines()
    assert notice.startswith("1 ")
    assert says in notice
    assert refusal.startswith("refused: ")
    assert refuses in refusal
    assert (found, backup) == (starred, "False")


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_folder_that_cannot_be_made_is_told(outside: Path) -> None:
    outside.parent.chmod(0o555)
    notice = as_plain_user(LOOK, outside.parent / "new" / "state.db").splitlines()[0]
    assert "can be neither read nor saved" in notice
    assert "Permission denied" in notice


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    file = tmp_path / "away" / "state.db"
    with pytest.raises(FileNotFoundError) as caught, temporary_beside(file):
        pass
    assert caught.value.filename == str(file)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the limit is POSIX's")
def test_a_full_disk_loses_only_what_it_refuses(outside: Path) -> None:
    """A limit on the size of files stands for the disk: SQLite meets the same failing write."""
    program = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
state = open_state(file)
state.set_read(["before"], True)
limit = file.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    state.set_read([f"much/{n}/" + "x" * 100 for n in range(20_000)], True)
except StateError as error:
    print("refused:", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(state.notices)
print(len(state.ids_with("read")))
print(bool(state.set_read(["after"], True)))
state.close()
"""
    refusal, notices, read, after = as_plain_user(program, outside).splitlines()
    assert refusal.startswith("refused: Could not keep your marks")
    assert "disk" in refusal
    assert notices == "()"
    assert read == "4001"
    assert after == "True"
