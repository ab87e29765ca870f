"""`RemoteFeeds`: changes the feeds of the user's accounts, on their servers and here.

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

from rilo_reader.config import Config
from rilo_reader.feeds.collection import ledger_file, open_collection
from rilo_reader.feeds.ledger_file import CollectingError
from rilo_reader.feeds.public_hosts import kept_hosts
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.fetch.values import FetchError
from rilo_reader.library import LibraryError
from rilo_reader.paths import Paths
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
    records_file,
)
from rilo_reader.sync.services.service import Account, Service

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
        account = self._account(name)
        with _translated(self._file), ExitStack() as stack:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            records = stack.enter_context(open_records(self._file))
            # The collection lock is held before the server is asked for anything.
            renamed = self._renaming(changes, stack)
            try:
                return asyncio.run(self._apply(account, records, renamed, changes, done))
            except FetchError as error:
                raise failed(account.name, error) from None

    def _account(self, name: str) -> Account:
        from rilo_reader.sync.services.accounts import find, load

        account = find(load(self._paths.accounts_file)[0], name)
        if account is None:
            raise FeedChangeError(
                f"there is no account {name} any more. To list them: rilo-reader account list"
            )
        return account

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


def connecting(folder: Path, paths: Paths, config: Config) -> Connect:
    """Return what calls the servers of accounts over the net, with the user's secrets."""

    @asynccontextmanager
    async def connect(account: Account) -> AsyncIterator[Service]:
        from rilo_reader.fetch.client import client_of
        from rilo_reader.sync.services.accounts import service_of

        async with client_of(config) as client:
            with kept_hosts(folder, paths, client.public_hosts):
                yield service_of(account, paths, client)

    return connect


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    """Raise errors of the records as LibraryError."""
    try:
        yield
    except sqlite3.Error as error:
        raise CollectingError(f"Accounts cannot be kept in {file}: {error}.") from error
