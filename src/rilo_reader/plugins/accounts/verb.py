"""`account`: accounts at feed services: add, list, check and remove them."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote

from rilo_reader.cli.arguments import (
    choose_writable,
    convert_edit_errors,
    no_account_advice,
    raise_if_only_problems,
    save_refusal,
    select_account,
)
from rilo_reader.cli.child import lower_priority
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import PROGRAM, OutputStyle, StyledText, UsageError, errors, output
from rilo_reader.cli.printing import (
    Line,
    RecordPrinter,
    ask_user,
    can_ask,
    pick_values,
    print_result,
    show_waiting,
)
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.config.checks import SettingError
from rilo_reader.feeds.collection import use_public_hosts
from rilo_reader.fetch.client import make_client
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.library import LibraryError
from rilo_reader.plugins.accounts.accounts import (
    ACCOUNTS,
    check_api,
    find_account,
    find_free_name,
    open_account,
    remove_account,
    split_login,
)
from rilo_reader.plugins.accounts.fever import addresses_of_fever, root_of_fever
from rilo_reader.plugins.accounts.greader_login import find_freshrss_api
from rilo_reader.plugins.accounts.json_api import root_of_server
from rilo_reader.plugins.accounts.places import TO_ADD, accounts_file
from rilo_reader.plugins.accounts.service import Account, Api
from rilo_reader.plugins.accounts.status import AccountStatus, read_statuses
from rilo_reader.secret_store import Secret, SecretPlace, open_secrets

ACTIONS: Mapping[str, tuple[int, int, str]] = {
    "add": (2, 2, ""),
    "list": (0, 0, "no name"),
    "check": (0, 1, "one name at most"),
    "remove": (1, 1, "one name"),
}
"""The least and the largest number of words of each action, and these in words."""

COLUMNS = ("name", "api", "url", "user", "feeds", "entries", "last_sync", "secret", "problem")
"""Columns of `list` in a pipe."""


class AccountVerb(Verb):
    """Read with an account at Miniflux, FreshRSS and others, or a mailbox."""

    library_help = "the library whose feeds and entries are counted"
    usage = """\
rilo-reader account add miniflux|greader|fever|imap URL [--user NAME]
                           [--password-command CMD | --api-key-command CMD |
                           --password-stdin] [--name NAME] [--no-check] [--json]
       rilo-reader account list [--json] | check [NAME] | remove NAME
                           [--library FOLDER]"""
    about = """
Read with an account at a feed service, such as Miniflux or FreshRSS.

refresh fetches its feeds and articles, and what you read or star is synced in
both directions. greader means the Google Reader API of FreshRSS, Miniflux,
BazQux and The Old Reader. (Inoreader allows only registered programs.) fever
means the Fever API of yarr, CommaFeed, Tiny Tiny RSS and others, which cannot
change feeds. URL is the address of the server, or of its API. imap means a
folder of a mailbox, such as mail.example.org/Newsletters: its letters become
articles, and nothing is changed there; it needs rilo-reader[mail]. On a
terminal you are asked for what is missing. Accounts are saved in accounts.toml,
which you can edit too. See docs/services.md of the project for what is synced,
and what to do when it fails.

Actions:
  add             log in, then save the account; for an account that you have,
                  save its new password
  list            show your accounts, what has been fetched, and any problems
  check NAME      log in to NAME, or to every account, and show the result
  remove NAME     remove the account and its password; keep its articles
