"""The letters of a mailbox as articles, from a real server."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rilo_reader.extras import MAIL, Extra
from rilo_reader.paths import user_paths
from rilo_reader.plugins.accounts import mailbox
from rilo_reader.plugins.accounts.places import accounts_file
from tests.plugins.accounts.dovecot_server import (
    PASSWORD,
    PROGRAM,
    USER,
    MailServer,
    dovecot,
    letter,
)
from tests.support.certificates import Authority
from tests.support.command_line import Outcome, User

pytestmark = [
    pytest.mark.service,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="dovecot is not here"),
]

BOX = "News/Größe"
HTML = (
    "<p>The harbour.</p><img src='https://t.example/open.gif?u=7' width=1 height=1>"
    "<img src='https://p.example/1.jpg' width=600 alt=Harbour>"
)

Add = Callable[..., Outcome]


@pytest.fixture(scope="module")
def running_server() -> Iterator[MailServer]:
    with dovecot() as server:
        yield server


@pytest.fixture
def server(running_server: MailServer) -> MailServer:
    """A server whose folder has two letters, of which one was read."""
    running_server.delete('"News/Gr&APYA3w-e"')
    running_server.append(BOX, letter("One"), is_seen=True)
    running_server.append(BOX, letter("Two", 1, html=HTML, sender="Maria <maria@a.example>"))
    return running_server


@pytest.fixture
def add(user: User, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Adds the mailbox."""

    def add(password: str = PASSWORD, url: str = server.url(BOX), *more: str) -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO(password))
        login = ("--user", USER, "--password-stdin", "--name", "Letters")
        return user.run("account", "add", "imap", url, *login, *more)

    return add


def found(user: User, query: str) -> str:
    return user.run("search", query, "--count").out.strip()


def test_letters_become_articles_of_their_senders_and_nothing_changes_there(
    user: User, server: MailServer, add: Add
) -> None:
    before = server.flags(BOX)
    assert add().out.startswith(f"Letters is added: {BOX}, 2 letters.\n")
    assert user.run("refresh").out.startswith("Letters: 2 new. 1 mark received\n")
    assert found(user, 'source:="Harbour Weekly" is:read') == "1"
    assert found(user, "author:Maria is:unread") == "1"
    texts = "".join(file.read_text("utf-8") for file in user.library.rglob("*.md"))
    assert "p.example/1.jpg" in texts
    assert "t.example" not in texts, "what tells the sender that it was read is left out"
    user.run("mark", "star", "--query", "author:Maria")
    assert user.run("refresh").out.endswith("0 new articles; 1 account (1 without news).\n")
    assert server.flags(BOX) == before == [{"Seen"}, set()]
    assert "Letters: imap at" in user.run("doctor").out
    assert "2 letters, synced" in user.run("doctor").out


def test_what_is_read_there_later_is_read_here_and_not_the_other_way(
    user: User, server: MailServer, add: Add
) -> None:
    add()
    user.run("refresh")
    user.run("mark", "unread", "--query", 'source:="Harbour Weekly"')
    server.store(BOX, 2, "Seen")
    assert "Letters: 1 mark received" in user.run("refresh").out
    assert found(user, "author:Maria is:read") == "1"
    assert found(user, 'source:="Harbour Weekly" is:unread') == "1"
    user.run("mark", "unread", "--query", "author:Maria")
    user.run("refresh")
    assert found(user, "is:unread") == "2"


def test_what_is_deleted_there_stays_and_what_comes_is_added(
    user: User, server: MailServer, add: Add
) -> None:
    add()
    user.run("refresh")
    server.store(BOX, 2, "Deleted")
    assert "0 new articles" in user.run("refresh").out
    server.append(BOX, letter("Three", 2))
    assert "Letters: 1 new" in user.run("refresh").out
    assert (str(len(list(user.library.rglob("*.md")))), found(user, "is:unread")) == ("3", "2")


def test_after_other_numbers_no_letter_comes_twice(
    user: User, server: MailServer, add: Add
) -> None:
    add()
    user.run("refresh")
    user.run("mark", "unread", "--query", 'source:="Harbour Weekly"')
    files = {file: file.read_bytes() for file in user.library.rglob("*.md")}
    server.delete('"News/Gr&APYA3w-e"')
    server.append(BOX, letter("Three", 2), letter("Two", 1, html=HTML))
    server.append(BOX, letter("One"), is_seen=True)
    assert "Letters: 1 new" in user.run("refresh").out
    assert str(len(list(user.library.rglob("*.md")))) == "3"
    assert {file: file.read_bytes() for file in files} == files
    assert found(user, 'source:="Harbour Weekly" is:unread') == "2", "as they were marked here"
    server.store(BOX, 2, "Seen")
    assert "Letters: 1 mark received" in user.run("refresh").out


def test_a_mailbox_that_was_imported_before_is_the_same_letters(
    user: User, server: MailServer, add: Add
) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    file = user.home / "one.eml"
    file.write_bytes(letter("One"))
    user.run("import", str(file))
    add()
    assert "Letters: 1 new" in user.run("refresh").out
    assert found(user, "title:One is:read") == "1"


