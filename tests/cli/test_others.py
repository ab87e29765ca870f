"""A program `rilo-reader-NAME` in PATH is the command NAME, as in git."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.command_line import User

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs at the end of PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join((os.environ["PATH"], os.fspath(folder))))
    return folder


def program(folder: Path, name: str, script: str = 'echo "$0:" "$@"', mode: int = 0o755) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"rilo-reader-{name}"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(mode)
    return file


def run(user: User, *words: str) -> tuple[int, str, str]:
    ended = user.spawn(*words, env={"PATH": os.environ["PATH"]})
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


def test_it_gets_what_follows_its_name_and_its_exit_code_is_ours(
    user: User, programs: Path
) -> None:
    file = program(programs, "weather", 'printf "%s|" "$@"; echo said >&2; exit 7')
    words = ("--color", "always", "--json", "a b", "--", "-h")
    assert run(user, "weather", *words) == (7, "--color|always|--json|a b|--|-h|", "said\n")
    program(programs, "weather", "kill -TERM $$")
    assert user.run("weather").code == 128 + 15
    file.write_text("#!/no/such/program\n")
    user.run("weather").failed(1, f"{file} could not be started: No such file or directory.")


def test_ours_and_what_is_in_the_folder_come_first(user: User, programs: Path) -> None:
    for name in ("list", "version", "weather", "notes"):
        program(programs, name, "exit 7")
    user.ask("list").says()
    user.run("version").says("rilo-reader ")
    Path("notes").write_text("x")
    user.run("notes").failed(1, "'notes' is a file")
    Path("weather").mkdir()
    assert "terminal" in user.run("weather").err
    Path("weather").rmdir()
    assert user.run("weather").code == 7


@pytest.mark.parametrize("entry", ["", ".", "programs"])
def test_none_is_taken_from_the_current_folder(
    user: User, programs: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    for folder in (Path.cwd(), programs):
        program(folder, "weather", "exit 7")
    monkeypatch.setenv("PATH", os.pathsep.join((entry, "/usr/bin", "/bin")))
    user.run("weather").failed(2, "'weather' is neither a folder nor a command.")
    assert "weather" not in user.run("--help").out


def test_what_is_no_name_or_cannot_run_is_none(user: User, programs: Path) -> None:
    program(programs, "weather", mode=0o644)
    program(programs, "..")
    (programs / "rilo-reader-folder").mkdir()
    for name in ("weather", "..x", "folder", "../programs/rilo-reader-x", ""):
        assert user.run(name).code in (1, 2)
    assert "Others:" not in user.run("--help").out


def test_help_lists_others_and_asks_them(user: User, programs: Path) -> None:
    assert "Others:" not in user.run("--help").out
    file = program(programs, "weather")
    program(programs, "search")
    program(programs, "\x1b[31mred")
    listed = user.run("--help").out.partition("\nOthers:\n")[2].partition("\n\n")[0]
    assert listed == "  weather"
    assert run(user, "help", "weather") == (0, f"{file}: --help\n", "")
