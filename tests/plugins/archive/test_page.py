"""docs/sharing.md: its commands work as they stand, for two people with homes of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Child
from tests.support.miniflux_server import UnavailableError, postgresql_programs
from tests.support.pages import PageHome, page
from tests.support.postgresql import PASSWORD, PostgreSQL, running_postgresql
from tests.support.processes import wait_until
from tests.support.terminal import rilo

BLOCKS = re.findall(r"^```\w+\n(.*?)^```$", page("sharing.md"), re.MULTILINE | re.DOTALL)
SERVER = "desk.example.org"

pytestmark = [pytest.mark.service, pytest.mark.slow]


def example(words: str) -> str:
    """The block of the page with some words."""
    [found] = [each for each in BLOCKS if words in each]
    return str(found)


class Keeper(PageHome):
    """Who may do everything on the server's machine."""

    def __init__(self, home: Path, server: PostgreSQL) -> None:
        super().__init__(home, {"/var/lib/postgresql": str(server.folder)})
        self.server = server
        self.program("sudo", '[ "$1" != -u ] || shift 2; exec "$@"')
        self.program("systemctl", "")
        self.environment["PATH"] += f"{os.pathsep}{postgresql_programs()}"
        self.environment |= {
            "PGHOST": str(server.folder),
            "PGPORT": str(server.port),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
        }

    @property
    def certificate(self) -> Path:
        return self.server.folder / "desk.crt"

    def psql(self, sql: str) -> None:
        """Run statements, one by one."""
        self.run(f"sudo -u postgres psql -q -v ON_ERROR_STOP=1 <<'.'\n{sql}.\n")

    def drop(self) -> None:
        """Have neither the archive nor its members."""
        roles = ("anna", "ben", "desk_administrator", "desk_contributor", "desk_reader")
        self.psql("drop database if exists desk with (force);\n")
        self.psql("".join(f"drop role if exists {role};\n" for role in roles))


class Person(PageHome):
    """Somebody whose .pgpass has their password."""

    def __init__(self, home: Path, name: str, keeper: Keeper) -> None:
        super().__init__(home, {})
        self.environment |= {"PGHOSTADDR": "127.0.0.1", "PGPORT": str(keeper.server.port)}
        (home / ".postgresql").mkdir()
        shutil.copy(keeper.certificate, home / ".postgresql/root.crt")
        secret = home / ".pgpass"
        secret.write_text(
            example(":*:desk:").replace("ben", name).replace("the password", PASSWORD)
        )
        secret.chmod(0o600)
        (home / "report.md").write_text("# Report\n\nFound at the border.\n")

    @property
    def articles(self) -> Path:
        return self.home / ".local/share/rilo-reader/articles"

    def titles(self) -> list[str]:
        lines = self.run("rilo-reader list").splitlines()
        return sorted(line.split("\t")[1] for line in lines if "\t" in line)


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    """Who keeps a server that answers as the page says."""
    try:
        with running_postgresql() as server:
            keeper = Keeper(tmp_path_factory.mktemp("keeper"), server)
            (server.folder / "data/pg_hba.conf").write_text("local all all trust\n")
            keeper.run(example("openssl req"))
            owner = server.folder.owner()
            for file in (keeper.certificate, server.folder / "desk.key"):
                shutil.chown(file, owner)
            keeper.psql(example("alter system"))
            keeper.run(example("hostssl"))
            with server.stopped():
                pass
            yield keeper
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def anna_and_ben(keeper: Keeper, tmp_path: Path) -> tuple[Person, Person]:
    """Two people who share the archive of the page."""
    keeper.drop()
    keeper.psql(example("create role").replace("a good one", PASSWORD))
    anna, ben = (Person(tmp_path / name, name, keeper) for name in ("anna", "ben"))
    anna.run(example("share create"))
    # In a terminal she is asked for it.
    grant = example("share grant").strip()
    anna.run(f"{grant} --password-command 'echo {PASSWORD}'\n")
    ben.run(example("ben@desk.example.org/desk\n"))
    return anna, ben


def test_every_block_of_the_page_is_tried_here() -> None:
    tried = re.findall(r'example\("(.*?)"\)', Path(__file__).read_text("utf-8"))
    words = [each.replace("\\n", "\n") for each in tried]
    assert [block for block in BLOCKS if not any(each in block for each in words)] == []


def test_five_minutes_are_as_the_page_shows_them(anna_and_ben: tuple[Person, Person]) -> None:
    anna, ben = anna_and_ben
    anna.run(example("import report"))
    ben.run("rilo-reader share now")
    assert ben.titles() == anna.titles() == ["Report"]
    ben.run("rilo-reader mark star report")
    status = json.loads(anna.run("rilo-reader share status --json"))
    assert (status["role"], status["waiting"], status["problem"]) == ("administrator", 0, "")
    assert anna.run("rilo-reader search is:starred") == ""
    assert anna.run("rilo-reader share members") == "anna\tadministrator\nben\tcontributor\n"
    ben.run(f"rilo-reader share leave --library {ben.articles}")
    assert ben.titles() == ["Report"]
    (ben.home / ".pgpass").unlink()
    ben.program("pass", f"echo {PASSWORD}")
    ben.run(example("pass show"))


