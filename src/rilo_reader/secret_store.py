"""The secret of an account, a password or an API key: found, kept and forgotten.

It is what the account's password_command prints, else what passwords.toml has, a file in the state
folder that only its user may read, else what the system's keyring has (with the extra `keyring`).
What is in the file is newer: a keyring that takes a secret has it out of the file.
A secret belongs to the account, its server and its user together, so it is never sent to a server
that somebody wrote into the settings later.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import stat
import tomllib
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple, NoReturn

import tomli_w

from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.files import check_regular, replace_file
from rilo_reader.paths import Paths
from rilo_reader.process import Process, ProgramEnd, ProgramJob
from rilo_reader.text import clean_line, command_words


class Credential(NamedTuple):
    """The account that a secret belongs to, without the secret itself."""

    account: str  # what the user calls it
    url: str
    user: str
    password_command: str  # prints the secret; "" if it is kept here
    store_command: str  # the command line that stores the secret

    @property
    def key(self) -> str:
        """The name under which the secret is kept."""
        return f"{self.account.casefold()}: {self.user}@{self.url}"


# -- the password_command of an account, run without a shell ---------------------------------------


COMMAND_SECONDS = 60.0  # seconds that a command has; some ask for a passphrase in a window
OUTPUT_LIMIT = 65_536
"""Bytes that a command may print, on standard output and on standard error each."""

STDERR_LIMIT = 300  # characters of a command's message that are shown


def make_login_error(reason: str) -> FetchError:
    """Return the error of an account that cannot log in, with no secret to be found."""
    return FetchError(Failure.LOGIN, reason)


def run_password_command(credential: Credential, seconds: float) -> str:
    """Return the first line that the command of an account prints.

    Raises FetchError: LOGIN if it fails, takes too long, prints nothing or too much.
    """
    words = command_words(credential.password_command)
    what = f"the password_command of the account {credential.account}"
    wanted = "the password on its first line, and only a few more lines"
    command = [str(Path(words[0]).expanduser()), *words[1:]]
    output = read_command_output(command, what, seconds, wanted)
    what = f"{what} ({clean_line(words[0], 80)} …)"
    try:
        line = output.partition(b"\n")[0].removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise make_login_error(f"{what} prints something that is not UTF-8") from None
    if not line.isprintable() or not line:
        found = "control characters" if line else "nothing"
        raise make_login_error(f"{what} prints {found} on its first line")
    return line


def read_command_output(command: list[str], label: str, seconds: float, expected: str) -> bytes:
    """Return what a command prints; `label` and what is `expected` of it are for messages.

    Its arguments and output stay out of them, also out of its own message: they may have a secret.
    Raises FetchError: LOGIN if it fails, takes too long or prints too much.
    """
    try:
        end = Process(ProgramJob(label, command, seconds), max_bytes=OUTPUT_LIMIT).run_bounded()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a command"
        raise make_login_error(f"{label} cannot be started: {reason}") from None
    if end.is_late:
        raise make_login_error(
            f"{label} did not end within {seconds:.3g} seconds; it must not ask questions"
        )
    if end.is_cut:
        raise make_login_error(
            f"{label} prints more than {OUTPUT_LIMIT:,} bytes, so it was stopped; it must print "
            f"{expected}"
        )
    if end.status:
        message = _clean_message(end, command[1:])
        how = f"({clean_line(command[0], 80)} …) ended with status {end.status}"
        raise make_login_error(f"{label} {how}" + (f": {message}" if message else ""))
    return end.output


def _clean_message(end: ProgramEnd, arguments: list[str]) -> str:
    """Return what a program said of its failure, without words of its arguments and output."""
    words = set(re.findall(r"\w{3,}", end.output.decode("utf-8", "replace")))
    words.update(re.findall(r"\w{8,}", " ".join(arguments)))  # shorter ones are no secrets alone
    text = end.errors.decode("utf-8", "replace")
    shown = re.sub(r"\w{3,}", lambda word: "…" if word[0] in words else word[0], text)
    return clean_line(shown, STDERR_LIMIT)


# -- the keyring of the system ---------------------------------------------------------------------


KEYRING_SERVICE = "rilo-reader"


class Keyring:
    """The system's keyring by the package `keyring`; raises OSError if it cannot be used."""

    def get(self, key: str) -> str | None:
        """Return a secret, or None."""
        import keyring

        with _keyring_errors():
            return keyring.get_password(KEYRING_SERVICE, key)

    def set(self, key: str, secret: str) -> None:
        """Keep a secret."""
        import keyring

        with _keyring_errors():
            keyring.set_password(KEYRING_SERVICE, key, secret)

    def delete(self, key: str) -> None:
        """Forget a secret, if it has it."""
        import keyring
        import keyring.errors

        with _keyring_errors(), contextlib.suppress(keyring.errors.PasswordDeleteError):
            keyring.delete_password(KEYRING_SERVICE, key)


def system_keyring() -> Keyring | None:
    """Return the system's keyring, or None without the package or a backend of the system."""
    try:
        import keyring
        from keyring.backends import fail, null
    except ImportError:
        return None
    # A backend may be chosen by the user, and its choice may fail in its own ways.
    try:
        backend = keyring.get_keyring()
    except Exception:
        return None
    return None if isinstance(backend, fail.Keyring | null.Keyring) else Keyring()


