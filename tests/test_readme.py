"""The README: short, its commands run, its links lead somewhere, its picture is the program's."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from tools.make_tour import draw

from tests.support.guide_language import section

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


def test_it_is_short_and_names_eight_features() -> None:
    assert len(README.splitlines()) <= 120
    assert len(re.findall(r"^- \*\*", section(README, "What it does"), re.M)) == 8


def test_links_and_pictures_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_the_picture_moves_is_small_and_holds_nothing_from_outside() -> None:
    picture = (ROOT / "docs" / "tour.svg").read_text(encoding="utf-8")
    assert "30,000" in picture
    assert "Highlighted&#160;(yellow)" in picture
    assert "@keyframes" in picture
    assert len(picture) < 2_000_000
    assert not re.search(r"url\(|@import|@font-face|<script|href", picture)


@pytest.mark.slow
def test_the_picture_is_drawn_by_the_program(tmp_path: Path) -> None:
    draw(tmp_path / "tour.svg", 60, 0.05)
    picture = (tmp_path / "tour.svg").read_text(encoding="utf-8")
    assert "scanner" in picture
    assert "Undone" in picture
