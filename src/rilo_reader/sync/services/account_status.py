"""How accounts stand: what is here of them, when they were last synced, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.fetch.values import FetchError
from rilo_reader.paths import Paths
from rilo_reader.sync.services.account import Account
from rilo_reader.sync.services.secrets import Secrets, Where, add_again, secrets_of

_PLACES = {
    Where.COMMAND: "its {what} comes from a command",
    Where.KEYRING: "its {what} is in the keyring",
    Where.FILE: "its {what} is in passwords.toml",
    Where.NOWHERE: "no {what}",
}


class AccountStatus(NamedTuple):
    """An account and how it stands.

    Attributes:
        account: the account.
        secret: where its secret is.
        feeds: the number of its feeds in the library.
        entries: the number of its entries in the library.
        last_success: when it was last in step with its server, or None.
        problem: what is wrong and what to do, one sentence, or "".
    """

    account: Account
    secret: Where
    feeds: int = 0
    entries: int = 0
    last_success: datetime | None = None
    problem: str = ""

    @property
    def sentence(self) -> str:
        """What is here of it, and its last sync."""
        from rilo_reader.render.dates import human

        if self.last_success is None:
            known = "not synced yet"
        else:
            feeds = f"{self.feeds:,} feed{'' if self.feeds == 1 else 's'}"
            entries = f"{self.entries:,} entr{'y' if self.entries == 1 else 'ies'}"
            known = f"{feeds}, {entries}, synced {human(self.last_success, False)}"
        what = "password" if self.account.user else "API key"
        return f"{known}; {_PLACES[self.secret].format(what=what)}"


def statuses(folder: Path, paths: Paths, accounts: Iterable[Account]) -> Iterator[AccountStatus]:
    """Yield how accounts stand in a library; no command is run, and no server is asked.

    Raises:
        LibraryError: the records of accounts cannot be read.
    """
    from rilo_reader.sync.services.records import AccountRecord, read_records, records_file

    secrets = secrets_of(paths)
    records = read_records(records_file(folder, paths))
    try:
        for account in accounts:
            where, problem = _secret(secrets, account)
            record = AccountRecord(account.name)
            feeds = entries = 0
            if records is not None:
                record = records.account(account.name)
                feeds, entries = len(records.feeds(account.name)), len(records.ids(account.name))
            if record.failure:
                problem = problem or f"the last sync failed: {record.reason.rstrip('.')}"
            yield AccountStatus(account, where, feeds, entries, record.last_success, problem)
    finally:
        if records is not None:
            records.close()


def _secret(secrets: Secrets, account: Account) -> tuple[Where, str]:
    """Return where a secret is, and what is wrong with it or ""."""
    try:
        where = secrets.where(account)
    except FetchError as error:
        return Where.NOWHERE, error.reason
    if where is Where.NOWHERE:
        return where, f"no password or API key is kept; to keep it: {add_again(account)}"
    return where, ""


def forget(folder: Path, paths: Paths, name: str) -> None:
    """Forget what is known of a removed account in a library; its articles stay.

    Raises:
        LibraryError: the records of accounts cannot be written.
    """
    from rilo_reader.sync.services.records import open_records, records_file

    file = records_file(folder, paths)
    if file.exists():
        with open_records(file) as records:
            records.remove_account(name)
