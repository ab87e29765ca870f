"""What verbs do with the feeds of accounts: list them, change them, subscribe there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rilo_reader.cli.collecting import Place
from rilo_reader.cli.output import PROGRESS_DELAY

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.feeds.status import AccountFeeds
    from rilo_reader.sync.services.feeds import Change, Outcome, RemoteFeeds
    from rilo_reader.sync.services.service import Account


def account_feeds_of(where: Place, accounts: Sequence[Account]) -> list[AccountFeeds]:
    """The feeds of accounts, as their last sync left them.

    Raises:
        LibraryError: what is known of them cannot be read.
    """
    if not accounts:
        return []
    from rilo_reader.sync.services.status import feeds_of_accounts

    return feeds_of_accounts(where.folder, where.paths, accounts)


def remote_feeds_of(where: Place, options: Options) -> RemoteFeeds:
    """The feeds of the user's accounts; their articles are in the library of a verb."""
    from rilo_reader.sync.services.feeds import RemoteFeeds, connecting

    connect = options.connect or connecting(where.folder, where.paths, where.config)
    return RemoteFeeds(where.folder, where.paths, connect)


def change_on_servers(
    remote: RemoteFeeds, account: str, changes: Sequence[Change], delay: float = PROGRESS_DELAY
) -> list[Outcome]:
    """Change feeds of an account, with progress after `delay` seconds on a terminal.

    Raises:
        LibraryError: nothing was changed at all.
    """
    from rilo_reader.cli.progress import counting, waiting

    if len(changes) == 1:
        with waiting(f"Asking {account} …", delay=delay):
            return remote.change_all(account, changes)
    with counting(f"{account}: feed", len(changes), delay=delay) as progress:
        return remote.change_all(account, changes, progress)
