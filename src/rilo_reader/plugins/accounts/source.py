"""Accounts as sources of feeds: what each has, changes on its server, and its part in a refresh."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from shlex import quote

from rilo_reader.config import Config
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.collection import Collection, open_collection, use_public_hosts
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.ledger import ledger_file
from rilo_reader.feeds.renaming import rename_source
from rilo_reader.feeds.sources import ChangeOutcome, FeedChange, FeedRename, FeedSources
from rilo_reader.feeds.status import AccountFeeds
from rilo_reader.fetch.messages import FetchError, ServerClient
from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts.account_update import AccountUpdate
from rilo_reader.plugins.accounts.accounts import (
    load,
    open_account_of,
    open_service_of,
    remove_account,
    restore_account,
)
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.records import AccountRecords, open_records, records_file
from rilo_reader.plugins.accounts.remote_feeds import RemoteFeedEditor, make_change_error
from rilo_reader.plugins.accounts.service import Account, Api, Service
from rilo_reader.plugins.accounts.status import read_feeds
from rilo_reader.store.state import State

Connect = Callable[[Account], AbstractAsyncContextManager[Service]]
"""Opens the service of an account; raises FetchError if there is no secret to log in with."""


class AccountSource:
    """The feeds of one account in a library; see `FeedSource`."""

    def __init__(self, account: Account, folder: Path, paths: Paths, connect: Connect) -> None:
        self.name = account.name
        self.description = f"{account.api} at {account.url}"
        self.description += f", as {account.user}" if account.user else ""
        self.check_command = f"rilo-reader account check {quote(account.name)}"
        self.has_one_category = account.api.has_one_category
        self.can_add_feeds = account.api.can_edit_feeds
        self._account = account
        self._folder = folder
        self._paths = paths
        self._connect = connect
        self._file = records_file(folder, paths)

    def read_feeds(self) -> AccountFeeds:
        """See `FeedSource.read_feeds`; raises CollectingError."""
        return read_feeds(self._file, self.name)

    def apply_changes(
        self, changes: Sequence[FeedChange], on_progress: Callable[[int], object] = lambda _: None
    ) -> list[ChangeOutcome]:
        """See `FeedSource.apply_changes`."""

        async def apply_all() -> list[ChangeOutcome]:
            async with self._connect(self._account) as service:
                editor = RemoteFeedEditor(self._account, service, records, collection)
                return await editor.apply_all(changes, on_progress)

        try:
            with ExitStack() as stack:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                records = stack.enter_context(open_records(self._file))
                collection, folder = None, self._folder
                is_renaming = any(isinstance(change, FeedRename) for change in changes)
                if is_renaming and ledger_file(folder, self._paths).exists():
                    # The collection lock is held before the server is asked for anything.
                    collection = stack.enter_context(open_collection(folder, self._paths))
                if self._account.api is Api.IMAP:
                    return [self._rename_sender(each, records, collection) for each in changes]
                return asyncio.run(apply_all())
        except FetchError as error:
            raise make_change_error(self.name, error) from None
        except sqlite3.Error as error:
            raise CollectingError(f"Accounts cannot be saved in {self._file}: {error}.") from error

    def _rename_sender(
        self, change: FeedChange, records: AccountRecords, collection: Collection | None
    ) -> ChangeOutcome:
        """Rename a sender of a mailbox, here alone; refuse any other change."""
        key = feed_key(change.url)
        sender = next(
            (each for each in records.list_feeds(self.name) if feed_key(each.url) == key), None
        )
        if collection is None or sender is None or not isinstance(change, FeedRename):
            error = (
                f"{self.name} is a mailbox: it has no feeds; you can rename and mute its senders"
            )
            return ChangeOutcome(error=error)
        title, find_article = change.title or sender.id, collection.ledger.find_article
        ids = (id_ for batch in records.iter_articles(self.name) for id_ in batch)
        rename_source(collection, sender.url, title, filter(None, map(find_article, ids)))
        records.write_feed(self.name, sender._replace(title=title))
        return ChangeOutcome(FeedRename(sender.url, sender.title))

    @contextmanager
    def join_update(self, marks: State, client: ServerClient) -> Iterator[AccountUpdate]:
        """See `FeedSource.join_update`."""
        connect = partial(open_account_of, self._account, self._paths, client)
        with open_records(self._file) as records:
            yield AccountUpdate(self._account, connect, records, marks)

    def remove(self) -> Callable[[], None]:
        """Remove the account and its password; return a function that restores it."""
        removed = remove_account(self._folder, self._paths, self._account)
        return partial(restore_account, self._paths, removed)


def make_sources(folder: Path, paths: Paths, config: Config, to_add: str) -> FeedSources:
    """Return the user's accounts as sources of feeds for a library."""
    accounts, problems = load(accounts_file(paths))
    connect = make_connector(folder, paths, config)
    sources = (AccountSource(account, folder, paths, connect) for account in accounts)
    return FeedSources(tuple(sources), problems, to_add)


def make_connector(folder: Path, paths: Paths, config: Config) -> Connect:
    """Return a function that opens services of accounts over the net, with their secrets."""

    @asynccontextmanager
    async def connect(account: Account) -> AsyncIterator[Service]:
        from rilo_reader.fetch.client import make_client  # aiohttp

        async with make_client(config) as client:
            with use_public_hosts(folder, paths, client.public_hosts):
                yield open_service_of(account, paths, client)

    return connect
