"""The README: its commands, keys, queries and places are the program's."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from rilo_reader.paths import user_paths
from rilo_reader.query.parser import parse
from tests.support.guide_language import KEYS, inline_code, key, section

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_two_commands_of_one_line_each_make_a_venv_of_their_own() -> None:
    commands = re.findall(r"^```sh\n(.*?)^```$", section(README, "Start"), re.M | re.S)
    start, tests = (command.strip() for command in commands)
    for command in (start, tests):
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q ")
    assert start.endswith(".venv/bin/rilo-reader")
    assert tests.endswith(".venv/bin/pytest")


def test_ci_runs_the_readmes_test_command() -> None:
    (pattern,) = re.findall(r"grep -E '([^']+)' README\.md", (ROOT / ".ci/run").read_text("utf-8"))
    assert len(re.findall(pattern, README, re.M)) == 1


def test_ci_runs_all_that_the_default_leaves_out() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
    added = options["ini_options"]["addopts"]
    left_out = added[added.index("-m") + 1].removeprefix("not (").removesuffix(")")
    assert f'pytest -m "{left_out}"' in (ROOT / ".ci/run").read_text("utf-8")
    markers = [marker.partition(":")[0] for marker in options["ini_options"]["markers"]]
    assert left_out == " or ".join(markers)


def test_every_key_is_a_default_key() -> None:
    rows = [row for row in section(README, "Keys").splitlines() if row.startswith("| `")]
    assert len(rows) > 8
    named = {key(code) for row in rows for code in inline_code(row)}
    assert named <= KEYS


def test_every_query_parses() -> None:
    rows = [row for row in section(README, "Search").splitlines() if row.startswith("| `")]
    assert len(rows) > 5
    for row in rows:
        for code in inline_code(row.split(" | ")[0]):
            # A bare field stands for itself and any word.
            query = f"{code}word" if code.endswith(":") else code
            assert parse(query).faults == (), query


@pytest.mark.skipif(not Path("/proc").exists(), reason="the README names Linux's places")
def test_the_places_are_where_it_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    paths = user_paths()
    named = {code for code in inline_code(section(README, "Files")) if code.startswith("~/")}
    files = (paths.settings_file, paths.feeds_file, paths.accounts_file)
    kept = (paths.default_library, paths.default_notes, paths.state, paths.cache)
    meant = (*kept, *files)
    assert named == {str(path).replace(str(tmp_path), "~") for path in meant}


def test_links_and_pictures_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_picture_holds_nothing_from_outside() -> None:
    picture = (ROOT / "docs" / "screen.svg").read_text(encoding="utf-8")
    assert "First&#160;steps" in picture
    assert "url(http" not in picture
    assert "@import" not in picture
