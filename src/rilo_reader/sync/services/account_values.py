"""Accounts as users write them in accounts.toml, checked (pure)."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from rilo_reader.config.schema import SettingError, near, shown, text_of
from rilo_reader.config.toml_file import Fault
from rilo_reader.fetch.addresses import parse_address, without_login
from rilo_reader.fetch.values import FetchError
from rilo_reader.sync.services.account import Account, Api
from rilo_reader.text import clean_line

LIST = "accounts"
NAME_LIMIT = 100
USER_LIMIT = 300
COMMAND_LIMIT = 4_000
MOST_ENTRIES = 1_000_000

SECRET_KEYS = frozenset(("password", "api_key", "apikey", "token", "secret"))
"""Keys that people try; secrets are not kept in this file."""

GREADER_SERVERS: Mapping[str, str] = MappingProxyType(
    {
        "freshrss": "FreshRSS",
        "bazqux": "BazQux",
        "theoldreader": "The Old Reader",
        "oldreader": "The Old Reader",
    }
)
"""Names of servers, which people take for names of APIs."""


class Login(NamedTuple):
    """An address and the login that was part of it.

    Attributes:
        url: the address without the login.
        user: its user, or "".
        password: its password, or ""; must not be shown.
    """

    url: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Login(url={self.url!r}, user={self.user!r})"


def taken_apart(url: str) -> Login:
    """Take the login out of the address of a server, which may lack `https://`.

    A query is left out, since some people have a key there.

    Raises:
        SettingError: it is not an address of the web; the message has no login in it.
    """
    text = url.strip()
    if "://" not in text:
        text = f"https://{text.lstrip('/')}"
    try:
        address = parse_address(text)
    except FetchError:
        wrong = shown(clean_line(without_login(text), 80))
        raise SettingError(
            f"{wrong} is not the address of a server, such as https://reader.example.org"
        ) from None
    user, _, password = address.login.partition(":")
    address = address._replace(target=address.target.partition("?")[0])
    return Login(address.url.rstrip("/"), clean_line(user), password)


def name_of(value: object) -> str:
    """Check the name of an account.

    Raises:
        SettingError: it is empty, too long or not a text.
    """
    name = clean_line(text_of(value)).strip()
    if not 0 < len(name) <= NAME_LIMIT:
        raise SettingError(f"the name of an account has 1 to {NAME_LIMIT} characters")
    return name


def command_of(value: object) -> str:
    """Check a command that prints a secret.

    Raises:
        SettingError: it is not a command line; the message does not repeat it.
    """
    command = text_of(value).strip()
    try:
        words = shlex.split(command)
    except ValueError:
        raise SettingError("the command has a quotation mark that is not closed") from None
    if (command and not words) or len(command) > COMMAND_LIMIT or "\n" in command:
        raise SettingError("expected one command line, such as 'pass show reader'")
    return command


def server_with_greader(name: str) -> str:
    """Return the right name of a known server with the Google Reader API, or ""."""
    return GREADER_SERVERS.get(name.strip().lower().replace(" ", "").replace("-", ""), "")


def api_of(value: object) -> Api:
    """Check the API of a server.

    Raises:
        SettingError: it is none of ours; the message says which is meant, if that is known.
    """
    name = text_of(value).strip().lower()
    try:
        return Api(name)
    except ValueError:
        pass
    if server := server_with_greader(name):
        raise SettingError(f"{server} has the Google Reader API, which is called greader here")
    # Strictly: Inoreader is not meant by greader.
    if close := get_close_matches(name, [str(api) for api in Api], n=1, cutoff=0.8):
        raise SettingError(f"there is no API {shown(value)}; did you mean {close[0]}?")
    raise SettingError(
        f"there is no API {shown(value)}: miniflux is for Miniflux, greader for FreshRSS, BazQux, "
        "The Old Reader and others with the Google Reader API"
    )


def _user(value: object) -> str:
    return clean_line(text_of(value), USER_LIMIT).strip()


def _url(value: object) -> str:
    return taken_apart(text_of(value)).url


def _window(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingError(f"expected a whole number of entries, not {shown(value)}")
    if not 0 <= value <= MOST_ENTRIES:
        raise SettingError(f"{value} is not between 0 and {MOST_ENTRIES:,} entries")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"expected true or false, not {shown(value)}")
    return value


RULES: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "name": name_of,
        "api": api_of,
        "url": _url,
        "user": _user,
        "password_command": command_of,
        "window": _window,
        "private": _yes_or_no,
    }
)
"""Validators by key, which return the value for Account or raise SettingError."""


def is_same_name(one: str, other: str) -> bool:
    """Whether two names of accounts are the same to a user."""
    return one.strip().casefold() == other.strip().casefold()


def find(accounts: Iterable[Account], name: str) -> Account | None:
    """Return the account with a name, regardless of case."""
    return next((each for each in accounts if is_same_name(each.name, name)), None)


def free_name(url: str, user: str, accounts: Iterable[Account]) -> str:
    """Return a name for an account that none has: its host, with the user if need be."""
    names = {each.name.casefold() for each in accounts}
    host = (urlsplit(url).hostname or url).removeprefix("www.")
    wanted = [host, *([f"{user}@{host}"] if user else [])]
    for name in (*wanted, *(f"{host} {number}" for number in range(2, len(names) + 3))):
        if name[:NAME_LIMIT].casefold() not in names:
            return name[:NAME_LIMIT]
    raise AssertionError("more names than accounts were tried")


def accounts_of(data: Mapping[str, object]) -> tuple[tuple[Account, ...], list[Fault]]:
    """Return the valid accounts, and all faults.

    An invalid value is replaced by the default, but an account needs a name, an api and a url. No
    fault repeats a secret.
    """
    faults: list[Fault] = [
        ((name,), f"accounts.toml has only [[{LIST}]] tables{near(name, [LIST])}")
        for name in data
        if name != LIST
    ]
    entries = data.get(LIST, [])
    if not isinstance(entries, list):
        reason = f"expected a list of tables, each below [[{LIST}]]"
        return (), [*faults, ((LIST,), reason)]
    right: dict[str, Account] = {}
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            faults.append(((LIST, index), f"expected a table below [[{LIST}]]"))
            continue
        found, wrong = _account(entry)
        faults += [((LIST, index, key), reason) for key, reason in wrong]
        if found is None:
            continue
        if right.setdefault(found.name.casefold(), found) is not found:
            reason = f"there is an account {found.name} above; this one is left out"
            faults.append(((LIST, index, "name"), reason))
    return tuple(right.values()), faults


def _account(entry: Mapping[str, object]) -> tuple[Account | None, list[tuple[str, str]]]:
    """Return the account in a table, and the faults of its keys."""
    values: dict[str, object] = {}
    faults: list[tuple[str, str]] = []
    for key, value in entry.items():
        if key not in RULES:
            faults.append((key, _unknown(key)))
            continue
        try:
            values[key] = RULES[key](value)
        except SettingError as error:
            faults.append((key, str(error)))
    url = entry.get("url")
    if isinstance(url, str) and "url" in values:
        login = taken_apart(url)
        if login.password:
            reason = "the password in the address is not used; take it out, and to keep it: "
            faults.append(("url", reason + "rilo-reader account add"))
        if login.user and not values.get("user"):
            values["user"] = login.user
    missing = [key for key in ("name", "api", "url") if key not in values]
    if missing:
        faults += [(key, f"{key} is missing") for key in missing if key not in entry]
        return None, faults
    return Account(**values), faults  # type: ignore[arg-type]  # each checked by its rule


def _unknown(key: str) -> str:
    if key.lower().replace("-", "_") in SECRET_KEYS:
        return "secrets are not kept in this file; take it out, and use password_command"
    return f"an account has no {key}{near(key, RULES)}"


def checked(account: Account) -> Account:
    """Validate an account before writing it.

    Raises:
        SettingError: a value is invalid.
    """
    values = {name: RULES[name](value) for name, value in account._asdict().items()}
    return Account(**values)  # type: ignore[arg-type]  # each checked by its rule


def written(account: Account) -> dict[str, object]:
    """Return the keys of an account that differ from their default, in order."""
    defaults = Account._field_defaults
    return {
        key: str(value) if isinstance(value, Api) else value
        for key, value in account._asdict().items()
        if key not in defaults or value != defaults[key]
    }
