"""An account that is removed, and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.library import LibraryError
from rilo_reader.sync.services import accounts
from rilo_reader.sync.services.account import Account, Api
from rilo_reader.sync.services.removal import remove_account, restore_account
from rilo_reader.sync.services.secrets import Secret, Secrets, Where
from tests.support.reader import paths_in

HOME = Account("home", Api.MINIFLUX, "https://home.example.org", "me")


def test_a_password_of_a_command_is_left_to_the_command(tmp_path: Path) -> None:
    paths, ran = paths_in(tmp_path), tmp_path / "ran"
    account = accounts.add(paths, HOME._replace(password_command=f"touch {ran}"))
    removed = remove_account(tmp_path, paths, account)
    assert (removed.secret, accounts.load(paths)[0]) == (None, ())
    restore_account(paths, removed)
    assert accounts.load(paths)[0] == (account,)
    assert not ran.exists()


def test_an_account_does_not_come_back_over_another_of_its_name(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    secrets = Secrets(paths)
    accounts.add(paths, HOME)
    secrets.keep(HOME, Secret("hunter2"))
    removed = remove_account(tmp_path, paths, HOME)
    other = accounts.add(paths, HOME._replace(url="https://other.example.org"))
    with pytest.raises(LibraryError, match="could not be brought back: there is an account home"):
        restore_account(paths, removed)
    assert accounts.load(paths)[0] == (other,)
    assert secrets.where(HOME) is Where.NOWHERE
    assert "hunter2" not in repr(removed)
