"""An account is added in the reader, by its keys and its real child process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.accounts.login_server import USER, LoginServer
from tests.support.servers import serving
from tests.support.terminal import ENTER, TAB, Terminal, rilo, until

pytestmark = pytest.mark.terminal

SECRET = "hunter2-unique"


def test_an_account_is_added_and_its_password_is_seen_nowhere(tmp_path: Path) -> None:
    with serving() as server, Terminal(rilo(), home=tmp_path) as terminal:
        login = LoginServer(server, SECRET)
        terminal.wait_for("First steps")
        terminal.send("a")
        terminal.wait_for("miniflux ADDRESS")
        terminal.send(f"miniflux {login.url}{ENTER}")
        terminal.wait_for("Add an account at Miniflux")
        terminal.send(f"{USER}{TAB}wrong{ENTER}")
        terminal.wait_for("Nothing was saved")
        terminal.send(f"\x15{SECRET}{ENTER}")
        terminal.wait_for("is added")
        assert SECRET not in terminal.text
        terminal.send("q")
        assert terminal.wait_exit() == 0
    file = tmp_path / "state" / "rilo-reader" / "passwords.toml"
    until(file.exists)
    with_secret = [
        each
        for each in tmp_path.rglob("*")
        if each.is_file() and SECRET.encode() in each.read_bytes()
    ]
    assert with_secret == [file]
    assert [asked.path for asked in server.asked if SECRET in asked.path] == []
