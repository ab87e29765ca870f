"""What cannot be read is never taken for empty, and nothing that lies in its place hangs."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from rilo_reader.cli import all_verbs
from rilo_reader.paths import marks_file, user_paths
from tests.support.command_line import Outcome, User, tree
from tests.support.terminal import LIMIT, Terminal, environment, rilo

NOBODY = 65534  # a user whom modes of files stop, unlike root
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


def is_for_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o5 == 0o5 for folder in path.parents)


unlike_root = pytest.mark.skipif(
    os.name == "nt"
    or (os.geteuid() == 0 and (shutil.which("setpriv") is None or not is_for_all(Path(__file__)))),
    reason="no user whom modes stop, and who may read this checkout",
)


class Home:
    """A home of a user who is not root, whoever runs the tests."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.library = home / "named"
        self.library.mkdir()
        self.settings = home / "config" / "rilo-reader" / "settings.toml"
        environment(home)
        self.settings.parent.mkdir(parents=True)
        self.settings.write_text(f'folders = ["{self.library}"]\n', "utf-8")
        (self.library / "one.md").write_text("# Named\n\nivory\n", "utf-8")
        if os.geteuid() == 0:
            for path in (home, *home.rglob("*")):
                os.chown(path, NOBODY, NOBODY)

    def run(self, *words: str) -> Outcome:
        done = subprocess.run(
            [*(AS_NOBODY if os.geteuid() == 0 else ()), *rilo(*words)],
            env=environment(self.home),
            cwd="/",
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def hidden() -> Iterator[Home]:
    """Not below the folder of pytest, which is root's alone."""
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as name:
        yield Home(Path(name).resolve())


@pytest.mark.slow
@unlike_root
def test_what_may_not_be_read_is_said_and_not_taken_for_empty(hidden: Home) -> None:
    assert hidden.run("mark", "star", "one.md").code == 0
    state = hidden.home / "state" / "rilo-reader"
    config = hidden.settings.parent
    (config / "feeds.toml").write_text("", "utf-8")
    (config / "feeds.toml").chmod(0)
    hidden.run("refresh").failed(1, "feeds.toml", "cannot be read (Permission denied)")
    for path, verbs in (
        (hidden.library, ("list", "search ivory", "mark read --query=*", "history")),
        (hidden.settings, ("list", "search ivory", "mark read --query=*", "sync status")),
        (config, ("list", "mark read --query=*", "add http://127.0.0.1:9/")),
        (state, ("list", "search is:starred", "history", "sync now", "undo", "feeds")),
        (next(state.glob("*.db")), ("list", "search is:starred", "history", "sync now", "undo")),
    ):
        mode = path.stat().st_mode
        path.chmod(0)
        try:
            for verb in verbs:
                hidden.run(*verb.split()).failed(1, "ermission denied")
            report = hidden.run("doctor")
            assert (report.code, "ermission denied" in report.out) == (1, True), path
        finally:
            path.chmod(mode)
    assert hidden.run("list", "--json").objects[0]["starred"] is True


def test_a_folder_whose_disk_is_away_is_not_taken_for_emptied(user: User) -> None:
    folder, away = user.home / "disk", user.home / "away"
    folder.mkdir()
    (folder / "one.md").write_text("# One\n", "utf-8")
    user.settings(f'folders = ["{folder}"]\n')
    user.run("list").says("One")
    folder.rename(away)
    user.run("list").failed(1, "does not exist, or its disk is not connected")
    folder.mkdir()  # where it is mounted
    (user.home / "page.md").write_text("# Page\n", "utf-8")
    verbs = [("list",), ("search", "x"), ("import", str(user.home / "page.md")), ("refresh",)]
    for verb in (words for words in verbs if words[0] in all_verbs()):
        for named in ((), ("--library", str(folder))):
            done = user.run(*verb, *named)
            done.failed(1, "is empty, but it had 1 article. Connect its disk")
    assert list(folder.iterdir()) == []
    assert user.run("index", "--library", str(folder)).code == 0  # they were deleted
    assert user.run("list", "--library", str(folder)).out == ""


def _put(kind: str, place: Path) -> None:
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "socket":
        with closing(socket.socket(socket.AF_UNIX)) as ear:
            ear.bind(str(place))
    elif kind == "device":
        place.symlink_to("/dev/zero")
    else:
        place.mkdir()


@pytest.mark.slow
@unlike_root
@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "folder"])
def test_nothing_in_place_of_a_file_hangs(kind: str) -> None:
    pytest.importorskip("rilo_reader.plugins.devices")
    # A socket's path must be short.
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as name:
        home = Home(Path(name).resolve())
        assert home.run("mark", "star", "one.md").code == 0
        assert home.run("sync", "on").code == 0
        marks = next(file for file in home.home.rglob("state/rilo-reader/named-*.db"))
        config = home.settings.parent
        verbs = {config / f"{name}.toml": "feeds" for name in ("settings", "feeds", "accounts")}
        verbs |= {marks.with_suffix(end): "list" for end in (".db", ".share.db")}
        verbs |= {marks.with_suffix(end): "feeds" for end in (".accounts.db", ".ledger.db")}
        verbs |= {marks.with_name(f"{marks.name}-wal"): "list"}
        verbs |= {marks.with_suffix(".sync.lock"): "sync now"}
        for place, verb in verbs.items():
            kept = place.with_name("kept")
            if place.exists():
                place.rename(kept)
            _put(kind, place)
            done = home.run(*verb.split())
            assert "Traceback" not in done.err
            assert "unexpected" not in done.err, done
            assert done.code in (0, 1)
            shutil.rmtree(place) if kind == "folder" else place.unlink()
            if kept.exists():
                kept.rename(place)
        assert home.run("list", "--json").objects[0]["starred"] is True


