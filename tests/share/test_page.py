"""docs/sharing.md: its commands work as they stand, for two people with homes of their own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import Child
from tests.support.postgresql import PASSWORD, PostgreSQL
from tests.support.processes import wait_until
from tests.support.terminal import rilo
from tests.sync.pages import PageHome, examples_of, page

PAGE = page("sharing.md")
EXAMPLES = examples_of(PAGE)
SERVER = "desk.example.org"

pytestmark = [pytest.mark.service, pytest.mark.slow]


class Person(PageHome):
    """Somebody whose .pgpass has their password."""

    def __init__(self, home: Path, server: PostgreSQL) -> None:
        super().__init__(home, {SERVER: f"127.0.0.1:{server.port}"})
        secret = home / ".pgpass"
        secret.write_text(f"127.0.0.1:*:*:*:{PASSWORD}\n")
        secret.chmod(0o600)
        (home / "report.md").write_text("# Report\n\nFound at the border.\n")

    @property
    def articles(self) -> Path:
        return self.home / ".local/share/rilo-reader/articles"

    def titles(self) -> list[str]:
        lines = self.run("rilo-reader list").splitlines()
        return sorted(line.split("\t")[1] for line in lines if "\t" in line)


def example(words: str) -> str:
    [found] = [each for each in EXAMPLES if words in each]
    return found


@pytest.fixture
def anna_and_ben(postgresql: PostgreSQL, tmp_path: Path) -> tuple[Person, Person]:
    """Two people who share the archive of the page."""
    psql = ("psql", "-q", "-d", "postgres")
    postgresql.program(*psql, "-c", "drop database if exists desk with (force)")
    for role in ("anna", "ben", "desk_administrator", "desk_contributor", "desk_reader"):
        postgresql.program(*psql, "-c", f"drop role if exists {role}")
    [sql] = [part for part in PAGE.split("```") if part.startswith("sql\n")]
    for statement in sql.removeprefix("sql\n").strip().split("\n"):
        postgresql.program(*psql, "-c", statement.replace("a good one", PASSWORD))
    anna, ben = Person(tmp_path / "anna", postgresql), Person(tmp_path / "ben", postgresql)
    anna.run(example("share create"))
    anna.run(example("share grant"))
    # In a terminal she is asked for it.
    postgresql.program(*psql, "-c", f"alter role ben password '{PASSWORD}'")
    ben.run(example("share join"))
    return anna, ben


def test_five_minutes_are_as_the_page_shows_them(anna_and_ben: tuple[Person, Person]) -> None:
    anna, ben = anna_and_ben
    anna.run(example("import"))
    ben.run("rilo-reader share now")
    assert ben.titles() == anna.titles() == ["Report"]
    ben.run("rilo-reader mark star report")
    status = json.loads(anna.run("rilo-reader share status --json"))
    assert (status["role"], status["waiting"], status["problem"]) == ("administrator", 0, "")
    assert anna.run("rilo-reader search is:starred") == ""
    assert anna.run("rilo-reader share members") == "anna\tadministrator\nben\tcontributor\n"
    ben.run(f"rilo-reader share leave --library {ben.articles}")
    assert ben.titles() == ["Report"]
    with_command = f"postgresql://ben@{SERVER}/desk --password-command 'echo {PASSWORD}'"
    (ben.home / ".pgpass").unlink()
    ben.run(f"rilo-reader share join {with_command}")


def test_shared_highlights_are_those_of_who_made_them(
    anna_and_ben: tuple[Person, Person],
) -> None:
    anna, ben = anna_and_ben
    anna.run(f"rilo-reader share join postgresql://anna@{SERVER}/desk --shared")
    anna.run(example("import"))
    anna.run(
        "printf 'Highlight,Book Title,Note\\nat the border,Report,Ask Ben\\n' > readwise.csv\n"
        "rilo-reader import readwise.csv\nrilo-reader share now"
    )
    assert "other highlights of colleagues" in ben.run("rilo-reader share now")
    assert ben.run("rilo-reader share now") == "Nothing is new.\n"
    assert "> at the border\n\n— anna\n\n- Note: Ask Ben\n" in ben.run(
        example("highlights --shared")
    )
    flat = ben.run("printf '1\n' | rilo-reader --flat")
    assert "anna highlighted: at the border; their note: Ask Ben" in flat
    assert ben.run("rilo-reader search is:highlighted") == ""
    anna.run(f"rilo-reader share join postgresql://anna@{SERVER}/desk")
    ben.run("rilo-reader share now")
    assert "No highlights found" in ben.run(example("highlights --shared"))


def test_a_colleagues_article_comes_without_being_asked_for(
    anna_and_ben: tuple[Person, Person], postgresql: PostgreSQL
) -> None:
    anna, ben = anna_and_ben
    command = rilo("share", "now", "--watch", "--json", "--library", str(ben.articles))
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ben.environment,
        start_new_session=True,
    )
    try:
        child = Child(process)
        assert "shared" in json.loads(child.stdout.readline()), "the exchange at the beginning"
        anna.run(example("import"))
        line = json.loads(child.stdout.readline())
        assert line["shared"]["new"] == 1
        assert len(list(ben.articles.rglob("*.md"))) == 1
        (ben.articles / "mine.md").write_text("# Mine\n\nText\n")
        assert json.loads(child.stdout.readline())["shared"]["sent"] == 1
        with postgresql.stopped():
            assert "does not answer" in json.loads(child.stdout.readline())["shared"]["problem"]
        while json.loads(child.stdout.readline())["shared"]["problem"]:
            pass
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(20)
    finally:
        process.kill()
        process.wait()
    anna.run("rilo-reader share now")
    wait_until(lambda: anna.titles() == ["Mine", "Report"], "it did not come")


def test_a_window_as_the_page_shows_it(
    anna_and_ben: tuple[Person, Person], postgresql: PostgreSQL
) -> None:
    anna, ben = anna_and_ben
    for number in range(3):
        old = (
            f"---\nid: old{number}\ntitle: Old {number}\ndate: 2015-01-0{number + 1}\n---\nivory\n"
        )
        (anna.home / f"old{number}.md").write_text(old)
        anna.run(f"rilo-reader import old{number}.md")
    anna.run(example("import report"))
    ben.run("rilo-reader share now")
    assert ben.titles() == ["Old 0", "Old 1", "Old 2", "Report"]
    assert "3 older and only in the archive now" in ben.run(example("window 2y"))
    assert ben.titles() == ["Report"]
    lines = ben.run(example("search ivory")).splitlines()
    assert [line.split("\t")[1] for line in lines] == ["Old 2", "Old 1", "Old 0"]
    assert ben.run("rilo-reader search --count ivory") == "3\n"
    found = json.loads(ben.run("rilo-reader search --json 'ivory date:2015-01-02'"))
    assert (found["id"], found["path"], found["snippet"]) == ("old1", "", "ivory")
    assert "ivory" in ben.run("rilo-reader show old1")
    with postgresql.stopped():
        assert "Report" in ben.run("rilo-reader search border")
        assert "This is what is here, from 20" in ben.run("rilo-reader search ivory")
    ben.run("rilo-reader mark star old1")
    ben.run("rilo-reader share now")
    assert ben.titles() == ["Old 1", "Report"]
    ben.run(example("window all"))
    assert ben.titles() == ["Old 0", "Old 1", "Old 2", "Report"]
