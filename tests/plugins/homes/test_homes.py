"""A home goes through one file: nothing is missing, nothing here is lost, nothing bad is taken."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from shlex import quote

import pytest
from tools.judge.moved_home import Home, Journey, furnish, prove, serve_feed

from rilo_reader.cli.library_context import make_context
from rilo_reader.config import Config
from rilo_reader.paths import Paths
from rilo_reader.plugins.homes import archive as archive_module
from rilo_reader.plugins.homes.archive import MANIFEST, Contents, write_home
from tests.support.command_line import User, tree
from tests.support.examples import sample
from tests.support.servers import serving
from tests.support.terminal import environment, rilo

XDG = pytest.mark.skipif(sys.platform == "win32", reason="homes of XDG folders")


@XDG
@pytest.mark.slow
@pytest.mark.parametrize("library", sample(["", "news"], 1))
def test_an_empty_home_answers_as_the_one_that_was_backed_up(tmp_path: Path, library: str) -> None:
    """Every question, each undo and the next refresh; also with the articles elsewhere."""
    journey = Journey(library, ("a", "b"), True, False, True, ("undo",), by_backup=True)
    assert prove([journey], tmp_path) == []


@XDG
@pytest.mark.slow
def test_a_home_in_use_gets_what_it_does_not_have(tmp_path: Path) -> None:
    old, new = Home(tmp_path / "old"), Home(tmp_path / "new")
    file = str(tmp_path / "home.zip")
    with serving() as server:
        serve_feed(server, 9)
        for home in (old, new):
            furnish(home, server, "")
        config = {home: home.folder / "config" / "rilo-reader" for home in (old, new)}
        with (config[old] / "feeds.toml").open("a") as feeds:
            feeds.write('# for work\n[[feeds]]\nurl = "https://work.example/feed"\n')
        (config[old] / "settings.toml").write_text(
            'theme = "nord"\n\n[[saved_searches]]\nname = "mine"\nquery = "word"\n'
        )
        (config[new] / "settings.toml").write_text("width = 60\n")
        articles = {home: home.folder / "data" / "rilo-reader" / "articles" for home in (old, new)}
        (articles[old] / "own.md").write_text("# Only there\n")
        (articles[new] / "own too.md").write_text("# Only here\n")
        (articles[new] / "same.md").write_text("# Mine\n")
        (articles[old] / "same.md").write_text("# Theirs\n")
        old.ask("mark", "star", "own.md")
        new.ask("mark", "star", "own too.md")
        last = new.ask("history", "--json", "--limit", "1")
        assert old.run("backup", file)[0] == 0
        code, out, err = new.run("restore", file, "--json")
        assert json.loads(out)["kept"] == ["config/settings.toml", "library/same.md"]
        assert (code, "same.md is in the backup too, but other: yours stays" in err) == (0, True), (
            err
        )
        starred = {one["path"] for one in new.ask("search", "is:starred", "--json") if one}  # type: ignore[index]
        assert {"own.md", "own too.md"} <= starred
        assert (articles[new] / "same.md").read_text() == "# Mine\n"
        assert "# for work\n[[feeds]]" in (config[new] / "feeds.toml").read_text()
        assert (config[new] / "feeds.toml").read_text().count("/one") == 1
        settings = (config[new] / "settings.toml").read_text()
        assert ("width = 60" in settings, 'name = "mine"' in settings, "nord" in settings) == (
            True,
            True,
            False,
        )
        assert new.ask("history", "--json", "--limit", "1") == last, "nothing is a step of undo"
        before = tree(articles[new])
        assert new.run("restore", file)[0] == 0
        assert tree(articles[new]) == before
        (config[new] / "feeds.toml").write_text(
            (config[new] / "feeds.toml").read_text().replace("https://work.example", server.url(""))
        )
        result = [one for one in new.ask("refresh", "--force", "--json") if isinstance(one, dict)]
        assert result[-1]["new"] == 0, "no article is there twice"


def _rewrite(file: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    with zipfile.ZipFile(file) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(file, "w") as archive:
        for member in members:
            if (changed := change(*member)) is not None:
                archive.writestr(*changed)


def _newer(name: str, data: bytes) -> tuple[str, bytes]:
    if name == MANIFEST:
        data = json.dumps({**json.loads(data), "format": 99, "program": "9.9"}).encode()
    return name, data


def _endless(name: str, data: bytes) -> tuple[str, bytes]:
    return name, data.replace(b'"articles": 1', b'"articles": 1e999')


def _nowhere(name: str, data: bytes) -> tuple[str, bytes]:
    return name, data.replace(b'"library": "', b'"library": "\\u0000')


def _with_library(place: str) -> Callable[[str, bytes], tuple[str, bytes]]:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if name == MANIFEST:
            data = json.dumps({**json.loads(data), "library": place}).encode()
        return name, data

    return change


def _with_marks(content: bytes) -> Callable[[str, bytes], tuple[str, bytes]]:
    return lambda name, data: (name, content if name.endswith(".db") else data)


def _with_newer_marks(name: str, data: bytes) -> tuple[str, bytes]:
    if name.endswith(".db") and name.count(".") == 1:
        data = data[:60] + (9999).to_bytes(4, "big") + data[64:]  # SQLite's user_version
    return name, data


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda file: file.write_bytes(b""), "not a zip"),
    "text": (lambda file: file.write_text("a word\n" * 99), "not a zip"),
    "cut": (lambda file: os.truncate(file, file.stat().st_size // 2), "not a zip"),
    "another zip": (
        lambda file: _rewrite(file, lambda name, data: ("x/" + name, data)),
        "no backup",
    ),
    "no object": (lambda file: _rewrite(file, lambda name, data: (name, b"[]")), "no backup"),
    "no JSON": (lambda file: _rewrite(file, lambda name, data: (name, b"{")), "no backup"),
    "long number": (
        lambda file: _rewrite(file, lambda name, data: (name, b"9" * 6_000)),
        "no backup",
    ),
    "newer": (lambda file: _rewrite(file, _newer), "rilo-reader 9.9 made it; install that"),
    "above": (
        lambda file: _rewrite(file, lambda name, data: (name.replace("a.md", "../../a.md"), data)),
        "is damaged at 'library/../../a.md'",
    ),
    "absolute": (
        lambda file: _rewrite(file, lambda name, data: (name.replace("library", "//etc"), data)),
        "is damaged",
    ),
    "two slashes": (
        lambda file: _rewrite(
            file, lambda name, data: (name.replace("library/", "library//"), data)
        ),
        "is damaged at 'library//a.md'",
    ),
    "dot": (
        lambda file: _rewrite(
            file, lambda name, data: (name.replace("library", "./library"), data)
        ),
        "is damaged at './library/a.md'",
    ),
    "endless": (lambda file: _rewrite(file, _endless), "no backup"),
    "no folder": (lambda file: _rewrite(file, _nowhere), "a name that no folder can have"),
    "up": (lambda file: _rewrite(file, _with_library("../up")), "a name that no folder can have"),
    "up, of Windows": (
        lambda file: _rewrite(file, _with_library("news\\..\\..\\up")),
        "a name that no folder can have",
    ),
    "other marks": (lambda file: _rewrite(file, _with_marks(b"garbage" * 999)), "not a database"),
    "no marks": (lambda file: _rewrite(file, _with_marks(b"")), "does not contain"),
    "newer marks": (lambda file: _rewrite(file, _with_newer_marks), "a newer rilo-reader wrote it"),
    "flipped": (
        lambda file: file.write_bytes(
            file.read_bytes().replace(b"word of theirs", b"word of others")
        ),
        "is damaged at 'library/a.md'",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_is_not_a_sound_backup_changes_nothing(user: User, kind: str) -> None:
    damage, words = BAD[kind]
    user.write("a.md", "A word of theirs.\n")
    file = user.home / "home.zip"
    assert user.run("backup", str(file)).code == 0
    with zipfile.ZipFile(file) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for member in members:
            archive.writestr(*member)
    damage(file)
    (user.library / "a.md").unlink()
    before = tree(user.home)
    user.run("restore", str(file)).failed(1, words, "Nothing was changed")
    assert tree(user.home) == before


def test_a_backup_that_unpacks_to_far_more_than_it_is_changes_nothing(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.write("a.md", "words\n" + "0" * 3_000_000)
    file = user.home / "home.zip"
    assert user.run("backup", str(file)).code == 0
    (user.library / "a.md").unlink()
    before = tree(user.home)
    monkeypatch.setattr(archive_module, "UNPACKED_LIMIT", 1_000_000)
    user.run("restore", str(file)).failed(1, "unpacks to 3 MB", "Nothing was changed")
    assert tree(user.home) == before
    monkeypatch.undo()
    assert user.run("restore", str(file)).code == 0


def test_a_backup_that_was_unpacked_and_packed_again_is_restored(user: User) -> None:
    """Other programs add entries for folders, and those of macOS a folder of their own."""
    user.write("sub/a.md", "A word.\n")
    file = user.home / "home.zip"
    assert user.run("backup", str(file)).code == 0
    shutil.rmtree(user.library / "sub")
    with zipfile.ZipFile(file, "a") as archive:
        for name in ("library/", "library/sub/", "library/empty/", "config/", "state/"):
            archive.writestr(name, b"")
        archive.writestr("__MACOSX/library/sub/._a.md", b"\0\5")
    assert user.run("restore", str(file)).code == 0
    assert [name for name in tree(user.library) if name.endswith("md")] == ["sub/a.md"]
    assert not list(user.home.rglob("*MACOSX*"))


def test_an_import_of_a_backup_says_what_restores_it(user: User) -> None:
    user.write("a.md", "words\n")
    assert user.run("backup", "home.zip").code == 0
    found = user.ask("import", "home.zip")
    assert "rilo-reader restore home.zip" in found.out + found.err, found
    (user.home / "more").mkdir()
    (user.home / "home.zip").rename(user.home / "more" / "home.zip")
    (user.home / "more" / "b.md").write_text("# B\n")
    moved = user.home / "more" / "home.zip"
    assert f"rilo-reader restore {quote(str(moved))}" in user.ask("import", "more").out
    assert (user.library / "more" / "b.md").exists()


def test_passwords_go_only_where_they_are_asked_for(user: User) -> None:
    state = user.home / "state" / "rilo-reader"
    state.mkdir(parents=True)
    (state / "passwords.toml").write_text('"home: me@x" = "hunter2"\n')
    for options, is_there in ((), False), (("--secrets",), True):
        file = user.home / "out" / "home.zip"
        file.parent.mkdir(exist_ok=True)
        user.run("backup", str(file), *options).says("Wrote 0 articles")
        assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600
        with zipfile.ZipFile(file) as archive:
            assert ("state/passwords.toml" in archive.namelist()) is is_there
            assert [name for name in archive.namelist() if "cache" in name or ".lock" in name] == []
    (state / "passwords.toml").unlink()
    assert user.run("restore", str(file)).code == 0
    assert os.name == "nt" or (state / "passwords.toml").stat().st_mode & 0o777 == 0o600


def test_where_all_folders_are_one_each_file_goes_once(tmp_path: Path) -> None:
    """As on macOS: into the folder that has it on a system where they are three."""
    paths = Paths(tmp_path, tmp_path, tmp_path, tmp_path / "cache")
    for name in ("feeds.toml", "themes/dusk.toml", "notes/a.md", "pipes.txt", "passwords.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    paths.default_library.mkdir()
    (paths.default_library / "a.md").write_text("# A\n")
    out, context = io.BytesIO(), make_context(paths.default_library, paths, Config())
    write_home(out, context, Contents(), lambda done: None, secrets=True)
    names = [name for name in zipfile.ZipFile(out).namelist() if not name.endswith(".db")]
    assert names == [
        MANIFEST,
        "library/a.md",
        "config/feeds.toml",
        "config/themes/dusk.toml",
        "data/notes/a.md",
        "state/passwords.toml",
        "state/pipes.txt",
    ]


def test_a_backup_does_not_go_into_the_library(user: User) -> None:
    user.run("backup", str(user.library / "home.zip")).failed(1, "name another folder")


def test_what_is_in_it_is_said_to_programs(user: User) -> None:
    user.write("a.md", "A word.\n")
    (said,) = user.ask("backup", "home.zip", "--json").objects
    assert (said["articles"], said["wrote"]) == (1, os.path.realpath(user.home / "home.zip"))


def test_each_step_that_may_take_long_shows_how_far_it_is(user: User) -> None:
    """Also counting, and checking the file: each takes seconds for a hundred thousand articles."""
    for name in ("a.md", "b.md"):
        user.write(name, "A word.\n")
    shown = user.show("backup", "home.zip", delay=-1)
    assert shown.index("Counting article 2 …") < shown.index("Writing file 2 …")
    shown = user.show("restore", "home.zip", delay=-1)
    order = ["Checking file 2 of", "Restoring file 2 of", "Counting article 2 …"]
    assert sorted(order, key=shown.index) == order


def test_a_restore_that_was_stopped_says_what_goes_on(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.write("a.md", "A word.\n")
    user.run("backup", "home.zip")

    def stop(*_: object, private: bool) -> None:
        raise KeyboardInterrupt

    (user.library / "a.md").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("rilo_reader.plugins.homes.restore._put_file", stop)
        user.run("restore", "home.zip").failed(130, "stopped after", "goes on from there")
    assert user.run("restore", "home.zip").code == 0
    assert (user.library / "a.md").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes with names")
def test_a_pipe_is_neither_replaced_nor_waited_for(user: User) -> None:
    os.mkfifo("pipe")
    user.run("backup", "pipe").failed(1, "is a pipe, socket or device; name a file")
    user.ask("export", "--to", "pipe", "--format", "jsonl").failed(1, "name a file")
    user.run("restore", "pipe").failed(1, "not a file")
    assert Path("pipe").is_fifo()


PLACES = ("/outside", "C:\\news", "C:news", "\\\\host\\news", ".ssh", "a/.b", ".", "link/x", "link")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("place", PLACES)
def test_a_library_that_was_not_in_a_plain_folder_of_the_home_goes_where_ours_is(
    user: User, tmp_path_factory: pytest.TempPathFactory, place: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    user.write("a.md", "A word.\n")
    user.ask("mark", "star", "a.md")
    file = user.home / "home.zip"
    user.run("backup", str(file))
    place = place.replace("/outside", str(outside))
    _rewrite(file, _with_library(place))
    new = user.home / "new"
    environment(new)
    (new / "link").symlink_to(outside)
    code, out, err = Home(new).run("restore", str(file))
    assert (code, "not in a plain folder of your home" in err) == (0, True), err
    assert list(outside.iterdir()) == []
    assert list((new / "data" / "rilo-reader" / "articles").iterdir())
    assert "1 starred" in out
    assert not (new / ".ssh").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_one_file_that_cannot_be_here_costs_itself(
    user: User, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One behind a link of ours, with too long a name, below another file, feeds with a fault."""
    outside = tmp_path_factory.mktemp("outside")
    user.write("a.md", "A word.\n")
    user.write("sub/b.md", "A word.\n")
    (feeds := user.home / "config" / "rilo-reader" / "feeds.toml").parent.mkdir(parents=True)
    feeds.write_text('[[feeds]]\nurl = "https://a.example/feed"\n')
    file = user.home / "home.zip"
    user.run("backup", str(file))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(f"library/{'long' * 99}.md", "A word.\n")
        for name in ("z.md", "z.md/y.md", "z.md/y/x.md"):
            archive.writestr(f"library/{name}", "A word.\n")
    for name in ("a.md", "sub/b.md"):
        (user.library / name).unlink()
    (user.library / "sub").rmdir()
    (user.library / "sub").symlink_to(outside)
    feeds.write_text("feeds = [\n")
    (said,) = user.ask("restore", str(file), "--json").objects
    left = [line.partition(": ")[2] for line in said["left_out"]]
    assert left[0].startswith("line 1: this is not valid TOML"), left
    assert sorted(left[1:]) == [
        "File exists",
        "File name too long",
        "Not a directory",
        f"a link leads out of {user.library}",
    ]
    assert (list(outside.iterdir()), feeds.read_text()) == ([], "feeds = [\n")
    assert (user.library / "a.md").exists()
    assert (user.library / "z.md").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes")