def test_many_letters_are_counted_and_the_newest_come(
    user: User, server: MailServer, add: Add
) -> None:
    server.append(BOX, *(letter(f"Issue {number}", number) for number in range(250)))
    add()
    file = accounts_file(user_paths())
    file.write_text(file.read_text("utf-8") + "window = 220\n", "utf-8")
    done = user.run("refresh", "--json").objects
    reasons = [each["reason"] for each in done if each.get("state") == "reading"]
    assert "200 of 220 letters" in reasons
    assert len(list(user.library.rglob("*.md"))) == 220
    assert found(user, 'title:"Issue 249"') == "1"
    assert found(user, 'title:"Issue 20"') == "0"


def test_a_letter_that_is_too_long_is_cut_and_what_is_none_is_counted(
    user: User, server: MailServer, add: Add
) -> None:
    server.append(BOX, letter("Long", 2) + b"x " * 3_000_000, b"\r\n\r\nno letter\r\n")
    add()
    done = user.run("refresh").out
    assert "1 mark received; 1 letter cut, as too long; 1 letter not readable" in done
    assert "Letters: 3 new" in done
    assert "0 new articles" in user.run("refresh").out


def test_a_dry_run_writes_nothing(user: User, server: MailServer, add: Add) -> None:
    add()
    assert "2 new" in user.run("refresh", "--dry-run").out
    assert not list(user.library.rglob("*.md"))
    assert "2 new" in user.run("refresh").out


def test_a_wrong_password_is_one_sentence_and_is_nowhere(user: User, add: Add) -> None:
    refused = "127.0.0.1 does not accept the user or the password; some servers want a password"
    add("wrong-unique").failed(1, refused)
    for file in user.home.rglob("*"):
        assert not file.is_file() or b"wrong-unique" not in file.read_bytes(), file
    add()
    kept = [
        file
        for file in user.home.rglob("*")
        if file.is_file() and PASSWORD.encode() in file.read_bytes()
    ]
    assert [file.name for file in kept] == ["passwords.toml"]
    shown = user.run("account", "list", "--json").out + user.run("refresh", "--json").out
    assert PASSWORD not in shown + user.run("doctor").out


def test_a_folder_that_is_not_there_names_those_that_are(
    user: User, server: MailServer, add: Add
) -> None:
    add(PASSWORD, server.url("Gone")).failed(1, "there is no folder Gone on 127.0.0.1; ", BOX)
    add(PASSWORD, "https://mail.example.org").failed(2, "imap is such as imaps://mail.example.org")
    add(PASSWORD, "nowhere.invalid/News").failed(1, "there is no host named nowhere.invalid")
    add(PASSWORD, server.url(BOX).replace("imap:", "imaps:")).failed(
        1, "failed to encrypt; if it begins with STARTTLS, write imap://127.0.0.1"
    )


def test_a_certificate_must_be_trusted(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path / "authority")
    with dovecot(*authority.certify("localhost")) as server:
        server.append("Letters", letter("One"))
        add = ("account", "add", "imap", server.url("Letters", tls=True), "--user", USER)
        monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD))
        refused = "the certificate of localhost cannot be trusted"
        user.run(*add, "--password-stdin").failed(1, refused)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
        monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD))
        assert "Letters, 1 letter" in user.run(*add, "--password-stdin").out
        assert "localhost: 1 new" in user.run("refresh").out


def test_a_mailbox_has_no_feeds(user: User, server: MailServer, add: Add) -> None:
    add()
    user.run("refresh")
    feed = "https://127.0.0.1:9/feed"
    said = "Letters is a mailbox: it has no feeds"
    user.run("add", feed, "--account", "Letters").failed(1, said)
    user.run("undo").failed(1, "Added the account Letters: undo cannot", "account remove Letters")
    user.run("undo").failed(1, "there is nothing to undo")
    assert user.run("account", "remove", "Letters").code == 0
    user.run("undo").failed(1, "Removed the account Letters: undo cannot", "account add imap")


def test_senders_are_listed_muted_and_renamed_as_feeds_are(
    user: User, server: MailServer, add: Add
) -> None:
    add()
    user.run("refresh")
    listed = {each["name"]: each for each in user.run("feeds", "--json").objects}
    assert sorted(listed) == ["Harbour Weekly", "Maria"]
    assert (listed["Maria"]["account"], listed["Maria"]["unread"]) == ("Letters", 1)
    assert user.run("feeds", "mute", "Maria").code == 0
    assert "Two" not in user.run("list").out
    assert user.run("feeds", "unmute", "Maria").code == 0
    assert user.run("feeds", "rename", "Maria", "Aunt Maria").code == 0
    assert found(user, 'source:="Aunt Maria"') == "1"
    server.append(BOX, letter("Three", 2, sender="Maria <maria@a.example>"))
    assert "1 new" in user.run("refresh").out
    assert found(user, 'source:="Aunt Maria"') == "2", "letters that come later have the name"
    assert user.run("feeds", "rename", "Aunt Maria", "").code == 0
    assert found(user, 'source:="Maria"') == "2"
    user.run("feeds", "remove", "Maria").failed(1, "you can rename and mute its senders")
    user.run("feeds", "tag", "Maria", "Family").failed(1, "you can rename and mute its senders")
    assert "imap" not in user.run("export", "opml").out
    server.append(BOX, letter("Four", 3, sender="Maria <maria@a.example>"))
    assert "1 new" in user.run("refresh", "Maria").out


def test_without_the_extra_it_says_what_to_install(
    user: User, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MAIL", Extra(MAIL.name, "not_installed", MAIL.feature))
    add().failed(1, 'Mailboxes need the extra "mail": ')
