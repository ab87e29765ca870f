"""The secret of an account, a password or an API key: found, kept and forgotten.

It is what the account's password_command prints, else what the system's keyring has (with the extra
`keyring`), else what passwords.toml has: a file in the state folder that only its user may read.
A secret belongs to the account, its server and its user together, so it is never sent to a server
that somebody wrote into accounts.toml later.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
from enum import StrEnum
from typing import NoReturn

from rilo_reader.paths import Paths
from rilo_reader.sync.services.keyrings import Keyring, system_keyring
from rilo_reader.sync.services.password_command import COMMAND_SECONDS, no_secret, printed
from rilo_reader.sync.services.service import Account

HEAD = """\
# The passwords and API keys of your accounts at feed services. Only you may read this file, and
# rilo-reader refuses it otherwise. To have them elsewhere: password_command in accounts.toml, or
# the keyring of your system.

"""


class Secret:
    """A secret that shows itself only on request: not in a repr, a message or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return it, to be sent to its server."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


class Where(StrEnum):
    """Where the secret of an account is."""

    COMMAND = "password_command"
    KEYRING = "keyring"
    FILE = "passwords.toml"
    NOWHERE = "nowhere"


class Secrets:
    """Finds, keeps and forgets the secrets of accounts.

    Args:
        paths: the user's folders.
        keyring: the system's keyring, or None to use the file only.
        seconds: how long a password_command may take.
    """

    def __init__(
        self, paths: Paths, keyring: Keyring | None = None, *, seconds: float = COMMAND_SECONDS
    ) -> None:
        self.file = paths.state / "passwords.toml"
        self._keyring = keyring
        self._seconds = seconds

    def find(self, account: Account) -> Secret:
        """Return the secret of an account; blocks while its command runs.

        Raises:
            FetchError: LOGIN if there is none; the reason says why and what to do.
        """
        if account.password_command:
            return Secret(printed(account, self._seconds))
        found, problem = self._in_keyring(account)
        secret = found or self._in_file().get(_key(account), "")
        if secret:
            return Secret(secret)
        unusable = f"; {problem}" if problem else ""
        raise no_secret(
            f"no password or API key of the account {account.name} is kept here{unusable}. "
            f"To keep it: {add_again(account)}"
        )

    def where(self, account: Account) -> Where:
        """Return where the secret of an account is; its command is not run.

        Raises:
            FetchError: LOGIN if passwords.toml cannot be used, or the keyring where it may be.
        """
        if account.password_command:
            return Where.COMMAND
        found, problem = self._in_keyring(account)
        if found:
            return Where.KEYRING
        if _key(account) in self._in_file():
            return Where.FILE
        if problem:
            raise no_secret(f"{problem}; it may have the secret of the account {account.name}")
        return Where.NOWHERE

    def keep(self, account: Account, secret: Secret) -> Where:
        """Keep a secret in the keyring, else in the file, instead of what is kept; return where.

        Raises:
            FetchError: LOGIN if passwords.toml cannot be used; nothing has changed.
            OSError: passwords.toml cannot be written.
        """
        key = _key(account)
        if self._keyring is not None:
            # Some backends take a secret and lose it.
            with contextlib.suppress(OSError):
                self._keyring.set(key, secret.reveal())
                if self._keyring.get(key) == secret.reveal():
                    self._write(key, None)
                    return Where.KEYRING
        self._write(key, secret.reveal())
        return Where.FILE

    def forget(self, account: Account) -> None:
        """Forget the secret of an account, if one is kept.

        Raises:
            FetchError, OSError: as `keep`.
        """
        if self._keyring is not None:
            with contextlib.suppress(OSError):
                self._keyring.delete(_key(account))
        self._write(_key(account), None)

    def _in_keyring(self, account: Account) -> tuple[str, str]:
        """Return the secret in the keyring or "", and why the keyring cannot be used or ""."""
        if self._keyring is None:
            return "", ""
        try:
            return self._keyring.get(_key(account)) or "", ""
        except OSError as error:
            return "", str(error)

    # -- the file ---------------------------------------------------------------------------------

    def _in_file(self) -> dict[str, str]:
        """Return the secrets in the file by their keys.

        Raises:
            FetchError: LOGIN if others may read the file, or it is damaged.
        """
        import tomllib

        try:
            with self.file.open("rb") as stream:
                if os.name != "nt" and stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
                    raise no_secret(
                        f"{self.file} may be read by others, so it is not used. If nobody has read "
                        f"it: chmod 600 {shlex.quote(str(self.file))}"
                    )
                data = tomllib.load(stream)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise no_secret(f"{self.file} cannot be read: {error.strerror}") from None
        except ValueError:
            # Not chained: the error of a parser may repeat what it parsed.
            raise no_secret(
                f"{self.file} is damaged; move it away, and add your accounts again"
            ) from None
        return {key: value for key, value in data.items() if isinstance(value, str)}

    def _write(self, key: str, secret: str | None) -> None:
        """Set or remove a secret in the file."""
        import tomli_w

        from rilo_reader.files import replacing

        secrets = self._in_file()
        if secrets.get(key) == secret:
            return
        if secret is None:
            del secrets[key]
        else:
            secrets[key] = secret
        if not secrets:
            self.file.unlink()
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.file, private=True) as out:
            out.write((HEAD + tomli_w.dumps(secrets)).encode())


def secrets_of(paths: Paths) -> Secrets:
    """Return the secrets of the user, with the system's keyring if there is one."""
    return Secrets(paths, system_keyring())


def add_again(account: Account) -> str:
    """Return the command that keeps a new secret of an account."""
    words = ["rilo-reader", "account", "add", str(account.api), account.url]
    words += ["--user", account.user] if account.user else []
    return shlex.join([*words, "--name", account.name])


def _key(account: Account) -> str:
    return f"{account.name.casefold()}: {account.user}@{account.url}"
