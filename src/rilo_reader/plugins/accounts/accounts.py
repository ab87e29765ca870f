"""Accounts in accounts.toml, which users may edit by hand, and how their services are opened.

No secret is ever in the file, see `secret_store`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from rilo_reader.config.checks import (
    SettingError,
    check_bool,
    check_text,
    make_number_check,
    quote_short,
)
from rilo_reader.config.toml_table import RemovedRow, TomlTable
from rilo_reader.fetch.addresses import parse_address
from rilo_reader.fetch.messages import ApiClient, FetchError, ServerClient
from rilo_reader.library import LibraryError
from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts.fever import Fever
from rilo_reader.plugins.accounts.greader import GoogleReader
from rilo_reader.plugins.accounts.mailbox import Mailbox
from rilo_reader.plugins.accounts.miniflux import Miniflux
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.records import open_records, records_file
from rilo_reader.plugins.accounts.service import Account, Api, Service
from rilo_reader.secret_store import Secret, open_secrets
from rilo_reader.text import clean_line, command_words, redact_address

NAME_LIMIT = 100
USER_LIMIT = 300
SECRET_KEYS = ("password", "api_key", "api-key", "apikey", "token", "secret")
"""Keys of secrets that people try, which are refused."""

COMMAND_LIMIT = 4_000
MOST_ENTRIES = 1_000_000

HEAD = """\
# Your accounts at feed services. You can edit this file: rilo-reader changes it only when you ask
# it to, and keeps your comments. To add an account: rilo-reader account add. Each has
#   name = "…"              what you call it; every account has a name of its own
#   api = "miniflux"        or "greader", the Google Reader API that FreshRSS and others have, or
#                           "fever", as yarr, CommaFeed and others have, or "imap", a folder of a
#                           mailbox
#   url = "https://…"       the address of the server, without user and password; that of a mailbox
#                           is "imaps://mail.example.org/Newsletters"
# and may have
#   user = "…"              your user name; without one, Miniflux needs an API key
#   password_command = "…"  prints the password or API key, such as "pass show reader"; without it,
#                           it is in your system keyring, or in passwords.toml among your marks
#   window = 10000          how many of the newest entries to fetch, besides all unread and starred
#   private = true          it may be on your own network, even if it was public before

