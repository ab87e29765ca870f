"""`RemoteFeeds`: the feeds of the user's accounts, listed from the records, changed on the servers.

The command line and the reader use it; it blocks, so the reader calls it in threads.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rilo_reader.feeds.collection import ledger_file, open_collection
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.feeds.status import AccountFeeds
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.values import FetchError, Limits
from rilo_reader.library import LibraryError
from rilo_reader.paths import Paths
from rilo_reader.sync.services.account import Account
from rilo_reader.sync.services.feed_changes import (
    Change,
    FeedChangeError,
    FeedChanges,
    Rename,
    failed,
)
from rilo_reader.sync.services.records import (
    AccountRecords,
    open_records,
    read_records,
    records_file,
)
from rilo_reader.sync.services.service import ServerFeed, Service

Connect = Callable[[Account], AbstractAsyncContextManager[Service]]
"""Opens the service of an account; raises FetchError if there is no secret to log in with."""


class Outcome(NamedTuple):
    """What became of a change.

    Attributes:
        undo: the change that undoes it, or None if there was nothing to do.
        error: why it failed, or "".
    """

    undo: Change | None = None
    error: str = ""


class RemoteFeeds:
    """The feeds of the user's accounts. Every method raises LibraryError."""

    def __init__(self, folder: Path, paths: Paths, connect: Connect) -> None:
        """Create it.

        Args:
            folder: the library that the articles are in.
            paths: the user's folders.
            connect: opens the service of an account.
        """
        self._folder = folder
        self._paths = paths
        self._connect = connect
        self._file = records_file(folder, paths)

    def accounts(self) -> tuple[Account, ...]:
        """Return the accounts in accounts.toml."""
        from rilo_reader.sync.services.accounts import load

        return load(self._paths)[0]

    def problems(self) -> list[str]:
        """Return what is wrong in accounts.toml, with its lines."""
        from rilo_reader.sync.services.accounts import load

        found = load(self._paths)[1]
        return [f"{each.file.name}, line {each.line}: {each.reason}" for each in found]

    def account(self, name: str) -> Account:
        """Return the account with a name, however it is capitalised."""
        for account in self.accounts():
            if account.name.casefold() == name.casefold():
                return account
        raise FeedChangeError(f"there is no account {name}. To list them: rilo-reader account list")

    def lists(self) -> list[AccountFeeds]:
        """Return the feeds of each account as its last sync left them; asks no server."""
        accounts = self.accounts()
        if not accounts:
            return []
        with _translated(self._file):
            records = read_records(self._file)
            if records is None:
                return [AccountFeeds(account.name) for account in accounts]
            with records:
                return [_list(records, account) for account in accounts]

    def change(self, account: str, change: Change) -> Change | None:
        """Apply a change; return the one that undoes it, None if there was nothing to do."""
        [outcome] = self.change_all(account, [change])
        if outcome.error:
            raise FeedChangeError(outcome.error)
        return outcome.undo

    def change_all(
        self, name: str, changes: Sequence[Change], done: Callable[[int], object] = lambda _: None
    ) -> list[Outcome]:
        """Apply changes to the feeds of an account; one that fails stops no other.

        Args:
            name: the name of the account.
            changes: the changes.
            done: called with the number of changes that are done.

        Returns:
            What became of each.
        """
        account = self.account(name)
        with _translated(self._file), ExitStack() as stack:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            records = stack.enter_context(open_records(self._file))
            # The collection lock is held before the server is asked for anything.
            renamed = self._renaming(changes, stack)
            try:
                return asyncio.run(self._apply(account, records, renamed, changes, done))
            except FetchError as error:
                raise failed(account.name, error) from None

    async def _apply(
        self,
        account: Account,
        records: AccountRecords,
        renamed: Callable[[str, str], object],
        changes: Iterable[Change],
        done: Callable[[int], object],
    ) -> list[Outcome]:
        outcomes: list[Outcome] = []
        offline = ""
        async with self._connect(account) as service:
            session = FeedChanges(account, service, records, renamed)
            await session.load()
            for change in changes:
                try:
                    # Nobody waits for each of many while the network is away.
                    undo = None if offline else await session.apply(change)
                    outcomes.append(Outcome(undo, offline))
                except LibraryError as error:
                    outcomes.append(Outcome(error=str(error)))
                    if isinstance(error, FeedChangeError) and error.is_offline:
                        offline = str(error)
                done(len(outcomes))
        return outcomes

    def _renaming(
        self, changes: Iterable[Change], stack: ExitStack
    ) -> Callable[[str, str], object]:
        """Return what renames the source of a feed's articles."""
        is_needed = any(isinstance(change, Rename) for change in changes)
        if not is_needed or not ledger_file(self._folder, self._paths).exists():
            return lambda url, title: 0
        return partial(
            rename_source, stack.enter_context(open_collection(self._folder, self._paths))
        )


def connecting(paths: Paths) -> Connect:
    """Return what calls the servers of accounts over the net, with the user's secrets."""

    @asynccontextmanager
    async def connect(account: Account) -> AsyncIterator[Service]:
        from rilo_reader.fetch.client import HttpClient
        from rilo_reader.sync.services.opening import open_service
        from rilo_reader.sync.services.secrets import secrets_of

        secret = secrets_of(paths).find(account)
        async with HttpClient(Limits()) as client:
            yield open_service(account, secret, client)

    return connect


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    """Raise errors of the records as LibraryError."""
    try:
        yield
    except sqlite3.Error as error:
        raise CollectingError(f"Accounts cannot be kept in {file}: {error}.") from error


def _list(records: AccountRecords, account: Account) -> AccountFeeds:
    record = records.account(account.name)
    feeds = map(_subscription, records.feeds(account.name))
    problem = record.reason if record.failures else ""
    return AccountFeeds(account.name, tuple(feeds), problem, record.last_success)


def _subscription(feed: ServerFeed) -> Subscription:
    return Subscription(feed.url, feed.title, feed.categories, feed.site)
