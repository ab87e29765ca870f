"""accounts.toml: read with every fault named, changed without touching another byte, no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.config.checks import SettingError
from rilo_reader.library import LibraryError
from rilo_reader.paths import Paths
from rilo_reader.plugins.accounts import accounts
from rilo_reader.plugins.accounts.accounts import (
    ACCOUNTS,
    find_free_name,
    remove_account,
    restore_account,
    split_login,
)
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.service import Account, Api
from rilo_reader.secret_store import Secret, SecretPlace, SecretStore
from tests.support.examples import examples
from tests.support.for_each import for_each

TEXT = """\
# mine
[[accounts]]
name = "home"  # the box below the stairs
api = "miniflux"
url = "http://192.168.1.4:8080"
private = true

# at work
[[accounts]]
name = 'Work'
api = 'greader'
url = 'https://rss.example.org/api/greader.php'
user = "me"
password_command = "pass show 'my rss'"
window = 500


# the end
"""
HOME = Account("home", Api.MINIFLUX, "http://192.168.1.4:8080", private=True)
WORK = Account(
    "Work", Api.GREADER, "https://rss.example.org/api/greader.php", "me", "pass show 'my rss'", 500
)
OWN = Account("home", Api.MINIFLUX, "https://home.example.org", "me")
SECRET = "hunter2-unique"


def write(paths: Paths, text: str) -> Path:
    file = accounts_file(paths)
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def sentences(paths: Paths) -> list[str]:
    return [f"{each.line} {each.message}" for each in accounts.load(accounts_file(paths))[1]]


def test_they_are_read(paths: Paths) -> None:
    assert accounts.load(accounts_file(paths)) == ((), ())
    write(paths, TEXT)
    assert accounts.load(accounts_file(paths)) == ((HOME, WORK), ())
    assert accounts.find_account((HOME, WORK), "wORK ") == WORK
    assert accounts.find_account((HOME, WORK), "wor") is None
    # The user of an address is kept.
    write(paths, "[[accounts]]\nname='a'\napi='miniflux'\nurl='https://me@a.example/x/'\n")
    [found] = accounts.load(accounts_file(paths))[0]
    assert found == Account("a", Api.MINIFLUX, "https://a.example/x", "me")


@for_each(
    "line, reason",
    [
        ("api = 'minflux'", "did you mean miniflux?"),
        ("url = 'ftp://example.org'", "is not the address of a server"),
        ("window = -1", "is not between 0 and 1,000,000 entries"),
        ("window = true", "expected a whole number"),
        ("private = 'yes'", "expected true or false"),
        ('password_command = "pass \'show"', "a quotation mark that is not closed"),
        (f"password_command = '{'x' * 4_001}'", "expected one command line"),
        ("password_command = 'x\\n y'".replace("'", '"'), "expected one command line"),
        ("usr = 'me'", "did you mean user?"),
        ("name = ''", "has 1 to 100 characters"),
        ("password = 'hunter2-unique'", "secrets are not kept in this file"),
        ("url = 'https://me:hunter2-unique@example.org'", "the password in the address"),
        ("url = 'me:hunter2-unique@exa mple'", "is not the address of a server"),
    ],
)
def test_a_fault_has_its_line_and_no_secret(paths: Paths, line: str, reason: str) -> None:
    key = line.partition(" ")[0]
    rest = [f"{k} = '{v}'" for k, v in (("name", "x"), ("api", "miniflux"), ("url", "a.example"))]
    lines = [each for each in rest if not each.startswith(f"{key} ")]
    write(paths, "\n".join(["[[accounts]]", *lines, line, ""]))
    [problem] = accounts.load(accounts_file(paths))[1]
    assert problem.line == len(lines) + 2
    assert reason in problem.message
    assert SECRET not in problem.message


def test_a_second_one_of_a_name_is_left_out_and_what_is_missing_is_named(paths: Paths) -> None:
    write(paths, TEXT.replace("'Work'", "'HOME'"))
    assert accounts.load(accounts_file(paths))[0] == (HOME,)
    assert "left out" in sentences(paths)[0]
    write(paths, "[[accounts]]\nuser = 'me'\n[other]\n")
    assert accounts.load(accounts_file(paths))[0] == ()
    text = "\n".join(sentences(paths))
    assert all(f"{key} is missing" in text for key in ("name", "api", "url"))
    assert "has only [[accounts]] tables" in text


@pytest.mark.slow
def test_many_faults_are_found_in_one_pass_and_told_in_part(paths: Paths) -> None:
    """Looked up one by one, these took hours."""
    write(paths, "[[accounts]]\n" * 20_000)
    assert accounts.load(accounts_file(paths))[0] == ()
    told = sentences(paths)
    assert [line.partition(" ")[0] for line in told[:7]] == ["1", "1", "1", "2", "2", "2", "3"]
    assert told[-1].endswith("accounts.toml: it has 59,980 more problems")
    assert len(told) == 21


def test_a_file_that_is_no_toml_is_left_alone(paths: Paths) -> None:
    file = write(paths, "[[accounts\n")
    assert "none of its accounts could be read" in sentences(paths)[0]
    with pytest.raises(ValueError, match="fix that first"):
        accounts.add(accounts_file(paths), HOME)
    assert file.read_text() == "[[accounts\n"


def test_the_first_one_makes_the_file_that_explains_itself(paths: Paths) -> None:
    assert accounts.add(accounts_file(paths), HOME) == HOME
    text = accounts_file(paths).read_text(encoding="utf-8")
    assert text.startswith(accounts.HEAD)
    assert accounts.load(accounts_file(paths)) == ((HOME,), ())
    for field in Account._fields:
        assert f"#   {field} = " in text


def test_the_password_of_an_address_is_never_written(paths: Paths) -> None:
    account = HOME._replace(url=f"https://me:{SECRET}@reader.example.org/")
    assert accounts.add(accounts_file(paths), account).url == "https://reader.example.org"
    assert SECRET not in accounts_file(paths).read_text(encoding="utf-8")


def test_a_name_is_unlike_any_other(paths: Paths) -> None:
    file = write(paths, TEXT)
    with pytest.raises(ValueError, match="already an account Home"):
        accounts.add(accounts_file(paths), WORK._replace(name="Home"))
    with pytest.raises(ValueError, match="already an account HOME"):
        accounts.change(accounts_file(paths), "work", name="HOME")
    assert file.read_text(encoding="utf-8") == TEXT


def test_a_change_touches_its_line_only(paths: Paths) -> None:
    file = write(paths, TEXT)
    changed = accounts.change(file, "HOME", url="https://x.example", private=False)
    assert changed == HOME
    text = TEXT.replace("http://192.168.1.4:8080", "https://x.example")
    assert file.read_text(encoding="utf-8") == text.replace("private = true\n", "")
    with pytest.raises(ValueError, match="there is no account nobody"):
        accounts.change(accounts_file(paths), "nobody", user="x")
    with pytest.raises(ValueError, match="accounts have no colour"):
        accounts.change(accounts_file(paths), "home", colour="x")


def test_one_is_removed_and_the_other_stays_with_its_comments(paths: Paths) -> None:
    for name, other, comment in (("HOME", WORK, "# at work"), ("work", HOME, "# the box below")):
        file = write(paths, TEXT)
        accounts.remove(accounts_file(paths), name)
        assert accounts.load(accounts_file(paths)) == ((other,), ())
        assert comment in file.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="there is no account work"):
        accounts.remove(accounts_file(paths), "work")


def test_a_password_of_a_command_is_left_to_the_command(paths: Paths, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    account = accounts.add(accounts_file(paths), OWN._replace(password_command=f"touch {ran}"))
    removed = remove_account(tmp_path, paths, account)
    assert (removed.secret, accounts.load(accounts_file(paths))[0]) == (None, ())
    restore_account(paths, removed)
    assert accounts.load(accounts_file(paths))[0] == (account,)
    assert not ran.exists()


def test_an_account_does_not_come_back_over_another_of_its_name(
    paths: Paths, tmp_path: Path
) -> None:
    secrets = SecretStore(paths)
    accounts.add(accounts_file(paths), OWN)
    secrets.save(OWN.credential, Secret("hunter2"))
    removed = remove_account(tmp_path, paths, OWN)
    other = accounts.add(accounts_file(paths), OWN._replace(url="https://other.example.org"))
    with pytest.raises(
        LibraryError, match="could not be brought back: there is already an account home"
    ):
        restore_account(paths, removed)
    assert accounts.load(accounts_file(paths))[0] == (other,)
    assert secrets.find_place(OWN.credential) is SecretPlace.NOWHERE
    assert "hunter2" not in repr(removed)


def test_names_are_found_for_accounts_without_one() -> None:
    def named(name: str) -> Account:
        return HOME._replace(name=name)

    url = "https://www.reader.example:8443/api"
    assert find_free_name(url, "me", []) == "reader.example"
    assert find_free_name(url, "me", [named("READER.example")]) == "me@reader.example"
    taken = [named("reader.example"), named("me@reader.example")]
    assert find_free_name(url, "me", taken) == "reader.example 2"


def test_a_login_shows_no_password() -> None:
    login = split_login(f"me%40home:{SECRET}@reader.example.org/miniflux/")
    assert login == ("https://reader.example.org/miniflux", "me@home", SECRET)
    assert split_login(f"reader.example.org/x?key={SECRET}#y").url == "https://reader.example.org/x"
    assert SECRET not in repr(login)
    assert SECRET not in str(login)


@given(st.text(max_size=60))
@examples(300)
def test_any_address_is_taken_apart_or_refused_without_its_login(text: str) -> None:
    typed = f"https://me:{SECRET}@{text}"
    try:
        login = split_login(typed)
    except SettingError as error:
        assert SECRET not in str(error)
        return
    assert SECRET not in login.url


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=4))
@examples(100)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[str, str, str]]
) -> None:
    file = tmp_path_factory.mktemp("home") / "accounts.toml"
    expected: list[Account] = []
    for name, user, command in values:
        try:
            account = ACCOUNTS.check_row(
                Account(name, Api.GREADER, "https://a.example", user, command)
            )
        except SettingError:
            continue
        if accounts.find_account(expected, account.name) is None:
            expected.append(accounts.add(file, account))
    assert accounts.load(file) == (tuple(expected), ())


def test_the_keys_that_people_write_stay() -> None:
    assert ACCOUNTS.row_type._fields == (
        *("name", "api", "url", "user", "password_command"),
        *("window", "private"),
    )