def test_services_of_libpq_are_read(anna_and_ben: tuple[Person, Person]) -> None:
    anna, ben = anna_and_ben
    ben.run("rilo-reader share leave")
    (ben.home / ".pg_service.conf").write_text(example("sslmode="))
    ben.run(example("?service="))
    anna.run(example("import report"))
    assert ben.run("rilo-reader share now") == "1 new.\n"
    (ben.home / ".postgresql/root.crt").write_bytes(b"")
    done = ben.run("rilo-reader share now 2>&1 || true")
    assert "root" in done


def test_a_timer_collects_for_all(tmp_path: Path) -> None:
    anna = PageHome(tmp_path, {})
    program = anna.home / ".local/bin/rilo-reader"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.symlink_to(anna.home / "bin/rilo-reader")
    units = {"service": example("ExecStart="), "timer": example("OnCalendar=")}
    for kind, unit in units.items():
        (anna.home / f"rilo-refresh.{kind}").write_text(unit)
    [command] = re.findall("^ExecStart=(.*)$", units["service"], re.MULTILINE)
    anna.run(command.replace("%h", str(anna.home)))
    for program_of_systemd in ("systemctl", "loginctl"):
        anna.program(program_of_systemd, "")
    anna.run(example("enable-linger"))
    if shutil.which("systemd-analyze"):
        anna.environment["XDG_RUNTIME_DIR"] = str(anna.home)
        verified = anna.run("systemd-analyze --user verify rilo-refresh.service rilo-refresh.timer")
        assert "rilo-refresh" not in verified


def test_a_backup_is_restored_as_the_page_shows_it(
    anna_and_ben: tuple[Person, Person], keeper: Keeper, tmp_path: Path
) -> None:
    anna, ben = anna_and_ben
    anna.run(example("import report"))
    ben.run("rilo-reader share now\nrilo-reader mark star report\nrilo-reader share now")
    keeper.run(example("pg_dump "))
    anna.run("printf '# Later\\n' > later.md\nrilo-reader import later.md")
    keeper.drop()
    keeper.run(example("pg_restore"))
    assert "restored from a backup" in anna.run("rilo-reader share now")
    ben.run("rilo-reader share now")
    assert ben.titles() == anna.titles() == ["Later", "Report"]
    laptop = Person(tmp_path / "laptop", "ben", keeper)
    laptop.run(example("ben@desk.example.org/desk\n"))
    assert "Report" in laptop.run("rilo-reader search is:starred")
    assert anna.run("rilo-reader share members") == "anna\tadministrator\nben\tcontributor\n"
    assert "deleted for everybody" in anna.run("rilo-reader share delete report")
    ben.run("rilo-reader share now")
    assert ben.titles() == ["Later"]


def test_shared_highlights_are_those_of_who_made_them(
    anna_and_ben: tuple[Person, Person],
) -> None:
    pytest.importorskip("rilo_reader.plugins.importers")
    anna, ben = anna_and_ben
    anna.run(f"rilo-reader share join postgresql://anna@{SERVER}/desk --shared")
    anna.run(example("import report"))
    anna.run(
        "printf 'Highlight,Book Title,Note\\nat the border,Report,Ask Ben\\n' > readwise.csv\n"
        "rilo-reader import readwise.csv\nrilo-reader share now"
    )
    said = "1 new. Colleagues changed the highlights that they share.\n"
    assert ben.run("rilo-reader share now") == said
    assert ben.run("rilo-reader share now") == "Nothing new.\n"
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
    anna_and_ben: tuple[Person, Person], keeper: Keeper
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
        anna.run(example("import report"))
        line = json.loads(child.stdout.readline())
        assert line["shared"]["new"] == 1
        assert len(list(ben.articles.rglob("*.md"))) == 1
        (ben.articles / "mine.md").write_text("# Mine\n\nText\n")
        assert json.loads(child.stdout.readline())["shared"]["sent"] == 1
        with keeper.server.stopped():
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


def test_a_window_as_the_page_shows_it(anna_and_ben: tuple[Person, Person], keeper: Keeper) -> None:
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
    assert "3 older, and now only in the archive" in ben.run(example("window 2y"))
    assert ben.titles() == ["Report"]
    lines = ben.run(example("search ivory")).splitlines()
    assert [line.split("\t")[1] for line in lines] == ["Old 2", "Old 1", "Old 0"]
    assert ben.run("rilo-reader search --count ivory") == "3\n"
    found = json.loads(ben.run("rilo-reader search --json 'ivory date:2015-01-02'"))
    assert (found["id"], found["path"], found["snippet"]) == ("old1", "", "ivory")
    assert "ivory" in ben.run("rilo-reader show old1")
    with keeper.server.stopped():
        assert "Report" in ben.run("rilo-reader search border")
        assert "These are the articles on this device, from 20" in ben.run(
            "rilo-reader search ivory"
        )
    ben.run("rilo-reader mark star old1")
    ben.run("rilo-reader share now")
    assert ben.titles() == ["Old 1", "Report"]
    ben.run(example("window all"))
    assert ben.titles() == ["Old 0", "Old 1", "Old 2", "Report"]
