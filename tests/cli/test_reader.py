"""Starting the reader: where it can, where it cannot, and how it leaves the terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.command_line import User
from tests.support.terminal import Terminal, rilo

CRASH = """
import sys
import {module} as module

def broken(*_, **__):
    sys.stderr.write("\\x1b[?1049h\\x1b[?25l\\x1b[?1003h")
    raise ZeroDivisionError("nobody foresaw this")

module.{name} = broken
from rilo_reader.cli import run
sys.exit(run([]))
"""


@pytest.mark.terminal
@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_without_a_terminal_it_says_what_to_use_and_never_hangs(user: User, stream: str) -> None:
    # Reading and writing: what is not the terminal here is nothing at all.
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        given = {stream: nothing}
        with Terminal(rilo(), home=user.home, **given) as terminal:  # type: ignore[arg-type]
            assert terminal.wait_exit() == 2
            if stream != "stderr":
                assert "rilo-reader list" in terminal.text
            assert "\x1b[?1049h" not in terminal.text
    finally:
        os.close(nothing)


@pytest.mark.terminal
@pytest.mark.parametrize("term", ["dumb", "", None])
def test_a_terminal_that_cannot_show_it_is_told(user: User, term: str | None) -> None:
    with Terminal(rilo(), home=user.home, env={"TERM": term}) as terminal:
        assert terminal.wait_exit() == 2
        assert "cannot show the reader" in terminal.text
        assert "\x1b[?1049h" not in terminal.text


@pytest.mark.terminal
def test_it_opens_a_folder_and_leaves(user: User) -> None:
    user.article("a.md", "My own article", "2020-01-01", "Its text.")
    with Terminal(rilo("library"), home=user.home) as terminal:
        terminal.wait_for("Its text.")
        assert "My own article" in terminal.screen()
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert terminal.mode(1049) is False


@pytest.mark.terminal
def test_wrong_settings_are_told_after_it_ends(user: User) -> None:
    file = user.settings("width = 9999\n")
    with Terminal(rilo(), home=user.home, size=(200, 30)) as terminal:
        terminal.wait_for("Welcome")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        after = terminal.text.rpartition("\x1b[?1049l")[2]
        assert f"rilo-reader: {file}, line 1, width" in after.replace("\x1b[1;31m", "").replace(
            "\x1b[0m", ""
        )


@pytest.mark.terminal
@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ("", "This is the guide. To read your own articles: rilo-reader FOLDER"),
        (
            'folders = ["/nowhere/at/all"]\n',
            "/nowhere/at/all, named in settings.toml, does not exist",
        ),
    ],
)
def test_the_guide_says_that_it_is_the_guide(user: User, settings: str, hint: str) -> None:
    user.settings(settings)
    with Terminal(rilo(), home=user.home, size=(200, 30)) as terminal:
        terminal.wait_for("Welcome")
        terminal.wait_for(hint)
        terminal.send("q")
        assert terminal.wait_exit() == 0


@pytest.mark.terminal
def test_a_folder_that_cannot_be_listed_is_one_line(user: User) -> None:
    user.settings('folders = ["library"]\n')
    (user.library).rmdir()
    with Terminal(rilo("nowhere"), home=user.home, size=(200, 30)) as terminal:
        assert terminal.wait_exit() == 2
        assert terminal.screen().startswith("rilo-reader: 'nowhere' is neither a folder")


@pytest.mark.terminal
@pytest.mark.parametrize(
    ("module", "name"),
    [("rilo_reader.tui.app", "run"), ("rilo_reader.library.search", "ArticleSearch.window")],
)
def test_a_crash_leaves_the_terminal_sane_and_a_log(user: User, module: str, name: str) -> None:
    code = CRASH.format(module=module, name=name)
    with Terminal([sys.executable, "-c", code], home=user.home, size=(200, 30)) as terminal:
        assert terminal.wait_exit() == 1
        assert terminal.mode(1049) is False
        assert terminal.mode(1003) is False
        assert terminal.mode(25) is True
        (log,) = (user.home / "state" / "rilo-reader").glob("error-*.log")
        assert log.name in terminal.text.replace("\r\n", "")
        assert "Traceback" not in terminal.text
    assert "ZeroDivisionError: nobody foresaw this" in Path(log).read_text(encoding="utf-8")
