"""The status of accounts: their feeds, when they were last synced, and what is wrong.

All of it is read from local files: no command is run, and no server is asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.dates import format_date
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.status import AccountFeeds
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.messages import FetchError
from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts.records import (
    AccountRecord,
    AccountRecords,
    read_records,
    records_file,
)
from rilo_reader.plugins.accounts.service import Account, Api
from rilo_reader.secret_store import SecretPlace, SecretStore, open_secrets
from rilo_reader.text import format_count

_PLACES = {
    SecretPlace.COMMAND: "its {what} comes from a command",
    SecretPlace.KEYRING: "its {what} is in the keyring",
    SecretPlace.FILE: "its {what} is in passwords.toml",
    SecretPlace.NOWHERE: "no {what}",
}


class AccountStatus(NamedTuple):
    """The status of an account."""

    account: Account
    secret: SecretPlace
    feeds: int = 0  # the number of its feeds in the library
    entries: int = 0  # the number of its entries in the library
    last_success: datetime | None = None  # when it was last in step with its server, or None
    problem: str = ""  # what is wrong and what to do, one sentence, or ""

    @property
    def sentence(self) -> str:
        """A clause on its feeds and entries, its last sync, and its secret."""
        if self.last_success is None:
            synced = "not synced yet"
        else:
            feeds = format_count(self.feeds, "feed")
            has = f"{feeds}, {self.entries:,} entr{'y' if self.entries == 1 else 'ies'}"
            if self.account.api is Api.IMAP:
                has = format_count(self.entries, "letter")
            synced = f"{has}, synced {format_date(self.last_success, False)}"
        what = "password" if self.account.user else "API key"
        return f"{synced}; {_PLACES[self.secret].format(what=what)}"


def read_statuses(folder: Path, paths: Paths, accounts: Iterable[Account]) -> list[AccountStatus]:
    """Return the status of accounts in a library; raise CollectingError."""
    secrets = open_secrets(paths)
    with _open_for_reading(records_file(folder, paths)) as records:
        return [_make_status(records, secrets, account) for account in accounts]


def read_feeds(file: Path, name: str) -> AccountFeeds:
    """Return the feeds of an account in records, as its last sync left them.

    Raises CollectingError.
    """
    with _open_for_reading(file) as records:
        if records is None:
            return AccountFeeds(name)
        record, known = records.read_account(name), records.list_feeds(name)
        feeds = (Subscription(each.url, each.title, each.categories, each.site) for each in known)
        problems = {each.url: each.problem for each in known if each.problem}
        return AccountFeeds(name, tuple(feeds), record.reason, record.last_success, problems)


@contextmanager
def _open_for_reading(file: Path) -> Iterator[AccountRecords | None]:
    """Open records to read them; None if there are none."""
    records = read_records(file)
    if records is None:
        yield None
        return
    try:
        with records:
            yield records
    except sqlite3.Error as error:
        raise CollectingError(f"Accounts cannot be read from {file}: {error}.") from error


def _make_status(
    records: AccountRecords | None, secrets: SecretStore, account: Account
) -> AccountStatus:
    where, problem = _find_secret_place(secrets, account)
    record, feeds, entries = AccountRecord(account.name), 0, 0
    if records is not None:
        record = records.read_account(account.name)
        feeds, entries = len(records.list_feeds(account.name)), len(records.entry_ids(account.name))
    if record.failure and not problem:
        problem = f"the last sync failed: {record.reason.rstrip('.')}"
    return AccountStatus(account, where, feeds, entries, record.last_success, problem)


def _find_secret_place(secrets: SecretStore, account: Account) -> tuple[SecretPlace, str]:
    """Return where a secret is, and what is wrong with it or ""."""
    try:
        where = secrets.find_place(account.credential)
    except FetchError as error:
        return SecretPlace.NOWHERE, error.reason
    if where is SecretPlace.NOWHERE:
        to_store = account.credential.store_command
        return where, f"no password or API key is stored; to store it: {to_store}"
    return where, ""