"""
    examples = (
        "rilo-reader account add miniflux https://reader.example.org --user me",
        "rilo-reader account add greader https://rss.example.org --user me",
        "rilo-reader account add imap mail.example.org/News --user me@example.org",
        "rilo-reader account check",
    )
    exit_codes = "0 done; 1 failed, also if a login is refused; 2 wrong usage."

    action: str = argument("ACTION", "see above", nargs="?", default="", offers=ACTIONS)
    words: list[str] = argument(
        "WORD", "values for the action, as above", nargs="*", completes="account"
    )
    user: str | None = option(
        "--user NAME", "your user name; without it, Miniflux asks for an API key"
    )
    password_command: str | None = option(
        "--password-command CMD",
        "a command that prints the password on its first line, such as 'pass show reader' (not run "
        "in a shell). Otherwise the password is stored in the system keyring (install "
        "rilo-reader[keyring]), or in a file that only you can read",
        only_one="secret",
    )
    api_key_command: str | None = option(
        "--api-key-command CMD", "the same, for an API key of Miniflux", only_one="secret"
    )
    password_stdin: bool = flag(
        "--password-stdin",
        "read the password (without --user: the API key) from standard input",
        only_one="secret",
    )
    name: str | None = option("--name NAME", "what you call the account, instead of its host name")
    no_check: bool = flag("--no-check", "save the account without logging in")
    json: bool = flag(
        "--json",
        "one JSON object per line: name, api, url, user, secret, feeds, entries, last_sync, "
        "problem, "
        "window, private; of add: name, server, secret, with finished",
    )

    @property
    def writes(self) -> bool:
        """See `Verb.writes`."""
        return self.action in ("add", "remove")

    def run(self) -> int:
        """Add, list, check or remove accounts; return the exit code."""
        action, words = self.action, self.words
        secrets = ("password_command", "api_key_command", "password_stdin")
        of_add = ("user", "name", *secrets, "no_check")
        only = {**dict.fromkeys(of_add, ("add",)), "json": ("add", "list")}
        self.check_action(action, tuple(ACTIONS), only)
        if action == "add":
            if self.json:
                lower_priority()
            return _add_account(self)
        least, most, takes = ACTIONS[action]
        if not least <= len(words) <= most:
            see = f"To list them: {PROGRAM} account list"
            raise UsageError(f"account {action} takes {takes}. {see}")
        context = choose_writable(self.library)
        accounts = _load_accounts(context)
        if not (accounts or words or self.json):
            errors().line(no_account_advice(TO_ADD))
            return 0
        if words:
            accounts = (select_account(words[0], accounts, TO_ADD),)
        if action == "list":
            return _print_list(context, accounts, as_json=self.json)
        if action == "remove":
            return _remove_account(context, accounts[0])
        return _check_logins(context, accounts, self)


def _load_accounts(context: LibraryContext) -> tuple[Account, ...]:
    return raise_if_only_problems(*ACCOUNTS.load(accounts_file(context.paths)))


# -- list, check, remove --------------------------------------------------------------------------


def _print_list(context: LibraryContext, accounts: Sequence[Account], *, as_json: bool) -> int:
    report = RecordPrinter(COLUMNS, as_json=as_json)
    for status in read_statuses(context.folder, context.paths, accounts):
        record = {
            **pick_values(status.account, "name", "api", "url", "user"),
            **pick_values(status, "secret", "feeds", "entries"),
            "last_sync": status.last_success,
            "problem": status.problem,
            **pick_values(status.account, "window", "private"),
        }
        report.print_record(record, _format_account(status))
    return 0


def _format_account(status: AccountStatus) -> Iterator[Line]:
    """An account for people: its name, whose it is and where, what is here, what is wrong."""
    account = status.account
    mark = StyledText("✗ ", OutputStyle.ERROR) if status.problem else StyledText("  ")
    yield mark, StyledText(account.name, OutputStyle.BOLD)
    who = f", as {account.user}" if account.user else ""
    yield (StyledText(f"    {account.api} at {account.url}{who}", OutputStyle.DIM),)
    yield (StyledText(f"    {status.sentence}", OutputStyle.DIM),)
    if status.problem:
        yield (f"    {status.problem}",)


def _check_logins(
    context: LibraryContext, accounts: Sequence[Account], options: AccountVerb
) -> int:
    """Log in to accounts, and print a line for each."""
    secrets = open_secrets(context.paths)
    out, code = output(), 0
    for account in accounts:
        name = StyledText(account.name, OutputStyle.BOLD)
        try:
            server = _log_in(context, account, secrets.find(account.credential))
        except FetchError as error:
            code = 1
            out.line(StyledText("✗ ", OutputStyle.ERROR), name, f": {error.reason.rstrip('.')}.")
            if error.failure is Failure.LOGIN and error.status:
                to_store = account.credential.store_command
                out.note(f"    → if your password has changed: {to_store}")
        else:
            out.line("  ", name, f": {server}")
    return code


def _log_in(context: LibraryContext, account: Account, secret: Secret) -> str:
    """Log in to an account; return what its server is, or raise FetchError."""

    async def ask_server() -> str:
        async with make_client(context.config) as client:
            with use_public_hosts(context.folder, context.paths, client.public_hosts):
                return await open_account(account, secret, client).check_login()

    with show_waiting(f"Asking {account.url} …"):
        return asyncio.run(ask_server())


def _remove_account(context: LibraryContext, account: Account) -> int:
    command = " (with its --password-command)" if account.password_command else ""
    again = f"To add it again{command}: {account.credential.store_command}"
    remove_account(context.folder, context.paths, account)
    save_refusal(context, f"Removed the account {account.name}", again)
    out = output()
    out.line(f"{account.name} is removed; its articles are kept, and its feeds stay on the server.")
    out.line(again)
    return 0


# -- add ------------------------------------------------------------------------------------------

SECRET_LIMIT = 4_000  # characters of a password or an API key


def _add_account(options: AccountVerb) -> int:
    context = choose_writable(options.library)
    account, known = _make_wanted(options, _load_accounts(context))
    # None: its command prints it.
    secret = None if account.password_command else _ask_secret(options, account)
    secrets, server = open_secrets(context.paths), ""
    try:
        if not options.no_check:
            used = secret or secrets.find(account.credential)
            server, account = _log_in_somewhere(context, account, used)
        kept = _save_account(context, account, known, secret)
    except FetchError as error:
        raise LibraryError(_explain_refusal(account, error)) from None
    if known is None:
        remove = f"To remove it: {PROGRAM} account remove {quote(account.name)}"
        save_refusal(context, f"Added the account {account.name}", remove)
    what = "password" if account.user else "API key"
    done = f"has a new {what}" if known else "is added"
    mode = "" if os.name == "nt" else ", which only you can read (mode 0600)"
    secret_place = {
        SecretPlace.COMMAND: "read from your command each time",
        SecretPlace.KEYRING: "in your system keyring",
    }.get(kept, f"in {secrets.file}{mode}")
    message = (
        f"{account.name} {done}: {server or 'its server was not asked'}.\n"
        f"Its {what} is {secret_place}.\n"
        f"To fetch its articles: {PROGRAM} refresh"
    )
    print_result(options.json, message, name=account.name, server=server, secret=kept)
    return 0


def _log_in_somewhere(
    context: LibraryContext, account: Account, secret: Secret
) -> tuple[str, Account]:
    """Log in; return what the server is, and the account with the address of its API."""
    failures = []
    urls = [account.url, _find_api_address(account)[1]]
    if account.api is Api.FEVER:
        urls = addresses_of_fever(account.url)
    for url in dict.fromkeys(urls):
        found = account._replace(url=url)
        try:
            return _log_in(context, found, secret), found
        except FetchError as error:
            if error.failure not in (Failure.ADDRESS, Failure.BROKEN):
                raise
            failures.append(error)
    raise failures[0]


def _find_api_address(account: Account) -> tuple[Api, str]:
    """Return the API of an account and its address, as if the server were a FreshRSS."""
    if account.api is Api.IMAP:
        return account.api, account.url
    url = root_of_server(account.url)
    if account.api is Api.FEVER:
        return account.api, root_of_fever(url)
    return account.api, find_freshrss_api(url) if account.api is Api.GREADER else url


def _explain_refusal(account: Account, error: FetchError) -> str:
    reason = f"{account.url}: {error.reason.rstrip('.')}. Nothing was saved."
    if error.failure is Failure.TLS and account.url.startswith("https:"):
        plain = account.url.replace("https:", "http:", 1)
        return f"{reason} If your server has no encryption, type {plain}"
    if error.failure in (Failure.OFFLINE, Failure.TIMEOUT, Failure.BUSY, Failure.REFUSED):
        return f"{reason} To save the account without asking its server: --no-check"
    return reason


# -- arguments and answers ------------------------------------------------------------------------


def _make_wanted(
    options: AccountVerb, accounts: Sequence[Account]
) -> tuple[Account, Account | None]:
    """Return the account of the arguments and answers, and the same as saved; None: it is new."""
    if len(options.words) != 2:
        add = f"{PROGRAM} account add"
        raise UsageError(
            f"account add takes the API of a server and its address. For Miniflux: {add} miniflux "
            f"URL. For FreshRSS and others: {add} greader URL. For yarr, CommaFeed and others: "
            f"{add} fever URL. For a mailbox: {add} imap URL"
        )
    if options.api_key_command is not None and options.user:
        raise UsageError("an API key already belongs to one user; leave out --user")
    command = options.password_command
    if command is None:
        command = options.api_key_command
    if command is not None and not command.strip():
        raise UsageError("an empty command prints no password; for example: 'pass show reader'")
    try:
        api = check_api(options.words[0])
        login = split_login(options.words[1], api)
        user = _ask_user_name(options, api, login.user)
        url = login.url if api is Api.IMAP else root_of_server(login.url)
        account = ACCOUNTS.check_row(Account("x", api, url, user, command or ""))
        known = _find_known(account, accounts, options.name)
        name = known.name if known else options.name
        name = find_free_name(login.url, user, accounts) if name is None else name
        account = ACCOUNTS.check_row(account._replace(name=name))
    except SettingError as error:
        raise UsageError(f"{error}.") from None
    if known is not None:
        return known._replace(password_command=account.password_command), known
    if (taken := find_account(accounts, account.name)) is not None:
        raise LibraryError(
            f"there is already an account {taken.name}, at {taken.url}; choose another --name."
        )
    return account, None


def _find_known(account: Account, accounts: Sequence[Account], name: str | None) -> Account | None:
    """Return the account of the same user at the same server, None if there is none."""
    for kept in accounts:
        if (_find_api_address(kept), kept.user) != (_find_api_address(account), account.user):
            continue
        if name is None or ACCOUNTS.key(kept.name) == ACCOUNTS.key(name):
            return kept
        if account.user:
            raise LibraryError(
                f"you already have this account, as {kept.name}. To change its password, leave out "
                "--name; to change its name, edit accounts.toml."
            )
    return None


def _ask_user_name(options: AccountVerb, api: Api, from_url: str) -> str:
    """Return the user of the arguments, else ask for it; "" for an API key."""
    if options.api_key_command is not None:
        if not api.has_keys:
            raise UsageError(f"{api} takes --user and a password; only miniflux has API keys")
        return ""
    user = from_url if options.user is None else options.user.strip()
    if user or (api.has_keys and options.password_stdin):
        return user
    takes_key = api.has_keys and options.password_command is None
    if not can_ask(as_json=options.json):
        or_key = ", or --api-key-command CMD" if takes_key else ""
        raise UsageError(f"account add needs --user NAME{or_key}")
    if takes_key:
        return ask_user("User (none: log in with an API key): ")
    while not (answer := ask_user("User: ")):
        pass
    return answer


def _ask_secret(options: AccountVerb, account: Account) -> Secret:
    """Return the secret of an account from stdin or the address, else ask for it."""
    what = "password" if account.user else "API key"
    if options.password_stdin:
        line = sys.stdin.readline() if sys.stdin is not None else ""
        text = line.removesuffix("\n").removesuffix("\r")
    elif from_url := split_login(options.words[1], account.api).password:
        text = from_url
    elif can_ask(as_json=options.json):
        try:
            text = getpass.getpass(f"{what[0].upper()}{what[1:]}: ")
        except EOFError:
            raise KeyboardInterrupt from None
    else:
        option = "--password-command" if account.user else "--api-key-command"
        raise UsageError(
            f"you can be asked for the {what} only in a terminal: use {option} CMD, or "
            "--password-stdin, which reads it from standard input"
        )
    if not text or not text.isprintable() or len(text) > SECRET_LIMIT:
        raise UsageError(f"the {what} is {'empty' if not text else 'not one line of text'}")
    return Secret(text)


def _save_account(
    context: LibraryContext, account: Account, known: Account | None, secret: Secret | None
) -> SecretPlace:
    """Save the account and its secret, both or none; return where the secret is."""
    secrets, file = open_secrets(context.paths), accounts_file(context.paths)
    kept = SecretPlace.COMMAND if secret is None else secrets.save(account.credential, secret)
    try:
        with convert_edit_errors(file):
            if known is None:
                ACCOUNTS.add(file, account)
            elif known != account:
                changed = pick_values(account, "url", "password_command")
                ACCOUNTS.change(file, account.name, **changed)
                if known.url != account.url:
                    secrets.delete(known.credential)
    except BaseException:
        # Also where Ctrl-C comes between the two.
        if known is None and secret is not None:
            secrets.delete(account.credential)
        raise
    if secret is None:
        secrets.delete(account.credential)
    return kept
