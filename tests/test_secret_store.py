"""Secrets of accounts: where they are found, how they are kept, and that they are not shown."""

from __future__ import annotations

import os
import pickle
import shlex
import stat
import sys
import time
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.paths import Paths
from rilo_reader.secret_store import (
    OUTPUT_LIMIT,
    Credential,
    Keyring,
    Secret,
    SecretPlace,
    SecretStore,
    system_keyring,
)
from tests.support.examples import examples

SECRET = "hunter2-unique"
ACCOUNT = Credential("home", "https://reader.example.org", "me", "", "rilo-reader share join it")


class FakeKeyring(Keyring):
    """A keyring in memory, which may be locked or lose what it is given."""

    def __init__(self, *, locked: bool = False, loses: bool = False) -> None:
        self.secrets: dict[str, str] = {}
        self.locked = locked
        self.loses = loses

    def get(self, key: str) -> str | None:
        self._unlocked()
        return self.secrets.get(key)

    def set(self, key: str, secret: str) -> None:
        self._unlocked()
        if not self.loses:
            self.secrets[key] = secret

    def delete(self, key: str) -> None:
        self._unlocked()
        self.secrets.pop(key, None)

    def _unlocked(self) -> None:
        if self.locked:
            raise OSError("the keyring is locked")


def python(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def failure(secrets: SecretStore, account: Credential = ACCOUNT) -> str:
    """Why no secret is found; it is a problem of the login, and shows no secret."""
    with pytest.raises(FetchError) as caught:
        secrets.find(account)
    assert caught.value.failure is Failure.LOGIN
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return caught.value.reason


def test_a_secret_is_shown_on_request_only() -> None:
    secret = Secret(SECRET)
    assert SECRET not in f"{secret} {secret!r} {[secret]} {secret!s:>40}"
    assert secret.reveal() == SECRET
    assert secret == Secret(SECRET) != Secret("other")
    assert not Secret("")
    with pytest.raises(TypeError):
        pickle.dumps(secret)


# -- the file -------------------------------------------------------------------------------------


def test_without_a_keyring_a_file_has_it_that_only_its_user_reads(paths: Paths) -> None:
    old = os.umask(0)
    try:
        assert SecretStore(paths).save(ACCOUNT, Secret(SECRET)) is SecretPlace.FILE
    finally:
        os.umask(old)
    secrets = SecretStore(paths)
    assert stat.S_IMODE(secrets.file.stat().st_mode) == 0o600
    assert secrets.find(ACCOUNT) == Secret(SECRET)
    assert secrets.find_place(ACCOUNT) is SecretPlace.FILE
    assert [file.name for file in paths.state.iterdir()] == ["passwords.toml"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(paths: Paths, mode: int) -> None:
    secrets = SecretStore(paths)
    secrets.save(ACCOUNT, Secret(SECRET))
    secrets.file.chmod(mode)
    before = secrets.file.read_bytes()
    assert f"chmod 600 {secrets.file}" in failure(secrets)
    with pytest.raises(FetchError, match="Others may read"):
        secrets.save(ACCOUNT, Secret("new"))
    with pytest.raises(FetchError, match="Others may read"):
        secrets.find_place(ACCOUNT)
    assert secrets.file.read_bytes() == before
    secrets.file.chmod(0o600)
    assert secrets.find(ACCOUNT) == Secret(SECRET)


def test_a_damaged_file_is_refused_and_kept(paths: Paths) -> None:
    secrets = SecretStore(paths)
    secrets.save(ACCOUNT, Secret("x"))
    secrets.file.write_text(f'"home" = "{SECRET}\n')
    assert "is damaged" in failure(secrets)
    with pytest.raises(FetchError):
        secrets.save(ACCOUNT, Secret("new"))
    assert SECRET in secrets.file.read_text()


def test_a_secret_is_replaced_and_forgotten(paths: Paths) -> None:
    secrets, other = SecretStore(paths), ACCOUNT._replace(account="other")
    secrets.save(ACCOUNT, Secret("old"))
    secrets.save(other, Secret(SECRET))
    secrets.save(ACCOUNT, Secret("new"))
    assert secrets.find(ACCOUNT) == Secret("new")
    secrets.delete(ACCOUNT)
    secrets.delete(ACCOUNT)
    assert "To store it: rilo-reader share join it" in failure(secrets)
    assert secrets.find(other) == Secret(SECRET)
    secrets.delete(other)
    assert not secrets.file.exists()


@pytest.mark.parametrize(
    "changed",
    [{"url": "https://evil.example"}, {"user": "somebody"}, {"account": "x"}],
    ids=["url", "user", "name"],
)
def test_a_secret_goes_to_its_own_server_only(paths: Paths, changed: dict[str, str]) -> None:
    keyring = FakeKeyring()
    SecretStore(paths).save(ACCOUNT, Secret(SECRET))
    SecretStore(paths, lambda: keyring).save(
        ACCOUNT._replace(account="in the keyring"), Secret(SECRET)
    )
    account = ACCOUNT._replace(**changed)
    assert "no password or API key" in failure(SecretStore(paths, lambda: keyring), account)
    assert SecretStore(paths, lambda: keyring).find_place(account) is SecretPlace.NOWHERE


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


@given(TEXTS, TEXTS, TEXTS)
@examples(60)
def test_any_secret_comes_back(name: str, user: str, value: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        secrets = SecretStore(Paths(*(Path(folder) / part for part in "abcd")))
        account = ACCOUNT._replace(account=name, user=user)
        secrets.save(account, Secret(value))
        assert secrets.find(account) == Secret(value)


# -- the keyring ----------------------------------------------------------------------------------


def test_a_keyring_has_it_and_the_file_no_more(paths: Paths) -> None:
    keyring = FakeKeyring()
    SecretStore(paths).save(ACCOUNT, Secret("old"))
    secrets = SecretStore(paths, lambda: keyring)
    assert secrets.save(ACCOUNT, Secret(SECRET)) is SecretPlace.KEYRING
    assert secrets.find(ACCOUNT) == Secret(SECRET)
    assert secrets.find_place(ACCOUNT) is SecretPlace.KEYRING
    assert not secrets.file.exists()
    secrets.delete(ACCOUNT)
    assert keyring.secrets == {}


@pytest.mark.parametrize("loses", [False, True])
def test_a_keyring_that_does_not_keep_it_leaves_it_to_the_file(paths: Paths, loses: bool) -> None:
    keyring = FakeKeyring(locked=not loses, loses=loses)
    secrets = SecretStore(paths, lambda: keyring)
    assert secrets.save(ACCOUNT, Secret(SECRET)) is SecretPlace.FILE
    assert secrets.find(ACCOUNT) == Secret(SECRET)
    secrets.delete(ACCOUNT)
    assert not secrets.file.exists()


def test_a_locked_keyring_is_named(paths: Paths) -> None:
    keyring = FakeKeyring()
    secrets = SecretStore(paths, lambda: keyring)
    secrets.save(ACCOUNT, Secret(SECRET))
    keyring.locked = True
    assert "the keyring is locked" in failure(secrets)
    with pytest.raises(FetchError, match="the keyring is locked; it may have the secret"):
        secrets.find_place(ACCOUNT)


def test_what_was_kept_while_a_keyring_was_locked_is_newer(paths: Paths) -> None:
    keyring = FakeKeyring()
    secrets = SecretStore(paths, lambda: keyring)
    secrets.save(ACCOUNT, Secret("old"))
    keyring.locked = True
    assert secrets.save(ACCOUNT, Secret(SECRET)) is SecretPlace.FILE
    keyring.locked = False
    assert secrets.find(ACCOUNT) == Secret(SECRET)


def test_no_keyring_is_looked_for_if_the_file_has_a_secret(paths: Paths) -> None:
    SecretStore(paths).save(ACCOUNT, Secret(SECRET))
    secrets = SecretStore(paths, lambda: pytest.fail("it looked for one"))
    assert secrets.find_place(ACCOUNT) is SecretPlace.FILE
    assert secrets.find(ACCOUNT) == Secret(SECRET)


def test_the_package_is_used_where_the_system_has_a_keyring() -> None:
    import keyring
    from keyring.backend import KeyringBackend
    from keyring.backends import fail, null
    from keyring.errors import PasswordDeleteError, PasswordSetError

    class InMemory(KeyringBackend):
        priority = 1

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.secrets: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.secrets.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            if username == "refused":
                raise PasswordSetError(password)
            self.secrets[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            if self.secrets.pop((service, username), None) is None:
                raise PasswordDeleteError("not found")

    before = keyring.get_keyring()
    try:
        for unusable in (fail.Keyring(), null.Keyring()):  # type: ignore[no-untyped-call]
            keyring.set_keyring(unusable)
            assert system_keyring() is None
        backend = InMemory()
        keyring.set_keyring(backend)
        ours = system_keyring()
        assert ours is not None
        ours.set("a", SECRET)
        assert backend.secrets == {("rilo-reader", "a"): SECRET}
        assert ours.get("a") == SECRET
        ours.delete("a")
        ours.delete("a")
        assert ours.get("a") is None
        with pytest.raises(OSError, match="PasswordSetError") as caught:
            ours.set("refused", SECRET)
        assert SECRET not in "".join(traceback.format_exception(caught.value))
    finally:
        keyring.set_keyring(before)


# -- commands -------------------------------------------------------------------------------------


def commanded(paths: Paths, command: str, seconds: float = 20.0) -> tuple[SecretStore, Credential]:
    return SecretStore(paths, seconds=seconds), ACCOUNT._replace(password_command=command)


def test_a_command_prints_it_on_its_first_line(paths: Paths) -> None:
    # Much more is no fault.
    code = f"import sys; print({SECRET!r} + '  '); print('user: me')"
    code += "; print('x' * 9_000); print('y' * 9_000, file=sys.stderr)"
    secrets, account = commanded(paths, python(code))
    secrets.save(ACCOUNT, Secret("what is kept does not count"))
    assert secrets.find(account).reveal() == f"{SECRET}  "
    assert secrets.find_place(account) is SecretPlace.COMMAND


def test_a_command_is_no_shell_line(paths: Paths) -> None:
    code = "import sys; print(sys.argv[1:])"
    secrets, account = commanded(paths, python(code) + " $HOME ';' \"a b\" | tr a b")
    assert secrets.find(account).reveal() == str(["$HOME", ";", "a b", "|", "tr", "a", "b"])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            f"import sys; print({SECRET!r}); sys.exit('gpg: no\\nkey')",
            "ended with status 1: gpg: no key",
        ),
        ("import sys; sys.exit(3)", "ended with status 3"),
        ("print(); print('x')", "prints nothing on its first line"),
        ("pass", "prints nothing on its first line"),
        ("print('a\\0b')", "prints control characters"),
        ("import os; os.write(1, bytes([255]))", "is not UTF-8"),
        ("input()", "ended with status 1"),
    ],
)
def test_a_command_that_fails_says_how(paths: Paths, code: str, reason: str) -> None:
    found = failure(*commanded(paths, python(code)))
    assert reason in found
    assert "the account home" in found


def test_the_arguments_of_a_command_are_not_shown(paths: Paths) -> None:
    assert "(false …) ended with status 1" in failure(*commanded(paths, f"false {SECRET}"))
    # Nor what is no program: somebody may have taken the option for one of the password.
    for command in (SECRET, f"no-such-program {SECRET}", f"/ {SECRET}"):
        assert "cannot be started" in failure(*commanded(paths, command))


@pytest.mark.parametrize("stream", [1, 2])
def test_a_command_that_prints_without_end_is_ended_with_what_it_started(
    paths: Paths, stream: int
) -> None:
    inner = python(f"import os\nwhile True: os.write({stream}, b'x' * 65536)")
    found = failure(*commanded(paths, python(f"import os; print(1); os.system({inner!r})")))
    assert f"prints more than {OUTPUT_LIMIT:,} bytes" in found
    assert "the account home" in found


@pytest.mark.slow
def test_a_command_that_takes_too_long_is_ended_with_what_it_started(paths: Paths) -> None:
    started = paths.config.parent / "started"
    inner = f"import os, pathlib, time; pathlib.Path({str(started)!r}).write_text(str(os.getpid()))"
    inner += "; time.sleep(600)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    secrets, account = commanded(paths, python(code), seconds=3)
    assert "did not end within 3 seconds" in failure(secrets, account)
    number = int(started.read_text())
    for _ in range(100):
        if not _runs(number):
            return
        time.sleep(0.05)
    raise AssertionError("what the command started still runs")


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:  # one whose parent does not wait for it has ended, but is still in the table
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