def test_odd_names_times_and_records_are_no_obstacle(user: User) -> None:
    user.write("a.md", "A word.\n")
    user.write("b.md", "A word.\n")
    os.utime(user.library / "a.md", (0, 0))
    os.utime(user.library / "b.md", (2**33, 2**33))
    Path(os.fsdecode(os.fsencode(user.library) + b"/\xff.md")).write_text("# C\n")
    user.ask("mark", "star", "a.md")
    records = user.home / "state" / "rilo-reader" / "articles-0.feeds.db"
    records.write_bytes(b"garbage" * 999)
    (said,) = user.ask("backup", "home.zip", "--json").objects
    assert said["left_out"] == [
        "library/\\xff.md: its name is not Unicode; rename it",
        "state/articles-0.feeds.db: it cannot be copied (file is not a database)",
    ]
    for name in ("a.md", "b.md"):
        (user.library / name).unlink()
    user.run("restore", "home.zip").says("Restored 3 articles")
    assert (user.library / "b.md").read_text() == "A word.\n"


KILLED = """
import os, signal, sys, tempfile
from pathlib import Path
from rilo_reader.files import replace_file
from rilo_reader.plugins.homes.archive import open_scratch
tempfile.tempdir = sys.argv[1]
with open_scratch() as scratch, replace_file(Path(sys.argv[2])) as out:
    scratch.joinpath("copy").touch()
    if len(sys.argv) > 3:
        print(flush=True)
        sys.stdin.read()
    else:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_what_a_killed_process_left_is_deleted_and_what_is_in_use_is_not(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, out = tmp_path / "scratch", tmp_path / "out"
    scratch.mkdir()
    out.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    user.write("a.md", "A word.\n")
    command = [sys.executable, "-c", KILLED, str(scratch)]
    collecting = out / ".rilo-reader-0123456789abcdef-0.tmp"  # of `write_all`, which is not locked
    collecting.touch()
    with subprocess.Popen(
        [*command, str(out / "x"), "stay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        for folder in (out, user.library):
            subprocess.run([*command, str(folder / "x")], check=False)
        user.run("backup", str(out / "home.zip")).says("Wrote 1 article")
        assert len(list(scratch.glob("rilo*"))) == 1
        assert len(list(out.glob(".rilo-reader-*"))) == 2
        assert len(list(user.library.glob(".rilo-reader-*"))) == 1
        user.run("restore", str(out / "home.zip")).says("Restored 1 article")
        assert list(user.library.glob(".rilo-reader-*")) == []
        other.communicate(b"")
    assert list(scratch.glob("rilo*")) == []
    assert sorted(file.name for file in out.iterdir()) == [collecting.name, "home.zip", "x"]


READ_ONLY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")  # for root, too


@XDG
@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform == "win32" or (os.geteuid() == 0 and shutil.which("setpriv") is None),
    reason="no user whom modes stop",
)
def test_a_read_only_home_gets_a_sentence_with_a_place_and_a_remedy(tmp_path: Path) -> None:
    def run(home: Path, *words: str) -> tuple[int, str]:
        command = [*(READ_ONLY if os.geteuid() == 0 else ()), *rilo(*words)]
        done = subprocess.run(
            command, env=environment(home), capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    old, file = tmp_path / "old", tmp_path / "home.zip"
    environment(old)
    articles = old / "data" / "rilo-reader" / "articles"
    articles.mkdir(parents=True)
    (articles / "a.md").write_text("# A\n")
    assert run(old, "mark", "star", "a.md")[0] == 0
    state = old / "state" / "rilo-reader"
    (marks,) = state.glob("*.db")
    with subprocess.Popen(
        [sys.executable, "-c", LEAVE_LOG, marks], stdout=subprocess.PIPE
    ) as leaving:
        leaving.wait()
    assert (state / f"{marks.name}-wal").stat().st_size
    (state / f"{marks.name}-shm").unlink()
    try:
        state.chmod(0o500)
        code, said = run(old, "backup", str(file))
        assert (code, "1 starred" in said) == (0, True), said
        articles.chmod(0o500)
        code, said = run(old, "backup", str(articles.parent / "home.zip"))
        assert code == 0, said
        articles.parent.chmod(0o500)
        code, said = run(old, "backup", str(articles.parent / "other.zip"))
        assert code == 1
        assert f"{articles.parent / 'other.zip'}: Permission denied. Name a file in a" in said
        for folder in ("config", "data", "state"):
            new = tmp_path / folder
            environment(new)
            (new / folder).chmod(0o500)
            code, said = run(new, "restore", str(file))
            assert folder == "config" or "Permission denied. Make it writable" in said, said
            (new / folder).chmod(0o700)
            assert run(new, "restore", str(file))[0] == 0
    finally:
        state.chmod(0o700)
        articles.parent.chmod(0o700)
        articles.chmod(0o700)


LEAVE_LOG = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA wal_autocheckpoint=0")
connection.execute("CREATE TABLE other(a)")
connection.execute("DROP TABLE other")
connection.commit()
os._exit(0)
"""
