"""What `doctor` says of accounts."""

from __future__ import annotations

from rilo_reader.paths import user_paths
from rilo_reader.plugins.accounts import accounts
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.service import Account, Api
from rilo_reader.secret_store import Secret, SecretStore
from tests.support.command_line import User


def test_accounts_and_what_is_wrong_with_them_are_listed(user: User) -> None:
    paths = user_paths()
    home = accounts.add(
        accounts_file(paths), Account("home", Api.MINIFLUX, "https://reader.example.org", "me")
    )
    SecretStore(paths).save(home.credential, Secret("hunter2-unique"))
    code, out, _ = user.ask("doctor")
    assert code == 0
    assert "home: miniflux at https://reader.example.org, not synced yet" in out
    SecretStore(paths).file.chmod(0o644)
    file = accounts_file(paths)
    file.write_text(file.read_text() + "pasword_command = 'pass'\n")
    code, out, err = user.ask("doctor")
    assert code == 1
    assert "did you mean password_command?" in out
    assert "Others may read" in out
    assert "rilo-reader account check 'home'" in out
    assert "hunter2" not in out + err
