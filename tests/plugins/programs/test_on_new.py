"""[[on_new]]: programs of one's own that get the new articles of a refresh."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feeds.world import rss
from tests.support.command_line import User
from tests.support.processes import needs_proc
from tests.support.servers import Server, serving
from tests.support.terminal import config_file

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.page("/feed", rss("Ivory seized", "Football"))
        yield server


@pytest.fixture
def got(user: User, server: Server) -> Path:
    """The file that the program writes what it is given into; two hooks, one of them by a query."""
    got = user.home / "got"
    code = f"import sys; open({os.fspath(got)!r} + sys.argv[1], 'a').write(sys.stdin.read())"
    run = json.dumps([sys.executable, "-c", code])[:-1]
    user.settings(
        f'[[on_new]]\nname = "All"\nrun = {run}, "all"]\n'
        f'[[on_new]]\nname = "Some"\nquery = "title:ivory"\nrun = {run}, "some"]\n'
        f'[[on_new]]\nname = "None"\nquery = "tag:nothing"\nrun = {run}, "none"]\n'
    )
    config_file(user.home, "feeds.toml").write_text(f'[[feeds]]\nurl = "{server.url("/feed")}"\n')
    return got


def titles(file: Path) -> list[str]:
    return sorted(json.loads(line)["title"] for line in file.read_text("utf-8").splitlines())


def test_new_articles_are_lines_of_json_for_those_who_asked(user: User, got: Path) -> None:
    assert user.run("refresh").code == 0
    assert titles(Path(f"{got}all")) == ["Football", "Ivory seized"]
    assert titles(Path(f"{got}some")) == ["Ivory seized"]
    assert not Path(f"{got}none").exists(), "nothing is run for nothing"
    # Once only: what was there before is not new.
    assert user.run("refresh", "--force").code == 0
    assert len(titles(Path(f"{got}all"))) == 2


def test_what_is_imported_is_not_told(user: User, got: Path) -> None:
    (user.home / "mine.md").write_text("# Mine\n\nText.\n")
    assert user.run("import", os.fspath(user.home / "mine.md")).code == 0
    assert not Path(f"{got}all").exists()
    user.run("refresh")
    assert titles(Path(f"{got}all")) == ["Football", "Ivory seized"]


def test_doctor_names_a_query_that_is_not_clear(user: User) -> None:
    user.settings('[[on_new]]\nname = "All"\nquery = "(ivory"\nrun = ["true"]\n')
    told = user.run("doctor")
    assert (told.code, 'The on_new "All": ' in told.out) == (1, True)


def test_a_rehearsal_runs_nothing_and_what_is_muted_is_not_told(user: User, got: Path) -> None:
    assert user.run("refresh", "--dry-run").code == 0
    assert not Path(f"{got}all").exists()
    with config_file(user.home, "settings.toml").open("a") as file:
        file.write('[[mutes]]\nquery = "football"\n')
    user.run("refresh")
    assert titles(Path(f"{got}all")) == ["Ivory seized"]


def test_a_failure_is_told_and_harms_nothing(user: User, server: Server, got: Path) -> None:
    user.settings(
        "[[on_new]]\nname = 'Fails'\nshell = true\n"
        "run = 'echo no >&2; printf \"\\033[1mway\" >&2; exit 7'\n"
        '[[on_new]]\nname = "Wrong"\nquery = "after:never"\nrun = ["true"]\n'
        '[[on_new]]\nname = "Missing"\nrun = ["no-such-program"]\n'
    )
    outcome = user.run("refresh", "--quiet")
    assert outcome.code == 1
    said = outcome.err.splitlines()
    assert said[0] == "Fails ended with status 7: way"
    assert said[1].startswith("Wrong: ")
    assert "no program no-such-program was found" in said[2]
    assert "2" in user.run("list", "--count").out
    wrong = user.run("doctor").out
    assert 'The on_new "Wrong": ' in wrong


def test_the_reader_hears_of_each(user: User, got: Path) -> None:
    told = [one for one in user.run("refresh", "--json").objects if "on_new" in one]
    assert told == [{"on_new": "All", "problem": ""}, {"on_new": "Some", "problem": ""}]


def test_a_refresh_within_it_does_not_begin_it_again(user: User, server: Server, got: Path) -> None:
    code = (
        f"import os, subprocess, sys; open({os.fspath(got)!r} + 'run', 'a').write('x')\n"
        "again = [sys.executable, '-m', 'rilo_reader', 'refresh', '--force', '--quiet']\n"
        "sys.exit(subprocess.call(again))"
    )
    run = json.dumps([sys.executable, "-c", code])
    user.settings(f'[[on_new]]\nname = "Again"\nrun = {run}\n')

    user.run("refresh")
    server.page("/feed", rss("Ivory seized", "Football", "Third"))
    user.run("refresh", "--force")
    assert Path(f"{got}run").read_text() == "xx"


@needs_proc
def test_nothing_that_it_starts_outlives_it(user: User, got: Path) -> None:
    sleeper = f"import time; time.sleep(600); {os.fspath(got)!r}"
    code = (
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', "
        f"{sleeper!r}], start_new_session=True)"
    )
    run = json.dumps([sys.executable, "-c", code])
    user.settings(f'[[on_new]]\nname = "Leaves"\nrun = {run}\n')
    assert user.run("refresh").code == 0
    lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()]
    assert not [line for line in lines if b"sleep(600)" in line and os.fsencode(got) in line]
