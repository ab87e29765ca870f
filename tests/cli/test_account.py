"""`account` on the command line, against a server that lets people in or does not."""

from __future__ import annotations

import io
import shlex
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.paths import user_paths
from rilo_reader.sync.services import accounts
from rilo_reader.sync.services.records import AccountRecord, open_records, records_file
from rilo_reader.sync.services.secrets import Secret, Secrets
from rilo_reader.sync.services.service import Account, Api
from tests.support.command_line import Outcome, User
from tests.support.freshrss_server import freshrss
from tests.support.login_server import KEY, USER, LoginServer
from tests.support.servers import serving
from tests.support.terminal import ENTER, Terminal, rilo

PASSWORD = "hunter2 unique"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def server() -> Iterator[LoginServer]:
    with serving() as server:
        yield LoginServer(server, PASSWORD)


def command(password: str = PASSWORD) -> str:
    return shlex.join([sys.executable, "-c", f"print({password!r})"])


def typed(user: User, monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str) -> Outcome:
    """Run a command that reads from standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return user.run(*arguments)


def known() -> tuple[Account, ...]:
    return accounts.load(user_paths().accounts_file)[0]


def kept(account: Account) -> str:
    return Secrets(user_paths()).find(account).reveal()


def passwords(user: User) -> Path:
    return user.home / "state" / "rilo-reader" / "passwords.toml"


# -- add ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", Api)
def test_an_account_with_a_command_is_added(user: User, server: LoginServer, api: Api) -> None:
    found = user.run(
        *("account", "add", str(api), f"{server.url}/"),
        *("--user", USER, "--password-command", command()),
    )
    assert (found.code, found.err) == (0, "")
    first, where, then = found.out.splitlines()
    assert first.startswith("127.0.0.1 is added: ")
    assert first.endswith(f", as {USER}.")
    assert where == "Its password is what your command prints each time."
    assert then.endswith("rilo-reader refresh")
    assert known() == (Account("127.0.0.1", api, server.url, USER, command()),)
    assert not passwords(user).exists()


@pytest.mark.parametrize("typed_path", ["", "/", "/i/?a=normal", "/api/", "/api/greader.php"])
def test_the_api_of_freshrss_is_found_by_its_plain_address(user: User, typed_path: str) -> None:
    with freshrss() as fresh:
        add = ("account", "add", "greader", fresh.server.url(typed_path), "--user", fresh.user)
        found = user.run(*add, "--password-command", command(fresh.password))
        assert (found.code, found.err) == (0, "")
        here = Account("127.0.0.1", Api.GREADER, fresh.url, fresh.user, command(fresh.password))
        assert known() == (here,)
        assert user.run("account", "check").code == 0
        # It is the same account, however its address is typed.
        user.run(*add, "--password-command", command("wrong")).failed(
            1, "the server does not accept the user or the password"
        )
        assert user.run(*add, "--password-command", f"{command(fresh.password)} x").code == 0
        assert [each.url for each in known()] == [fresh.url]
        # Also where it was not found at first.
        accounts.change(
            user_paths().accounts_file, "127.0.0.1", url=fresh.server.url("").rstrip("/")
        )
        assert user.run(*add, "--password-command", command(fresh.password)).code == 0
        assert known() == (here,)


@pytest.mark.parametrize("api", Api)
@pytest.mark.parametrize("page", ["/unread", "/login/", "/v1", "/reader/api/0/", "/unread?x=1#y"])
def test_another_spelling_of_an_address_is_the_same_account(
    user: User, server: LoginServer, api: Api, page: str
) -> None:
    for url in (server.url + page, server.url, f"{server.url}/unread"):
        found = user.run(
            *("account", "add", str(api), url, "--user", USER, "--password-command", command()),
        )
        assert (found.code, found.err) == (0, "")
        assert known() == (Account("127.0.0.1", api, server.url, USER, command()),)
    assert "127.0.0.1 has another password" in found.out


def test_an_account_that_is_kept_as_it_was_spelt_is_found_and_keeps_its_password(
    user: User, server: LoginServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spelt = Account("Home", Api.MINIFLUX, f"{server.url}/unread", USER)
    accounts.add(user_paths().accounts_file, spelt)
    add = ("account", "add", "miniflux", server.url, "--user", USER, "--password-stdin")
    assert typed(user, monkeypatch, f"{PASSWORD}\n", *add).code == 0
    assert known() == (spelt,)
    assert kept(spelt) == PASSWORD


def test_an_api_key_needs_no_user(
    user: User, server: LoginServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ("account", "add", "miniflux", server.url)
    user.run(*add, "--api-key-command", command(KEY)).says(
        "Its API key is what your command prints"
    )
    found = typed(user, monkeypatch, f"{KEY}\n", *add, "--password-stdin", "--name", "second")
    assert found.code == 0
    assert [(each.name, each.user) for each in known()] == [("127.0.0.1", ""), ("second", "")]
    assert kept(known()[1]) == KEY


def test_a_password_from_standard_input_is_kept_in_a_file_of_the_user(
    user: User, server: LoginServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(
        *(user, monkeypatch, f"{PASSWORD}\r\nmore\n", "account", "add", "miniflux", server.url),
        *("--user", USER, "--password-stdin", "--name", "Home"),
    ).says(f"Its password is in {passwords(user)}, which only you may read")
    assert stat.S_IMODE(passwords(user).stat().st_mode) == 0o600
    assert [each.name for each in known()] == ["Home"]
    assert kept(known()[0]) == PASSWORD


def test_the_login_of_an_address_is_taken_apart(user: User, server: LoginServer) -> None:
    url = server.url.replace("://", "://reader:hunter2%20unique@")
    assert user.run("account", "add", "miniflux", url).code == 0
    assert known() == (Account("127.0.0.1", Api.MINIFLUX, server.url, USER),)
    assert kept(known()[0]) == PASSWORD


@pytest.mark.parametrize("api", Api)
def test_a_refused_login_keeps_nothing(
    user: User, server: LoginServer, monkeypatch: pytest.MonkeyPatch, api: Api
) -> None:
    found = typed(
        *(user, monkeypatch, "wrong\n", "account", "add", str(api), server.url),
        *("--user", USER, "--password-stdin"),
    )
    assert found.code == 1
    assert found.out == ""
    assert "the password" in found.err
    assert "Nothing was kept" in found.err
    assert known() == ()
    assert not passwords(user).exists()


def test_a_server_that_is_away_can_be_asked_later(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ("account", "add", "miniflux", NOWHERE, "--user", USER, "--password-stdin")
    typed(user, monkeypatch, f"{PASSWORD}\n", *add).failed(1, "--no-check")
    assert known() == ()
    found = typed(user, monkeypatch, f"{PASSWORD}\n", *add, "--no-check")
    assert found.code == 0
    assert "its server was not asked" in found.out
    assert kept(known()[0]) == PASSWORD


def test_an_account_that_is_added_again_has_another_password(
    user: User, server: LoginServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ("account", "add", "miniflux", server.url, "--user", USER)
    typed(user, monkeypatch, "old\n", *add, "--password-stdin", "--no-check", "--name", "Home")
    found = typed(user, monkeypatch, f"{PASSWORD}\n", *add, "--password-stdin")
    assert found.code == 0
    assert "Home has another password" in found.out
    assert kept(known()[0]) == PASSWORD
    assert user.run(*add, "--password-command", command()).code == 0
    assert known() == (Account("Home", Api.MINIFLUX, server.url, USER, command()),)
    assert not passwords(user).exists()
    user.run(*add, "--password-command", command(), "--name", "Other").failed(
        1, "you have this account already, as Home"
    )


def test_another_account_of_the_name_is_not_replaced(user: User, server: LoginServer) -> None:
    add = ("account", "add", "miniflux", server.url, "--password-command", command())
    user.run(*add, "--user", USER, "--name", "Home")
    user.run(*add, "--user", "other", "--name", "HOME").failed(
        1, "there is an account Home already"
    )
    assert [each.user for each in known()] == [USER]


def test_accounts_that_cannot_be_written_leave_no_password(
    user: User, server: LoginServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = user_paths().accounts_file
    file.parent.mkdir(exist_ok=True)
    text = "accounts = [{ name = 'a', api = 'miniflux', url = 'https://a.example' }]\n"
    file.write_text(text)
    typed(
        *(user, monkeypatch, f"{PASSWORD}\n", "account", "add", "miniflux", server.url),
        *("--user", USER, "--password-stdin"),
    ).failed(1, "edit it by hand")
    assert file.read_text() == text
    assert not passwords(user).exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "account add miniflux https://reader.example.org"),
        (["miniflux"], "account add miniflux https://reader.example.org"),
        (["https://u:p@a.example"], "account add miniflux https://a.example."),
        (["https://u:p@a.example"], "account add greader https://a.example"),
        (["FreshRSS", "https://u:p@a.example"], "Type: rilo-reader account add greader https://a"),
        (["feedly", "https://feedly.com"], "miniflux is for Miniflux, greader for FreshRSS"),
        (["inoreader", "https://a.example"], "miniflux is for Miniflux, greader for FreshRSS"),
        (["minflux", "https://a.example"], "no API 'minflux'; did you mean miniflux?"),
        (["miniflux", "https://"], "is not the address of a server"),
        (["miniflux", "a.example"], "needs --user NAME, or --api-key-command CMD"),
        (["greader", "a.example"], "needs --user NAME"),
        (["greader", "a.example", "--password-stdin"], "needs --user NAME"),
        (["greader", "a.example", "--api-key-command", "x"], "greader takes --user"),
        (["miniflux", "a.example", "--user", "x"], "nobody to ask for the password"),
        (["miniflux", "a.example", "--user", "x", "--api-key-command", "x"], "leave out --user"),
        (["miniflux", "a.example", "--password-command", "x"], "needs --user NAME"),
        (["miniflux", "a.example", "--user", "x", "--password-command", " "], "an empty command"),
        (["miniflux", "a.example", "--user", "x", "--password-command", "'"], "quotation mark"),
        (["miniflux", "a.example", "--user", "x", "--name", ""], "1 to 100 characters"),
        (["miniflux", "a.example", "--user", "x", "--password-stdin"], "the password is empty"),
        (
            ["miniflux", "a", "--password-stdin", "--password-command", "x"],
            "not allowed with argument",
        ),
    ],
)
def test_wrong_usage_of_add_says_what_is_missing(
    user: User, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    typed(user, monkeypatch, "", "account", "add", *arguments).failed(2, reason)
    assert known() == ()


def test_add_reports_to_programs(
    user: User, server: LoginServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ("account", "add", "--json", "--password-stdin", "--user", USER, "miniflux", server.url)
    found = typed(user, monkeypatch, "wrong\n", *add)
    assert found.code == 1
    [report] = found.objects
    assert "Nothing was kept" in report["error"]
    found = typed(user, monkeypatch, f"{PASSWORD}\n", *add)
    assert found.code == 0
    [report] = found.objects
    assert report["finished"] is True
    assert report["name"] == "127.0.0.1"
    assert report["server"].endswith(f"as {USER}")
    assert report["secret"] == "passwords.toml"


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
    home = accounts.add(paths.accounts_file, Account("home", Api.MINIFLUX, server.url, USER))
    accounts.add(paths.accounts_file, Account("work", Api.GREADER, "https://rss.example.org", "me"))
    Secrets(paths).keep(home, Secret(PASSWORD))
    return user


def test_without_accounts_it_says_how_to_add_one(user: User) -> None:
    for action in ("list", "check"):
        found = user.run("account", action)
        assert (found.code, found.out) == (0, "")
        assert "rilo-reader account add" in found.err
    assert user.run("account", "list", "--json") == (0, "", "")


def test_accounts_are_listed_with_what_is_here_of_them(two: User) -> None:
    with open_records(records_file(two.library, user_paths())) as records:
        moment = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
        records.put_account(AccountRecord("home", last_success=moment))
        failed = AccountRecord("work", failures=1, failure="offline", reason="It is away.")
        records.put_account(failed)
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


def test_a_sync_that_failed_is_the_problem_of_an_account(two: User) -> None:
    with open_records(records_file(two.library, user_paths())) as records:
        failed = AccountRecord("home", failures=1, failure="offline", reason="It is away.")
        records.put_account(failed)
    [home, _] = two.ask("account", "list", "--json").objects
    assert home["problem"] == "the last sync failed: It is away"


@pytest.mark.terminal
def test_on_a_terminal_each_account_has_its_lines(two: User) -> None:
    with Terminal(rilo("account", "list"), home=two.home) as terminal:
        assert terminal.wait_exit() == 0
        text = terminal.text
    assert "not synced yet; its password is in passwords.toml" in text
    assert "greader at https://rss.example.org, as me" in text


def test_a_check_logs_in_and_says_what_each_server_is(two: User, server: LoginServer) -> None:
    found = two.run("account", "check", "HOME")
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("  home: Miniflux 2.2.6")
    found = two.run("account", "check")
    assert found.code == 1
    home, work = found.out.splitlines()
    assert home.startswith("  home: Miniflux")
    assert work.startswith("✗ work: no password or API key of the account work is kept here.")
    account = accounts.find(known(), "home")
    assert account is not None
    Secrets(user_paths()).keep(account, Secret("wrong"))
    found = two.run("account", "check", "home")
    assert found.code == 1
    assert f"rilo-reader account add miniflux {server.url} --user {USER} --name home" in found.out


def test_a_removed_account_says_how_to_come_back(two: User, server: LoginServer) -> None:
    with open_records(records_file(two.library, user_paths())) as records:
        records.put_account(AccountRecord("home", cursor="5"))
    two.ask("account", "remove", "Home").says(
        "home is removed; its articles stay",
        f"rilo-reader account add miniflux {server.url} --user {USER} --name home",
    )
    assert [each.name for each in known()] == ["work"]
    assert not passwords(two).exists()
    with open_records(records_file(two.library, user_paths())) as records:
        assert records.account("home") == AccountRecord("home")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "To add one: rilo-reader account add miniflux URL"),
        (["nonsense"], "account takes add, list, check or remove"),
        (["chek"], "Did you mean rilo-reader account check?"),
        (["sync", "home"], "Type: rilo-reader refresh home"),
        (["greader", "https://u:p@a.example"], "Type: rilo-reader account add greader https://a"),
        (["remove"], "takes one name"),
        (["remove", "hom"], "Did you mean 'home'?"),
        (["check", "nobody"], "you have no account called 'nobody'"),
        (["list", "home"], "takes no name"),
        (["check", "home", "work"], "takes one name at most"),
        (["list", "--no-check"], "--no-check is of account add"),
        (["check", "--user", "x"], "--user is of account add"),
        (["check", "--json"], "has no --json"),
    ],
)
def test_wrong_usage_says_what_there_is(two: User, arguments: list[str], reason: str) -> None:
    two.run("account", *arguments).failed(2, reason)


def test_problems_of_the_file_are_printed_with_their_lines(two: User) -> None:
    file = user_paths().accounts_file
    file.write_text(file.read_text() + "colour = 'red'\n")
    found = two.ask("account", "list")
    assert found.code == 0
    assert "accounts have no colour" in found.err
    file.write_text("[[accounts")
    two.ask("account", "list").failed(1, "none of its accounts is known")
