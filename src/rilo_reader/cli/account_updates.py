"""The accounts of a refresh: which of them it names, and their updates beside those of feeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.cli.output import errors

if TYPE_CHECKING:
    from rilo_reader.cli.collecting import Place
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.fetch.values import ApiClient
    from rilo_reader.sync.services.account import Account
    from rilo_reader.sync.services.account_update import AccountUpdate
    from rilo_reader.sync.services.service import Service


class AccountFeeds(NamedTuple):
    """An account, and its feeds as its last sync left them."""

    account: Account
    feeds: tuple[Subscription, ...] = ()


def accounts_with_feeds(where: Place) -> list[AccountFeeds]:
    """The user's accounts; problems in accounts.toml are printed on stderr.

    Raises:
        LibraryError: the problems leave no account at all, or what is known of them cannot be read.
    """
    from rilo_reader.cli.account import accounts_of

    accounts = accounts_of(where)
    if not accounts:
        return []
    from rilo_reader.feeds.subscriptions import Subscription
    from rilo_reader.sync.services.records import read_records, records_file

    records = read_records(records_file(where.folder, where.paths))
    if records is None:
        return [AccountFeeds(account) for account in accounts]
    with records:
        return [
            AccountFeeds(
                account,
                tuple(
                    Subscription(feed.url, feed.title, feed.categories)
                    for feed in records.feeds(account.name)
                ),
            )
            for account in accounts
        ]


def named_accounts(names: Sequence[str], accounts: Sequence[AccountFeeds]) -> list[Account]:
    """The accounts that arguments name, by their own names or those of their feeds."""
    from rilo_reader.feeds.subscriptions import find

    wanted = {name.casefold() for name in names}
    return [
        account
        for account, feeds in accounts
        if account.name.casefold() in wanted or any(find(feeds, name) for name in names)
    ]


@contextmanager
def account_updates(
    where: Place, accounts: Sequence[Account], client: ApiClient
) -> Iterator[list[AccountUpdate]]:
    """Updates of accounts, while the context is open; journals are read before and written after.

    Raises:
        LibraryError: marks or records cannot be used.
    """
    if not accounts:
        yield []
        return
    from rilo_reader.cli.journals import exchange, opened_state
    from rilo_reader.library.library import library_name
    from rilo_reader.sync.services.account_update import AccountUpdate
    from rilo_reader.sync.services.records import open_records, records_file

    marks_file = where.paths.state / f"{library_name(where.folder.expanduser().resolve())}.db"
    with ExitStack() as stack:
        marks = stack.enter_context(opened_state(marks_file))
        records = stack.enter_context(open_records(records_file(where.folder, where.paths)))
        if records.notice:
            errors().line(records.notice)
        exchange(marks, marks_file)
        yield [
            AccountUpdate(account, partial(_connect, where, account, client), records, marks)
            for account in accounts
        ]
        exchange(marks, marks_file)


def _connect(where: Place, account: Account, client: ApiClient) -> Service:
    """The service of an account; raises FetchError if there is no secret to log in with."""
    from rilo_reader.sync.services.opening import open_service
    from rilo_reader.sync.services.secrets import secrets_of

    return open_service(account, secrets_of(where.paths).find(account), client)
