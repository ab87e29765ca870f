"""Accounts in accounts.toml, which users may edit by hand.

Changes keep comments, order and spacing. No secret is ever in the file, see `secrets`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rilo_reader.config import SettingsProblem, toml_file
from rilo_reader.paths import Paths
from rilo_reader.sync.services.account import Account
from rilo_reader.sync.services.account_values import (
    LIST,
    RULES,
    accounts_of,
    checked,
    find,
    is_same_name,
    written,
)

__all__ = ["HEAD", "add", "change", "find", "load", "remove", "restore"]

HEAD = """\
# Your accounts at feed services. Edit this file as you like: rilo-reader changes it where you ask
# it to, and keeps your comments. To add an account: rilo-reader account add. One has
#   name = "…"              what you call it, unlike any other
#   api = "miniflux"        or "greader", the Google Reader API that FreshRSS and others have
#   url = "https://…"       the address of the server, without user and password
# and may have besides
#   user = "…"              your name there; without one, Miniflux takes an API key
#   password_command = "…"  prints the password or API key, such as "pass show reader"; without it,
#                           the keyring of your system has it, or passwords.toml among your marks
#   window = 10000          the newest entries to have here, beside all unread and starred ones
#   private = true          it may be on your own network, also where it was public before

"""


def load(paths: Paths) -> tuple[tuple[Account, ...], tuple[SettingsProblem, ...]]:
    """Read accounts.toml; return the valid accounts, and problems with their lines."""
    file = paths.accounts_file
    text, data, unreadable = toml_file.read(file, "no account is known")
    if unreadable is not None:
        return (), (unreadable,)
    right, faults = accounts_of(data)
    return right, toml_file.problems_of(file, text, faults)


def add(paths: Paths, account: Account) -> Account:
    """Add an account; return it as it was written.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: the file is not TOML, a value is invalid, or the name is taken; the file is
            unchanged.
    """
    account = checked(account)

    def edit(text: str) -> tuple[str, None]:
        from rilo_reader.config.toml_tables import with_table

        if _index(text, account.name) is not None:
            raise ValueError(f"there is an account {account.name} already")
        return with_table(text, LIST, written(account)), None

    _edit(paths, edit)
    return account


def change(paths: Paths, name: str, /, **fields: object) -> Account:
    """Change keys of an account; keys with their default value are removed.

    Returns:
        The previous account, whose fields undo the change.

    Raises:
        OSError, ValueError: as `add`; also if there is no such account.
    """

    def edit(text: str) -> tuple[str, Account]:
        from rilo_reader.config.toml_tables import with_table_values

        index, old = _found(text, name)
        unknown = [key for key in fields if key not in RULES]
        if unknown:
            raise ValueError(f"an account has no {unknown[0]}")
        new = checked(old._replace(**fields))  # type: ignore[arg-type]  # checked right here
        if not is_same_name(new.name, name) and _index(text, new.name) is not None:
            raise ValueError(f"there is an account {new.name} already")
        values = written(new)
        wanted = {key: values.get(key) for key in fields}
        return with_table_values(text, LIST, index, wanted), old

    return _edit(paths, edit)


def remove(paths: Paths, name: str) -> tuple[int, str]:
    """Remove an account, with the comment above it; its articles stay.

    Returns:
        Its place in the file and its lines, for `restore`.

    Raises:
        OSError, ValueError: as `change`.
    """

    def edit(text: str) -> tuple[str, tuple[int, str]]:
        from rilo_reader.config.toml_tables import without_table

        index, _ = _found(text, name)
        changed, piece = without_table(text, LIST, index)
        return changed, (index, piece)

    return _edit(paths, edit)


def restore(paths: Paths, name: str, place: int, piece: str) -> None:
    """Add a removed account at its old place with its comments.

    Raises:
        OSError, ValueError: as `add`.
    """

    def edit(text: str) -> tuple[str, None]:
        from rilo_reader.config.toml_tables import with_table_restored

        if _index(text, name) is not None:
            raise ValueError(f"there is an account {name} already")
        return with_table_restored(text, LIST, place, piece), None

    _edit(paths, edit)


T = TypeVar("T")


def _edit(paths: Paths, edit: Callable[[str], tuple[str, T]]) -> T:
    return toml_file.edit(paths.accounts_file, HEAD, edit)


def _accounts(text: str) -> list[tuple[int, Account]]:
    """Return the accounts of a text with the indexes of their tables."""
    from rilo_reader.config.toml_tables import tables

    found = []
    for index, table in enumerate(tables(text, LIST)):
        right, _ = accounts_of({LIST: [table]})
        found += [(index, each) for each in right]
    return found


def _index(text: str, name: str) -> int | None:
    return next((i for i, each in _accounts(text) if is_same_name(each.name, name)), None)


def _found(text: str, name: str) -> tuple[int, Account]:
    for index, account in _accounts(text):
        if is_same_name(account.name, name):
            return index, account
    raise ValueError(f"there is no account {name}")