"""

SERVERS: Mapping[str, tuple[str, Api]] = MappingProxyType(
    {"freshrss": ("FreshRSS", Api.GREADER), "bazqux": ("BazQux", Api.GREADER)}
    | dict.fromkeys(("theoldreader", "oldreader"), ("The Old Reader", Api.GREADER))
    | {"yarr": ("yarr", Api.FEVER), "commafeed": ("CommaFeed", Api.FEVER)}
    | dict.fromkeys(("ttrss", "tinytinyrss"), ("Tiny Tiny RSS", Api.FEVER))
)
"""Names of servers, which people take for names of APIs."""


class UrlLogin(NamedTuple):
    """An address and the login that was part of it."""

    url: str  # the address without the login
    user: str = ""
    password: str = ""  # must not be shown

    def __repr__(self) -> str:
        return f"Login(url={self.url!r}, user={self.user!r})"


_MAIL = re.compile(r"(?i)imap(?=s?://)")


def split_login(url: str, api: Api | None = None) -> UrlLogin:
    """Take the login out of the address of a server, which may lack `https://` or `imaps://`.

    A query is left out, since some people have a key there. Raises SettingError without any login.
    """
    text = url.strip()
    if api is Api.IMAP and "://" not in text:
        text = f"imaps://{text.lstrip('/')}"
    if api is not None and (api is Api.IMAP) is not bool(_MAIL.match(text)):
        example = "imaps://mail.example.org" if api is Api.IMAP else "https://reader.example.org"
        raise SettingError(f"the address of {api} is such as {example}")
    if _MAIL.match(text):  # with a host, a port and a path as on the web
        web = split_login(f"http{text[4:]}")
        return web._replace(url=f"imap{web.url[4:]}")
    if "://" not in text:
        text = f"https://{text.lstrip('/')}"
    try:
        address = parse_address(text)
    except FetchError:
        wrong = quote_short(clean_line(redact_address(text), 80))
        example = "https://reader.example.org"
        raise SettingError(f"{wrong} is not the address of a server, such as {example}") from None
    user, _, password = address.login.partition(":")
    address = address._replace(target=address.target.partition("?")[0])
    return UrlLogin(address.url.rstrip("/"), clean_line(user), password)


def check_name(value: object) -> str:
    """Check the name of an account."""
    name = clean_line(check_text(value)).strip()
    if not 0 < len(name) <= NAME_LIMIT:
        raise SettingError(f"the name of an account has 1 to {NAME_LIMIT} characters")
    return name


def check_command(value: object) -> str:
    """Check a command that prints a secret; no message repeats it."""
    command = check_text(value).strip()
    try:
        command_words(command)
    except ValueError:
        raise SettingError("the command has a quotation mark that is not closed") from None
    if len(command) > COMMAND_LIMIT or "\n" in command:
        raise SettingError("expected one command line, such as 'pass show reader'")
    return command


def find_server(name: str) -> tuple[str, Api] | None:
    """Return the right name of a known server, and its API; None if it is not known."""
    return SERVERS.get(name.strip().lower().replace(" ", "").replace("-", ""))


def check_api(value: object) -> Api:
    """Check the API of a server; the message says which is meant, if that is known."""
    name = check_text(value).strip().lower()
    try:
        return Api(name)
    except ValueError:
        pass
    if server := find_server(name):
        called = "Google Reader" if server[1] is Api.GREADER else "Fever"
        raise SettingError(f"{server[0]} has the {called} API, which is called {server[1]} here")
    # Strictly: Inoreader is not meant by greader.
    if close := get_close_matches(name, [str(api) for api in Api], n=1, cutoff=0.8):
        raise SettingError(f"there is no API {quote_short(value)}; did you mean {close[0]}?")
    raise SettingError(
        f"there is no API {quote_short(value)}: miniflux is for Miniflux, greader for FreshRSS, "
        "BazQux, The Old Reader and others with the Google Reader API, fever for yarr, CommaFeed "
        "and others with the Fever API, imap for a mailbox"
    )


def _check_user(value: object) -> str:
    return clean_line(check_text(value), USER_LIMIT).strip()


def _check_url(value: object) -> str:
    return split_login(check_text(value)).url


def _refuse_secret(value: object) -> object:
    raise SettingError("secrets are not kept in this file; take it out, and use password_command")


def _account_key(name: str) -> str:
    return name.strip().casefold()


def _take_user_from_url(
    table: Mapping[str, object], values: dict[str, object]
) -> list[tuple[str, str]]:
    """Take the user from an address, and refuse a password in it."""
    if "url" not in values:
        return []
    try:
        login = split_login(str(table["url"]), Api(str(values.get("api", Api.MINIFLUX))))
    except SettingError as error:
        del values["url"]
        return [("url", str(error))]
    if login.user and not values.get("user"):
        values["user"] = login.user
    if not login.password:
        return []
    reason = "the password in the address is not used; take it out, and to store it: "
    return [("url", reason + "rilo-reader account add")]


ACCOUNTS = TomlTable(
    "accounts",
    Account,
    {
        "name": check_name,
        "api": check_api,
        "url": _check_url,
        "user": _check_user,
        "password_command": check_command,
        "window": make_number_check(0, MOST_ENTRIES, "entries"),
        "private": check_bool,
        **dict.fromkeys(SECRET_KEYS, _refuse_secret),
    },
    key=_account_key,
    duplicate_message="there is already an account {}",
    missing_message="there is no account {}",
    make_head=lambda: HEAD,
    amend=_take_user_from_url,
)

load, add, change, remove = ACCOUNTS.load, ACCOUNTS.add, ACCOUNTS.change, ACCOUNTS.remove


def find_account(accounts: Iterable[Account], name: str) -> Account | None:
    """Return the account with a name, regardless of case."""
    return next((each for each in accounts if _account_key(each.name) == _account_key(name)), None)


def find_free_name(url: str, user: str, accounts: Iterable[Account]) -> str:
    """Return a name for an account that none has: its host, with the user if need be."""
    names = {each.name.casefold() for each in accounts}
    host = (urlsplit(url).hostname or url).removeprefix("www.")
    wanted = [host, *([f"{user}@{host}"] if user else [])]
    for name in (*wanted, *(f"{host} {number}" for number in range(2, len(names) + 3))):
        if name[:NAME_LIMIT].casefold() not in names:
            return name[:NAME_LIMIT]
    raise AssertionError("more names than accounts were tried")


# -- services -------------------------------------------------------------------------------------


def open_service_of(account: Account, paths: Paths, client: ApiClient) -> Service:
    """Open the service of an account with its secret; see `open_account_of`."""
    return open_service(account, open_secrets(paths).find(account.credential), client)


def open_account_of(account: Account, paths: Paths, client: ServerClient) -> Service | Mailbox:
    """Open the service or the mailbox of an account with its secret; see `open_account`.

    Blocks while a program is asked for the secret. Raises FetchError if there is none.
    """
    return open_account(account, open_secrets(paths).find(account.credential), client)


def open_account(account: Account, secret: Secret, client: ServerClient) -> Service | Mailbox:
    """Open the service or mailbox of an account; nothing is sent before a method is called.

    The secret is the password, or the API key if the account has no user.
    """
    if account.api is Api.IMAP:
        return Mailbox(account, secret, client)
    return open_service(account, secret, client)


def open_service(account: Account, secret: Secret, client: ApiClient) -> Service:
    """Open the service of an account that has feeds; see `open_account`."""
    if account.api is Api.MINIFLUX:
        return Miniflux(client, account, secret.reveal())
    if account.api is Api.FEVER:
        return Fever(client, account, secret.reveal())
    return GoogleReader(client, account, secret.reveal())


# -- remove and restore ---------------------------------------------------------------------------


class RemovedAccount(NamedTuple):
    """A removed account, as needed by `restore_account`."""

    account: Account
    lines: RemovedRow  # of accounts.toml
    secret: Secret | None  # None where a command prints it, or none was kept


def remove_account(folder: Path, paths: Paths, account: Account) -> RemovedAccount:
    """Remove an account, its password, and its records in a library.

    Its articles stay, and the server keeps its feeds. Raises LibraryError if something could not be
    removed.
    """
    secrets, secret = open_secrets(paths), None
    if not account.password_command:
        with suppress(FetchError):
            secret = secrets.find(account.credential)
    try:
        lines = remove(accounts_file(paths), account.name)
    except (OSError, ValueError) as error:
        raise LibraryError(f"{accounts_file(paths)}: {error}.") from error
    try:
        secrets.delete(account.credential)
    except (FetchError, OSError) as error:
        message = f"{account.name} is removed, but its stored password is not: {error}."
        raise LibraryError(message) from None
    file = records_file(folder, paths)
    if file.exists():
        with open_records(file) as records:
            records.remove_account(account.name)
    return RemovedAccount(account, lines, secret)


def restore_account(paths: Paths, removed: RemovedAccount) -> None:
    """Bring back a removed account with its password; its next sync is a first contact.

    Raises LibraryError if it could not be written, or its name is taken again.
    """
    name, failed = removed.account.name, ""
    try:
        if not ACCOUNTS.restore(accounts_file(paths), removed.lines):
            failed = ACCOUNTS.duplicate_message.format(name)
        elif removed.secret is not None:
            open_secrets(paths).save(removed.account.credential, removed.secret)
    except (OSError, ValueError, FetchError) as error:
        failed = str(error)
    if failed:
        raise LibraryError(f"{name} could not be brought back: {failed}.")
