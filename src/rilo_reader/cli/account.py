"""`account`: accounts at feed services: list, check and remove them. `account_add` adds one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rilo_reader.cli.collecting import Place, accounts_of, place, select_account
from rilo_reader.cli.output import PROGRAM, Output, Piece, Style, UsageError, errors, output
from rilo_reader.fetch.addresses import without_login
from rilo_reader.fetch.values import Failure, FetchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rilo_reader.cli.options import Options
    from rilo_reader.sync.services.secrets import Secret
    from rilo_reader.sync.services.service import Account
    from rilo_reader.sync.services.status import AccountStatus

ACTIONS = ("add", "list", "check", "remove")

OPTIONS_OF = {
    "user": "--user",
    "name": "--name",
    "password_command": "--password-command",
    "api_key_command": "--api-key-command",
    "password_stdin": "--password-stdin",
    "no_check": "--no-check",
}
"""Options of `add` only."""


def run(options: Options) -> int:
    """Add, list, check or remove accounts; return the exit code."""
    action, words = options.action, options.words
    if action not in ACTIONS:
        raise UsageError(_no_action(action, words))
    if action == "add":
        from rilo_reader.cli import account_add

        return account_add.run(options)
    for name, option in OPTIONS_OF.items():
        if getattr(options, name):
            raise UsageError(f"{option} is of account add. See {PROGRAM} account --help")
    if options.json and action != "list":
        raise UsageError(f"account {action} has no --json. See {PROGRAM} account --help")
    least, most = {"list": (0, 0), "check": (0, 1), "remove": (1, 1)}[action]
    if not least <= len(words) <= most:
        takes = {"list": "no name", "check": "one name at most", "remove": "one name"}[action]
        raise UsageError(f"account {action} takes {takes}. To list them: {PROGRAM} account list")
    where = place(options.library)
    accounts = accounts_of(where)
    if action == "list":
        return _list(where, accounts, as_json=options.json)
    if words:
        accounts = (select_account(words[0], accounts),)
    if action == "remove":
        return _remove(where, accounts[0])
    return _check(where, accounts, options)


def _no_action(action: str, words: Sequence[str]) -> str:
    """Return what to type instead of something that is no action."""
    from difflib import get_close_matches

    from rilo_reader.sync.services.service import Api

    account = f"{PROGRAM} account"
    if action in ("sync", "refresh"):
        return f"accounts are synced by refresh. Type: {' '.join((PROGRAM, 'refresh', *words))}"
    if action in [str(api) for api in Api]:
        rest = [without_login(word) for word in words] or ["URL"]
        return f"{action} is added by add. Type: {' '.join((account, 'add', action, *rest))}"
    close = get_close_matches(action, ACTIONS, n=1)
    if close:
        return f"account has no {action}. Did you mean {account} {close[0]}?"
    return (
        f"account takes {', '.join(ACTIONS[:-1])} or {ACTIONS[-1]}. To see your accounts: {account}"
        f" list. To add one: {account} add miniflux URL, or {account} add greader URL for FreshRSS "
        "and others"
    )


# -- list -----------------------------------------------------------------------------------------


def _list(where: Place, accounts: Sequence[Account], *, as_json: bool) -> int:
    from rilo_reader.sync.services.status import statuses

    out = output()
    if not accounts and not as_json:
        errors().line(f"You have no account yet. To add one: {PROGRAM} account add miniflux URL")
        return 0
    for status in statuses(where.folder, where.paths, accounts):
        if as_json:
            out.json(_record(status))
        elif out.terminal:
            _print(out, status)
        else:
            out.line("\t".join(_columns(status)))
    return 0


def _record(status: AccountStatus) -> dict[str, object]:
    account, last = status.account, status.last_success
    return {
        "name": account.name,
        "api": str(account.api),
        "url": account.url,
        "user": account.user,
        "secret": str(status.secret),
        "feeds": status.feeds,
        "entries": status.entries,
        "last_sync": last.isoformat() if last else None,
        "problem": status.problem,
        "window": account.window,
        "private": account.private,
    }


def _columns(status: AccountStatus) -> list[str]:
    account, last = status.account, status.last_success
    moment = last.astimezone().isoformat(" ", "minutes")[:16] if last else ""
    known = [str(status.feeds), str(status.entries), moment, str(status.secret), status.problem]
    return [account.name, str(account.api), account.url, account.user, *known]


def _print(out: Output, status: AccountStatus) -> None:
    """Print an account: its name, then whose it is and where, what is here, what is wrong."""
    account = status.account
    mark = Piece("✗ ", Style.ERROR) if status.problem else Piece("  ")
    out.line(mark, Piece(account.name, Style.BOLD))
    who = f", as {account.user}" if account.user else ""
    out.line(Piece(f"    {account.api} at {account.url}{who}", Style.DIM))
    out.line(Piece(f"    {status.sentence}", Style.DIM))
    if status.problem:
        out.line(f"    {status.problem}")


# -- check ----------------------------------------------------------------------------------------


def _check(where: Place, accounts: Sequence[Account], options: Options) -> int:
    """Log in to accounts, and print a line for each."""
    from rilo_reader.sync.services.secrets import add_again, secrets_of

    if not accounts:
        errors().line(f"You have no account yet. To add one: {PROGRAM} account add miniflux URL")
        return 0
    secrets = secrets_of(where.paths)
    out, failed = output(), 0
    for account in accounts:
        try:
            server = log_in(where, account, secrets.find(account), options.progress_delay)
        except FetchError as error:
            failed += 1
            reason = error.reason.rstrip(".")
            out.line(Piece("✗ ", Style.ERROR), Piece(account.name, Style.BOLD), f": {reason}.")
            if error.failure is Failure.LOGIN and error.status:
                out.line(Piece(f"    → if it has changed: {add_again(account)}", Style.DIM))
            continue
        out.line("  ", Piece(account.name, Style.BOLD), f": {server}")
    return 1 if failed else 0


def log_in(where: Place, account: Account, secret: Secret, delay: float) -> str:
    """Log in to an account; return what its server is.

    Raises:
        FetchError: it is not possible.
    """
    from rilo_reader.cli.progress import waiting
    from rilo_reader.feeds.public_hosts import kept_hosts
    from rilo_reader.fetch.client import client_of
    from rilo_reader.sync.services.accounts import open_service

    async def work() -> str:
        async with client_of(where.config) as client:
            with kept_hosts(where.folder, where.paths, client.public_hosts):
                return await open_service(account, secret, client).check()

    with waiting(f"Asking {account.url} …", delay=delay):
        return asyncio.run(work())


# -- remove ---------------------------------------------------------------------------------------


def _remove(where: Place, account: Account) -> int:
    from rilo_reader.sync.services.accounts import remove_account
    from rilo_reader.sync.services.secrets import add_again

    remove_account(where.folder, where.paths, account)
    out = output()
    out.line(f"{account.name} is removed; its articles stay, and the server keeps its feeds.")
    command = " (with its --password-command)" if account.password_command else ""
    out.line(f"To come back{command}: {add_again(account)}")
    return 0
