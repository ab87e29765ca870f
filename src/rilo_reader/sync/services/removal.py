"""Remove an account with its password and what is known of it here, and bring it back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rilo_reader.fetch.values import FetchError
from rilo_reader.library import LibraryError
from rilo_reader.paths import Paths
from rilo_reader.sync.services import accounts
from rilo_reader.sync.services.account import Account
from rilo_reader.sync.services.records import open_records, records_file
from rilo_reader.sync.services.secrets import Secret, secrets_of


class RemovedAccount(NamedTuple):
    """A removed account, as needed by `restore_account`."""

    account: Account
    place: int  # among the accounts of the file
    piece: str  # its lines there, with the comment above
    secret: Secret | None  # None where a command prints it, or none was kept


def remove_account(folder: Path, paths: Paths, account: Account) -> RemovedAccount:
    """Remove an account, forget its password, and what is known of it in a library.

    Its articles stay, and the server keeps its feeds.

    Raises:
        LibraryError: something of it could not be removed, or its records not be read.
    """
    secrets, secret = secrets_of(paths), None
    if not account.password_command:
        with suppress(FetchError):
            secret = secrets.find(account)
    try:
        place, piece = accounts.remove(paths, account.name)
    except (OSError, ValueError) as error:
        raise LibraryError(f"{paths.accounts_file}: {error}.") from error
    try:
        secrets.forget(account)
    except (FetchError, OSError) as error:
        raise LibraryError(
            f"{account.name} is removed, but what is kept of its password is not: {error}."
        ) from None
    file = records_file(folder, paths)
    if file.exists():
        with open_records(file) as records:
            records.remove_account(account.name)
    return RemovedAccount(account, place, piece, secret)


def restore_account(paths: Paths, removed: RemovedAccount) -> None:
    """Bring back a removed account with its password; its next sync is a first contact.

    Raises:
        LibraryError: it could not be written, or its name is taken again.
    """
    try:
        accounts.restore(paths, removed.account.name, removed.place, removed.piece)
        if removed.secret is not None:
            secrets_of(paths).keep(removed.account, removed.secret)
    except (OSError, ValueError, FetchError) as error:
        raise LibraryError(f"{removed.account.name} could not be brought back: {error}.") from None