@contextlib.contextmanager
def _keyring_errors() -> Iterator[None]:
    """Raise what backends raise, which may be anything, as OSError without its text."""
    try:
        yield
    except Exception as error:
        name = type(error).__name__
        raise OSError(f"the system keyring cannot be used ({name})") from None


# -- secrets: found, kept and forgotten ------------------------------------------------------------


HEAD = """\
# The passwords and API keys of your accounts at feed services. Only you may read this file, and
# rilo-reader refuses it otherwise. To have them elsewhere: password_command in accounts.toml, or
# your system keyring.

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


class SecretPlace(StrEnum):
    """The places that may have the secret of an account."""

    COMMAND = "password_command"
    KEYRING = "keyring"
    FILE = "passwords.toml"
    NOWHERE = "nowhere"


class SecretStore:
    """Finds, keeps and forgets secrets of accounts; looks for a keyring if the file lacks one."""

    def __init__(
        self,
        paths: Paths,
        keyring: Callable[[], Keyring | None] = lambda: None,
        *,
        seconds: float = COMMAND_SECONDS,
    ) -> None:
        self.file = paths.state / "passwords.toml"
        self._keyring = cache(keyring)
        self._seconds = seconds

    def find(self, credential: Credential) -> Secret:
        """Return the secret of an account; blocks while its command runs.

        Raises FetchError: LOGIN if there is none; the reason says why and what to do.
        """
        if credential.password_command:
            return Secret(run_password_command(credential, self._seconds))
        secret, problem = self._read_file().get(credential.key, ""), ""
        if not secret:
            secret, problem = self._read_keyring(credential)
        if secret:
            return Secret(secret)
        unusable = f"; {problem}" if problem else ""
        raise make_login_error(
            f"no password or API key of the account {credential.account} is stored here{unusable}. "
            f"To store it: {credential.store_command}"
        )

    def find_place(self, credential: Credential) -> SecretPlace:
        """Return where the secret of an account is; its command is not run.

        Raises FetchError: LOGIN if passwords.toml cannot be used, or the keyring where it may be.
        """
        if credential.password_command:
            return SecretPlace.COMMAND
        if credential.key in self._read_file():
            return SecretPlace.FILE
        found, problem = self._read_keyring(credential)
        if found:
            return SecretPlace.KEYRING
        if problem:
            raise make_login_error(
                f"{problem}; it may have the secret of the account {credential.account}"
            )
        return SecretPlace.NOWHERE

    def save(self, credential: Credential, secret: Secret) -> SecretPlace:
        """Keep a secret in the keyring, else in the file, instead of what is kept; return where.

        Raises:
            FetchError: LOGIN if passwords.toml cannot be used; nothing has changed.
            OSError: passwords.toml cannot be written.
        """
        key, keyring = credential.key, self._keyring()
        if keyring is not None:
            # Some backends take a secret and lose it.
            with contextlib.suppress(OSError):
                keyring.set(key, secret.reveal())
                if keyring.get(key) == secret.reveal():
                    self._write_file(key, None)
                    return SecretPlace.KEYRING
        self._write_file(key, secret.reveal())
        return SecretPlace.FILE

    def delete(self, credential: Credential) -> None:
        """Forget the secret of an account, if one is kept; raises as `save`."""
        if (keyring := self._keyring()) is not None:
            with contextlib.suppress(OSError):
                keyring.delete(credential.key)
        self._write_file(credential.key, None)

    def _read_keyring(self, credential: Credential) -> tuple[str, str]:
        """Return the secret in the keyring or "", and why the keyring cannot be used or ""."""
        keyring = self._keyring()
        try:
            return (keyring.get(credential.key) or "" if keyring else ""), ""
        except OSError as error:
            return "", str(error)

    # -- the file ---------------------------------------------------------------------------------

    def _read_file(self) -> dict[str, str]:
        """Return the secrets in the file by their keys.

        Raises FetchError: LOGIN if others may read the file, or it is damaged.
        """
        try:
            check_regular(self.file)
            with self.file.open("rb") as stream:
                if os.name != "nt" and stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
                    raise make_login_error(
                        f"Others may read {self.file}, so it is not used. If nobody has read it: "
                        f"chmod 600 {shlex.quote(str(self.file))}"
                    )
                data = tomllib.load(stream)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise make_login_error(f"{self.file} cannot be read: {error.strerror}") from None
        except ValueError:
            # Not chained: the error of a parser may repeat what it parsed.
            raise make_login_error(
                f"{self.file} is damaged; move it away, and add your accounts again"
            ) from None
        return {key: value for key, value in data.items() if isinstance(value, str)}

    def _write_file(self, key: str, secret: str | None) -> None:
        """Set or remove a secret in the file."""
        secrets = self._read_file()
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
        with replace_file(self.file, private=True) as out:
            out.write((HEAD + tomli_w.dumps(secrets)).encode())


def open_secrets(paths: Paths) -> SecretStore:
    """Return the secrets of the user, with the system's keyring if there is one."""
    return SecretStore(paths, system_keyring)
