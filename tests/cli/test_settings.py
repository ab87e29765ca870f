"""`settings`: the settings file in the editor."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.command_line import User
from tests.support.terminal import Terminal, rilo


def test_without_a_terminal_the_path_is_printed(user: User) -> None:
    for options in ([], ["--path"], ["--path", "--library", "/nowhere"]):
        code, out, err = user.run("settings", *options)
        assert (code, err) == (0, "")
        assert out.strip().endswith("rilo-reader/settings.toml")
        assert not Path(out.strip()).exists()


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
