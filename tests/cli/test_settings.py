"""`settings`: the settings file in the editor."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rilo_reader.config import load
from tests.support.command_line import User
from tests.support.for_each import for_each
from tests.support.terminal import Terminal, rilo


def test_without_a_terminal_the_path_is_printed(user: User) -> None:
    for options in ([], ["--path"], ["--path", "--library", "/nowhere"]):
        code, out, err = user.run("settings", *options)
        assert (code, err) == (0, "")
        assert out.strip().endswith("rilo-reader/settings.toml")
        assert not Path(out.strip()).exists()


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("width 90", "width = 90"),
        ("width=90", "width = 90"),
        ("width = 90", "width = 90"),
        ("theme paper", 'theme = "paper"'),
        ('theme "paper"', 'theme = "paper"'),
        ("date_format %d.%m.%Y", 'date_format = "%d.%m.%Y"'),
        ("mark_read by hand", 'mark_read = "by hand"'),
        ("mark_read_after 1.5", "mark_read_after = 1.5"),
        ("drafts true", "drafts = true"),
        ("folders {home} {home}/library", 'folders = ["{home}", "{home}/library"]'),
        ('folders ["{home}"]', 'folders = ["{home}"]'),
        ("keys.zen f5", 'keys.zen = "f5"'),
        ("keys.zen f5 1", 'keys.zen = ["f5", "1"]'),
    ],
)
def test_a_setting_is_changed_and_nothing_else(user: User, typed: str, written: str) -> None:
    user.settings('# mine\nwidth = 70  # wide\n\n[keys]\nstar = "S"\n')
    typed, written = typed.format(home=user.home), written.format(home=user.home)
    user.run("settings", *typed.split(" ")).says(written)
    file = user.home / "config/rilo-reader/settings.toml"
    text = file.read_text("utf-8")
    assert written.removeprefix("keys.") in text
    for kept in ("# mine\n", "  # wide\n", '[keys]\nstar = "S"\n'):
        assert kept in text
    problems = load(file)[1]
    assert [problem.message for problem in problems] == []
    name = typed.replace("=", " ").split()[0]
    said = user.run("settings", name).out.split()
    user.run("settings", name, *said).says(written)


def test_a_folder_that_is_not_there_yet_is_said(user: User) -> None:
    done = user.run("settings", "folders", "news")
    assert (done.code, done.out) == (0, f'folders = ["{user.home}/news"]\n')
    assert f"To create it: mkdir -p {user.home}/news" in done.err


def test_what_a_setting_is_without_a_file_is_its_default(user: User) -> None:
    user.run("settings", "width").says("80\n")
    user.run("settings", "folders").says(f"{user.default}\n")
    user.run("settings", "width", "90").says("width = 90")
    text = (user.home / "config/rilo-reader/settings.toml").read_text("utf-8")
    assert "# The theme" in text, "a new file explains every setting"


@for_each(
    "typed, said",
    [
        ("wdth 90", "there is no setting wdth; did you mean width?"),
        ("width 900", "900 is not between 20 and 200"),
        ("width wide", "expected a whole number, not 'wide'"),
        ("theme papr", "there is no theme 'papr'; did you mean paper?"),
        ("theme sepia", "there is no theme 'sepia'; the themes are auto, ink, paper, "),
        ("folders ", "'' is not a folder"),
        ("folders {home} ", "'' is not a folder"),
        ('folders [""]', "'' is not a folder"),
        ("folders []", "expected a list of folders"),
        ("drafts maybe", "expected true or false"),
        ("width=", "rilo-reader settings width 80"),
        ("folders ~nobody-here/x", "user that does not exist"),
        ("keys x", "To edit it: rilo-reader settings"),
        ("keys.str x", "did you mean keys.star?"),
        ("keys.star fooo", "'fooo' is not the name of a key"),
        ("keys.star=", "rilo-reader settings keys.star s"),
        ("rules x", "To edit it: rilo-reader settings"),
    ],
)
def test_a_value_that_cannot_be_is_refused(user: User, typed: str, said: str) -> None:
    done = user.run("settings", *typed.split(" "))
    assert done.code in (1, 2)
    assert done.out == ""
    assert said in done.err
    assert not (user.home / "config/rilo-reader/settings.toml").exists()


def editor(folder: Path, text: str) -> dict[str, str | None]:
    file = folder / "editor"
    file.write_text(f"#!{sys.executable}\nimport sys\nfile = open(sys.argv[1], 'r+')\n{text}\n")
    file.chmod(0o755)
    return {"VISUAL": str(file)}


@pytest.mark.terminal
def test_the_settings_are_opened_in_the_editor(user: User, tmp_path: Path) -> None:
    env = editor(tmp_path, "print('opened', 'mark_read_after' in file.read())")
    with Terminal(rilo("settings"), home=user.home, env=env) as terminal:
        assert terminal.wait_exit() == 0
        assert "opened True" in terminal.text


@pytest.mark.terminal
def test_what_is_wrong_is_said_afterwards(user: User, tmp_path: Path) -> None:
    env = editor(tmp_path, "text = file.read(); file.seek(0); file.write('width = 9999\\n' + text)")
    with Terminal(rilo("settings"), home=user.home, env=env, size=(200, 30)) as terminal:
        assert terminal.wait_exit() == 1
        assert "settings.toml, line 1, width: " in terminal.text


@pytest.mark.terminal
@pytest.mark.slow
def test_what_leaves_vi_is_said_before_it_opens(user: User, tmp_path: Path) -> None:
    """In each place that opens an editor, where nobody has named one; ctrl+c goes back."""
    user.article("a.md", "Story", "2020-01-01", "words")
    for name in ("real-vi", "named"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nprintf '%s' '{name} is open'\n")
        program.chmod(0o755)
    (tmp_path / "vim.basic").symlink_to("real-vi")
    (tmp_path / "vi").symlink_to("vim.basic")
    env: dict[str, str | None] = {"PATH": str(tmp_path), "EDITOR": None, "VISUAL": None}
    with Terminal(rilo("settings"), home=user.home, env=env) as terminal:
        terminal.wait_for(":q!")
        assert "real-vi is open" not in terminal.text
        terminal.send("\r")
        assert terminal.wait_exit() == 0
        assert "real-vi is open" in terminal.text
    with Terminal(rilo("settings"), home=user.home, env=env) as terminal:
        terminal.wait_for(":q!")
        terminal.send("\x03")
        assert terminal.wait_exit() == 1
        assert "real-vi is open" not in terminal.text
        assert "The editor was not opened." in terminal.text
    with Terminal(rilo(str(user.library)), home=user.home, env=env) as terminal:
        terminal.wait_for("Story")
        terminal.send("e")
        terminal.wait_for(":q!")
        terminal.send("\x03")
        terminal.wait_for("The editor was not opened.")
        # A key that comes before the prompt would be the reader's, which drops it when it stops.
        seen = len(terminal.output)
        terminal.send("e")
        terminal.wait_for_bytes(b":q!", since=seen)
        terminal.send("\r")
        terminal.wait_for_bytes(b"real-vi is open")
        terminal.wait_for("Story")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    env["EDITOR"] = str(tmp_path / "named")
    with Terminal(rilo("settings"), home=user.home, env=env) as terminal:
        assert terminal.wait_exit() == 0
        assert "named is open" in terminal.text
        assert ":q!" not in terminal.text
