"""`account` on the command line, against a server that lets people in or does not."""

from __future__ import annotations

import io
import shlex
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.paths import user_paths
from rilo_reader.plugins.accounts import accounts
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.records import (
    AccountRecord,
    AccountRecords,
    open_records,
    records_file,
)
from rilo_reader.plugins.accounts.service import Account, Api
from rilo_reader.secret_store import Secret, SecretStore
from tests.plugins.accounts.freshrss_server import freshrss
from tests.plugins.accounts.login_server import KEY, USER, LoginServer
from tests.support.command_line import Outcome, User
from tests.support.for_each import for_each
from tests.support.servers import serving
from tests.support.terminal import ENTER, Terminal, rilo

PASSWORD = "hunter2 unique"
NOWHERE = "http://127.0.0.1:9"

ME = ("--user", USER)
TYPED = (*ME, "--password-stdin")

Add = Callable[..., Outcome]


@pytest.fixture
def server() -> Iterator[LoginServer]:
    with serving() as server:
        yield LoginServer(server, PASSWORD)


def command(password: str = PASSWORD) -> tuple[str, str]:
    printing = shlex.join([sys.executable, "-c", f"print({password!r})"])
    return "--password-command", printing


@pytest.fixture
def add(user: User, server: LoginServer, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Adds an account; `typed` is all there is on standard input."""

    def add(
        *arguments: str, typed: str = PASSWORD, api: str = "miniflux", url: str = server.url
    ) -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return user.run("account", "add", api, url, *arguments)

    return add


def known() -> tuple[Account, ...]:
    return accounts.load(accounts_file(user_paths()))[0]


def kept(account: Account) -> str:
    return SecretStore(user_paths()).find(account.credential).reveal()


def records_of(user: User) -> AccountRecords:
    return open_records(records_file(user.library, user_paths()))


def passwords() -> Path:
    return user_paths().state / "passwords.toml"


# -- add ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", [Api.MINIFLUX, Api.GREADER])
def test_an_account_with_a_command_is_added(add: Add, server: LoginServer, api: Api) -> None:
    found = add(*ME, *command(), api=api, url=f"{server.url}/")
    assert (found.code, found.err) == (0, "")
    first, where, then = found.out.splitlines()
    assert first.startswith("127.0.0.1 is added: ")
    assert first.endswith(f", as {USER}.")
    assert where == "Its password is read from your command each time."
    assert then.endswith("rilo-reader refresh")
    assert known() == (Account("127.0.0.1", api, server.url, USER, command()[1]),)
    assert not passwords().exists()


@pytest.mark.slow
@pytest.mark.parametrize("path", ["", "/i/?a=normal", "/api/greader.php"])
def test_the_api_of_freshrss_is_found_by_its_plain_address(user: User, path: str) -> None:
    with freshrss() as fresh:
        add = ("account", "add", "greader", fresh.server.url(path), "--user", fresh.user)
        right = command(fresh.password)
        assert user.run(*add, *right).err == ""
        here = Account("127.0.0.1", Api.GREADER, fresh.url, fresh.user, right[1])
        assert known() == (here,)
        assert user.run("account", "check").code == 0
        # It is the same account, however its address is typed.
        refused = "the server does not accept the user or the password"
        user.run(*add, *command("wrong")).failed(1, refused)
        assert user.run(*add, right[0], f"{right[1]} x").code == 0
        assert [each.url for each in known()] == [fresh.url]
        # Also where it was not found at first.
        plain = fresh.server.url("").rstrip("/")
        accounts.change(accounts_file(user_paths()), "127.0.0.1", url=plain)
        assert user.run(*add, *right).code == 0
        assert known() == (here,)


@pytest.mark.parametrize(
    ("api", "page"),
    [
        (Api.MINIFLUX, "/unread"),
        (Api.MINIFLUX, "/login/"),
        (Api.MINIFLUX, "/v1"),
        (Api.GREADER, "/reader/api/0/"),
        (Api.GREADER, "/unread?x=1#y"),
    ],
)
def test_another_spelling_of_an_address_is_the_same_account(
    add: Add, server: LoginServer, api: Api, page: str
) -> None:
    for url in (server.url + page, server.url, f"{server.url}/unread"):
        found = add(*ME, *command(), api=api, url=url)
        found.says()
        assert known() == (Account("127.0.0.1", api, server.url, USER, command()[1]),)
    assert "127.0.0.1 has a new password" in found.out


def test_an_account_that_is_kept_as_it_was_spelt_is_found_and_keeps_its_password(
    add: Add, server: LoginServer
) -> None:
    spelt = Account("Home", Api.MINIFLUX, f"{server.url}/unread", USER)
    accounts.add(accounts_file(user_paths()), spelt)
    assert add(*TYPED).code == 0
    assert known() == (spelt,)
    assert kept(spelt) == PASSWORD


def test_an_api_key_needs_no_user(add: Add) -> None:
    add("--api-key-command", command(KEY)[1]).says("Its API key is read from your command")
    assert add("--password-stdin", "--name", "second", typed=KEY).code == 0
    assert [(each.name, each.user) for each in known()] == [("127.0.0.1", ""), ("second", "")]
    assert kept(known()[1]) == KEY


def test_a_password_from_standard_input_is_kept_in_a_file_of_the_user(add: Add) -> None:
    found = add(*TYPED, "--name", "Home", typed=f"{PASSWORD}\r\nmore\n")
    found.says(f"Its password is in {passwords()}, which only you can read")
    assert stat.S_IMODE(passwords().stat().st_mode) == 0o600
    assert [each.name for each in known()] == ["Home"]
    assert kept(known()[0]) == PASSWORD


@pytest.mark.parametrize("api", [Api.MINIFLUX, Api.GREADER])
def test_a_refused_login_keeps_nothing(add: Add, api: Api) -> None:
    add(*TYPED, api=api, typed="wrong").failed(1, "the password", "Nothing was saved")
    assert known() == ()
    assert not passwords().exists()


def test_a_server_that_is_away_can_be_asked_later(add: Add) -> None:
    add(*TYPED, url=NOWHERE).failed(1, "--no-check")
    assert known() == ()
    add(*TYPED, "--no-check", url=NOWHERE).says("its server was not asked")
    assert kept(known()[0]) == PASSWORD


def test_an_account_that_is_added_again_has_another_password(add: Add, server: LoginServer) -> None:
    add(*TYPED, "--no-check", "--name", "Home", typed="old")
    add(*TYPED).says("Home has a new password")
    assert kept(known()[0]) == PASSWORD
    assert add(*ME, *command()).code == 0
    assert known() == (Account("Home", Api.MINIFLUX, server.url, USER, command()[1]),)
    assert not passwords().exists()
    again = "you already have this account, as Home"
    add(*ME, *command(), "--name", "Other").failed(1, again)


def test_another_account_of_the_name_is_not_replaced(add: Add) -> None:
    add(*ME, *command(), "--name", "Home")
    add("--user", "other", *command(), "--name", "HOME").failed(1, "already an account Home")
    assert [each.user for each in known()] == [USER]


def test_accounts_that_cannot_be_written_leave_no_password(add: Add) -> None:
    file = accounts_file(user_paths())
    file.parent.mkdir(exist_ok=True)
    text = "accounts = [{ name = 'a', api = 'miniflux', url = 'https://a.example' }]\n"
    file.write_text(text)
    add(*TYPED).failed(1, "edit it by hand")
    assert file.read_text() == text
    assert not passwords().exists()


@for_each(
    "arguments, reason",
    [
        ([], "account add miniflux URL"),
        (["https://u:p@a.example"], "account add greader URL"),
        (["feedly", "https://feedly.com"], "miniflux is for Miniflux, greader for FreshRSS"),
        (["inoreader", "https://a.example"], "miniflux is for Miniflux, greader for FreshRSS"),
        (["minflux", "https://a.example"], "no API 'minflux'; did you mean miniflux?"),
        (["miniflux", "https://"], "is not the address of a server"),
        (["miniflux", "a.example"], "needs --user NAME, or --api-key-command CMD"),
        (["greader", "a.example"], "needs --user NAME"),
        (["greader", "a.example", "--password-stdin"], "needs --user NAME"),
        (["greader", "a.example", "--api-key-command", "x"], "greader takes --user"),
        (["miniflux", "a.example", "--user", "x"], "asked for the password only in a terminal"),
        (["miniflux", "a.example", "--user", "x", "--api-key-command", "x"], "leave out --user"),
        (["miniflux", "a.example", "--password-command", "x"], "needs --user NAME"),
        (["miniflux", "a.example", "--user", "x", "--password-command", " "], "an empty command"),
        (["miniflux", "a.example", "--user", "x", "--password-command", "'"], "quotation mark"),
        (["miniflux", "a.example", "--user", "x", "--name", " "], "1 to 100 characters"),
        (["miniflux", "a.example", "--user", "x", "--password-stdin"], "the password is empty"),
        (
            ["miniflux", "a", "--password-stdin", "--password-command", "x"],
            "not both",
        ),
    ],
)
def test_wrong_usage_of_add_says_what_is_missing(
    user: User, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    user.run("account", "add", *arguments).failed(2, reason)
    assert known() == ()


def test_add_reports_to_programs(add: Add) -> None:
    found = add(*TYPED, "--json", typed="wrong")
    assert found.code == 1
    assert "Nothing was saved" in found.objects[0]["error"]
    found = add(*TYPED, "--json")
    assert found.code == 0
    [report] = found.objects
    assert report.pop("server").endswith(f"as {USER}")
    assert report == {"finished": True, "name": "127.0.0.1", "secret": "passwords.toml"}


@pytest.mark.terminal
def test_on_a_terminal_what_is_missing_is_asked_for_without_echo(
    user: User, server: LoginServer
) -> None:
    argv = rilo("account", "add", "miniflux", server.url)
    with Terminal(argv, home=user.home) as terminal:
        terminal.wait_for("User (none: log in with an API key):")
        terminal.send(USER + ENTER)
        terminal.wait_for("Password:")
        terminal.send(PASSWORD + ENTER)
        assert terminal.wait_exit() == 0
        assert "is added" in terminal.text
        assert PASSWORD not in terminal.text
    assert kept(known()[0]) == PASSWORD


# -- list, check, remove --------------------------------------------------------------------------


@pytest.fixture
def two(user: User, server: LoginServer) -> User:
    """A user with an account whose password is right, and one that has none."""
    paths = user_paths()
    home = accounts.add(accounts_file(paths), Account("home", Api.MINIFLUX, server.url, USER))
    accounts.add(
        accounts_file(paths), Account("work", Api.GREADER, "https://rss.example.org", "me")
    )
    SecretStore(paths).save(home.credential, Secret(PASSWORD))
    return user


def test_without_accounts_it_says_how_to_add_one(user: User) -> None:
    for action in ("list", "check"):
        found = user.run("account", action)
        assert (found.code, found.out) == (0, "")
        assert "rilo-reader account add" in found.err
    assert user.run("account", "list", "--json") == (0, "", "")


def test_accounts_are_listed_with_what_is_here_of_them(two: User) -> None:
    with records_of(two) as records:
        moment = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
        records.write_account(AccountRecord("home", last_success=moment))
        failed = AccountRecord("work", failures=1, failure="offline", reason="It is away.")
        records.write_account(failed)
    found = two.ask("account", "list", "--json")
    assert found.code == 0
    home, work = found.objects
    assert list(home) == [
        *("name", "api", "url", "user", "secret", "feeds", "entries", "last_sync", "problem"),
        *("window", "private"),
    ]
    assert (home["name"], home["secret"], home["problem"]) == ("home", "passwords.toml", "")
    assert (home["feeds"], home["entries"]) == (0, 0)
    assert home["last_sync"] == "2026-11-01T12:00:00+00:00"
    assert work["secret"] == "nowhere"
    assert "rilo-reader account add greader https://rss.example.org" in work["problem"]
    lines = [line.split("\t") for line in two.ask("account", "list").out.splitlines()]
    assert lines[0][:7] == ["home", "miniflux", home["url"], USER, "0", "0", "2026-11-01 12:00"]
    with records_of(two) as records:
        records.write_account(failed._replace(name="home"))
    text = two.show("account", "list")
    assert "not synced yet; its password is in passwords.toml" in text
    assert "the last sync failed: It is away" in text
    assert "greader at https://rss.example.org, as me" in text


def test_a_check_logs_in_and_says_what_each_server_is(two: User, server: LoginServer) -> None:
    found = two.run("account", "check", "HOME")
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("  home: Miniflux 2.2.6")
    found = two.run("account", "check")
    assert found.code == 1
    home, work = found.out.splitlines()
    assert home.startswith("  home: Miniflux")
    assert work.startswith("✗ work: no password or API key of the account work is stored here.")
    account = accounts.find_account(known(), "home")
    assert account is not None
    SecretStore(user_paths()).save(account.credential, Secret("wrong"))
    found = two.run("account", "check", "home")
    assert found.code == 1
    assert f"rilo-reader account add miniflux {server.url} --user {USER} --name home" in found.out


def test_a_removed_account_says_how_to_come_back(two: User, server: LoginServer) -> None:
    with records_of(two) as records:
        records.write_account(AccountRecord("home", failures=5))
    two.ask("account", "remove", "Home").says(
        "home is removed; its articles are kept",
        f"rilo-reader account add miniflux {server.url} --user {USER} --name home",
    )
    assert [each.name for each in known()] == ["work"]
    assert not passwords().exists()
    with records_of(two) as records:
        assert records.read_account("home") == AccountRecord("home")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "account needs an action: add, list, check, remove. See rilo-reader account --help"),
        (["chek"], "Did you mean rilo-reader account check?"),
        (["remove"], "takes one name"),
        (["remove", ""], "WORD is empty"),
        (["list", "home"], "takes no name"),
        (["check", "home", "work"], "takes one name at most"),
        (["list", "--no-check"], "--no-check is only for account add"),
        (["check", "--user", "x"], "--user is only for account add"),
        (["check", "--json"], "--json is only for account add and list"),
    ],
)
def test_wrong_usage_says_what_there_is(two: User, arguments: list[str], reason: str) -> None:
    two.run("account", *arguments).failed(2, reason)
    two.run("account", "remove", "hom").failed(1, "Did you mean 'home'?")
    two.run("account", "check", "nobody").failed(1, "you have no account called 'nobody'")
