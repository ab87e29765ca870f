"""The keyring of the system, by the package `keyring`, which is imported when it is used."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

KEYRING_SERVICE = "rilo-reader"


class Keyring(Protocol):
    """A keyring of the system; every method raises OSError if it cannot be used."""

    def get(self, key: str) -> str | None:
        """Return a secret, or None."""
        ...

    def set(self, key: str, secret: str) -> None:
        """Keep a secret."""
        ...

    def delete(self, key: str) -> None:
        """Forget a secret, if it has it."""
        ...


class SystemKeyring:
    """The system's keyring by the package `keyring`."""

    def get(self, key: str) -> str | None:
        """Return a secret, or None."""
        import keyring

        with _translated():
            return keyring.get_password(KEYRING_SERVICE, key)

    def set(self, key: str, secret: str) -> None:
        """Keep a secret."""
        import keyring

        with _translated():
            keyring.set_password(KEYRING_SERVICE, key, secret)

    def delete(self, key: str) -> None:
        """Forget a secret, if it has it."""
        import keyring
        import keyring.errors

        with _translated(), contextlib.suppress(keyring.errors.PasswordDeleteError):
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
    return None if isinstance(backend, fail.Keyring | null.Keyring) else SystemKeyring()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Raise what backends raise, which may be anything, as OSError without its text."""
    try:
        yield
    except Exception as error:
        name = type(error).__name__
        raise OSError(f"the keyring of the system cannot be used ({name})") from None
