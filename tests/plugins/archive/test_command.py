"""`share` as its user types it, beside what the page of the documentation tries."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from tests.plugins.archive.desks import Desk, make_archive
from tests.support.command_line import User
from tests.support.postgresql import PASSWORD, SUPERUSER, Archive

pytestmark = [pytest.mark.service, pytest.mark.slow]

NOTE = '+++\nid = "a"\ntitle = "A"\ndate = 2026-01-02\n+++\n\nText\n'


@pytest.fixture
def made(archive: Archive) -> Archive:
    make_archive(archive, anna="administrator", ben="contributor", rita="reader")
    return archive


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed where a password is asked for; empty: there is no terminal."""
    answers: list[str] = []
    monkeypatch.setattr(getpass, "getpass", lambda question: answers.pop(0))
    for module in ("rilo_reader.plugins.archive.actions", "rilo_reader.plugins.archive.verb"):
        monkeypatch.setattr(f"{module}.can_ask", lambda as_json: bool(answers))
    return answers


def join(user: User, archive: Archive, person: str, *options: str) -> None:
    assert user.ask("share", "join", archive.url(person), *options).code == 0


def test_what_would_be_sent_and_what_is_not_shared_is_listed(user: User, made: Archive) -> None:
    join(user, made, "ben")
    outside = user.home / "private.md"
    outside.write_text("Private\n")
    (user.library / "link.md").symlink_to(outside)
    user.write("draft.md", "---\ndraft: true\n---\n\nText\n")
    user.write("a.md", NOTE)
    user.write("b.md", "Another\n")
    done = user.ask("share", "now", "--dry-run")
    assert done.out == "a.md\nb.md\n"
    assert "2 files would be sent. Nothing was sent." in done.err
    assert "Not shared, a draft: draft.md" in done.err
    assert "Not shared, a link that leads out of the library: link.md" in done.err
    assert made.sql("select count(*) from rilo.log") == "0"
    [said] = user.ask("share", "now", "--dry-run", "--json").objects
    assert said == {
        "would_send": ["a.md", "b.md"],
        "held": 0,
        "not_shared": {
            "a draft": ["draft.md"],
            "a link that leads out of the library": ["link.md"],
        },
    }
    user.ask("share", "now").says("2 sent.")
    assert user.ask("share", "now", "--dry-run").out == ""
    said = json.loads(user.ask("share", "status", "--json").out)
    assert (said["waiting"], said["not_shared"], said["held"]) == (0, 2, 0)
    user.ask("share", "status").says("Not shared: 1 × a draft, such as draft.md.")


def test_a_reader_is_told_what_stays(user: User, made: Archive) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    join(user, made, "rita")
    (user.home / "in.md").write_text(NOTE)
    done = user.ask("import", str(user.home / "in.md"))
    assert "You are a reader of the archive, so 1 article of yours stays here." in done.err
    user.ask("share", "status").says("so 1 article of yours stays here.")
    assert "would be sent" in user.ask("share", "now", "--dry-run").err
    made.sql(f"grant {made.name}_contributor to {made.login('rita')}")
    user.ask("share", "now").says("Nothing new.")
    user.ask("share", "status").says("not sent: 1 article", "share now --all")
    assert user.ask("share", "now", "--dry-run", "--all").out == "in.md\n"
    user.ask("share", "now", "--all").says("1 sent.")


def test_a_replaced_text_is_named_and_brought_back(
    user: User, made: Archive, tmp_path: Path
) -> None:
    join(user, made, "anna")
    ben = Desk(tmp_path / "ben", made.url("ben"))
    user.write("a.md", NOTE)
    user.ask("share", "now").says("1 sent.")
    ben.exchange()
    [file] = ben.files().values()
    file.write_text(NOTE.replace("Text", "Ben's own"))
    ben.exchange()
    done = user.ask("mark", "star", "a.md")
    assert f"ben_{made.name} changed a.md; your text is kept as a.md.yours." in done.err
    assert "rilo-reader share versions a.md" in done.err
    lines = user.ask("share", "versions", "a.md").out.splitlines()
    cells = [line.split("\t") for line in lines]
    assert [(number, who, gone) for number, who, _, gone, _ in cells] == [
        ("1", made.login("anna"), ""),
        ("2", made.login("ben"), ""),
    ]
    done = user.ask("share", "take", "a.md", "1")
    assert "a.md is now version 1. The text before is kept as a.md.yours-2.\n1 sent." in done.out
    assert (user.library / "a.md").read_text() == NOTE
    assert "Ben's own" in (user.library / "a.md.yours-2").read_text()
    user.ask("share", "take", "a.md", "9").failed(1, "no version 9")
    user.ask("share", "take", "a.md", "x").failed(2, "number of a version")
    user.ask("share", "versions", "nothing").failed(1, "no article 'nothing'")