@pytest.mark.parametrize("tables", [("clock",), ("value",), ("value", "gesture", "assignment")])
@pytest.mark.parametrize("is_saved", [True, False])
def test_marks_of_which_all_rows_are_gone_are_damaged(
    user: User, tables: tuple[str, ...], is_saved: bool
) -> None:
    user.article("one.md", "One", "2019-03-07", "Text.")
    assert user.run("mark", "star", "one.md").code == 0
    file = marks_file(user.library, user_paths())
    backup = file.with_name(f"{file.name}.backup")
    if not is_saved:
        backup.unlink()
    with closing(sqlite3.connect(file)) as on, on:
        for table in tables:
            on.execute(f"DELETE FROM {table}")
    done = user.run("refresh")
    assert "all rows of a table are missing" in user.run("list").err + done.err or is_saved
    found = user.run("list", "--json").objects[0]["starred"]
    assert found is is_saved
    assert list(file.parent.glob("*.damaged-*"))
    assert user.run("mark", "read", "one.md").code == 0
    assert tree(user.library)


@pytest.mark.slow
@unlike_root
def test_without_a_cache_the_index_is_in_memory(hidden: Home) -> None:
    cache = hidden.home / "cache"
    for mode in (0, 0o555):
        cache.chmod(mode)
        for verb in ("list", "search ivory", "show one.md", "mark star one.md", "doctor"):
            done = hidden.run(*verb.split())
            assert str(cache) in (done.out + done.err), verb
            assert done.code == (1 if verb == "doctor" else 0), done
        assert hidden.run("index").code == 1  # which was to save it
    cache.chmod(0o755)
    assert hidden.run("list", "--json").objects[0]["starred"] is True


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte, which is full."""
    place = tmp_path / "full"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.name == "nt" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a disk that is full")
    with (place / "fill").open("wb", buffering=0) as out, suppress(OSError):
        while out.write(bytes(4096)):
            pass
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_named_and_harms_itself_alone(
    user: User, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    for number in range(40):
        user.write(f"{number}.md", f"# Article {number}\n\nivory {'word ' * number}\n")
    with monkeypatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(full / "cache"))
        for verb in (("list",), ("search", "ivory"), ("mark", "star", "1.md"), ("show", "2.md")):
            done = user.run(*verb)
            assert done.code == 0, done
            assert str(full / "cache") in done.err
            assert "there is no space left on its disk), so it is in memory this time" in done.err
    assert user.run("list", "--json").code == 0
    lib = full / "lib"
    lib.mkdir()
    page = user.write("page.md", "# Page\n\n" + "text " * 2000)
    user.run("import", str(page), "--library", str(lib)).failed(1, f"{lib}/page.md: No space left")
    user.run("export", "*", "--to", str(full / "x.html")).failed(1, f"{full}/x.html: No space left")
    assert not list(full.rglob(".rilo-reader-*"))


@pytest.mark.terminal
def test_on_a_full_disk_the_reader_shows_the_articles_and_says_why_they_are_not_indexed(
    user: User, full: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    for number in range(16):
        user.write(f"{number}.md", f"# Article {number}\n\nivory\n")
    cache = {"XDG_CACHE_HOME": str(full / "cache")}
    with Terminal(rilo(str(user.library)), (180, 40), cache, home=tmp_path / "home") as terminal:
        screen = terminal.wait_for("Article 15")
        assert "There are no articles" not in screen
        terminal.wait_for("in memory this time. Free some space there.")
        (full / "fill").unlink()
        screen = terminal.wait_for(lambda screen: "in memory" not in screen)
        assert "Article 15" in screen
        user.write("later.md", "# A later article\n")
        terminal.wait_for("A later article")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert list(full.glob("cache/rilo-reader/index/*/*/meta.json"))
