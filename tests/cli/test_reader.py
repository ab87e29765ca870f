"""Starting the reader: where it can, where it cannot, and how it leaves the terminal."""

from __future__ import annotations

import os

import pytest

from rilo_reader import __version__
from rilo_reader.cli import reader
from rilo_reader.cli.output import UsageError
from tests.support.command_line import User
from tests.support.terminal import Terminal, rilo, until

pytestmark = pytest.mark.terminal


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


def test_a_terminal_that_shows_no_screen_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(reader, "find_non_terminal", lambda: "")
    monkeypatch.setattr(reader, "find_starts", dict)
    with pytest.raises(UsageError, match=r"set TERM to its name\. Use rilo-reader list, search or"):
        reader.check_terminal()


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


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ("", "Your own articles: rilo-reader FOLDER. This is the guide."),
        (
            'folders = ["/nowhere/at/all"]\n',
            "/nowhere/at/all, named in settings.toml, does not exist",
        ),
        (
            'folder = ["/nowhere/at/all"]\n',
            "folder: there is no such setting; did you mean folders?",
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


def test_after_an_update_the_changelog_can_be_read(user: User) -> None:
    user.article("a.md", "About ivory", "2024-01-01", "Words.")
    file = user.home / "state" / "rilo-reader" / "version"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("0.0.9", "utf-8")
    with Terminal(rilo(str(user.library)), home=user.home, size=(120, 30)) as terminal:
        terminal.wait_for(f"Updated to {__version__}. To read what changed: changelog")
        terminal.send(":changelog\r")
        terminal.wait_for("Unreleased")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    with Terminal(rilo(str(user.library)), home=user.home, size=(120, 30)) as terminal:
        terminal.wait_for("About ivory")
        terminal.wait_for("quit")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert "Updated" not in terminal.text


def test_the_guide_is_brought_back_and_left_again(user: User) -> None:
    user.article("a.md", "About ivory", "2024-01-01", "Words.")
    with Terminal(rilo(str(user.library)), home=user.home, size=(120, 30)) as terminal:
        terminal.wait_for("About ivory")
        assert "Welcome" not in terminal.screen()
        terminal.send(":guide\r")
        terminal.wait_for("Welcome")
        terminal.wait_for("Back to your articles")
        terminal.send(":guide\r")
        until(lambda: "About ivory" in terminal.screen())
        terminal.send("q")
        assert terminal.wait_exit() == 0
