"""A home goes through one file: nothing is missing, nothing here is lost, nothing bad is taken."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tools.judge.moved_home import Home, Journey, furnish, prove, serve_feed

from rilo_reader.cli.library_context import make_context
from rilo_reader.config import Config
from rilo_reader.paths import Paths
from rilo_reader.plugins.homes.archive import MANIFEST, write_home
from tests.support.command_line import User, tree
from tests.support.servers import serving

XDG = pytest.mark.skipif(sys.platform == "win32", reason="homes of XDG folders")


@XDG
@pytest.mark.slow
@pytest.mark.parametrize("library", ["", "news"])
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
    "no JSON": (lambda file: _rewrite(file, lambda name, data: (name, b"{")), "cannot be restored"),
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
    out = io.BytesIO()
    write_home(
        out, make_context(paths.default_library, paths, Config()), lambda done: None, secrets=True
    )
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


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes with names")
def test_a_pipe_is_neither_replaced_nor_waited_for(user: User) -> None:
    os.mkfifo("pipe")
    user.run("backup", "pipe").failed(1, "is a pipe, socket or device; name a file")
    user.ask("export", "--to", "pipe", "--format", "jsonl").failed(1, "name a file")
    user.run("restore", "pipe").failed(1, "not a file")
    assert Path("pipe").is_fifo()
