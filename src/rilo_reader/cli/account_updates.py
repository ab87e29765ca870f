"""The accounts of a refresh: which of them it names, and their updates beside those of feeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from rilo_reader.cli.output import errors

if TYPE_CHECKING:
    from rilo_reader.cli.collecting import Place
    from rilo_reader.feeds.status import AccountFeeds
    from rilo_reader.fetch.values import ApiClient
    from rilo_reader.sync.services.account_update import AccountUpdate
    from rilo_reader.sync.services.service import Account


def named_accounts(
    names: Sequence[str], accounts: Sequence[Account], feeds: Sequence[AccountFeeds]
) -> list[Account]:
    """The accounts that arguments name, by their own names or those of their feeds.

    Args:
        names: the arguments.
        accounts: all accounts.
        feeds: the feeds of each.
    """
    from rilo_reader.feeds.subscriptions import find

    wanted = {name.casefold() for name in names}
    return [
        account
        for account, theirs in zip(accounts, feeds, strict=True)
        if account.name.casefold() in wanted or any(find(theirs.feeds, name) for name in names)
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
    from rilo_reader.library.library import marks_file
    from rilo_reader.sync.services.account_update import AccountUpdate
    from rilo_reader.sync.services.accounts import service_of
    from rilo_reader.sync.services.records import open_records, records_file

    file = marks_file(where.folder, where.paths)
    with ExitStack() as stack:
        marks = stack.enter_context(opened_state(file))
        records = stack.enter_context(open_records(records_file(where.folder, where.paths)))
        notices = () if marks.is_protected else marks.notices  # else each account says it
        for notice in filter(None, (*notices, records.notice)):
            errors().line(notice)
        exchange(marks, file)
        yield [
            AccountUpdate(
                account, partial(service_of, account, where.paths, client), records, marks
            )
            for account in accounts
        ]
        exchange(marks, file)