def test_status_names_what_is_different_here(user: User, made: Archive, tmp_path: Path) -> None:
    join(user, made, "anna")
    ben = Desk(tmp_path / "ben", made.url("ben"))
    user.write("a.md", NOTE)
    user.ask("share", "now").says("1 sent.")
    ben.exchange()
    [file] = ben.files().values()
    file.write_text(NOTE.replace("Text", "Ben's own"))
    ben.exchange()
    user.write("a.md", NOTE.replace("Text", "Anna's own"))
    user.ask("share", "now")
    user.ask("share", "status").says(
        "1 article has a different text on this device than in the archive: a.md\n"
    )


def test_no_login_is_made_without_a_password(user: User, made: Archive, typed: list[str]) -> None:
    join(user, made, SUPERUSER)
    name = f"new_{made.name}"
    for answers in ([], ["one", "two"], ["", ""]):
        typed[:] = answers
        assert user.ask("share", "grant", name, "reader").code == 2
        assert made.sql(f"select count(*) from pg_roles where rolname = '{name}'") == "0"
    typed[:] = ["a good one", "a good one"]
    user.ask("share", "grant", name, "reader").says(f"{name} is now reader.")
    assert (
        made.sql(
            f"select count(*) from pg_authid where rolname = '{name}' and rolpassword like 'SCRAM%'"
        )
        == "1"
    )
    made.sql(f"alter role {name} password null")
    typed[:] = ["another", "another"]
    user.ask("share", "password", name).says(f"The password of {name} was changed.")
    user.ask("share", "password", "nobody").failed(1, "no login nobody")
    made.sql(f"drop role {name}")


def test_a_password_is_changed_and_kept(user: User, made: Archive) -> None:
    join(user, made, "ben")
    name = made.login("ben")
    done = user.ask("share", "password", name, "--password-command", "echo another")
    done.says(f"The password of {name} was changed.")
    user.ask("share", "now").says("Nothing new.")
    made.sql(f"alter role {name} password '{PASSWORD}'")


def test_leaving_says_what_stays(user: User, made: Archive) -> None:
    join(user, made, "ben", "--shared")
    user.write("a.md", NOTE)
    user.ask("mark", "star", "a.md")
    made.sql(
        "alter table rilo.mark disable trigger user;"
        "update rilo.mark set shared = true, field = 'highlight:00000001';"
        "alter table rilo.mark enable trigger user"
    )
    user.ask("share", "leave").says("no longer shares", "Your files are kept.", "1 mark of yours")
    assert made.sql("select count(*) from rilo.mark where shared") == "0"
    join(user, made, "ben")
    with made.server.stopped():
        done = user.ask("share", "leave")
    assert done.code == 0
    assert "until an administrator removes you" in done.err


@pytest.mark.parametrize(
    "statements",
    [
        "alter table rilo.archive alter version type text",
        "alter table rilo.archive alter id type text",
        "drop index rilo.archive_is_one; insert into rilo.archive(version) values (1)",
        "delete from rilo.archive",
        """alter table rilo.mark rename to real; create view rilo.mark as select person, field, id,
            value, stamp::text, shared, seq from rilo.real; grant all on rilo.mark to public""",
        """alter table rilo.log rename to real; create view rilo.log as select seq, id, at, bytes,
            writer, deleted::text as deleted, edited, added, text from rilo.real;
            grant all on rilo.log to public""",
        """alter table rilo.log rename to real; create view rilo.log as select seq, id::bytea, at,
            bytes, writer, deleted, edited, added, '\\xff'::bytea as text
            from rilo.real; grant all on rilo.log to public""",
    ],
)
def test_a_server_that_answers_something_else_gets_a_sentence(
    user: User, made: Archive, tmp_path: Path, statements: str
) -> None:
    join(user, made, "ben")
    anna = Desk(tmp_path / "anna", made.url("anna"))
    anna.write("a.md", NOTE)
    anna.star("a")
    anna.exchange()
    made.sql(
        "alter table rilo.mark disable trigger user;"
        f"update rilo.mark set person = '{made.login('ben')}'"
    )
    made.sql(statements)
    done = user.ask("share", "now")
    assert done.code == 1
    assert "unexpected" not in done.err
    assert "The archive" in done.err or "The server does not answer like" in done.err, done
