"""Dependencies: the page on them, their floors, and the tools that weigh and audit them."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from tools import audit
from tools.weigh import installed, needed

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DEVELOPERS = {"dev", "site"}  # extras of a checkout, not of users
PAGE = (ROOT / "docs" / "dependencies.md").read_text("utf-8")


def least(requirement: str) -> tuple[str, str]:
    """The name of a requirement, and its floor."""
    one = Requirement(requirement)
    [floor] = (each.version for each in one.specifier if each.operator == ">=")
    return one.name, floor


def rows(pattern: str) -> list[tuple[str, ...]]:
    """The first cells of the rows of the page that begin as the pattern says."""
    return [found.groups() for found in re.finditer(pattern, PAGE, re.MULTILINE)]


def test_the_page_names_each_with_its_floor() -> None:
    known = rows(r"^\| ([a-z-]+) \| ([\d.]+) \| [^\d\s]")
    assert known == sorted(map(least, PROJECT["dependencies"]))
    for row in PAGE.splitlines():
        if re.match(r"\| ([a-z-]+|`\w+` \| [a-z-]+) \| [\d.]+ \| [^\d\s]", row):
            assert re.search(r"\| 20\d\d-\d\d \| \S", row), row  # when it was released last


def test_the_page_names_each_of_the_extras() -> None:
    known = rows(r"^\| `(\w+)` \| ([a-z-]+) \| ([\d.]+) \|")
    declared = PROJECT["optional-dependencies"]
    wanted = [
        (extra, *least(line))
        for extra, lines in declared.items()
        for line in lines
        if extra not in DEVELOPERS and not line.startswith("rilo-reader")
    ]
    assert sorted(known) == sorted(wanted)
    weighed = {name for (name,) in rows(r"^\| `(\w+)` \| \d+ \| \d+ \| \d+ \|$")}
    assert weighed == declared.keys() - DEVELOPERS


def test_no_floor_admits_a_hole_that_is_known() -> None:
    floors = audit.floors()
    assert dict(map(least, PROJECT["dependencies"])).items() <= floors.items()
    assert audit.listed_holes(floors) == []
    [line] = audit.listed_holes({"aiohttp": "3.14.2", "idna": "3.20"})
    assert line.startswith("aiohttp 3.14.2: CVE-2026-69244, fixed in 3.14.3")


def command(folder: Path, *dependencies: Mapping[str, object]) -> str:
    """A program that answers as pip-audit does."""
    file = folder / "pip-audit"
    answer = json.dumps({"dependencies": dependencies})
    file.write_text(
        f"#!{sys.executable}\nimport sys\nopen(sys.argv[sys.argv.index('--output') + 1], 'w')"
        f".write({answer!r})\n"
    )
    file.chmod(0o755)
    return str(file)


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_data_without_a_hole_that_everybody_knows_are_no_data(tmp_path: Path) -> None:
    hole = {"id": "CVE-1", "fix_versions": ["2.11"]}
    known = {"name": "jinja2", "version": "2.10", "vulns": [hole]}
    ours = {"name": "lxml", "version": "1.0", "vulns": [{"id": "CVE-2", "fix_versions": []}]}
    skipped = {"name": "jinja2", "skip_reason": "not found"}
    versions = {"lxml": "1.0"}
    assert audit.audited_holes(command(tmp_path, known), versions) == []
    found = audit.audited_holes(command(tmp_path, known, ours), versions)
    assert found == ["lxml 1.0: CVE-2, fixed in no version yet"]
    assert audit.audited_holes(command(tmp_path, skipped), versions) is None
    assert audit.audited_holes(str(tmp_path / "nowhere"), versions) is None


@pytest.mark.slow
def test_what_needs_pages_is_in_no_plain_install() -> None:
    packages = installed()
    plain = needed(packages, "rilo-reader")
    pages = needed(packages, "rilo-reader", frozenset(["pages"]))
    assert {"textual", "tantivy", "lxml"} <= plain
    assert {"trafilatura", "babel", "lxml-html-clean"} <= pages - plain
    assert pages <= needed(packages, "rilo-reader", frozenset(["all"]))
